import type { JsonObject, JsonValue } from "@lateen/base";
import type { KubeObject, ManagedFieldsEntry } from "../kube-object.ts";
import { type PathSet, decodeFieldsV1, encodeFieldsV1, setOfPaths, union } from "./path-set.ts";

/** Handing the fields of client-side apply over to server-side apply (client-go util/csaupgrade). */

const lastApplied = setOfPaths(["f:metadata", "f:annotations", "f:kubectl.kubernetes.io/last-applied-configuration"]);

export interface CsaUpgradeOptions {
  readonly object: KubeObject;
  /** Managers whose Update entries were client-side apply: `kubectl-client-side-apply`. */
  readonly csaManagers: readonly string[];
  /** The manager that applies from now on: `kubectl`. */
  readonly ssaManager: string;
  readonly subresource?: string | undefined;
}

/** The managed fields after the hand-over; the same list when there is nothing to hand over. */
export function upgradeManagedFields(options: CsaUpgradeOptions): readonly ManagedFieldsEntry[] {
  const { object, csaManagers, ssaManager, subresource = "" } = options;
  let entries = object.metadata.managedFields ?? [];
  const isOf = (entry: ManagedFieldsEntry, manager: string, operation: string): boolean =>
    entry.manager === manager && entry.operation === operation && (entry.subresource ?? "") === subresource;
  for (const manager of csaManagers) entries = handOver(entries, { manager, ssaManager, isOf });
  return entries;
}

interface HandOver {
  readonly manager: string;
  readonly ssaManager: string;
  readonly isOf: (entry: ManagedFieldsEntry, manager: string, operation: string) => boolean;
}

function handOver(
  entries: readonly ManagedFieldsEntry[],
  { manager, ssaManager, isOf }: HandOver,
): readonly ManagedFieldsEntry[] {
  const updates = entries.filter((entry) => isOf(entry, manager, "Update"));
  if (updates.length === 0) return entries;
  const applier = entries.find((entry) => isOf(entry, ssaManager, "Apply"));
  // Without an Apply entry the first of client-side apply becomes it.
  const base = applier ?? { ...updates[0]!, manager: ssaManager, operation: "Apply" as const };
  let set: PathSet = decodeFieldsV1(base.fieldsV1 ?? {});
  for (const update of updates) set = union(set, decodeFieldsV1(update.fieldsV1 ?? {}));
  if (applier !== undefined && annotationOwned(updates)) set = union(set, lastApplied);
  const upgraded: ManagedFieldsEntry = { ...base, fieldsV1: encodeFieldsV1(set) };
  const place = applier ?? updates[0];
  return entries.flatMap((entry) => {
    if (entry === place) return [upgraded];
    return updates.includes(entry) ? [] : [entry];
  });
}

function annotationOwned(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.some((entry) => JSON.stringify(entry.fieldsV1 ?? {}).includes("last-applied-configuration"));
}

/** The JSON patch that hands over, guarded by the resource version; undefined when there is nothing to do. */
export function upgradePatch(options: CsaUpgradeOptions): readonly JsonObject[] | undefined {
  const { metadata } = options.object;
  const next = upgradeManagedFields(options);
  if (next === (metadata.managedFields ?? next)) return undefined;
  return [
    { op: "replace", path: "/metadata/managedFields", value: next as unknown as JsonValue },
    { op: "replace", path: "/metadata/resourceVersion", value: metadata.resourceVersion ?? "" },
  ];
}
