/**
 * Keeps the objects of one application: records them in a tracker, then applies them; repairs drift; deletes what is
 * provably its own. One keeper lives as long as one reconcile.
 */
import { type JsonObject, type JsonValue, isConflict, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, asJson, describeObject } from "@lateen/objects";
import type { App } from "../application/application.ts";
import type { ResourcePolicies } from "../policy/resource-policies.ts";
import { localCluster } from "../policy/topology.ts";
import { lookupFieldAt } from "../render/field-path.ts";
import { parseFieldPath, withFieldAt } from "../render/field-path.ts";
import { oamLabels } from "../render/metadata.ts";
import { contentHash } from "./content-hash.ts";
import {
  type ManagedResource,
  type Trackers,
  newTracker,
  ofRevision,
  resourceKey,
  resourcesOf,
  trackerApi,
  withResources,
} from "./tracker.ts";
import { fieldManager } from "./field-manager.ts";
import { type Verdict, judgeCollection } from "./judge-collection.ts";
import { ownerUidAnnotation, ownershipOf, sharedByAnnotation, sharersOf } from "./ownership.ts";
import type { Dispatcher } from "./ports.ts";
import { scaledFields, withoutScaledFields } from "./scaled-fields.ts";

/** An object that cannot be delivered; the message names it and says what to do. */
export class DispatchError extends Error {
  override readonly name = "DispatchError";
  readonly code = "dispatch";
}

export interface Manifest {
  readonly cluster: string;
  readonly object: KubeObject;
  readonly creator: "workflow" | "policy";
}

export interface KeeperOptions {
  readonly app: App;
  readonly client: Client;
  /** Acts as the application's author. */
  readonly dispatcher: Dispatcher;
  /** Acts as the control plane: for what everybody may be told, as whether a namespace exists. */
  readonly system?: Dispatcher;
  readonly policies: ResourcePolicies;
  readonly trackers: Trackers;
  /** Told of each tracker that is written. */
  readonly onTracker?: (tracker: KubeObject) => void;
  readonly signal: AbortSignal;
}

/** A resource that is no longer wanted, as it was found, and what is to be done about it. */
export interface Judged {
  readonly resource: ManagedResource;
  readonly live: KubeObject | undefined;
  readonly verdict: Verdict;
}

