import { apiVersionOf, type GroupVersionKind, groupVersionOf } from "../kube-object.ts";
import { builtinTypeOf } from "./built-in-types.ts";
import type { Kind, KindTable, TypeFacts } from "./kind.ts";
import { servedRows, storageVersions } from "./served.ts";

/** A table of these kinds, in this order. Versions of a group are preferred in the order of their first kind. */
export function kindTableOf(kinds: readonly Kind[]): KindTable {
  const byKind = new Map<string, Kind>();
  const byResource = new Map<string, Kind>();
  const versions = new Map<string, string[]>();
  for (const kind of kinds) {
    const groupVersion = apiVersionOf(kind);
    byKind.set(`${groupVersion}/${kind.kind}`, kind);
    byResource.set(`${groupVersion}/${kind.plural}`, kind);
    const served = versions.get(kind.group);
    if (served === undefined) versions.set(kind.group, [kind.version]);
    else if (!served.includes(kind.version)) served.push(kind.version);
  }
  return Object.freeze({
    lookup: (gvk: GroupVersionKind) => byKind.get(`${apiVersionOf(gvk)}/${gvk.kind}`),
    lookupResource: (resource: { readonly group: string; readonly version: string; readonly plural: string }) =>
      byResource.get(`${apiVersionOf(resource)}/${resource.plural}`),
    kinds: Object.freeze([...kinds]),
    versionsOf: (group: string) => versions.get(group) ?? [],
  });
}

let builtin: KindTable | undefined;

/** The kinds that a Kubernetes 1.36 API server has of its own, with metrics.k8s.io. The same table at every call. */
export function builtinKinds(): KindTable {
  builtin ??= kindTableOf(
    servedRows().map(([groupVersion, row]) => {
      const { group, version } = groupVersionOf(groupVersion);
      const storageVersion = storageVersions.get(`${group}/${row.kind}`);
      return new BuiltinKind({
        ...row,
        group,
        version,
        singular: row.plural === "endpoints" ? "endpoints" : row.kind.toLowerCase(),
        listKind: `${row.kind}List`,
        storageVersion: storageVersion === version ? undefined : storageVersion,
      });
    }),
  );
  return builtin;
}

/** A kind whose type is read from the generated table when first asked for. */
class BuiltinKind implements Kind {
  declare readonly group: string;
  declare readonly version: string;
  declare readonly kind: string;
  declare readonly plural: string;
  declare readonly singular: string;
  declare readonly listKind: string;
  declare readonly namespaced: boolean;
  declare readonly shortNames: readonly string[];
  declare readonly categories: readonly string[];
  declare readonly verbs: readonly string[];
  declare readonly subresources: readonly string[];
  declare readonly storageVersion?: string | undefined;

  #type: TypeFacts | undefined;

  constructor(facts: Omit<Kind, "type">) {
    Object.assign(this, facts);
  }

  get type(): TypeFacts | undefined {
    this.#type ??= builtinTypeOf(this);
    return this.#type;
  }
}
