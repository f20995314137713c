import { type JsonObject, type JsonValue, jsonEquals, ownProperty } from "@lateen/base";
import { type KubeObject, asJson, groupVersionOf, valueAt } from "../kube-object.ts";
import { setMember } from "../own.ts";
import { type MergeSchema, type MergeType, schemaOfType } from "./merge-schema.ts";
import {
  type Owner,
  type OwnerIdentity,
  capUpdaters,
  decodeOwners,
  decodeOwnersOrNone,
  describeOwner,
  encodeOwners,
  identityOf,
} from "./managers.ts";
import {
  type PathSet,
  difference,
  emptySet,
  equalSets,
  formatFieldPath,
  intersection,
  pathsOf,
  recursiveDifference,
  setOfPaths,
  union,
} from "./path-set.ts";
import { type Comparison, compareTyped, mergeTyped } from "./typed-merge.ts";
import { removePaths, withNamedFields } from "./typed-remove.ts";
import { TypedValueError, fieldSetOf, requireTyped } from "./typed-values.ts";

/**
 * Server-side apply and the bookkeeping of every other write: the field manager of kube-apiserver
 * (k8s.io/apimachinery pkg/util/managedfields over structured-merge-diff v6), as functions of their inputs.
 */

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

export interface ApplyOptions extends WriteOptions {
  readonly applied: KubeObject;
  readonly force: boolean;
}

export interface FieldConflict {
  /** `.spec.replicas` */
  readonly field: string;
  /** `conflict with "hpa" using autoscaling/v2` */
  readonly message: string;
}

export type ApplyResult =
  | { readonly kind: "applied"; readonly object: KubeObject; readonly changed: boolean }
  | { readonly kind: "conflict"; readonly conflicts: readonly FieldConflict[]; readonly message: string };

/**
 * Why an apply cannot be done at all: `BadRequest` what a client must not send, `Typed` a value that is not of its type
 * (the server answers 500 to it).
 */
export class ApplyError extends Error {
  override readonly name = "ApplyError";
  readonly code: "BadRequest" | "Typed";

