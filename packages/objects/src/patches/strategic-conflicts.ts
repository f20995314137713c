import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { compareByText, directive, elementKind, keyOf, retainKeysDirective } from "./strategic-lists.ts";
import { goText } from "../own.ts";
import { type PatchField, type PatchSchema, freeForm, lookupField } from "./strategic-schema.ts";

/** Whether two strategic patches of the same document touch the same thing in different ways. */
export function haveStrategicConflicts(left: JsonObject, right: JsonObject, schema: PatchSchema): boolean {
  return conflict(left, right, { schema, strategy: "", retainKeys: false, mergeKey: "" });
}

const noField: PatchField = { schema: freeForm, strategy: "", retainKeys: false, mergeKey: "" };

function conflict(left: JsonValue, right: JsonValue, field: PatchField): boolean {
  if (Array.isArray(left)) return !Array.isArray(right) || listConflict(left as JsonArray, right as JsonArray, field);
  if (!isJsonObject(left)) return !jsonEquals(left, right);
  if (!isJsonObject(right)) return true;
  if (ownProperty(left, directive) !== ownProperty(right, directive)) return true;
  if (field.strategy === "replace") return false;
  return Object.keys(left).some((name) => {
    if (name === directive || name === retainKeysDirective || !Object.hasOwn(right, name)) return false;
    const value = left[name]!;
    const inner = typeof value === "object" && value !== null ? lookupField(field.schema, name) : noField;
    return conflict(value, right[name]!, inner);
  });
}

function listConflict(left: JsonArray, right: JsonArray, field: PatchField): boolean {
  const kind = elementKind(left, right);
  const item = { ...noField, schema: field.schema };
  if (field.strategy === "merge") {
    if (kind === "scalars") return false;
    const byKey = new Map(right.map((element) => [goText(keyOf(element, field.mergeKey)), element]));
    return left.some((element) => {
      const other = byKey.get(goText(keyOf(element, field.mergeKey)));
      return other !== undefined && conflict(element, other, item);
    });
  }
  if (left.length !== right.length) return true;
  const sorted = (list: JsonArray): JsonArray => (kind === "scalars" ? list.toSorted(compareByText) : list);
  const other = sorted(right);
  return sorted(left).some((element, i) => conflict(element, other[i]!, item));
}
