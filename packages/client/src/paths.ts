/** Paths and queries of the API (`/apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE?…`). */
import { type KubeObject, describeObject } from "@lateen/objects";
import type { CollectionRef, ListOptions, ResourceRef, WatchOptions } from "./client.ts";
import { type ResolvedKind, groupVersionPath } from "./resolve.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An object or a collection, and what of it is meant. */
export interface Target {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Query;
}

/** @param home where a namespaced target goes that names no namespace; undefined: all namespaces. */
export function pathOf(target: Target, { plural, namespaced }: ResolvedKind, home: string | undefined): string {
  const given = target.namespace === undefined || target.namespace === "" ? undefined : target.namespace;
  const namespace = given ?? home;
  let path = groupVersionPath(target.apiVersion);
  if (namespaced && namespace !== undefined) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${plural}`;
  if (target.name !== undefined) path += `/${encodeURIComponent(target.name)}`;
  if (target.subresource !== undefined) path += `/${target.subresource}`;
  return path + queryText(target.query ?? {});
}

function queryText(query: Query): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

export function listQuery(list: ListOptions): Query {
  return {
    labelSelector: list.labelSelector,
    fieldSelector: list.fieldSelector,
    limit: list.limit,
    continue: list.continue,
    resourceVersion: list.resourceVersion,
  };
}

export function watchQuery(watch: WatchOptions): Query {
  return {
    watch: true,
    allowWatchBookmarks: true,
    labelSelector: watch.labelSelector,
    fieldSelector: watch.fieldSelector,
    resourceVersion: watch.resourceVersion,
    timeoutSeconds: watch.timeoutSeconds,
    ...(watch.sendInitialEvents === true && { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }),
  };
}

export function targetOf({ apiVersion, kind, metadata }: KubeObject): Target {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/** `Deployment default/web`, as messages name it. */
export function describeRef(ref: ResourceRef): string {
  const { kind, name, namespace } = ref;
  return describeObject({ kind, metadata: { name, ...(namespace !== undefined && { namespace }) } });
}

export function describeCollection(ref: CollectionRef): string {
  return ref.namespace === undefined || ref.namespace === "" ? ref.kind : `${ref.kind} in ${ref.namespace}`;
}

/** `status of ` before the object's name, where a part of it is meant. */
export function partOf(subresource: string | undefined): string {
  return subresource === undefined ? "" : `${subresource} of `;
}
