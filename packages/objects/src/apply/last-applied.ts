import { type JsonObject, type JsonValue, ownProperty } from "@lateen/base";
import { type KubeObject, asJson, valueAt } from "../kube-object.ts";
import { setMember } from "../own.ts";
import { type Writing, withoutManagedFields } from "./ownership.ts";
import { type PathSet, difference, union } from "./path-set.ts";
import { compareTyped } from "./typed-merge.ts";
import { fieldSetOf, requireTyped } from "./typed-values.ts";

/** The annotation in which kubectl's client-side apply keeps what it applied last. */

const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
const maxAnnotationBytes = 256 * 1024;

/**
 * What kubectl applied last on its side and is still so: it may be overridden. Undefined when there is no such record.
 */
export function allowedByLastApplied(writing: Writing, live: KubeObject): PathSet | undefined {
  const text = valueAt(live, "metadata", "annotations", lastAppliedAnnotation);
  if (typeof text !== "string") return undefined;
  try {
    const parsed = JSON.parse(text) as KubeObject;
    const lastApplied = writing.convert(parsed, writing.apiVersion);
    if (lastApplied === undefined) return undefined;
    requireTyped(asJson(lastApplied), writing.schema, { duplicates: "tolerated" });
    const { added, modified, removed } = compareTyped(asJson(live), asJson(lastApplied), writing.schema);
    return difference(fieldSetOf(asJson(lastApplied), writing.schema), union(modified, union(removed, added)));
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of client-side apply in step, where there is one. */
export function syncLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
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
