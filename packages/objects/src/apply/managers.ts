import { type JsonObject, isJsonObject } from "@lateen/base";
import type { ManagedFieldsEntry } from "../kube-object.ts";
import { type PathSet, decodeFieldsV1, encodeFieldsV1, union } from "./path-set.ts";

/** Who owns which fields: metadata.managedFields, decoded. */
export interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource: string;
  readonly apiVersion: string;
  readonly time: string | undefined;
  readonly set: PathSet;
  /** The entry as it was read, while nothing about it has changed. */
  readonly entry?: ManagedFieldsEntry | undefined;
}

/** By identity: an Apply entry of a manager and subresource is one whatever its version, Update entries are one a version. */
export type Owners = ReadonlyMap<string, Owner>;

export type OwnerIdentity = Pick<Owner, "manager" | "operation" | "subresource" | "apiVersion">;

/** The identity as the server writes it; conflicts are sorted by it. */
export function identityOf({ manager, operation, subresource, apiVersion }: OwnerIdentity): string {
  const fields: Record<string, string> = { manager, operation };
  if (operation === "Update") fields["apiVersion"] = apiVersion;
  if (subresource !== "") fields["subresource"] = subresource;
  return JSON.stringify(fields);
}

/** `"kubelet" with subresource "status" using v1`, as conflicts name an owner. */
export function describeOwner(owner: OwnerIdentity): string {
  let text = JSON.stringify(owner.manager);
  if (owner.subresource !== "") text += ` with subresource ${JSON.stringify(owner.subresource)}`;
  return owner.operation === "Update" ? `${text} using ${owner.apiVersion}` : text;
}

/** Entries that cannot be read; the message says which. */
export class ManagedFieldsError extends Error {
  override readonly name = "ManagedFieldsError";
  readonly code = "ManagedFields";
}

/** @throws ManagedFieldsError */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | null | undefined): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const entry of entries ?? []) {
    const { operation, apiVersion = "" } = entry;
    if (operation !== "Apply" && operation !== "Update")
      throw new ManagedFieldsError(`operation must be \`Apply\` or \`Update\`, found ${JSON.stringify(operation)}`);
    if (apiVersion === "") throw new ManagedFieldsError("apiVersion must not be empty");
    if (entry.fieldsType !== "FieldsV1") throw new ManagedFieldsError("fieldsType must be `FieldsV1`");
    const owner: Owner = {
      manager: entry.manager ?? "",
      operation,
      subresource: entry.subresource ?? "",
      apiVersion,
      time: entry.time,
      set: decodeSet(entry.fieldsV1),
      entry,
    };
    owners.set(identityOf(owner), owner);
  }
  return owners;
}

function decodeSet(fields: JsonObject | null | undefined): PathSet {
  if (fields === undefined || fields === null) return new Map();
  if (!isJsonObject(fields)) throw new ManagedFieldsError("fieldsV1 is not an object");
  try {
    return decodeFieldsV1(fields);
  } catch (error) {
    throw new ManagedFieldsError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Entries that can be read, or none. */
export function decodeOwnersOrNone(entries: readonly ManagedFieldsEntry[] | null | undefined): Map<string, Owner> {
  try {
    return decodeOwners(entries);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return new Map();
    throw error;
  }
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.trunc(Date.parse(time) / 1000);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The entries in the server's order: Apply first, then by time, manager, version and subresource. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()]
    .sort(
      (a, b) =>
        compareText(a.operation, b.operation) ||
        seconds(a.time) - seconds(b.time) ||
        compareText(a.manager, b.manager) ||
        compareText(a.apiVersion, b.apiVersion) ||
        compareText(a.subresource, b.subresource),
    )
    .map(
      (owner) =>
        owner.entry ?? {
          manager: owner.manager,
          operation: owner.operation,
          apiVersion: owner.apiVersion,
          ...(owner.time !== undefined && { time: owner.time }),
          fieldsType: "FieldsV1",
          fieldsV1: encodeFieldsV1(owner.set),
          ...(owner.subresource !== "" && { subresource: owner.subresource }),
        },
    );
}

const maxUpdaters = 10;
const oldUpdatesManager = "ancient-changes";

/** Merges the oldest Update entries into one a version when there are more than ten. */
export function capUpdaters(owners: Map<string, Owner>): void {
  const updaters = [...owners.entries()]
    .filter(([, owner]) => owner.operation === "Update")
    .sort((a, b) => seconds(a[1].time) - seconds(b[1].time) || compareText(a[0], b[0]));
  let count = updaters.length;
  const firstOfVersion = new Map<string, string>();
  for (const [id, owner] of updaters) {
    if (count <= maxUpdaters) return;
    const first = firstOfVersion.get(owner.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, id);
      continue;
    }
    const identity: OwnerIdentity = {
      manager: oldUpdatesManager,
      operation: "Update",
      subresource: "",
      apiVersion: owner.apiVersion,
    };
    const bucketId = identityOf(identity);
    const bucket = owners.get(bucketId) ?? owners.get(first)!;
    if (!owners.has(bucketId)) owners.delete(first);
    owners.delete(id);
    owners.set(bucketId, { ...identity, time: owner.time, set: union(owner.set, bucket.set) });
    count--;
  }
}
