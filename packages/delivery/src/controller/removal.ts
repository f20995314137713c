/** The end of an Application: what it made goes, then what was recorded of it, then itself (kubevela-engine.md 2.8 and 5.5). */
import { isNotFound } from "@lateen/base";
import { type Result, removeFinalizer } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { type App, appOf } from "../application/application.ts";
import { resourcePoliciesOf } from "../policy/resource-policies.ts";
import { oamLabels } from "../render/metadata.ts";
import { applicationApi, contextName } from "../workflow-operations.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { type GarbagePlan, garbageOnDelete, mayGo } from "./garbage.ts";
import { identityOf, impersonatingDispatcher } from "./identity.ts";
import { deleteDataAnnotation } from "./judge-collection.ts";
import { type Judged, Keeper } from "./keeper.ts";
import { forgetTrackers } from "./known-trackers.ts";
import { revisionApi } from "./revision.ts";
import { StatusDraft } from "./status-draft.ts";
import { type Deletion, dropExpiredReceipts, writeReceipts } from "./receipts.ts";
import { type ManagedResource, resourceKey, resourcesOf, sortTrackers, trackerApi } from "./tracker.ts";

export const trackerFinalizerOnApp = "app.oam.dev/resource-tracker-finalizer";

export const orphanFinalizer = "app.oam.dev/orphan-resource";

export const garbageMs = 3_000;

export async function trackersFor(
  state: DeliveryState,
  app: App,
  signal: AbortSignal,
): Promise<ReturnType<typeof sortTrackers>> {
  const labelSelector = `${oamLabels.name}=${app.name},${oamLabels.namespace}=${app.namespace}`;
  state.metrics.add("list_resourcetracker_num", { controller: "application" });
  const { items } = await state.environment.client.list(trackerApi, { labelSelector, signal });
  return sortTrackers(app, items);
}

/** A resource that is not gone yet, and what it waits for. */
export interface Waiting {
  readonly resource: ManagedResource;
  readonly state: string;
  /** When its deletion was asked for. */
  readonly since: number | undefined;
}

export interface CollectOptions {
  readonly state: DeliveryState;
  readonly keeper: Keeper;
  readonly plan: GarbagePlan;
  readonly app: App;
  readonly orphan: boolean;
  /** For the receipt: why this goes. */
  readonly reason: string;
  readonly tell: (type: "Normal" | "Warning", reason: string, message: string) => void;
  /** What goes with the plan but is not deleted by it: the application itself. */
  readonly further?: readonly KubeObject[];
  readonly signal: AbortSignal;
}

/**
 * First looks at everything that the plan names and decides, then writes a receipt of what will be deleted, then does it;
 * at last the trackers go whose resources are gone. @returns what is left.
 */
export async function collectGarbage(options: CollectOptions): Promise<readonly Waiting[]> {
  const { keeper, plan, app, orphan } = options;
  const policies = resourcePoliciesOf(app.policies);
  const judged: Judged[] = [];
  for (const resource of plan.resources) {
    const orphaned = orphan || (resource.raw !== undefined && policies.orphaned(resource.raw));
    judged.push(await keeper.judge(resource, { orphan: orphaned }));
  }
  await recordDeletions(options, judged);
  const left = new Map(judged.filter(({ live }) => live !== undefined).map((one) => [one.resource, one]));
  const waiting: Waiting[] = [];
  for (const one of judged) {
    const others = [...left.keys()].filter((other) => other !== one.resource);
    if (one.verdict.kind === "delete" && !mayGo(one.resource, others, app, policies)) {
      waiting.push({ resource: one.resource, state: "what depends on its component goes first", since: undefined });
      continue;
    }
    if ((await keeper.collect(one)) === "gone") left.delete(one.resource);
    else waiting.push(waitingOf(one));
  }
  const kept = new Set(waiting.map(({ resource }) => resourceKey(resource)));
  for (const tracker of plan.trackers)
    if (!resourcesOf(tracker).some((resource) => kept.has(resourceKey(resource)))) await keeper.dropTracker(tracker);
  return waiting;
}

