import { errorMessage, isNotFound } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { timestampOf } from "./conditions.ts";
import type { Environment } from "./reconciler.ts";

export interface ObjectEvent {
  readonly object: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{web}`: the part of the object that is meant. */
  readonly fieldPath?: string;
}

/** Tells people what happened to an object (core/v1 Event). Best effort: a failure is logged and forgotten. */
export interface EventRecorder {
  record(event: ObjectEvent): void;
}

interface Known {
  readonly name: string;
  count: number;
  readonly firstTimestamp: string;
}

/** Equal events within this number of remembered ones become one with a count. */
const rememberedEvents = 1_000;

/** @param component who tells: `kubelet`, `default-scheduler`. */
export function createEventRecorder(
  { client, clock, log }: Pick<Environment, "client" | "clock" | "log">,
  component: string,
  host?: string,
): EventRecorder {
  const known = new Map<string, Known>();
  let sequence = 0;
  let tail: Promise<void> = Promise.resolve();

  const write = async (event: ObjectEvent): Promise<void> => {
    const { object, type, reason, message, fieldPath } = event;
    const { namespace = "default", name = "", uid = "", resourceVersion } = object.metadata;
    const key = [object.kind, namespace, name, uid, type, reason, message, fieldPath].join("\n");
    const now = timestampOf(clock.now());
    const before = known.get(key);
    if (before !== undefined) {
      before.count++;
      const value = { count: before.count, lastTimestamp: now };
      try {
        await client.patch({ apiVersion: "v1", kind: "Event", namespace, name: before.name }, { kind: "merge", value });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        known.delete(key);
      }
    }
    const eventName = `${name.slice(0, 220)}.${(clock.now() * 1000 + (sequence++ % 1000)).toString(16)}`;
    if (known.size >= rememberedEvents) known.delete(known.keys().next().value ?? "");
    known.set(key, { name: eventName, count: 1, firstTimestamp: now });
    await client.create({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: eventName, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
        name,
        uid,
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(fieldPath !== undefined && { fieldPath }),
      },
      type,
      reason,
      message: message.length > 1000 ? `${message.slice(0, 999)}…` : message,
      source: { component, ...(host !== undefined && { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? "",
    });
  };

  return {
    record(event) {
      // One after the other, so that a count follows its event.
      tail = tail
        .then(() => write(event))
        .catch((error: unknown) => {
          log({
            level: "debug",
            message: "an event could not be recorded",
            object: event.object.metadata.name ?? "",
            error: errorMessage(error),
          });
        });
    },
  };
}
