import { type KubeObject, asJson } from "../kube-object.ts";
import { type MergeSchema, type MergeType, schemaOfType } from "./merge-schema.ts";
import { type Owner, type OwnerIdentity, encodeOwners, identityOf } from "./managers.ts";
import {
  type PathSet,
  difference,
  emptySet,
  intersection,
  recursiveDifference,
  setOfPaths,
  union,
} from "./path-set.ts";
import { type Comparison, compareTyped } from "./typed-merge.ts";
import { withAtomicOwned } from "./typed-remove.ts";

/** Who owns what after a write: takes changed fields from their owners and gives them to the writer. */

export interface WriteOptions {
  /** What is stored, in the version of the request; undefined when the object comes into being. */
  readonly live: KubeObject | undefined;
  readonly manager: string;
  readonly type: MergeType;
  /** "" or absent for the resource itself. */
  readonly subresource?: string | undefined;
  /** Dotted paths of fields that a request on this (sub)resource neither writes nor owns. */
  readonly resetFields?: readonly string[] | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  /**
   * The object in another version; undefined when that version is gone. Without it only the version of the request is
   * known, and owners in other versions are dropped.
   */
  readonly convert?: ((object: KubeObject, apiVersion: string) => KubeObject | undefined) | undefined;
  /** The type in another version; without it all versions have the same. */
  readonly typeOf?: ((apiVersion: string) => MergeType) | undefined;
}

/** Fields of metadata that nobody owns. */
export const unowned = setOfPaths(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => ["f:metadata", `f:${name}`]),
);

export function withManagedFields(object: KubeObject, owners: ReadonlyMap<string, Owner>): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (owners.size === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: encodeOwners(owners) } };
}

export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata === undefined) return { ...object, metadata: {} };
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What a write needs to know, made once for it. */
export class Writing {
  readonly apiVersion: string;
  readonly schema: MergeSchema;
  readonly ignored: PathSet;
  readonly options: WriteOptions;

  constructor(options: WriteOptions, apiVersion: string) {
    this.options = options;
    this.apiVersion = apiVersion;
    this.schema = schemaOfType(options.type);
    this.ignored = setOfPaths(...(options.resetFields ?? []).map((path) => path.split(".").map((name) => `f:${name}`)));
  }

  schemaIn(apiVersion: string): MergeSchema {
    if (apiVersion === this.apiVersion || this.options.typeOf === undefined) return this.schema;
    return schemaOfType(this.options.typeOf(apiVersion));
  }

  convert(object: KubeObject, apiVersion: string): KubeObject | undefined {
    return apiVersion === object.apiVersion ? object : this.options.convert?.(object, apiVersion);
  }

  /** Differences without the fields that this write may not touch. */
  compare(before: KubeObject, after: KubeObject): Comparison {
    const schema = this.schemaIn(before.apiVersion);
    const { added, modified, removed } = compareTyped(asJson(before), asJson(after), schema);
    if (this.ignored.size === 0) return { added, modified, removed };
    return {
      added: recursiveDifference(added, this.ignored),
      modified: recursiveDifference(modified, this.ignored),
      removed: recursiveDifference(removed, this.ignored),
    };
  }

  identity(operation: Owner["operation"], manager: string): OwnerIdentity {
    return { manager, operation, subresource: this.options.subresource ?? "", apiVersion: this.apiVersion };
  }
}

/** Follows changes of the schema since the owners were recorded. */
export function followSchema(writing: Writing, owners: Map<string, Owner>): void {
  for (const [id, owner] of owners) {
    const set = withAtomicOwned(owner.set, writing.schemaIn(owner.apiVersion));
    if (set !== owner.set) owners.set(id, { ...owner, set, entry: undefined });
  }
}

export interface Conflict {
  readonly owner: Owner;
  readonly set: PathSet;
}

interface Settled {
  readonly comparison: Comparison;
  readonly conflicts: readonly Conflict[];
}

const isSame = ({ added, modified, removed }: Comparison): boolean =>
  added.size === 0 && modified.size === 0 && removed.size === 0;

/**
 * Takes from all owners but `self` what changes between `before` and `after`. Without `force` nothing is taken when an
 * owner would lose a changed field: those are the conflicts.
 */
export function settle(
  writing: Writing,
  owners: Map<string, Owner>,
  change: { before: KubeObject; after: KubeObject; self: string; force: boolean },
): Settled {
  const comparison = writing.compare(change.before, change.after);
  const byVersion = new Map<string, Comparison | undefined>([[writing.apiVersion, comparison]]);
  const conflicts: Conflict[] = [];
  const losses: [string, Owner, PathSet][] = [];
  for (const [id, owner] of owners) {
    if (id === change.self) continue;
    if (!byVersion.has(owner.apiVersion)) {
      const before = writing.convert(change.before, owner.apiVersion);
      const after = writing.convert(change.after, owner.apiVersion);
      const known = before !== undefined && after !== undefined;
      byVersion.set(owner.apiVersion, known ? writing.compare(before, after) : undefined);
    }
    const differences = byVersion.get(owner.apiVersion);
    if (differences === undefined) {
      owners.delete(id);
      continue;
    }
    if (isSame(differences)) continue;
    const changed = intersection(owner.set, union(differences.modified, differences.added));
    if (changed.size > 0) conflicts.push({ owner, set: changed });
    losses.push([id, owner, union(changed, differences.removed)]);
  }
  if (conflicts.length > 0 && !change.force) return { comparison, conflicts };
  for (const [id, owner, lost] of losses) {
    const set = difference(owner.set, lost);
    if (set.size === 0) owners.delete(id);
    else if (set !== owner.set) owners.set(id, { ...owner, set, entry: undefined });
  }
  for (const [id, owner] of owners) if (owner.set.size === 0) owners.delete(id);
  return { comparison, conflicts: [] };
}

/** Gives the changes between `before` and `after` to an Update owner; owners that are left with nothing go. */
export function update(
  writing: Writing,
  owners: Map<string, Owner>,
  { before, after, manager }: { before: KubeObject; after: KubeObject; manager: string },
): void {
  const { comparison } = settle(writing, owners, { before, after, self: "", force: true });
  const identity = writing.identity("Update", manager === "" ? "unknown" : manager);
  const id = identityOf(identity);
  const taken = recursiveDifference(union(comparison.modified, comparison.added), writing.ignored);
  if (taken.size === 0) return;
  const previous = owners.get(id);
  const set = difference(union(previous?.set ?? emptySet, taken), unowned);
  if (set.size > 0) owners.set(id, { ...identity, time: writing.options.now, set });
  else owners.delete(id);
}
