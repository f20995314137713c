/** Empties a namespace that is being deleted, then lets it go (pkg/controller/namespace/deletion). */
import { type JsonValue, errorMessage, isConflict, isNotFound } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  withCondition,
} from "@lateen/controller";
import { type Namespace, namespaceKind } from "../api/cluster.ts";
import { type ServedResource, discoverResources } from "../api/discovery.ts";

const recheckMs = 1_000;
const firstRecheckMs = 50;

export function createNamespaceController(environment: Environment): Controller {
  return {
    name: "namespace",
    sources: [{ ...namespaceKind, when: (namespace) => namespace.metadata.deletionTimestamp !== undefined }],
    concurrency: 4,
    reconcile: (request, context) => reconcileNamespace(environment, request, context),
  };
}

export async function reconcileNamespace(
  { cache, client, clock }: Environment,
  { name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const namespace = cache.get<Namespace>({ ...namespaceKind, name });
  if (namespace?.metadata.deletionTimestamp === undefined) return {};
  if (namespace.spec?.finalizers?.includes("kubernetes") !== true) return {};
  const content = await emptyNamespace(client, name, signal);
  if (content.left.length === 0 && content.failures.length === 0) {
    await finalize(client, namespace, signal);
    return {};
  }
  await reportProgress({ client, namespace, content, nowMs: clock.now() }, signal);
  // What is ending (pods in their grace period) tells nobody here: look again.
  const age = clock.now() - Date.parse(namespace.metadata.deletionTimestamp);
  return { requeueAfterMs: age < 2_000 ? firstRecheckMs : recheckMs };
}

interface Content {
  /** Objects that are still there, by resource. */
  readonly left: readonly {
    readonly resource: ServedResource;
    readonly count: number;
    readonly finalizers: ReadonlyMap<string, number>;
  }[];
  readonly failures: readonly string[];
}

async function emptyNamespace(client: Environment["client"], namespace: string, signal: AbortSignal): Promise<Content> {
  const failures: string[] = [];
  let resources: readonly ServedResource[] = [];
  try {
    resources = await discoverResources(client, signal);
  } catch (error) {
    signal.throwIfAborted();
    failures.push(`discovery: ${errorMessage(error)}`);
  }
  const left: Content["left"][number][] = [];
  const wanted = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes("delete") && verbs.includes("list"),
  );
  for (const resource of wanted) {
    try {
      const found = await emptyResource(client, { namespace, resource }, signal);
      if (found.count > 0) left.push({ resource, ...found });
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${resource.plural}: ${errorMessage(error)}`);
    }
  }
  return { left, failures };
}

async function emptyResource(
  client: Environment["client"],
  { namespace, resource }: { readonly namespace: string; readonly resource: ServedResource },
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly finalizers: ReadonlyMap<string, number> }> {
  const ref = { apiVersion: resource.apiVersion, kind: resource.kind, namespace };
  const before = await client.list(ref, { signal });
  if (before.items.length === 0) return { count: 0, finalizers: new Map() };
  if (before.items.some(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    if (resource.verbs.includes("deletecollection"))
      await client.deleteCollection(ref, { propagationPolicy: "Background", signal });
    else {
      for (const { metadata } of before.items)
        await client
          .delete({ ...ref, name: metadata.name ?? "" }, { propagationPolicy: "Background", signal })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
    }
  }
  const after = await client.list(ref, { signal });
  const finalizers = new Map<string, number>();
  for (const { metadata } of after.items)
    for (const finalizer of metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  return { count: after.items.length, finalizers };
}

async function finalize(client: Environment["client"], namespace: Namespace, signal: AbortSignal): Promise<void> {
  const { name = "" } = namespace.metadata;
  const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== "kubernetes");
  try {
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } } as unknown as JsonValue;
    await client.raw({ method: "PUT", path: `/api/v1/namespaces/${name}/finalize`, body, signal });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function reportProgress(
  {
    client,
    namespace,
    content,
    nowMs,
  }: {
    readonly client: Environment["client"];
    readonly namespace: Namespace;
    readonly content: Content;
    readonly nowMs: number;
  },
  signal: AbortSignal,
): Promise<void> {
  const before = namespace.status?.conditions;
  const after = progressConditions(content).reduce<readonly Condition[]>(
    (known, condition) => withCondition(known, condition, nowMs),
    before ?? [],
  );
  if (after === before) return;
  const { name = "" } = namespace.metadata;
  await client
    .patch(
      { ...namespaceKind, name },
      { kind: "merge", value: { status: { conditions: after as never } } },
      { subresource: "status", signal },
    )
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}

/** The conditions of a namespace that is ending. */
export function progressConditions({ left, failures }: Content): readonly Omit<Condition, "lastTransitionTime">[] {
  const finalizers = new Map<string, number>();
  for (const resource of left)
    for (const [name, count] of resource.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  const remaining = left.map(({ resource, count }) =>
    `${resource.plural}.${resource.apiVersion.split("/")[0] === resource.apiVersion ? "" : resource.apiVersion.split("/")[0]} has ${count} resource instances`.replace(
      ". has",
      " has",
    ),
  );
  const waiting = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
  const condition = (
    type: string,
    bad: string,
    good: string,
    messages: readonly string[],
    goodMessage: string,
  ): Omit<Condition, "lastTransitionTime"> =>
    messages.length > 0
      ? { type, status: "True", reason: bad, message: messages.join(", ") }
      : { type, status: "False", reason: good, message: goodMessage };
  return [
    condition(
      "NamespaceDeletionDiscoveryFailure",
      "DiscoveryFailed",
      "ResourcesDiscovered",
      failures.filter((text) => text.startsWith("discovery: ")),
      "All resources successfully discovered",
    ),
    condition(
      "NamespaceDeletionContentFailure",
      "ContentDeletionFailed",
      "ContentDeleted",
      failures.filter((text) => !text.startsWith("discovery: ")),
      "All content successfully deleted, may be waiting on finalization",
    ),
    condition(
      "NamespaceContentRemaining",
      "SomeResourcesRemain",
      "ContentRemoved",
      remaining.length > 0 ? [`Some resources are remaining: ${remaining.join(", ")}`] : [],
      "All content successfully removed",
    ),
    condition(
      "NamespaceFinalizersRemaining",
      "SomeFinalizersRemain",
      "ContentHasNoFinalizers",
      waiting.length > 0 ? [`Some content in the namespace has finalizers remaining: ${waiting.join(", ")}`] : [],
      "All content-preserving finalizers finished",
    ),
  ];
}
