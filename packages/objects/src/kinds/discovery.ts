/** The discovery documents of a server, from its kinds: the legacy ones (meta/v1) and the aggregated (apidiscovery/v2). */
import type { JsonObject } from "@lateen/base";
import { apiVersionOf, type GroupVersionKind } from "../kube-object.ts";
import type { Kind, KindTable } from "./kind.ts";
import { sha256 } from "./sha256.ts";
import { subresourceOf } from "./subresources.ts";

/** The named groups in the order in which their first kind stands in the table. */
export function groupsOf(kinds: KindTable): readonly string[] {
  return [...new Set(kinds.kinds.map(({ group }) => group))].filter((group) => group !== "");
}

/** `/api`. */
export function apiVersions(kinds: KindTable, serverAddress: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: kinds.versionsOf(""),
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList(kinds: KindTable): JsonObject {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groupsOf(kinds).map((group) => groupEntry(kinds, group)) };
}

/** `/apis/G`; undefined when no kind is in the group. */
export function apiGroup(kinds: KindTable, group: string): JsonObject | undefined {
  if (group === "" || kinds.versionsOf(group).length === 0) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(kinds, group) };
}

function groupEntry(kinds: KindTable, group: string): JsonObject {
  const versions = kinds
    .versionsOf(group)
    .map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions, preferredVersion: versions[0] ?? null };
}

/** `/api/v1` and `/apis/G/V`; undefined when the version is not served. `/api/v1` has no apiVersion. */
export function apiResourceList(
  kinds: KindTable,
  { group, version }: { readonly group: string; readonly version: string },
): JsonObject | undefined {
  if (!kinds.versionsOf(group).includes(version)) return undefined;
  const resources = kindsOf(kinds, { group, version }).flatMap(legacyEntries);
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources,
  };
}

function kindsOf(kinds: KindTable, { group, version }: { readonly group: string; readonly version: string }): Kind[] {
  return kinds.kinds
    .filter((kind) => kind.group === group && kind.version === version)
    .toSorted((a, b) => (a.plural < b.plural ? -1 : 1));
}

function legacyEntries(kind: Kind): JsonObject[] {
  const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
  const main: JsonObject = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(isStored(kind) ? { storageVersionHash: storageVersionHash(kind) } : {}),
  };
  const subresources = kind.subresources.toSorted().map((name): JsonObject => {
    const facts = subresourceOf(kind, name);
    const foreign = facts !== undefined && apiVersionOf(facts.kind) !== apiVersionOf(kind);
    return {
      name: `${plural}/${name}`,
      singularName: "",
      namespaced,
      ...(foreign ? { group: facts.kind.group, version: facts.kind.version } : {}),
      kind: facts?.kind.kind ?? kind.kind,
      verbs: facts?.verbs ?? [],
    };
  });
  return [main, ...subresources];
}

function isStored({ verbs }: Kind): boolean {
  return verbs.includes("create") && verbs.includes("get");
}

/**
 * Stored kinds that are none of the table: events.k8s.io events lie in the store as those of the core, and some kinds in a
 * version that is no longer served (kube-apiserver 1.36, default storage versions).
 */
const hashedKinds: ReadonlyMap<string, GroupVersionKind> = new Map(
  [
    { group: "events.k8s.io", kind: "Event", stored: { group: "", version: "v1" } },
    { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", stored: { version: "v1beta1" } },
    { group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicy", stored: { version: "v1beta1" } },
    { group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicyBinding", stored: { version: "v1beta1" } },
  ].map(({ group, kind, stored }) => [`${group}/${kind}`, { group, kind, ...stored }]),
);

/** Eight bytes of SHA-256 over `group/version/kind` of what the store keeps (apiserver, endpoints/discovery). */
export function storageVersionHash(kind: Kind): string {
  const stored = hashedKinds.get(`${kind.group}/${kind.kind}`) ?? {
    group: kind.group,
    version: kind.storageVersion ?? kind.version,
    kind: kind.kind,
  };
  const digest = sha256(new TextEncoder().encode(`${stored.group}/${stored.version}/${stored.kind}`));
  return btoa(String.fromCharCode(...digest.subarray(0, 8)));
}

/** `/api` (`core`) or `/apis` (`named`) as APIGroupDiscoveryList v2. */
export function aggregatedDiscovery(kinds: KindTable, part: "core" | "named"): JsonObject {
  const groups = part === "core" ? [""] : groupsOf(kinds);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === "" ? {} : { name: group },
      versions: kinds.versionsOf(group).map((version) => ({
        version,
        resources: kindsOf(kinds, { group, version }).map(aggregatedEntry),
        freshness: "Current",
      })),
    })),
  };
}

function aggregatedEntry(kind: Kind): JsonObject {
  const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
  const subresources = kind.subresources.toSorted().map((name): JsonObject => {
    const facts = subresourceOf(kind, name);
    return {
      subresource: name,
      responseKind: responseKind(kind, facts?.kind ?? kind),
      verbs: facts?.verbs ?? [],
    };
  });
  return {
    resource: plural,
    responseKind: responseKind(kind, kind),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** Group and version are empty when they are those of the list. */
function responseKind(kind: Kind, response: GroupVersionKind): JsonObject {
  const own = apiVersionOf(kind) === apiVersionOf(response);
  return { group: own ? "" : response.group, version: own ? "" : response.version, kind: response.kind };
}
