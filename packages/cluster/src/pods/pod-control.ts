/** Making and ending the pods of a workload. After each call the cache has seen what was done. */
import { deadline, isConflict, isDeadline, isNotFound } from "@lateen/base";
import type { Environment } from "@lateen/controller";
import type { KubeObject, OwnerReference } from "@lateen/objects";
import { type Pod, type PodTemplate, podKind } from "../api/pod.ts";

/** How long to wait for the cache to show our own writes; then the next reconcile decides with what there is. */
export const observeMs = 10_000;

export function ownerReferenceTo(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? "",
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The pod that a template describes. `name` for workloads that name their pods, else `OWNER-xxxxx`. */
export function podFromTemplate(
  template: PodTemplate | undefined,
  owner: KubeObject,
  options: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const allLabels = { ...labels, ...options.labels };
  const allAnnotations = { ...annotations, ...options.annotations };
  return {
    ...podKind,
    metadata: {
      ...(options.name === undefined ? { generateName: `${owner.metadata.name}-` } : { name: options.name }),
      ...(owner.metadata.namespace !== undefined && { namespace: owner.metadata.namespace }),
      ...(Object.keys(allLabels).length > 0 && { labels: allLabels }),
      ...(Object.keys(allAnnotations).length > 0 && { annotations: allAnnotations }),
      ...(finalizers !== undefined && { finalizers }),
      ownerReferences: [ownerReferenceTo(owner)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/**
 * Creates pods in batches of 1, 2, 4 …: when the first cannot be made (a quota, a refusal) the others are not tried.
 * @throws the first failure, after the cache has seen those that were made.
 */
export async function createPods(
  environment: Environment,
  pods: readonly Pod[],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  let latest = "";
  let failure: { readonly error: unknown } | undefined;
  for (let start = 0, size = 1; start < pods.length && failure === undefined; start += size, size *= 2) {
    const batch = pods.slice(start, start + size);
    const results = await Promise.allSettled(batch.map((pod) => environment.client.create(pod, { signal })));
    for (const result of results) {
      if (result.status === "rejected") failure ??= { error: result.reason };
      else latest = newerVersion(latest, result.value.metadata.resourceVersion);
    }
  }
  await observe(environment, podKind, latest, signal);
  if (failure !== undefined) throw failure.error;
}

/** Asks for the end of pods, all at once. A pod that is gone or was made anew is no failure. @throws the first other failure. */
export async function deletePods(
  environment: Environment,
  pods: readonly Pod[],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  let latest = "";
  const results = await Promise.allSettled(
    pods.map(async (pod) => {
      const { namespace, name = "", uid } = pod.metadata;
      const deleted = await environment.client.delete(
        { ...podKind, namespace, name },
        { signal, ...(uid !== undefined && { preconditions: { uid } }) },
      );
      latest = newerVersion(latest, deleted.metadata?.resourceVersion);
    }),
  );
  await observe(environment, podKind, latest, signal);
  for (const result of results) {
    if (result.status === "rejected" && !isNotFound(result.reason) && !isConflict(result.reason)) throw result.reason;
  }
}

export function newerVersion(left: string, right: string | undefined): string {
  return right === undefined || Number(right) <= Number(left) ? left : right;
}

/** Waits, for a while, until the cache shows a write. */
export async function observe(
  { cache, clock }: Pick<Environment, "cache" | "clock">,
  kind: { readonly apiVersion: string; readonly kind: string },
  resourceVersion: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (resourceVersion === undefined || resourceVersion === "") return;
  const limit = deadline(signal, observeMs, `see our own write of ${kind.kind} in the cache`, clock);
  try {
    await cache.observed(kind, resourceVersion, { signal: limit.signal });
  } catch (error) {
    if (signal.aborted || !isDeadline(error)) throw error;
  } finally {
    limit[Symbol.dispose]();
  }
}
