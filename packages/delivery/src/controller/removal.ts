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
import { Keeper } from "./keeper.ts";
import { forgetTrackers } from "./known-trackers.ts";
import { revisionApi } from "./revision.ts";
import { StatusDraft } from "./status-draft.ts";
import { resourcesOf, sortTrackers, trackerApi } from "./tracker.ts";

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

/** Deletes what the plan names, then the trackers whose resources are gone. @returns whether something is left. */
export async function collectGarbage({
  keeper,
  plan,
  app,
  orphan,
}: {
  keeper: Keeper;
  plan: GarbagePlan;
  app: App;
  orphan: boolean;
}): Promise<boolean> {
  const policies = resourcePoliciesOf(app.policies);
  let left = [...plan.resources];
  for (const resource of plan.resources) {
    if (
      !mayGo(
        resource,
        left.filter((other) => other !== resource),
        app,
        policies,
      )
    )
      continue;
    const orphaned = orphan || (resource.raw !== undefined && policies.orphaned(resource.raw));
    const state = await keeper.collect(resource, { orphan: orphaned });
    if (state === "gone") left = left.filter((other) => other !== resource);
  }
  const waiting = new Set(left);
  for (const tracker of plan.trackers) {
    const mine = plan.resources.filter((resource) =>
      resourcesOf(tracker).some(
        (own) =>
          own.kind === resource.kind &&
          own.name === resource.name &&
          own.namespace === resource.namespace &&
          own.cluster === resource.cluster,
      ),
    );
    if (mine.some((resource) => waiting.has(resource))) continue;
    await keeper.dropTracker(tracker);
  }
  return left.length > 0;
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
    dispatcher: state.ports.dispatcher,
    policies: resourcePoliciesOf(app.policies),
    trackers,
    signal,
  });
  const plan = garbageOnDelete(trackers);
  const left = await collectGarbage({ keeper, plan, app, orphan: finalizers.includes(orphanFinalizer) });
  if (left) {
    const draft = new StatusDraft(application, { clock, events });
    draft.phase("deleting");
    draft.deleting(
      plan.resources.map(({ kind, namespace, name }) => `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`),
    );
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
