import { isJsonObject, jsonEquals, type JsonObject, type JsonValue } from "@lateen/base";
import { asJson, type KubeObject, valueAt } from "@lateen/objects";
import type { Core } from "../server/core.ts";
import { internalResourceRequest } from "../server/internal-request.ts";
import { timestamp } from "../write/metadata.ts";
import { changeObject } from "../write/update.ts";
import { removeObject } from "../write/delete.ts";
import type { WriteOptions } from "../write/options.ts";
import { cleanupFinalizer } from "../registry/terminate.ts";
import { acceptNames } from "./accept-names.ts";
import { resourceOf, type Resource } from "../registry/resource.ts";
import { isEstablished, storedKindOf } from "./kinds-of-definition.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "lateen", fieldValidation: "Ignore", force: true };

/** Brings a definition's conditions up to date; removes the objects of one that is being deleted, then lets it go. */
export async function reconcileDefinition(core: Core, name: string): Promise<void> {
  const definition = core.table.definitions.get(name);
  if (definition === undefined) return;
  const resource = core.table.lookup({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
  })!;
  const target = { resource, verb: "update" as const, namespace: undefined, name };
  if (definition.metadata.deletionTimestamp !== undefined) {
    await removeObjects(core, definition);
    await changeObject(internalResourceRequest(core, target), options, (live) => ({ object: withoutCleanup(live) }));
    return;
  }
  if (isUpToDate(core, definition)) return;
  const status = { ...target, subresource: "status" };
  await changeObject(internalResourceRequest(core, status), options, (live) => ({
    object: { ...live, status: statusOf(core, live) },
  }));
}

/** Whether the status says already what it should: nothing is written then. */
function isUpToDate(core: Core, definition: KubeObject): boolean {
  return jsonEquals(statusOf(core, definition), (valueAt(definition, "status") ?? {}) as JsonObject);
}

function withoutCleanup(definition: KubeObject): KubeObject {
  const finalizers = (definition.metadata.finalizers ?? []).filter((name) => name !== cleanupFinalizer);
  return { ...definition, metadata: { ...definition.metadata, finalizers } };
}

async function removeObjects(core: Core, definition: KubeObject): Promise<void> {
  const stored = storedKindOf(definition);
  // Nothing was ever stored under names that were not accepted.
  if (stored === undefined || !isEstablished(definition)) return;
  const resource = resourceOf(stored.kind, stored.custom);
  for (;;) {
    const { entries, more } = core.store.range(resource.prefix, { limit: 500 });
    for (const entry of entries) await removeOne(core, resource, core.reader.stored(entry));
    if (!more) return;
  }
}

async function removeOne(core: Core, resource: Resource, object: KubeObject): Promise<void> {
  const { namespace, name = "" } = object.metadata;
  await removeObject(internalResourceRequest(core, { resource, verb: "delete", namespace, name }), {
    dryRun: false,
    gracePeriodSeconds: undefined,
    propagation: undefined,
    preconditions: {},
  });
}

/** acceptedNames, conditions and storedVersions as they should be. */
function statusOf(core: Core, definition: KubeObject): JsonObject {
  const others = [...core.table.definitions.values()].filter(
    (other) => other.metadata.name !== definition.metadata.name,
  );
  const { acceptedNames, conflict } = acceptNames(definition, core.table, others);
  const now = timestamp(core);
  const live = (valueAt(definition, "status") ?? {}) as JsonObject;
  const conditions = conditionsOf(live);
  const accepted: Condition =
    conflict === undefined
      ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
      : { type: "NamesAccepted", status: "False", ...conflict };
  const wasEstablished = conditions.some(({ type, status }) => type === "Established" && status === "True");
  const established: Condition =
    conflict === undefined || wasEstablished
      ? {
          type: "Established",
          status: "True",
          reason: "InitialNamesAccepted",
          message: "the initial names have been accepted",
        }
      : { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  return {
    ...live,
    acceptedNames,
    conditions: setCondition(setCondition(conditions, accepted, now), established, now) as unknown as JsonValue,
    storedVersions: storedVersionsOf(definition, live),
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
}

function conditionsOf(status: JsonObject): readonly Condition[] {
  const { conditions } = status;
  return Array.isArray(conditions) ? (conditions.filter(isJsonObject) as unknown as Condition[]) : [];
}

function setCondition(conditions: readonly Condition[], wanted: Condition, now: string): readonly Condition[] {
  const old = conditions.find(({ type }) => type === wanted.type);
  if (old === undefined) return [...conditions, { ...wanted, lastTransitionTime: now }];
  const { lastTransitionTime, ...rest } = old;
  if (jsonEquals(rest as unknown as JsonObject, wanted as unknown as JsonObject)) return conditions;
  const time = old.status === wanted.status && lastTransitionTime !== undefined ? lastTransitionTime : now;
  return conditions.map((condition) => (condition === old ? { ...wanted, lastTransitionTime: time } : condition));
}

function storedVersionsOf(definition: KubeObject, status: JsonObject): readonly string[] {
  const stored = Array.isArray(status.storedVersions) ? status.storedVersions.map(String) : [];
  const versions = valueAt(asJson(definition), "spec", "versions");
  const storage = Array.isArray(versions)
    ? versions.filter(isJsonObject).find((version) => version.storage === true)?.name
    : undefined;
  if (typeof storage !== "string" || stored.includes(storage)) return stored;
  return [...stored, storage];
}
