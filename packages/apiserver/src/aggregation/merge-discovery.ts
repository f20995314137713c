import { isJsonObject, type JsonObject } from "@lateen/base";
import { objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { AggregatedApis } from "./aggregated-apis.ts";
import type { ApiService } from "./api-service.ts";

const entryOf = ({ group, version }: ApiService): JsonObject => ({ groupVersion: `${group}/${version}`, version });

/** `/apis` with the groups of other servers. */
export function withAggregatedGroups(list: JsonObject, apis: AggregatedApis): JsonObject {
  if (apis.isEmpty) return list;
  const groups = objectsOf(list.groups);
  const known = new Set(groups.map(({ name }) => textOf(name)));
  const merged = groups.map((group) => withVersions(group, apis.all));
  const added = new Set(apis.all.map(({ group }) => group).filter((group) => !known.has(group)));
  return { ...list, groups: [...merged, ...[...added].map((group) => groupOf(group, apis)!)] };
}

/** `/apis/G` of a group that another server serves, or adds a version to. */
export function withAggregatedVersions(
  group: JsonObject | undefined,
  name: string,
  apis: AggregatedApis,
): JsonObject | undefined {
  if (apis.isEmpty) return group;
  if (group !== undefined) return withVersions(group, apis.all);
  const own = groupOf(name, apis);
  return own && { kind: "APIGroup", apiVersion: "v1", ...own };
}

function groupOf(name: string, apis: AggregatedApis): JsonObject | undefined {
  const versions = apis.all.filter(({ group }) => group === name).map(entryOf);
  return versions.length === 0 ? undefined : { name, versions, preferredVersion: versions[0]! };
}

function withVersions(group: JsonObject, all: readonly ApiService[]): JsonObject {
  const known = new Set(objectsOf(group.versions).map(({ version }) => textOf(version)));
  const more = all.filter((api) => api.group === group.name && !known.has(api.version)).map(entryOf);
  return more.length === 0 ? group : { ...group, versions: [...objectsOf(group.versions), ...more] };
}

/** The aggregated document with what other servers listed last; a server that does not answer leaves a stale entry. */
export function withAggregatedResources(document: JsonObject, apis: AggregatedApis): JsonObject {
  if (apis.isEmpty) return document;
  const items = [...objectsOf(document.items)];
  for (const api of apis.all) {
    const version = versionOf(api, apis.resourcesOf(api));
    const index = items.findIndex((item) => isJsonObject(item.metadata) && item.metadata.name === api.group);
    if (index < 0) items.push({ metadata: { name: api.group, creationTimestamp: null }, versions: [version] });
    else items[index] = { ...items[index], versions: [...objectsOf(items[index]!.versions), version] };
  }
  return { ...document, items };
}

function versionOf({ group, version }: ApiService, list: JsonObject | undefined): JsonObject {
  if (list === undefined) return { version, freshness: "Stale" };
  const entries = objectsOf(list.resources);
  const kindOf = (entry: JsonObject): JsonObject => ({
    group: textOf(entry.group) || group,
    version: textOf(entry.version) || version,
    kind: textOf(entry.kind),
  });
  const resources = entries
    .filter(({ name }) => !textOf(name).includes("/"))
    .map((entry): JsonObject => {
      const subresources = entries
        .filter(({ name }) => textOf(name).startsWith(`${textOf(entry.name)}/`))
        .map(
          (one): JsonObject => ({
            subresource: textOf(one.name).slice(textOf(entry.name).length + 1),
            responseKind: kindOf(one),
            verbs: one.verbs ?? [],
          }),
        );
      return {
        resource: textOf(entry.name),
        responseKind: kindOf(entry),
        scope: entry.namespaced === true ? "Namespaced" : "Cluster",
        singularResource: textOf(entry.singularName),
        verbs: entry.verbs ?? [],
        ...(entry.shortNames !== undefined && { shortNames: entry.shortNames }),
        ...(entry.categories !== undefined && { categories: entry.categories }),
        ...(subresources.length > 0 && { subresources }),
      };
    });
  return { version, resources, freshness: "Current" };
}