function waitingOf({ resource, live }: Judged): Waiting {
  const { finalizers = [], deletionTimestamp } = live?.metadata ?? {};
  return {
    resource,
    state:
      finalizers.length > 0
        ? `finalizer ${finalizers.join(", ")}`
        : deletionTimestamp === undefined
          ? "its deletion was asked for"
          : "it ends",
    since: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
  };
}

async function recordDeletions(options: CollectOptions, judged: readonly Judged[]): Promise<void> {
  const { state, app, reason, tell, further = [], signal } = options;
  for (const { resource, verdict } of judged) {
    if (verdict.kind !== "keep data") continue;
    const name = `${resource.kind} ${resource.namespace === "" ? "" : `${resource.namespace}/`}${resource.name}`;
    tell(
      "Warning",
      "DataKept",
      `${name} is no longer wanted and is kept, for it holds data: delete it yourself, or annotate it or the Application with ${deleteDataAnnotation}=true`,
    );
  }
  const deletions = judged.flatMap(({ resource, live, verdict }): readonly Deletion[] =>
    verdict.kind === "delete" && live !== undefined
      ? [{ cluster: resource.cluster, component: resource.component, object: live }]
      : [],
  );
  if (deletions.length === 0) return;
  const own = further.map((object): Deletion => ({ cluster: "local", component: "", object }));
  const { client, clock } = state.environment;
  const tools = { client, compression: state.ports.compression, signal };
  const now = clock.now();
  const names = await writeReceipts(app, { reason, deletions: [...own, ...deletions], now }, tools);
  tell(
    "Normal",
    "Deleting",
    `${deletions.length} objects (${reason}); lateen undo ${names.join(" ")} makes them again`,
  );
  await dropExpiredReceipts(app, now, tools);
}

/** Deletes what the application made, then its revisions, then lets it go. */
export async function removeApplication(
  state: DeliveryState,
  application: KubeObject,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const { client, clock } = state.environment;
  const { events } = state;
  const finalizers = application.metadata.finalizers ?? [];
  if (!finalizers.includes(trackerFinalizerOnApp)) return undefined;
  const app = appOf(application);
  const trackers = await trackersFor(state, app, signal);
  const keeper = new Keeper({
    app,
    client,
    dispatcher: impersonatingDispatcher(state.ports.dispatcher, identityOf(app)),
    policies: resourcePoliciesOf(app.policies),
    trackers,
    signal,
  });
  const plan = garbageOnDelete(trackers);
  const draft = new StatusDraft(application, { clock, events });
  const waiting = await collectGarbage({
    state,
    keeper,
    plan,
    app,
    orphan: finalizers.includes(orphanFinalizer),
    reason: "the application is deleted",
    tell: (type, reason, message) => draft.event(type, reason, message),
    further: [application],
    signal,
  });
  if (waiting.length > 0) {
    draft.phase("deleting");
    draft.deleting(waiting);
    await draft.write(client, signal);
    return { requeueAfterMs: garbageMs };
  }
  const { items } = await client.list(
    { ...revisionApi, namespace: app.namespace },
    { labelSelector: `${oamLabels.name}=${app.name}`, signal },
  );
  for (const { metadata } of items) {
    await client
      .delete({ ...revisionApi, namespace: app.namespace, name: metadata.name! }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
  await client
    .delete({ apiVersion: "v1", kind: "ConfigMap", namespace: app.namespace, name: contextName(app.name) }, { signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  state.memories.delete(`${app.namespace}/${app.name}`);
  state.counts.forget(app.namespace, app.name);
  state.trimmed.delete(`${app.namespace}/${app.name}`);
  forgetTrackers(state, app);
  const fresh = await client
    .get({ ...applicationApi, namespace: app.namespace, name: app.name }, { signal })
    .catch(() => undefined);
  if (fresh === undefined) return undefined;
  if (finalizers.includes(orphanFinalizer))
    await removeFinalizer(fresh, { client, finalizer: orphanFinalizer, signal });
  const last = finalizers.includes(orphanFinalizer)
    ? await client
        .get({ ...applicationApi, namespace: app.namespace, name: app.name }, { signal })
        .catch(() => undefined)
    : fresh;
  if (last !== undefined) await removeFinalizer(last, { client, finalizer: trackerFinalizerOnApp, signal });
  return undefined;
}
