import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import type { KubeObject, ObjectMeta } from "@lateen/objects";

/** Small changes of objects that nobody changes in place. */
export function specOf(object: KubeObject): JsonObject {
  const spec = object["spec"];
  return isJsonObject(spec) ? spec : {};
}

export function statusOf(object: KubeObject): JsonObject {
  const status = object["status"];
  return isJsonObject(status) ? status : {};
}

/** Members that are undefined are left out. */
export function withSpec(object: KubeObject, changes: JsonObject): KubeObject {
  return { ...object, spec: compact({ ...specOf(object), ...changes }) };
}

export function withStatusPart(object: KubeObject, changes: JsonObject): KubeObject {
  return { ...object, status: compact({ ...statusOf(object), ...changes }) };
}

export function withMetadata(object: KubeObject, changes: Partial<ObjectMeta>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...changes } };
}

export function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  return withMetadata(object, { labels: { ...object.metadata.labels, ...labels } });
}

export function compact(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return listOf(value).filter(isJsonObject);
}
