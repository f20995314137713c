/** ResourceTrackers: what an application has made, written before it is made (kubevela-engine.md 1.6 and 5). */
import { type JsonObject, canonicalJson, isJsonObject } from "@lateen/base";
import { type KubeObject, groupVersionOf, valueAt } from "@lateen/objects";
import { type App, appAnnotations } from "../application/application.ts";
import { localCluster } from "../policy/topology.ts";
import { oamLabels } from "../render/metadata.ts";

export const trackerApi = { apiVersion: "core.oam.dev/v1beta1", kind: "ResourceTracker" } as const;
export const trackerFinalizer = "resourcetracker.core.oam.dev/finalizer";

export type TrackerType = "root" | "versioned";

/** One object of an application, wherever it is. */
export interface ManagedResource {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly component: string;
  readonly trait: string;
  /** `workflow` or `policy`. */
  readonly creator: string;
  readonly skipGC: boolean;
  /** The manifest, absent where drift is left alone. */
  readonly raw: KubeObject | undefined;
}

/** Names a resource whatever its version: `group/kind/cluster/namespace/name`. */
export function resourceKey({
  apiVersion,
  kind,
  cluster,
  namespace,
  name,
}: Omit<ManagedResource, "component" | "trait" | "creator" | "skipGC" | "raw">): string {
  return `${groupVersionOf(apiVersion).group}/${kind}/${cluster === "" ? localCluster : cluster}/${namespace}/${name}`;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function resourcesOf(tracker: KubeObject): readonly ManagedResource[] {
  const resources = valueAt(tracker, "spec", "managedResources");
  return (Array.isArray(resources) ? resources.filter(isJsonObject) : []).map((resource) => ({
    cluster: text(resource.cluster),
    apiVersion: text(resource.apiVersion),
    kind: text(resource.kind),
    namespace: text(resource.namespace),
    name: text(resource.name),
    component: text(resource.component),
    trait: text(resource.trait),
    creator: text(resource.creator),
    skipGC: resource.skipGC === true,
    raw: isJsonObject(resource.raw) ? (resource.raw as unknown as KubeObject) : undefined,
  }));
}

function resourceJson({ cluster, creator, skipGC, raw, component, trait, ...reference }: ManagedResource): JsonObject {
  return {
    cluster,
    ...(creator === "" ? {} : { creator }),
    ...reference,
    ...(component === "" ? {} : { component }),
    ...(trait === "" ? {} : { trait }),
    ...(skipGC ? { skipGC } : {}),
    ...(raw === undefined ? {} : { raw: raw as unknown as JsonObject }),
  };
}

export function trackerName(app: App, type: TrackerType): string {
  if (type === "root") return `${app.name}-${app.namespace}`;
  const publish = app.annotations[appAnnotations.publishVersion];
  return publish === undefined
    ? `${app.name}-v${app.generation}-${app.namespace}`
    : `${app.name}-${publish}-${app.namespace}`;
}

export function newTracker(app: App, type: TrackerType): KubeObject {
  const publish = app.annotations[appAnnotations.publishVersion];
  return {
    ...trackerApi,
    metadata: {
      name: trackerName(app, type),
      finalizers: [trackerFinalizer],
      labels: {
        [oamLabels.name]: app.name,
        [oamLabels.namespace]: app.namespace,
        [oamLabels.uid]: app.uid,
        [oamLabels.appRevision]: app.revisionName,
      },
      ...(publish === undefined || type === "root"
        ? {}
        : { annotations: { [appAnnotations.publishVersion]: publish } }),
    },
    spec: { type, applicationGeneration: type === "root" ? 0 : app.generation, managedResources: [] },
  };
}

/** The tracker with these resources added or replaced; the very same object when it has them so already. */
export function withResources(tracker: KubeObject, resources: readonly ManagedResource[]): KubeObject {
  const known = resourcesOf(tracker);
  const byKey = new Map(known.map((resource) => [resourceKey(resource), resource]));
  let changed = false;
  for (const resource of resources) {
    const key = resourceKey(resource);
    const old = byKey.get(key);
    if (old !== undefined && canonicalJson(resourceJson(old)) === canonicalJson(resourceJson(resource))) continue;
    byKey.set(key, resource);
    changed = true;
  }
  if (!changed) return tracker;
  const spec = isJsonObject(tracker.spec) ? tracker.spec : {};
  return { ...tracker, spec: { ...spec, managedResources: [...byKey.values()].map(resourceJson) } };
}

/** The tracker as one of the revision that is being delivered; the very same object when it is. */
export function ofRevision(tracker: KubeObject, { revisionName }: App): KubeObject {
  const { labels } = tracker.metadata;
  if (labels?.[oamLabels.appRevision] === revisionName) return tracker;
  return {
    ...tracker,
    metadata: { ...tracker.metadata, labels: { ...labels, [oamLabels.appRevision]: revisionName } },
  };
}

/** The trackers of an application by their part in it. */
export interface Trackers {
  readonly root: KubeObject | undefined;
  readonly current: KubeObject | undefined;
  /** Versioned ones of other generations, oldest first. */
  readonly history: readonly KubeObject[];
}

export function sortTrackers(app: App, all: readonly KubeObject[]): Trackers {
  const live = all.filter(({ metadata }) => metadata.labels?.[oamLabels.uid] === app.uid);
  const type = (tracker: KubeObject): string => text(valueAt(tracker, "spec", "type"));
  const generation = (tracker: KubeObject): number => Number(valueAt(tracker, "spec", "applicationGeneration") ?? 0);
  const currentName = trackerName(app, "versioned");
  return {
    root: live.find((tracker) => type(tracker) === "root"),
    current: live.find((tracker) => type(tracker) === "versioned" && tracker.metadata.name === currentName),
    history: live
      .filter((tracker) => type(tracker) === "versioned" && tracker.metadata.name !== currentName)
      .toSorted((a, b) => generation(a) - generation(b)),
  };
}
