import type { JsonObject } from "@lateen/base";
import { ApplyError, type WriteOptions, applyObject, recordUpdate } from "../src/apply/apply-object.ts";
import { upgradeManagedFields, upgradePatch } from "../src/apply/csa-upgrade.ts";
import { extractApplied } from "../src/apply/extract-applied.ts";
import type { MergeType } from "../src/apply/merge-schema.ts";
import { mergeSchemaOfOpenApi } from "../src/apply/merge-schema-openapi.ts";
import { builtinTypeOf } from "../src/kinds/built-in-types.ts";
import { builtinKinds } from "../src/kinds/kind-table.ts";
import { type KubeObject, type ManagedFieldsEntry, asJson, groupVersionOf, gvkOf } from "../src/kube-object.ts";
import { patchMerge } from "../src/patches/merge-patch.ts";
import { patchStrategic } from "../src/patches/strategic-patch.ts";

// Answers the cases of conformance/apply: sequences of requests on one object, with its managed fields after each.

interface Step {
  readonly op: "apply" | "create" | "update" | "merge" | "strategic" | "store";
  readonly object: KubeObject;
  readonly patch: JsonObject;
  readonly manager?: string;
  readonly force?: boolean;
  readonly subresource?: string;
  readonly now: string;
}

interface Resource {
  readonly kind: string;
  readonly resetFields?: Record<string, string[]>;
  readonly crd?: { readonly versions: readonly { name: string; schema?: { openAPIV3Schema: JsonObject } }[] };
  readonly deduced?: boolean;
  readonly storage?: string;
}

interface Case {
  readonly kind: string;
  readonly input: { readonly resource: Resource; readonly steps: readonly Step[] } & ExtractInput & UpgradeInput;
}

interface ExtractInput {
  readonly object: KubeObject;
  readonly manager: string;
  readonly subresource?: string;
}

interface UpgradeInput {
  readonly csaManagers: readonly string[];
  readonly ssaManager: string;
}

function typeOf(resource: Resource, apiVersion: string): MergeType {
  if (resource.deduced === true) return undefined;
  const { group, version } = groupVersionOf(apiVersion);
  if (resource.crd !== undefined) {
    const schema = resource.crd.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
    return schema === undefined ? undefined : mergeSchemaOfOpenApi(schema);
  }
  const kind = resource.kind.slice(resource.kind.lastIndexOf("/") + 1);
  return builtinTypeOf({ group, version, kind });
}

function converted(object: KubeObject, apiVersion: string): KubeObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** Fields that the request may not write keep their stored value. */
function resetIn(object: KubeObject, live: KubeObject | undefined, fields: readonly string[]): KubeObject {
  const result: Record<string, unknown> = { ...object };
  for (const name of fields) {
    if (name === "metadata") {
      result[name] = { ...live?.metadata, managedFields: object.metadata.managedFields };
      continue;
    }
    if (live !== undefined && Object.hasOwn(live, name)) result[name] = live[name];
    else delete result[name];
  }
  return result as KubeObject;
}

function withoutTimes(object: KubeObject): string {
  const managedFields = object.metadata.managedFields?.map((entry) => ({ ...entry, time: undefined }));
  return JSON.stringify(sorted({ ...object, metadata: { ...object.metadata, managedFields } }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

function runStep(resource: Resource, stored: KubeObject | undefined, step: Step): KubeObject | object {
  const apiVersion = step.object?.apiVersion ?? resource.kind.slice(0, resource.kind.lastIndexOf("/"));
  const live = stored === undefined ? undefined : converted(stored, apiVersion);
  const fields = resource.resetFields?.[step.subresource ?? ""] ?? [];
  const options: WriteOptions = {
    live,
    manager: step.manager ?? "",
    type: typeOf(resource, apiVersion),
    subresource: step.subresource,
    resetFields: fields,
    now: step.now,
    convert: converted,
    typeOf: (version) => typeOf(resource, version),
  };
  let next: KubeObject;
  if (step.op === "apply") {
    const result = applyObject({ ...options, applied: step.object, force: step.force ?? false });
    if (result.kind === "conflict")
      return { error: result.message, code: 409, reason: "Conflict", conflicts: result.conflicts };
    next = resetIn(result.object, live, fields);
  } else {
    next = recordUpdate({
      ...options,
      updated: identified(resetIn(requested(resource, live, step), live, fields), live),
    });
  }
  return identified(next, live);
}

function requested(resource: Resource, live: KubeObject | undefined, step: Step): KubeObject {
  if (step.op === "merge") return patchMerge(asJson(live!), step.patch) as unknown as KubeObject;
  if (step.op === "strategic") {
    const type = typeOf(resource, live!.apiVersion) as Parameters<typeof patchStrategic>[2];
    return patchStrategic(asJson(live!), step.patch, type) as unknown as KubeObject;
  }
  return step.object;
}

function identified(object: KubeObject, live: KubeObject | undefined): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: live?.metadata.uid ?? (live === undefined ? "0001" : "") } };
}

function shown(object: KubeObject): object {
  const { managedFields = [], ...metadata } = object.metadata;
  const entries = (managedFields as ManagedFieldsEntry[]).map((entry) => ({ ...entry, fieldsType: undefined }));
  return { object: { ...object, metadata }, managedFields: entries };
}

function sequence(resource: Resource, steps: readonly Step[]): object {
  let stored: KubeObject | undefined;
  const results: object[] = [];
  for (const step of steps) {
    if (step.op === "store") {
      stored = identified(step.object, undefined);
      results.push(shown(stored));
      continue;
    }
    try {
      const next = runStep(resource, stored, step);
      if ("error" in next) {
        results.push(next);
        continue;
      }
      let object = next as KubeObject;
      if (stored !== undefined && withoutTimes(converted(object, stored.apiVersion)) === withoutTimes(stored))
        object = stored;
      stored = resource.storage === undefined ? object : converted(object, resource.storage);
      results.push(shown(stored));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const bad = error instanceof ApplyError && error.code === "BadRequest";
      results.push({ error: error.message, ...(bad && { code: 400, reason: "BadRequest" }) });
    }
  }
  return { steps: results };
}

/** client-go's Extract functions name an object by name and, if its kind has one, namespace. */
function extract({ object, manager, subresource }: ExtractInput): JsonObject {
  const kind = builtinKinds().lookup(gvkOf(object));
  const { name = "", namespace = "" } = object.metadata;
  const metadata = { ...object.metadata, name, ...(kind?.namespaced === true && { namespace }) };
  const known =
    subresource !== undefined && kind?.subresources.includes(subresource) === true ? subresource : undefined;
  return extractApplied({ object: { ...object, metadata }, manager, type: kind?.type, subresource: known });
}

export function answer({ kind, input }: Case): { result: unknown } {
  if (kind.startsWith("sequence/")) return { result: sequence(input.resource, input.steps) };
  if (kind === "extract") return { result: { applyConfiguration: extract(input) } };
  if (kind === "csaupgrade")
    return { result: { managedFields: upgradeManagedFields(input), patch: upgradePatch(input) ?? null } };
  throw new Error(`no answer for cases of kind ${kind}`);
}
