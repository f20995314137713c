/** An application's trackers out of the cache, never older than what this controller has written itself. */
import type { Cache } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import type { App } from "../application/application.ts";
import { oamLabels } from "../render/metadata.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { type Trackers, sortTrackers, trackerApi } from "./tracker.ts";

const indexName = "application";
const keyOf = ({ namespace, name }: Pick<App, "namespace" | "name">): string => `${namespace}/${name}`;

/** Names the index; before or after the informer has started. */
export function indexTrackers(cache: Cache): void {
  cache.addIndex(trackerApi, indexName, ({ metadata }) => {
    const namespace = metadata.labels?.[oamLabels.namespace];
    const name = metadata.labels?.[oamLabels.name];
    return namespace === undefined || name === undefined ? [] : [keyOf({ namespace, name })];
  });
}

/** @throws the signal's reason. */
export async function knownTrackers(state: DeliveryState, app: App, signal: AbortSignal): Promise<Trackers> {
  const { cache } = state.environment;
  const version = state.trackerVersions.get(keyOf(app));
  if (version !== undefined) await cache.observed(trackerApi, version, { signal });
  return sortTrackers(app, cache.byIndex(trackerApi, indexName, keyOf(app)));
}

export function noteTracker(state: DeliveryState, app: App, tracker: KubeObject): void {
  const { resourceVersion } = tracker.metadata;
  if (resourceVersion !== undefined) state.trackerVersions.set(keyOf(app), resourceVersion);
}

export function forgetTrackers(state: DeliveryState, app: Pick<App, "namespace" | "name">): void {
  state.trackerVersions.delete(keyOf(app));
}
