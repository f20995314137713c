import type { FieldError, KubeObject, ObjectMeta } from "@lateen/objects";
import { generateName, validateMetadata, validateMetadataUpdate } from "@lateen/objects";
import { createRandom } from "@lateen/base";
import type { ResourceRequest } from "../request/context.ts";
import type { Core } from "../server/core.ts";
import { badRequest } from "../status/errors.ts";
import { nameRuleOf } from "../registry/name-rules.ts";

/** The time as objects carry it: RFC 3339 in whole seconds. */
export function timestamp(core: Core, offsetMs = 0): string {
  const second = Math.floor((core.clock.now() + offsetMs) / 1000);
  if (second !== lastTime.second) lastTime = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return lastTime.text;
}

/** A write says the time several times. */
let lastTime = { second: Number.NaN, text: "" };

export function withMeta(object: KubeObject, metadata: ObjectMeta): KubeObject {
  return { ...object, metadata };
}

/** Metadata without the members whose value is undefined. */
export function cleanMeta(metadata: { readonly [K in keyof ObjectMeta]: ObjectMeta[K] | undefined }): ObjectMeta {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)) as ObjectMeta;
}

/** Checks what the URL says against what the body says. @throws BadRequest. */
export function checkNamespace(request: ResourceRequest, object: KubeObject): KubeObject {
  const { resource } = request;
  const { namespace = "", ...rest } = object.metadata;
  if (!resource.kind.namespaced) {
    return namespace === "" ? withMeta(object, rest) : resource.custom === undefined ? object : withMeta(object, rest);
  }
  if (namespace !== "" && namespace !== request.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return withMeta(object, { ...object.metadata, namespace: request.namespace! });
}

/** @throws BadRequest when the names of URL and body differ. */
export function checkName(request: ResourceRequest, object: KubeObject): void {
  const name = object.metadata.name ?? "";
  if (name === "") {
    throw badRequest(`the name of the object (${request.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== request.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  }
}

/** What the server itself sets in a new object: uid, times, generation; what a client sent for them is replaced. */
export function metadataForCreate(request: ResourceRequest, object: KubeObject): KubeObject {
  const { core, resource } = request;
  const { metadata } = object;
  const name = metadata.name ?? "";
  const generate = metadata.generateName ?? "";
  const given = { ...metadata } as Record<string, unknown>;
  for (const member of ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"])
    delete given[member];
  return withMeta(
    object,
    cleanMeta({
      ...(given as ObjectMeta),
      name: name === "" && generate !== "" ? generateName(generate, randomOf(core)) : metadata.name,
      uid: core.platform.randomUuid(),
      creationTimestamp: timestamp(core),
      generation: resource.strategy.counted ? 1 : metadata.generation || undefined,
    }),
  );
}

function randomOf(core: Core): () => number {
  const bytes = core.platform.randomBytes(4);
  return createRandom(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
}

/** What an update cannot change is taken from the live object, silently; the rest is checked by `validateMetadataUpdate`. */
export function metadataForUpdate(live: KubeObject, next: KubeObject): KubeObject {
  const { metadata } = next;
  return withMeta(
    next,
    cleanMeta({
      ...metadata,
      name: live.metadata.name,
      namespace: live.metadata.namespace,
      uid: metadata.uid === undefined || metadata.uid === "" ? live.metadata.uid : metadata.uid,
      creationTimestamp: live.metadata.creationTimestamp,
      deletionTimestamp: live.metadata.deletionTimestamp,
      deletionGracePeriodSeconds: live.metadata.deletionGracePeriodSeconds,
      generateName: metadata.generateName === "" ? undefined : metadata.generateName,
      generation: live.metadata.generation,
    }),
  );
}

/** Owners are named once: of several references with one uid the first stays, and the client is told. */
export function withUniqueOwners(request: ResourceRequest, object: KubeObject): KubeObject {
  const references = object.metadata.ownerReferences ?? [];
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const unique = references.filter((reference) => {
    const key = JSON.stringify(reference);
    if (seen.has(key)) repeated.add(reference.uid);
    return !seen.has(key) && seen.add(key);
  });
  if (unique.length === references.length) return object;
  request.warnings.push(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeated].join(", ")}`,
  );
  return withMeta(object, { ...object.metadata, ownerReferences: unique });
}

export function validateMetadataOf(request: ResourceRequest, object: KubeObject): FieldError[] {
  const { kind } = request.resource;
  // Definitions are checked whole, their metadata included.
  if (kind.kind === "CustomResourceDefinition" && request.resource.custom === undefined) return [];
  return validateMetadata(object.metadata, { namespaced: kind.namespaced, nameRule: nameRuleOf(kind) });
}

export function validateMetadataChange(live: KubeObject, next: KubeObject): FieldError[] {
  const resourceVersion = live.metadata.resourceVersion ?? "1";
  return validateMetadataUpdate({ ...next.metadata, resourceVersion }, live.metadata);
}
