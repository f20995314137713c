import { jsonEquals } from "@lateen/base";
import { type KubeObject, asJson, groupVersionOf } from "../kube-object.ts";
import { allowedByLastApplied, syncLastApplied } from "./last-applied.ts";
import { type Owner, capUpdaters, decodeOwners, decodeOwnersOrNone, describeOwner, identityOf } from "./managers.ts";
import type { MergeSchema } from "./merge-schema.ts";
import {
  type Conflict,
  type WriteOptions,
  Writing,
  followSchema,
  settle,
  unowned,
  update,
  withManagedFields,
  withoutManagedFields,
} from "./ownership.ts";
import {
  type PathSet,
  difference,
  emptySet,
  equalSets,
  formatFieldPath,
  intersection,
  pathsOf,
  recursiveDifference,
  union,
} from "./path-set.ts";
import { mergeTyped } from "./typed-merge.ts";
import { removePaths, withNamedFields } from "./typed-remove.ts";
import { TypedValueError, fieldSetOf, requireTyped } from "./typed-values.ts";

/**
 * Server-side apply and the bookkeeping of every other write: the field manager of kube-apiserver
 * (k8s.io/apimachinery pkg/util/managedfields over structured-merge-diff v6), as functions of their inputs.
 */

export type { WriteOptions } from "./ownership.ts";

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

const beforeFirstApply = "before-first-apply";

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
  followSchema(writing, owners);
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
  const owners = decodeOwners(options.live?.metadata.managedFields);
  requireTypes(writing, { live, configuration, owned: owners.size > 0 });
  if (owners.size === 0) {
    // What was there before anybody applied belongs to a manager of its own.
    const whole = new Writing({ ...options, resetFields: options.resetFields }, applied.apiVersion);
    update(whole, owners, { before: emptyObject(applied), after: live, manager: beforeFirstApply });
  }
  followSchema(writing, owners);
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

function requireTypes(
  writing: Writing,
  { live, configuration, owned }: { live: KubeObject; configuration: KubeObject; owned: boolean },
): void {
  const { namespace = "", name = "" } = configuration.metadata;
  const { group, version } = groupVersionOf(configuration.apiVersion);
  const shown = `(${namespace}/${name}; ${group}/${version}, Kind=${configuration.kind})`;
  const check = (what: string, object: KubeObject, duplicates: "refused" | "tolerated"): void => {
    try {
      requireObject(object, writing.schema, duplicates);
    } catch (error) {
      if (!(error instanceof TypedValueError)) throw error;
      throw new ApplyError("Typed", `${what}: ${error.message}`);
    }
  };
  if (!owned)
    check(
      `failed to create manager for existing fields: failed to convert new object ${shown} to smd typed`,
      live,
      "tolerated",
    );
  check(`failed to create typed patch object ${shown}`, configuration, "refused");
  if (owned) check(`failed to create typed live object ${shown}`, live, "tolerated");
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
  const allowed = allowedByLastApplied(writing, live);
  if (allowed === undefined) return outcome;
  const left = outcome.conflicts
    .map(({ owner, set }) => ({ owner, set: difference(set, allowed) }))
    .filter(({ set }) => set.size > 0);
  return left.length > 0 ? { ...outcome, conflicts: left } : attempt(true);
}
