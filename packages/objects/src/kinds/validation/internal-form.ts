/**
 * Objects as the API server has them inside, written as JSON: Go's names in Go's order, nothing left out. Messages about
 * changes that are not allowed show the difference of two of them.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { internalTypes } from "../generated/internal-types.ts";
import { record } from "../tables/read.ts";
import { unifiedDiff } from "./unified-diff.ts";

interface InternalField {
  readonly goName: string;
  readonly name: string;
  /** `s`, `i`, `b`, `q`, `j`, `o` or a type, with `*`, `[]` or `{}` in front: see the generator. */
  readonly kind: string;
}

let types: ReadonlyMap<string, readonly InternalField[]> | undefined;

function fieldsOf(type: string): readonly InternalField[] {
  types ??= new Map(
    internalTypes
      .trim()
      .split("\n")
      .map((line) => {
        const [name = "", ...fields] = line.split(" ");
        return [name, fields.map(internalField)];
      }),
  );
  return types.get(type) ?? [];
}

function internalField(text: string): InternalField {
  const [names = "", kind = "s"] = text.split(":");
  const [goName = "", name = goName.charAt(0).toLowerCase() + goName.slice(1)] = names.split("=");
  return { goName, name, kind };
}

/** The difference between two pod specs, for the end of a message. */
export function podSpecDiff(before: JsonObject, after: JsonObject): string {
  return unifiedDiff(goJson(internalPodSpec(before)), goJson(internalPodSpec(after)));
}

/** The difference between two claim specs, for the end of a message. */
export function claimSpecDiff(before: JsonObject, after: JsonObject): string {
  const type = "PersistentVolumeClaimSpec";
  return unifiedDiff(goJson(internalStruct(before, type)), goJson(internalStruct(after, type)));
}

const movedIntoSecurityContext = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/** A pod template, for a message that shows one whole. */
export function internalPodTemplate(template: JsonObject): JsonObject {
  return { ...record(template, "metadata"), Spec: internalPodSpec(record(template, "spec")) };
}

function internalPodSpec(spec: JsonObject): JsonObject {
  const securityContext: Record<string, JsonValue | undefined> = { ...record(spec, "securityContext") };
  for (const name of movedIntoSecurityContext) if (spec[name] !== undefined) securityContext[name] = spec[name];
  return internalStruct({ ...spec, securityContext: securityContext as JsonObject }, "PodSpec");
}

function internalStruct(object: JsonObject, type: string): JsonObject {
  return Object.fromEntries(
    fieldsOf(type).map(({ goName, name, kind }) => [goName, internalValue(object[name] ?? null, kind)]),
  );
}

function internalValue(value: JsonValue, kind: string): JsonValue {
  const inner = /^(?:\*|\[\]|\{\})/.exec(kind)?.[0];
  if (inner !== undefined) {
    if (value === null) return null;
    const rest = kind.slice(inner.length);
    if (inner === "*") return internalValue(value, rest);
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => internalValue(item, rest));
    return isJsonObject(value) ? internalMap(value, rest) : value;
  }
  switch (kind) {
    case "s":
      return value ?? "";
    case "i":
      return value ?? 0;
    case "b":
      return value ?? false;
    case "q":
      return value ?? "0";
    case "j":
    case "o":
      return value;
    default:
      return internalStruct(isJsonObject(value) ? value : {}, kind);
  }
}

function internalMap(value: JsonObject, kind: string): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, internalValue(item ?? null, kind)]));
}

/** With Go's escapes for HTML. */
function goJson(value: JsonValue): string {
  return JSON.stringify(value, undefined, 1).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
