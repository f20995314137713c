/** A Trigger: when WorkflowRuns are started by themselves, by the clock, by a change of an object, or by a request. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import {
  type CronSchedule,
  type KubeObject,
  labelSelectorOf,
  matchesLabels,
  parseCron,
  valueAt,
} from "@lateen/objects";
import { evaluateExpression, scopeOf } from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export const triggerApi = { apiVersion: "core.oam.dev/v1alpha1", kind: "Trigger" } as const;

/** On runs: the Trigger that started them. */
export const triggerLabel = "trigger.lateen.dev/name";

export type TriggerEventType = "create" | "update" | "delete" | "schedule" | "webhook";

/** Why a run starts; it is `context.event` of its steps. */
export interface TriggerEvent {
  readonly type: TriggerEventType;
  /** RFC 3339. */
  readonly time: string;
  /** The object that changed, or the body of the request. */
  readonly object?: JsonObject;
}

export type TriggerSource =
  | { readonly kind: "cron"; readonly schedule: CronSchedule; readonly startingDeadlineMs: number | undefined }
  | { readonly kind: "webhook"; readonly secret: { readonly name: string; readonly key: string } }
  | {
      readonly kind: "watch";
      readonly apiVersion: string;
      readonly of: string;
      /** Absent = every namespace. */
      readonly namespace: string | undefined;
      readonly matches: (object: KubeObject) => boolean;
      readonly events: ReadonlySet<string>;
    };

export interface Trigger {
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly source: TriggerSource;
  readonly suspended: boolean;
  readonly filter: string;
  readonly concurrency: "Allow" | "Forbid" | "Replace";
  readonly keepSucceeded: number;
  readonly keepFailed: number;
  /** `{metadata, spec}` of the runs. */
  readonly run: JsonObject;
}

const policies = new Set(["Allow", "Forbid", "Replace"]);

/** @throws Error that names the field and what it may be. */
export function triggerOf(object: KubeObject): Trigger {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const concurrency = textOf(spec.concurrencyPolicy) || "Allow";
  if (!policies.has(concurrency))
    throw new Error(`spec.concurrencyPolicy: "${concurrency}" is none of Allow, Forbid and Replace`);
  const run = isJsonObject(spec.run) ? spec.run : undefined;
  if (run === undefined || !isJsonObject(run.spec))
    throw new Error("spec.run.spec: the spec of the WorkflowRuns to start is missing (workflowRef or workflowSpec)");
  const limit = (name: string, otherwise: number): number =>
    typeof spec[name] === "number" ? (spec[name] as number) : otherwise;
  return {
    namespace: object.metadata.namespace ?? "default",
    name: object.metadata.name ?? "",
    object,
    source: sourceOf(isJsonObject(spec.source) ? spec.source : {}, object.metadata.namespace ?? "default"),
    suspended: spec.suspend === true,
    filter: textOf(spec.filter),
    concurrency: concurrency as Trigger["concurrency"],
    keepSucceeded: limit("successfulRunsHistoryLimit", 3),
    keepFailed: limit("failedRunsHistoryLimit", 1),
    run,
  };
}

function sourceOf(source: JsonObject, namespace: string): TriggerSource {
  const kinds = ["cron", "watch", "webhook"].filter((kind) => isJsonObject(source[kind]));
  if (kinds.length !== 1)
    throw new Error(
      `spec.source: one of cron, watch and webhook has to be there, found ${kinds.length === 0 ? "none" : kinds.join(" and ")}`,
    );
  const [kind] = kinds as ["cron" | "watch" | "webhook"];
  const value = source[kind] as JsonObject;
  if (kind === "cron") return cronOf(value);
  return kind === "watch" ? watchOf(value, namespace) : webhookOf(value);
}

function cronOf({ schedule, timeZone, startingDeadlineSeconds }: JsonObject): TriggerSource {
  const startingDeadlineMs = typeof startingDeadlineSeconds === "number" ? startingDeadlineSeconds * 1000 : undefined;
  return { kind: "cron", schedule: parseCron(textOf(schedule), textOf(timeZone)), startingDeadlineMs };
}

const changes = ["create", "update", "delete"];

function watchOf(value: JsonObject, own: string): TriggerSource {
  const of = textOf(value.kind);
  if (of === "" || textOf(value.apiVersion) === "")
    throw new Error("spec.source.watch: apiVersion and kind of the objects to watch are missing");
  const events = Array.isArray(value.events) ? value.events.map(textOf) : ["create", "update"];
  const wrong = events.find((event) => !changes.includes(event));
  if (wrong !== undefined) throw new Error(`spec.source.watch.events: "${wrong}" is none of ${changes.join(", ")}`);
  const selector = labelSelectorOf(isJsonObject(value.labelSelector) ? value.labelSelector : {});
  const name = textOf(value.name);
  return {
    kind: "watch",
    apiVersion: textOf(value.apiVersion),
    of,
    namespace: value.namespace === "*" ? undefined : textOf(value.namespace) || own,
    matches: ({ metadata }) =>
      (name === "" || metadata.name === name) && matchesLabels(selector, metadata.labels ?? {}),
    events: new Set(events),
  };
}

function webhookOf({ secretRef }: JsonObject): TriggerSource {
  const secret = isJsonObject(secretRef) ? secretRef : {};
  if (textOf(secret.name) === "")
    throw new Error("spec.source.webhook.secretRef.name: the Secret whose token callers have to know is missing");
  return { kind: "webhook", secret: { name: textOf(secret.name), key: textOf(secret.key) || "token" } };
}

/** Whether the filter, a CUE expression over `event`, lets it through. @throws Error for a filter that is no boolean. */
export function passes({ filter, namespace, name }: Trigger, event: TriggerEvent): boolean {
  if (filter === "") return true;
  const scope = scopeOf({ event: event as unknown as JsonObject });
  const result: JsonValue = evaluateExpression(filter, scope).toJSON();
  if (typeof result === "boolean") return result;
  throw new Error(`spec.filter of Trigger ${namespace}/${name} gives ${JSON.stringify(result)}, not true or false`);
}

/** The run that an event starts. @param suffix the same for the same event: starting twice is starting once. */
export function runOfEvent({ object, namespace, name, run }: Trigger, event: TriggerEvent, suffix: string): KubeObject {
  const metadata = isJsonObject(run.metadata) ? run.metadata : {};
  const spec = run.spec as JsonObject;
  const context = isJsonObject(spec.context) ? spec.context : {};
  return {
    apiVersion: "core.oam.dev/v1alpha1",
    kind: "WorkflowRun",
    metadata: {
      ...metadata,
      namespace,
      name: `${name.slice(0, 63 - suffix.length - 1)}-${suffix}`,
      labels: { ...(isJsonObject(metadata.labels) ? metadata.labels : {}), [triggerLabel]: name },
      ownerReferences: [
        { ...triggerApi, name, uid: object.metadata.uid ?? "", controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { ...spec, context: { ...context, event: event as unknown as JsonObject } },
  } as unknown as KubeObject;
}

/** Whether a run has come to its end, and how. */
export function endOf(run: KubeObject): "succeeded" | "failed" | undefined {
  if (valueAt(run, "status", "finished") !== true) return undefined;
  return valueAt(run, "status", "status") === "succeeded" ? "succeeded" : "failed";
}
