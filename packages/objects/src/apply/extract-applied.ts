import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, asJson } from "../kube-object.ts";
import { type MergeType, schemaOfType } from "./merge-schema.ts";
import { decodeFieldsV1, leavesOf } from "./path-set.ts";
import { extractPaths } from "./typed-remove.ts";

export interface ExtractOptions {
  readonly object: KubeObject;
  readonly manager: string;
  readonly type: MergeType;
  readonly subresource?: string | undefined;
}

/**
 * What a manager has applied to an object, as an apply configuration that changes nothing when it is applied again
 * (client-go's Extract functions): identity and the fields of the manager's Apply entry.
 */
export function extractApplied({ object, manager, type, subresource = "" }: ExtractOptions): JsonObject {
  const entry = object.metadata.managedFields?.find(
    (candidate) =>
      candidate.manager === manager && candidate.operation === "Apply" && (candidate.subresource ?? "") === subresource,
  );
  const { apiVersion, kind } = object;
  const { name, namespace } = object.metadata;
  const identity = { ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) };
  if (entry === undefined) return { apiVersion, kind, metadata: identity };
  const owned = leavesOf(decodeFieldsV1(entry.fieldsV1 ?? {}));
  const extracted = (extractPaths(asJson(object), owned, schemaOfType(type)) ?? {}) as Record<string, JsonValue>;
  const metadata = isJsonObject(extracted["metadata"]) ? extracted["metadata"] : {};
  return { ...extracted, apiVersion, kind, metadata: { ...metadata, ...identity } };
}
