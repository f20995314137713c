import { codeOf, type JsonObject, jsonEquals } from "@lateen/base";
import { asJson, type FieldError, type KubeObject } from "@lateen/objects";
import { encodeStored } from "../object/stored-form.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import type { Core } from "../server/core.ts";
import { invalid } from "../status/errors.ts";
import type { Resource } from "../registry/resource.ts";
import { convertObject, toStoredVersion } from "../object/convert.ts";

/** Tries of a write whose object keeps changing under it. */
export const maxTries = 100;

/** @throws Invalid when there is an error. */
export function throwIfInvalid(request: ResourceRequest, name: string, errors: readonly FieldError[]): void {
  const { kind } = request.resource;
  if (errors.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name }, errors);
}

export function storedBytes(core: Core, resource: Resource, object: KubeObject): Uint8Array {
  return encodeStored(toStoredVersion(resource, object, core.converter), resource.custom?.tag ?? "-");
}

/** Puts one object. @returns it as it is now stored, or undefined when somebody else was faster. */
export async function commitObject(
  request: ResourceRequest,
  object: KubeObject,
  ifRevision: number,
): Promise<KubeObject | undefined> {
  const { core, resource } = request;
  const { namespace, name = "" } = object.metadata;
  const bytes = await core.converter.settle(() => storedBytes(core, resource, object));
  let revision: number;
  try {
    revision = await core.store.commit([{ key: keyOf(resource, namespace, name), bytes, ifRevision }]);
  } catch (error) {
    if (codeOf(error) === "conflict") return undefined;
    throw error;
  }
  return withRevision(await core.converter.settle(() => asRead(request, object)), revision);
}

/** What a later read gives: through another version than the stored one something may be lost. */
export function asRead({ core, resource }: ResourceRequest, object: KubeObject): KubeObject {
  const { custom } = resource;
  if (custom === undefined || custom.storage) return object;
  const stored = toStoredVersion(resource, object, core.converter);
  return convertObject(resource, stored, { tag: custom.tag, converter: core.converter });
}

/** Removes one object. @returns the revision of its deletion, or undefined when somebody else was faster. */
export async function commitRemoval(
  request: ResourceRequest,
  object: KubeObject,
  ifRevision: number,
): Promise<number | undefined> {
  const { core, resource } = request;
  const { namespace, name = "" } = object.metadata;
  try {
    return await core.store.commit([{ key: keyOf(resource, namespace, name), bytes: undefined, ifRevision }]);
  } catch (error) {
    if (codeOf(error) === "conflict") return undefined;
    throw error;
  }
}

export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** Equal but for the resourceVersion and the times in managedFields: a write that changes nothing is none. */
export function isSameObject(left: KubeObject, right: KubeObject): boolean {
  return jsonEquals(comparable(left), comparable(right));
}

function comparable(object: KubeObject): JsonObject {
  const { resourceVersion: _, managedFields, ...metadata } = object.metadata;
  const entries = managedFields?.map(({ time: __, ...entry }) => entry) ?? [];
  return asJson({ ...object, metadata: { ...metadata, managedFields: entries } });
}
