import { isAborted, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type ApplicationTree, summarizeApplication } from "@lateen/delivery/pure";

export const applicationApi = { apiVersion: "core.oam.dev/v1beta1", kind: "Application" } as const;

export interface ApplicationName {
  readonly namespace: string;
  readonly name: string;
}

const workloadKinds = [
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "apps/v1", kind: "DaemonSet" },
  { apiVersion: "apps/v1", kind: "ReplicaSet" },
  { apiVersion: "batch/v1", kind: "Job" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "v1", kind: "Pod" },
] as const;

/** Everything that the picture of an application is made from: what it applied, and what grew below that. */
export async function collectObjects(
  client: Client,
  application: KubeObject,
  options: { readonly signal?: AbortSignal } = {},
): Promise<KubeObject[]> {
  const applied = (valueAt(application, "status", "appliedResources") ?? []) as readonly {
    apiVersion: string;
    kind: string;
    name: string;
    namespace?: string;
    cluster?: string;
  }[];
  const namespaces = new Set(
    applied
      .filter((one) => (one.cluster ?? "local") === "local" || one.cluster === "")
      .map((one) => one.namespace ?? application.metadata.namespace ?? "default"),
  );
  const lists = await Promise.all(
    [...namespaces].flatMap((namespace) =>
      workloadKinds.map(async (kind) => {
        const { items } = await client.list({ ...kind, namespace }, options);
        // Items of typed lists carry no kind of their own.
        return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }) as KubeObject);
      }),
    ),
  );
  const known = new Set(workloadKinds.map(({ kind }) => kind as string));
  const others = await Promise.all(
    applied
      .filter((one) => !known.has(one.kind) && ((one.cluster ?? "local") === "local" || one.cluster === ""))
      .map((one) =>
        client
          .get({ ...one, namespace: one.namespace || undefined }, options)
          .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error as Error))),
      ),
  );
  return [...lists.flat(), ...others.filter((one) => one !== undefined)];
}

export async function readApplication(
  client: Client,
  { namespace, name }: ApplicationName,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ application: KubeObject; tree: ApplicationTree }> {
  const application = await client.get({ ...applicationApi, namespace, name }, options);
  const objects = await collectObjects(client, application, options);
  return { application, tree: summarizeApplication({ application, objects }) };
}

/** `running`, `workflowSuspending` …; empty before the controller has looked at it. */
export function phaseOf(application: KubeObject): string {
  const phase = valueAt(application, "status", "status");
  return typeof phase === "string" ? phase : "";
}

export type Outcome = "healthy" | "suspended" | "failed" | "deleted";

/** Whether the application has come to rest, and how; undefined while something is still to happen by itself. */
export function outcomeOf(application: KubeObject): Outcome | undefined {
  const observed = valueAt(application, "status", "observedGeneration");
  if (typeof observed !== "number" || observed < (application.metadata.generation ?? 0)) return undefined;
  switch (phaseOf(application)) {
    case "running":
      return "healthy";
    case "workflowSuspending":
      // A resume is recorded before the controller has taken it up.
      return valueAt(application, "status", "workflow", "suspend") === true ? "suspended" : undefined;
    case "workflowFailed":
    case "workflowTerminated":
      return "failed";
    default:
      return undefined;
  }
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Called with each new picture. */
  readonly onChange: (tree: ApplicationTree, application: KubeObject) => void;
  /** Ends the following at an outcome; without it the following goes on until the signal aborts. */
  readonly until?: (application: KubeObject) => Outcome | undefined;
}

/** Milliseconds between two looks at what grew below an application while its own object stands still. */
const lookEveryMs = 400;

/**
 * Watches an application and what it made, until `until` says how it ended. The watch is taken up again when the server
 * ends it.
 */
export async function followApplication(
  client: Client,
  { namespace, name }: ApplicationName,
  options: FollowOptions,
): Promise<Outcome> {
  const { signal, onChange, until } = options;
  const ended = new AbortController();
  const work = AbortSignal.any([signal, ended.signal]);
  let latest: KubeObject | undefined;
  let outcome: Outcome | undefined;
  let wake = (): void => undefined;

  const watching = (async () => {
    while (!work.aborted) {
      const events = client.watch(
        { ...applicationApi, namespace },
        { fieldSelector: `metadata.name=${name}`, sendInitialEvents: true, signal: work },
      );
      for await (const event of events) {
        if (event.type === "BOOKMARK") continue;
        if (event.type === "DELETED") outcome = "deleted";
        else latest = event.object;
        wake();
        if (outcome === "deleted") return;
      }
    }
  })();
  const failure = watching.then(
    () => undefined,
    (error: unknown) => (isAborted(error) || work.aborted ? undefined : { error }),
  );
  let failed: { readonly error: unknown } | undefined;
  void failure.then((found) => {
    failed = found;
    wake();
  });

  const stopped = new Promise<void>((resolve) => work.addEventListener("abort", () => resolve(), { once: true }));
  try {
    for (;;) {
      signal.throwIfAborted();
      if (failed !== undefined) throw failed.error;
      const application = latest;
      if (application !== undefined) {
        const objects = await collectObjects(client, application, { signal: work });
        onChange(summarizeApplication({ application, objects }), application);
        if (application === latest) outcome ??= until?.(application);
      }
      if (outcome !== undefined) return outcome;
      // What came while the objects were read is looked at at once.
      if (application !== latest) continue;
      await Promise.race([looked(lookEveryMs), new Promise<void>((resolve) => (wake = resolve)), stopped]);
    }
  } finally {
    ended.abort(new DOMException("no longer followed", "AbortError"));
    await failure;
  }
}

/** Resolves after `ms`; a process that has nothing else to do may end meanwhile. */
function looked(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
