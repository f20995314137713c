/**
 * Deletes what is owned when its owners are gone. It watches the metadata of every resource that the server serves; that an
 * owner is gone is believed only of a deletion that was seen, or of a live answer of the server.
 */
import { type JsonValue, errorMessage, isConflict, isNotFound } from "@lateen/base";
import { createCache } from "@lateen/client";
import type { Controller, Environment, ReconcileContext, Request, Result } from "@lateen/controller";
import type { KubeObject, OwnerReference } from "@lateen/objects";
import { type ServedResource, discoverResources } from "../api/discovery.ts";
import { type GraphObject, OwnershipGraph, graphObjectOf } from "./ownership-graph.ts";
import { type JudgedOwners, blocks, foregroundFinalizer, orphanFinalizer, planCollection } from "./plan-collection.ts";

const definitions = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" } as const;
/** Kinds that own nothing and are owned by nobody worth collecting: left out, they are many. */
const ignoredKinds: ReadonlySet<string> = new Set(["Event"]);
/** A definition's resources are served shortly after it is established. */
const rediscoverMs = 500;

export function createGarbageCollector(environment: Environment): Controller {
  const collector = new GarbageCollector(environment);
  return {
    name: "garbage-collector",
    sources: [{ ...definitions, map: () => [collector.resourcesRequest] }],
    concurrency: 8,
    feed: (enqueue, context) => collector.feed(enqueue, context),
    reconcile: (request, context) => collector.reconcile(request, context),
  };
}

