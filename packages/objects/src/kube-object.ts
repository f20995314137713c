import type { JsonObject, JsonValue } from "@lateen/base";

/** metadata.ownerReferences[] (meta/v1). */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** metadata.managedFields[] (meta/v1). */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: JsonObject;
  readonly subresource?: string;
}

/** ObjectMeta (meta/v1); times are RFC 3339 in whole seconds. */
export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string | null;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any object of the Kubernetes API, as JSON. Never changed in place: a change is a new object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface GroupVersionKind {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export function gvkOf(object: { readonly apiVersion: string; readonly kind: string }): GroupVersionKind {
  return { ...groupVersionOf(object.apiVersion), kind: object.kind };
}

export function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `Deployment default/web`, `Namespace prod`: how messages name an object. */
export function describeObject(object: { readonly kind: string; readonly metadata: ObjectMeta }): string {
  const { namespace, name, generateName } = object.metadata;
  const shown = name ?? (generateName === undefined ? "(no name)" : `${generateName}…`);
  return namespace === undefined || namespace === ""
    ? `${object.kind} ${shown}`
    : `${object.kind} ${namespace}/${shown}`;
}

/** Views an object's JSON as data for the pure walks. */
export function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

/** The value at a path of names and indices, or undefined. Own properties only. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): JsonValue | undefined {
  let current: unknown = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current as JsonValue | undefined;
}