export class Keeper {
  readonly #options: KeeperOptions;
  #root: KubeObject | undefined;
  #current: KubeObject | undefined;
  readonly #clusterScoped = new Map<string, boolean>();
  /** What this round has seen and written, so that nothing is read twice in it. */
  readonly #seen = new Map<string, KubeObject | undefined>();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#root = options.trackers.root;
    this.#current = options.trackers.current;
  }

  /** Resources of the current generation, and those that stay until the application goes. */
  resources(): readonly ManagedResource[] {
    return [this.#root, this.#current].flatMap((tracker) => (tracker === undefined ? [] : resourcesOf(tracker)));
  }

  /** Fields of a resource that differ because an autoscaler keeps them, as far as this round has seen the object. */
  leftToOthers(resource: ManagedResource): readonly string[] {
    const live = this.#seen.get(resourceKey(resource));
    if (live === undefined || resource.raw === undefined) return [];
    return scaledFields(resource.raw, live).map(({ path, manager }) => `${path.join(".")}: ${manager}`);
  }

  /** Whether the manifest is recorded just so. */
  async isRecorded(manifest: Manifest): Promise<boolean> {
    const wanted = await this.#managed(manifest);
    const key = resourceKey(wanted);
    const known = this.resources().find((resource) => resourceKey(resource) === key);
    return known !== undefined && known.raw !== undefined && wanted.raw !== undefined
      ? hashOf(known.raw) === hashOf(wanted.raw)
      : known !== undefined && wanted.raw === undefined;
  }

  /** Records, then applies. @throws DispatchError, ApiError. */
  async dispatch(manifests: readonly Manifest[]): Promise<readonly KubeObject[]> {
    const managed = await Promise.all(manifests.map((manifest) => this.#managed(manifest)));
    const missing: ManagedResource[] = [];
    for (const resource of managed) if ((await this.#look(resource)) === undefined) missing.push(resource);
    await this.#refuseMissingNamespaces(manifests, missing);
    await this.#record(managed);
    const applied: KubeObject[] = [];
    for (const [index, manifest] of manifests.entries())
      applied.push(await this.#apply(managed[index]!, manifest, "onUpdate"));
    return applied;
  }

  /** The live object of a manifest, if there is one. */
  async live(manifest: Manifest): Promise<KubeObject | undefined> {
    return this.#look(await this.#managed(manifest));
  }

  async #look(resource: ManagedResource): Promise<KubeObject | undefined> {
    const key = resourceKey(resource);
    if (this.#seen.has(key)) return this.#seen.get(key);
    const live = await this.read(resource);
    this.#seen.set(key, live);
    return live;
  }

  async read(
    resource: Pick<ManagedResource, "cluster" | "apiVersion" | "kind" | "namespace" | "name">,
  ): Promise<KubeObject | undefined> {
    const { cluster, apiVersion, kind, namespace, name } = resource;
    const client = this.#options.dispatcher.clientFor(cluster === "" ? localCluster : cluster);
    try {
      return await client.get(
        { apiVersion, kind, namespace: namespace === "" ? undefined : namespace, name },
        { signal: this.#options.signal },
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Puts right what somebody changed or deleted. Objects that are as recorded are not written. */
  async repair(): Promise<void> {
    if (this.#options.policies.applyOnce) return;
    for (const resource of this.resources()) {
      const { raw } = resource;
      if (raw === undefined) continue;
      const live = await this.#look(resource);
      if (live !== undefined && (live.metadata.deletionTimestamp !== undefined || isAsRecorded(live, raw))) continue;
      const creator = resource.creator === "policy" ? "policy" : "workflow";
      await this.#apply(resource, { cluster: resource.cluster, object: raw, creator }, "onStateKeep");
    }
  }

  /** Looks at a resource that is no longer wanted and decides what is to be done, without doing it. */
  async judge(resource: ManagedResource, { orphan }: { readonly orphan: boolean }): Promise<Judged> {
    const live = await this.read(resource).catch((error: unknown) => {
      if (isUnknownKind(error)) return undefined;
      throw error;
    });
    const { app, policies } = this.#options;
    const verdict = judgeCollection({ resource, live, app, policies, orphan });
    return { resource, live, verdict };
  }

  /** Does what was decided. @returns what is left to wait for. */
  async collect({ resource, live, verdict }: Judged): Promise<"gone" | "waiting"> {
    if (live === undefined) return "gone";
    switch (verdict.kind) {
      case "unshare":
        return this.#unshare(resource, live, verdict.rest);
      case "release":
      case "keep data":
        return this.#release(resource);
      case "wait":
        return "waiting";
      case "delete":
        return this.#delete(resource, live);
      case "gone":
      case "leave":
        return "gone";
    }
  }

  async #delete(resource: ManagedResource, live: KubeObject): Promise<"gone" | "waiting"> {
    const { uid } = live.metadata;
    const client = this.#options.dispatcher.clientFor(resource.cluster);
    try {
      // Only the very object that was judged: another one of its name has another UID.
      await client.delete(referenceOf(resource), {
        propagationPolicy: "Background",
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        signal: this.#options.signal,
      });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    return (await this.read(resource)) === undefined ? "gone" : "waiting";
  }

  async #release(resource: ManagedResource): Promise<"gone"> {
    const labels = { [oamLabels.name]: null, [oamLabels.namespace]: null };
    const value = { metadata: { labels, annotations: { [ownerUidAnnotation]: null } } };
    await this.#options.dispatcher
      .clientFor(resource.cluster)
      .patch(referenceOf(resource), { kind: "merge", value }, { signal: this.#options.signal });
    return "gone";
  }

  async #unshare(resource: ManagedResource, live: KubeObject, rest: readonly string[]): Promise<"gone" | "waiting"> {
    const client = this.#options.dispatcher.clientFor(resource.cluster);
    if (rest.length === 0 && ownershipOf(live, this.#options.app).kind === "own") {
      await client.delete(referenceOf(resource), { propagationPolicy: "Background", signal: this.#options.signal });
      return (await this.read(resource)) === undefined ? "gone" : "waiting";
    }
    const [namespace, name] = (rest[0] ?? "").split("/");
    const labels = rest.length === 0 ? {} : { [oamLabels.name]: name!, [oamLabels.namespace]: namespace! };
    const annotations = { [sharedByAnnotation]: rest.length === 0 ? null : rest.join(","), [ownerUidAnnotation]: null };
    await client.patch(
      referenceOf(resource),
      { kind: "merge", value: { metadata: { labels, annotations } } },
      { signal: this.#options.signal },
    );
    return "gone";
  }

  async #managed({ cluster, object, creator }: Manifest): Promise<ManagedResource> {
    const { app, policies } = this.#options;
    const place = cluster === "" ? localCluster : cluster;
    const namespaced = await this.#isNamespaced(place, object);
    const { namespace: given, ...metadata } = object.metadata;
    const namespace = namespaced ? (given ?? app.namespace) : "";
    const raw: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        ...(namespaced ? { namespace } : {}),
        annotations: { ...metadata.annotations, [ownerUidAnnotation]: app.uid },
      },
    };
    const labels = object.metadata.labels ?? {};
    const strategy = policies.garbageStrategy(object);
    return {
      cluster: place,
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespace,
      name: object.metadata.name ?? "",
      component: labels[oamLabels.component] ?? "",
      trait: labels[oamLabels.traitType] ?? "",
      creator,
      skipGC: strategy === "never",
      raw: policies.applyOnce ? undefined : raw,
    };
  }

  async #isNamespaced(cluster: string, { apiVersion, kind }: KubeObject): Promise<boolean> {
    const key = `${cluster}/${apiVersion}/${kind}`;
    const known = this.#clusterScoped.get(key);
    if (known !== undefined) return known;
    const { namespaced } = await this.#options.dispatcher
      .clientFor(cluster)
      .resolve(apiVersion, kind, { signal: this.#options.signal });
    this.#clusterScoped.set(key, namespaced);
    return namespaced;
  }

  /** @throws DispatchError that names the namespace and what to do. */
  async #refuseMissingNamespaces(manifests: readonly Manifest[], managed: readonly ManagedResource[]): Promise<void> {
    const made = new Set(
      manifests.filter(({ object }) => object.kind === "Namespace").map(({ object }) => object.metadata.name),
    );
    const asked = new Map<string, ManagedResource>();
    for (const resource of managed)
      if (resource.namespace !== "") asked.set(`${resource.cluster}/${resource.namespace}`, resource);
    for (const { cluster, namespace, component } of asked.values()) {
      if (made.has(namespace)) continue;
      const { system = this.#options.dispatcher, signal } = this.#options;
      const reference = { apiVersion: "v1", kind: "Namespace", name: namespace };
      const found = await system
        .clientFor(cluster)
        .get(reference, { signal })
        .catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
      if (found !== undefined) continue;
      const what = component === "" ? "its objects" : `component ${component}`;
      throw new DispatchError(
        `namespace ${JSON.stringify(namespace)} does not exist in cluster ${cluster}, where ${what} is to be delivered; create it (kubectl create namespace ${namespace}), then apply the application again`,
      );
    }
  }

  async #record(managed: readonly ManagedResource[]): Promise<void> {
    const rooted = managed.filter((resource) => this.#isRooted(resource));
    const versioned = managed.filter((resource) => !this.#isRooted(resource));
    if (rooted.length > 0) this.#root = await this.#write(this.#root ?? newTracker(this.#options.app, "root"), rooted);
    if (versioned.length > 0) {
      const { app } = this.#options;
      this.#current = await this.#write(ofRevision(this.#current ?? newTracker(app, "versioned"), app), versioned);
    }
  }

  #isRooted(resource: ManagedResource): boolean {
    return resource.raw !== undefined && this.#options.policies.garbageStrategy(resource.raw) !== "onAppUpdate";
  }

  async #write(tracker: KubeObject, resources: readonly ManagedResource[]): Promise<KubeObject> {
    const next = withResources(tracker, resources);
    const { client, signal } = this.#options;
    const isStored = next === this.#current || next === this.#root;
    if (isStored && tracker.metadata.resourceVersion !== undefined) return tracker;
    const written =
      tracker.metadata.resourceVersion === undefined
        ? await client.create(next, { signal, fieldManager })
        : await client.update(next, { signal, fieldManager });
    this.#options.onTracker?.(written);
    return written;
  }

  async #apply(resource: ManagedResource, manifest: Manifest, stage: "onUpdate" | "onStateKeep"): Promise<KubeObject> {
    const live = await this.#look(resource);
    this.#seen.delete(resourceKey(resource));
    const applied = await this.#applyOver(live, { resource, object: resource.raw ?? manifest.object, stage });
    this.#seen.set(resourceKey(resource), applied);
    return applied;
  }

  async #applyOver(
    live: KubeObject | undefined,
    { resource, object, stage }: { resource: ManagedResource; object: KubeObject; stage: "onUpdate" | "onStateKeep" },
  ): Promise<KubeObject> {
    const { policies } = this.#options;
    if (live === undefined) {
      if (policies.isReadOnly(object))
        throw new DispatchError(`${describeObject(object)} is read-only by policy and does not exist; create it first`);
      return this.#write1(resource, hashed(policies.isShared(object) ? this.#shared(object, []) : object));
    }
    if (policies.isReadOnly(object)) return live;
    if (policies.isShared(object)) return this.#applyShared(resource, object, live);
    this.#refuseForeign(object, live);
    if (stage === "onUpdate" && live.metadata.labels?.[oamLabels.renderHash] === hashOf(object)) return live;
    const kept = withLiveFields(object, live, policies.applyOnceRule(object, stage));
    if (kept === undefined) return live;
    const own = withoutScaledFields(kept, live);
    return this.#update(resource, hashed(own, hashOf(object)), live);
  }

  #refuseForeign(object: KubeObject, live: KubeObject): void {
    const { app, policies } = this.#options;
    const ownership = ownershipOf(live, app);
    if (ownership.kind === "own" || (ownership.kind === "nobody" && policies.mayTakeOver(object))) return;
    throw new DispatchError(
      ownership.kind === "nobody"
        ? `${describeObject(live)} exists but is not managed by any application; delete it, or adopt it with a take-over policy`
        : `${describeObject(live)} is managed by other application ${ownership.owner}; rename the component, or share the object with a shared-resource policy`,
    );
  }

  #shared(object: KubeObject, sharers: readonly string[]): KubeObject {
    const { app } = this.#options;
    const all = [...new Set([...sharers, `${app.namespace}/${app.name}`])];
    return {
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { ...object.metadata.annotations, [sharedByAnnotation]: all.join(",") },
      },
    };
  }

  async #applyShared(resource: ManagedResource, object: KubeObject, live: KubeObject): Promise<KubeObject> {
    const { app } = this.#options;
    const sharers = sharersOf(live);
    if (ownershipOf(live, app).kind === "own")
      return this.#update(resource, hashed(this.#shared(object, sharers)), live);
    if (sharers.length === 0) this.#refuseForeign(object, live);
    const self = `${app.namespace}/${app.name}`;
    if (sharers.includes(self)) return live;
    const annotations = { [sharedByAnnotation]: [...sharers, self].join(",") };
    return this.#options.dispatcher
      .clientFor(resource.cluster)
      .patch(
        referenceOf(resource),
        { kind: "merge", value: { metadata: { annotations } } },
        { signal: this.#options.signal },
      );
  }

  async #update(resource: ManagedResource, object: KubeObject, live: KubeObject): Promise<KubeObject> {
    const strategy = this.#options.policies.updateStrategy(object);
    const client = this.#options.dispatcher.clientFor(resource.cluster);
    const { signal } = this.#options;
    if (strategy?.recreateFields.some((field) => differsAt(object, live, field)) === true) {
      const { uid } = live.metadata;
      await client.delete(referenceOf(resource), { ...(uid === undefined ? {} : { preconditions: { uid } }), signal });
      return client.create(object, { signal, fieldManager });
    }
    if (strategy?.op === "replace") {
      return client.update(
        { ...object, metadata: { ...object.metadata, resourceVersion: live.metadata.resourceVersion! } },
        { signal, fieldManager },
      );
    }
    return this.#write1(resource, object);
  }

  #write1(resource: ManagedResource, object: KubeObject): Promise<KubeObject> {
    return this.#options.dispatcher
      .clientFor(resource.cluster)
      .apply(object, { fieldManager, force: true, signal: this.#options.signal });
  }

  /** Removes a tracker whose resources are all gone. */
  async dropTracker(tracker: KubeObject): Promise<void> {
    const { client, signal } = this.#options;
    const reference = { ...trackerApi, name: tracker.metadata.name! };
    try {
      const finalizers = (tracker.metadata.finalizers ?? []).filter((name) => name !== trackerFinalizerName);
      await client.patch(reference, { kind: "merge", value: { metadata: { finalizers } } }, { signal });
      await client.delete(reference, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const trackerFinalizerName = "resourcetracker.core.oam.dev/finalizer";

function referenceOf({ apiVersion, kind, namespace, name }: ManagedResource): {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
} {
  return { apiVersion, kind, namespace: namespace === "" ? undefined : namespace, name };
}

function isUnknownKind(error: unknown): boolean {
  return isNotFound(error);
}

function withoutHash(object: KubeObject): JsonObject {
  const { labels, ...metadata } = object.metadata;
  if (labels === undefined) return asJson(object);
  const { [oamLabels.renderHash]: _, ...rest } = labels;
  return { ...asJson(object), metadata: { ...(metadata as JsonObject), labels: rest } };
}

export function hashOf(object: KubeObject): string {
  return contentHash(withoutHash(object));
}

/** @param hash of the object as it was rendered, before fields that others keep were taken out. */
function hashed(object: KubeObject, hash = hashOf(object)): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, [oamLabels.renderHash]: hash } },
  };
}

/** Whether nothing is to be put right: fields that an autoscaler keeps are its own. */
function isAsRecorded(live: KubeObject, raw: KubeObject): boolean {
  const wanted = withoutHash(raw);
  if (contains(asJson(live), wanted)) return true;
  return contains(asJson(live), withoutHash(withoutScaledFields(raw, live)));
}

/** Whether every field of `wanted` is in `live` with the same value; lists have to be equally long. */
export function contains(live: JsonValue | undefined, wanted: JsonValue | undefined): boolean {
  if (wanted === undefined) return true;
  if (isJsonObject(wanted)) {
    if (!isJsonObject(live)) return Object.keys(wanted).length === 0 && live === undefined;
    return Object.entries(wanted).every(([key, value]) =>
      contains(Object.hasOwn(live, key) ? live[key] : undefined, value),
    );
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live)) return wanted.length === 0 && live === undefined;
    return live.length === wanted.length && wanted.every((item, index) => contains(live[index], item));
  }
  return (
    live === wanted ||
    (wanted === "" && live === undefined) ||
    (wanted === null && live === undefined) ||
    sameQuantity(live, wanted)
  );
}

/** `1` and `"1"`, `500m` as the server writes it: quantities are compared as written only. */
function sameQuantity(live: JsonValue | undefined, wanted: JsonValue): boolean {
  return typeof live === "string" && typeof wanted === "number" && live === String(wanted);
}

/** The manifest with the live values of the paths; undefined when the live object is kept whole. */
function withLiveFields(
  object: KubeObject,
  live: KubeObject,
  paths: readonly string[] | undefined,
): KubeObject | undefined {
  let result: JsonValue = asJson(object);
  for (const path of paths ?? []) {
    if (path === "*") return undefined;
    const parts = parseFieldPath(path);
    const value = lookupFieldAt(asJson(live), parts);
    if (value === undefined)
      throw new DispatchError(`${describeObject(live)} has no field ${path}, which an apply-once rule names`);
    result = withFieldAt(result, parts, value);
  }
  return result as unknown as KubeObject;
}

function differsAt(object: KubeObject, live: KubeObject, field: string): boolean {
  const parts = parseFieldPath(field);
  return (
    contentHash(lookupFieldAt(asJson(object), parts) ?? null) !==
    contentHash(lookupFieldAt(asJson(live), parts) ?? null)
  );
}