class GarbageCollector {
  readonly resourcesRequest: Request = { namespace: "resources", name: "" };
  readonly #environment: Environment;
  readonly #graph = new OwnershipGraph();
  readonly #resources = new Map<string, ServedResource>();
  #watch: ((resource: ServedResource) => void) | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async feed(enqueue: (request: Request) => void, { signal }: ReconcileContext): Promise<void> {
    const { client, clock, log } = this.#environment;
    const cache = createCache({ client, clock, log, transform: onlyMetadata });
    try {
      this.#watch = (resource) => {
        cache.onChange(resource, ({ object, previous }) => {
          if (object === undefined) this.#forget(previous!, enqueue);
          else this.#take(object, previous, enqueue);
        });
        cache.watch(resource);
      };
      enqueue(this.resourcesRequest);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    } finally {
      this.#watch = undefined;
      await cache[Symbol.asyncDispose]();
    }
  }

  #take(object: KubeObject, previous: KubeObject | undefined, enqueue: (request: Request) => void): void {
    const node = graphObjectOf(object);
    const ownersBefore = previous?.metadata.ownerReferences ?? [];
    this.#graph.set(node);
    if (node.owners.length > 0 || node.deleting) enqueue(requestOf(node.uid));
    // An owner that waits for this object may go now.
    for (const { uid } of ownersBefore) if (!node.owners.some((owner) => owner.uid === uid)) this.#wake(uid, enqueue);
  }

  #forget(object: KubeObject, enqueue: (request: Request) => void): void {
    const node = graphObjectOf(object);
    const dependents = this.#graph.dependentsOf(node.uid);
    this.#graph.delete(node.uid);
    for (const { uid } of dependents) enqueue(requestOf(uid));
    for (const { uid } of node.owners) this.#wake(uid, enqueue);
  }

  #wake(ownerUid: string, enqueue: (request: Request) => void): void {
    if (this.#graph.get(ownerUid)?.deleting === true) enqueue(requestOf(ownerUid));
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    if (request === this.resourcesRequest || request.namespace === this.resourcesRequest.namespace)
      return this.#watchResources(signal);
    const object = this.#graph.get(request.name);
    if (object === undefined) return {};
    if (object.deleting && object.finalizers.includes(orphanFinalizer)) await this.#orphanDependents(object, signal);
    else if (object.deleting && object.finalizers.includes(foregroundFinalizer))
      await this.#endForeground(object, signal);
    else await this.#collect(object, signal);
    return {};
  }

  /** Starts watches of resources that were not served before. */
  async #watchResources(signal: AbortSignal): Promise<Result> {
    const served = await discoverResources(this.#environment.client, signal);
    let added = 0;
    for (const resource of served) {
      const name = `${resource.apiVersion}/${resource.kind}`;
      const collectable = ["list", "watch", "delete"].every((verb) => resource.verbs.includes(verb));
      if (!collectable || ignoredKinds.has(resource.kind) || this.#resources.has(name)) continue;
      this.#resources.set(name, resource);
      added++;
      this.#watch?.(resource);
    }
    return added > 0 ? { requeueAfterMs: rediscoverMs } : {};
  }

  async #collect(object: GraphObject, signal: AbortSignal): Promise<void> {
    const owners = await this.#judgeOwners(object, signal);
    const step = planCollection(object, owners, this.#graph.dependentsOf(object.uid));
    switch (step.kind) {
      case "keep":
        return;
      case "release":
        await this.#releaseFrom(object, step.owners, signal);
        return;
      case "delete":
        await this.#delete(object, step.policy, signal);
    }
  }

  async #judgeOwners(object: GraphObject, signal: AbortSignal): Promise<JudgedOwners> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const reference of object.owners) {
      const owner = this.#graph.get(reference.uid);
      if (owner !== undefined) {
        const waits =
          owner.deleting && owner.finalizers.includes(foregroundFinalizer) && reference.blockOwnerDeletion === true;
        (waits ? waiting : solid).push(reference);
      } else if (await this.#isGone(object, reference, signal)) dangling.push(reference);
      else solid.push(reference);
    }
    return { solid, dangling, waiting };
  }

  /** Asks the server itself. @throws when it cannot tell: then nothing is deleted, and the question asked again. */
  async #isGone(
    object: GraphObject,
    { apiVersion, kind, name, uid }: OwnerReference,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#graph.isGone(uid)) return true;
    const { client, log } = this.#environment;
    const { namespaced } = await client.resolve(apiVersion, kind, { signal });
    if (namespaced && object.namespace === "") {
      log({
        level: "warn",
        message: "a cluster-scoped object names a namespaced owner; it is never collected",
        controller: "garbage-collector",
        object: `${object.kind} ${object.name}`,
      });
      return false;
    }
    try {
      const ref = { apiVersion, kind, name, ...(namespaced && { namespace: object.namespace }) };
      const live = await client.get(ref, { signal });
      if (live.metadata.uid === uid) return false;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#graph.markGone(uid);
    return true;
  }

  async #releaseFrom(
    object: GraphObject,
    owners: readonly { readonly uid: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    const kept = object.owners.filter(({ uid }) => !owners.some((owner) => owner.uid === uid));
    await this.#patch(object, { ownerReferences: kept as unknown as JsonValue }, signal);
  }

  async #delete(
    object: GraphObject,
    propagationPolicy: "Background" | "Foreground" | "Orphan",
    signal: AbortSignal,
  ): Promise<void> {
    const { client } = this.#environment;
    try {
      await client.delete(refOf(object), {
        propagationPolicy,
        preconditions: { uid: object.uid, resourceVersion: object.resourceVersion },
        signal,
      });
    } catch (error) {
      if (isNotFound(error)) this.#graph.delete(object.uid);
      // A newer version is on its way, and with it the next look.
      else if (!isConflict(error) || (await this.#hasNotChanged(object, signal))) throw error;
    }
  }

  /** Whether the server still holds what we judged by: then the conflict was none of ours. */
  async #hasNotChanged(object: GraphObject, signal: AbortSignal): Promise<boolean> {
    try {
      const live = await this.#environment.client.get(refOf(object), { signal });
      return live.metadata.resourceVersion === object.resourceVersion;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #endForeground(owner: GraphObject, signal: AbortSignal): Promise<void> {
    const dependents = this.#graph.dependentsOf(owner.uid);
    const blocking = dependents.filter((dependent) => blocks(dependent, owner));
    // Each goes its own way; its end wakes this owner again.
    for (const dependent of dependents) if (!dependent.deleting) await this.#collect(dependent, signal);
    if (blocking.length === 0) await this.#removeFinalizer(owner, foregroundFinalizer, signal);
  }

  async #orphanDependents(owner: GraphObject, signal: AbortSignal): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(owner.uid)) await this.#releaseFrom(dependent, [owner], signal);
    await this.#removeFinalizer(owner, orphanFinalizer, signal);
  }

  async #removeFinalizer(object: GraphObject, finalizer: string, signal: AbortSignal): Promise<void> {
    await this.#patch(object, { finalizers: object.finalizers.filter((name) => name !== finalizer) }, signal);
  }

  /** A change of the metadata of exactly this object in exactly this version. */
  async #patch(object: GraphObject, metadata: Readonly<Record<string, JsonValue>>, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#environment;
    const { uid, resourceVersion } = object;
    try {
      await client.patch(
        refOf(object),
        { kind: "merge", value: { metadata: { uid, resourceVersion, ...metadata } } },
        { signal },
      );
    } catch (error) {
      if (isNotFound(error)) return;
      log({
        level: "debug",
        message: "an object has changed meanwhile",
        controller: "garbage-collector",
        object: `${object.kind} ${object.namespace}/${object.name}`,
        error: errorMessage(error),
      });
      throw error;
    }
  }
}

function requestOf(uid: string): Request {
  return { namespace: "", name: uid };
}

function refOf({ apiVersion, kind, namespace, name }: GraphObject) {
  return { apiVersion, kind, name, ...(namespace !== "" && { namespace }) };
}

/** The part of an object that ownership is about. */
export function onlyMetadata({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { managedFields: _, annotations: __, labels: ___, ...rest } = metadata;
  return { apiVersion, kind, metadata: rest };
}