  constructor(code: ApplyError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Fields of metadata that nobody owns. */
const unowned = setOfPaths(
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

const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
const maxAnnotationBytes = 256 * 1024;
const beforeFirstApply = "before-first-apply";

function withManagedFields(object: KubeObject, owners: ReadonlyMap<string, Owner>): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (owners.size === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: encodeOwners(owners) } };
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata === undefined) return { ...object, metadata: {} };
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What a write needs to know, made once for it. */
class Writing {
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

interface Conflict {
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
function settle(
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
function update(
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

function emptyObject(object: KubeObject): KubeObject {
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: {} };
}

/** @throws TypedValueError */
function requireObject(object: KubeObject, schema: MergeSchema, duplicates: "refused" | "tolerated"): void {
  requireTyped(asJson(object), schema, { duplicates });
}

/**
 * The updated object with its managed fields: who changed what by this create, update or patch. `managedFields` in
 * `updated` replace the live ones (`[]` and `[{}]` reset all); absent or unreadable ones leave them.
 */
export function recordUpdate(options: WriteOptions & { readonly updated: KubeObject }): KubeObject {
  const { live, updated } = options;
  const owners = ownersAfter(options);
  const after = withoutManagedFields(updated);
  const isCreate = live === undefined;
  if (owners.size === 0 && !isCreate && (live.metadata.uid ?? "") !== "") return withManagedFields(after, owners);
  const before = withoutManagedFields(live ?? emptyObject(updated));
  const writing = new Writing(options, updated.apiVersion);
  try {
    requireObject(after, writing.schema, "tolerated");
    requireObject(before, writing.schema, "tolerated");
  } catch (error) {
    // The server drops all bookkeeping of an object that is not of its type.
    if (error instanceof TypedValueError) return after;
    throw error;
  }
  update(writing, owners, { before, after, manager: options.manager });
  capUpdaters(owners);
  return withManagedFields(after, owners);
}

function ownersAfter({
  live,
  updated,
  subresource = "",
}: WriteOptions & { readonly updated: KubeObject }): Map<string, Owner> {
  const liveEntries = live?.metadata.managedFields;
  if (subresource !== "") return decodeOwnersOrNone(liveEntries);
  const given = updated.metadata.managedFields;
  if (Array.isArray(given)) {
    const reset = given.length === 0 || (given.length === 1 && Object.keys(given[0]!).length === 0);
    if (reset) return new Map();
    const owners = decodeOwnersOrNone(given);
    if (owners.size > 0) return owners;
  }
  return decodeOwnersOrNone(liveEntries);
}

/**
 * Applies a configuration: merges it into the live object, takes out what the manager applied before and applies no
 * more (and nobody else owns), and records the ownership; or says with whom it conflicts.
 * @throws ApplyError
 */
export function applyObject(options: ApplyOptions): ApplyResult {
  const { applied, manager } = options;
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields !== null)
    throw new ApplyError("BadRequest", "metadata.managedFields must be nil");
  const live = withoutManagedFields(options.live ?? emptyObject(applied));
  const configuration = withoutManagedFields(applied);
  const writing = new Writing(options, applied.apiVersion);
  requireTypes(writing, live, configuration);
  const owners = decodeOwners(options.live?.metadata.managedFields);
  if (owners.size === 0) {
    // What was there before anybody applied belongs to a manager of its own.
    const whole = new Writing({ ...options, resetFields: options.resetFields }, applied.apiVersion);
    update(whole, owners, { before: emptyObject(applied), after: live, manager: beforeFirstApply });
  }
  const attempt = (force: boolean): Outcome => apply(writing, new Map(owners), { live, configuration, force });
  let outcome = attempt(options.force);
  if (outcome.conflicts.length > 0 && manager === "kubectl")
    outcome = overrideLastApplied(writing, live, outcome, attempt);
  if (outcome.conflicts.length > 0) return conflictResult(outcome.conflicts);
  const synced = manager === "kubectl" ? syncLastApplied(outcome.object, applied) : outcome.object;
  const object = withManagedFields(synced, outcome.owners);
  return {
    kind: "applied",
    object,
    changed: options.live === undefined || !jsonEquals(asJson(object), asJson(options.live)),
  };
}

function requireTypes(writing: Writing, live: KubeObject, configuration: KubeObject): void {
  const { namespace = "", name = "" } = configuration.metadata;
  const { group, version } = groupVersionOf(configuration.apiVersion);
  const shown = `${namespace}/${name}; ${group === "" ? version : `${group}/${version}`}, Kind=${configuration.kind}`;
  const check = (what: string, object: KubeObject, duplicates: "refused" | "tolerated"): void => {
    try {
      requireObject(object, writing.schema, duplicates);
    } catch (error) {
      if (!(error instanceof TypedValueError)) throw error;
      throw new ApplyError("Typed", `failed to create typed ${what} object (${shown}): ${error.message}`);
    }
  };
  check("patch", configuration, "refused");
  check("live", live, "tolerated");
}

interface Outcome {
  readonly object: KubeObject;
  readonly owners: Map<string, Owner>;
  readonly conflicts: readonly Conflict[];
}

function apply(
  writing: Writing,
  owners: Map<string, Owner>,
  { live, configuration, force }: { live: KubeObject; configuration: KubeObject; force: boolean },
): Outcome {
  const identity = writing.identity("Apply", writing.options.manager);
  const id = identityOf(identity);
  const last = owners.get(id);
  const all = recursiveDifference(fieldSetOf(asJson(configuration), writing.schema), writing.ignored);
  owners.set(id, { ...identity, time: last?.time, set: all });
  const merged = mergeTyped(asJson(live), asJson(configuration), writing.schema) as unknown as KubeObject;
  const object = prune(writing, owners, { merged, last, self: id });
  const { conflicts } = settle(writing, owners, { before: live, after: object, self: id, force });
  if (conflicts.length > 0) return { object, owners, conflicts };
  // A change of order alone changes no ownership, but it is a change.
  const same = jsonEquals(asJson(live), asJson(object));
  const own = owners.get(id);
  if (own !== undefined) finishOwner(owners, { id, own, last, same, now: writing.options.now });
  return { object: same ? live : object, owners, conflicts };
}

/** Drops what nobody owns, and stamps the entry unless nothing changed. */
function finishOwner(
  owners: Map<string, Owner>,
  { id, own, last, same, now }: { id: string; own: Owner; last: Owner | undefined; same: boolean; now: string },
): void {
  const set = difference(own.set, unowned);
  if (set.size === 0) {
    owners.delete(id);
    return;
  }
  const time = same ? last?.time : now;
  const unchanged =
    last !== undefined && last.apiVersion === own.apiVersion && last.time === time && equalSets(last.set, set);
  owners.set(id, unchanged ? last : { ...own, set, time });
}

/** Takes out what the manager owned and applies no more, unless somebody else owns it. */
function prune(
  writing: Writing,
  owners: ReadonlyMap<string, Owner>,
  { merged, last, self }: { merged: KubeObject; last: Owner | undefined; self: string },
): KubeObject {
  if (last === undefined || last.set.size === 0) return merged;
  const sameVersion = last.apiVersion === writing.apiVersion;
  if (sameVersion && difference(last.set, owners.get(self)!.set).size === 0) return merged;
  const before = writing.convert(merged, last.apiVersion);
  if (before === undefined) return merged;
  const schema = writing.schemaIn(last.apiVersion);
  const remove = (object: KubeObject, set: PathSet, within = schema): KubeObject =>
    removePaths(asJson(object), set, within) as unknown as KubeObject;
  const pruned = remove(before, withNamedFields(last.set, schema));
  const restored = restoreOwned(writing, owners, { merged: before, pruned, version: last.apiVersion });
  // Only what the manager owned goes in the end: what stood below it and belongs to nobody stays.
  const present = withNamedFields(fieldSetOf(asJson(restored), schema), schema);
  const all = withNamedFields(fieldSetOf(asJson(before), schema), schema);
  const dangling = intersection(difference(all, present), withNamedFields(last.set, schema));
  const result = remove(before, dangling);
  return writing.convert(result, writing.apiVersion) ?? merged;
}

/** Puts back what owners in any version own, the pruned version first. */
function restoreOwned(
  writing: Writing,
  owners: ReadonlyMap<string, Owner>,
  start: { merged: KubeObject; pruned: KubeObject; version: string },
): KubeObject {
  const byVersion = new Map<string, PathSet>([[start.version, emptySet]]);
  for (const { apiVersion, set } of owners.values())
    byVersion.set(apiVersion, union(byVersion.get(apiVersion) ?? emptySet, set));
  let { pruned } = start;
  for (const [version, owned] of byVersion) {
    if (owned.size === 0) continue;
    const merged = writing.convert(start.merged, version);
    const current = writing.convert(pruned, version);
    if (merged === undefined || current === undefined) continue;
    const schema = writing.schemaIn(version);
    const named = (set: PathSet): PathSet => withNamedFields(set, schema);
    const all = named(fieldSetOf(asJson(merged), schema));
    const kept = union(named(fieldSetOf(asJson(current), schema)), named(owned));
    pruned = removePaths(asJson(merged), difference(all, kept), schema) as unknown as KubeObject;
  }
  return writing.convert(pruned, start.version) ?? start.pruned;
}

function conflictResult(conflicts: readonly Conflict[]): ApplyResult {
  const byOwner = conflicts
    .map(({ owner, set }) => ({ owner, paths: [...pathsOf(set)].map(formatFieldPath), id: identityOf(owner) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const found = byOwner.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ field, message: `conflict with ${describeOwner(owner)}` })),
  );
  const [first] = found;
  const message =
    found.length === 1
      ? `Apply failed with 1 conflict: ${first!.message}: ${first!.field}`
      : `Apply failed with ${found.length} conflicts: ${byOwner
          .map(({ owner, paths }) =>
            [`conflicts with ${describeOwner(owner)}:`, ...paths.map((path) => `- ${path}`)].join("\n"),
          )
          .join("\n")}`;
  return { kind: "conflict", conflicts: found, message };
}

/** kubectl takes over from its own client-side apply: what it applied last and is still so may be overridden. */
function overrideLastApplied(
  writing: Writing,
  live: KubeObject,
  outcome: Outcome,
  attempt: (force: boolean) => Outcome,
): Outcome {
  const text = valueAt(live, "metadata", "annotations", lastAppliedAnnotation);
  const allowed = typeof text === "string" ? allowedByLastApplied(writing, live, text) : undefined;
  if (allowed === undefined) return outcome;
  const left = outcome.conflicts
    .map(({ owner, set }) => ({ owner, set: difference(set, allowed) }))
    .filter(({ set }) => set.size > 0);
  return left.length > 0 ? { ...outcome, conflicts: left } : attempt(true);
}

function allowedByLastApplied(writing: Writing, live: KubeObject, text: string): PathSet | undefined {
  try {
    const parsed = JSON.parse(text) as KubeObject;
    const lastApplied = writing.convert(parsed, writing.apiVersion);
    if (lastApplied === undefined) return undefined;
    requireObject(lastApplied, writing.schema, "tolerated");
    const { modified, removed } = compareTyped(asJson(live), asJson(lastApplied), writing.schema);
    const added = compareTyped(asJson(live), asJson(lastApplied), writing.schema).added;
    return difference(fieldSetOf(asJson(lastApplied), writing.schema), union(modified, union(removed, added)));
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of client-side apply in step, where there is one. */
function syncLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const annotations = object.metadata.annotations;
  if (annotations === undefined || !Object.hasOwn(annotations, lastAppliedAnnotation)) return object;
  const json = asJson(withoutManagedFields(applied));
  const metadata = { ...(json["metadata"] as JsonObject) } as Record<string, JsonValue>;
  const own = ownProperty(metadata, "annotations");
  if (own !== undefined && own !== null) {
    const { [lastAppliedAnnotation]: _, ...rest } = own as Record<string, JsonValue>;
    metadata["annotations"] = rest;
  }
  const text = `${JSON.stringify(sortKeys({ ...json, metadata }))}\n`;
  const next: Record<string, string> = { ...annotations };
  if (text.length > maxAnnotationBytes) delete next[lastAppliedAnnotation];
  else next[lastAppliedAnnotation] = text;
  return { ...object, metadata: { ...object.metadata, annotations: next } };
}

function sortKeys(value: JsonValue | undefined): JsonValue {
  if (typeof value !== "object" || value === null) return value ?? null;
  if (Array.isArray(value)) return (value as JsonValue[]).map(sortKeys);
  const result: Record<string, JsonValue> = {};
  for (const name of Object.keys(value).sort()) setMember(result, name, sortKeys((value as JsonObject)[name]));
  return result;
}
