import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals } from "@lateen/base";
import { type FieldError, fieldError } from "../field-error.ts";
import { formatCheck } from "./formats.ts";
import { type SchemaNode, compilePattern, correlatedItem, correlatedMember, isUnchanged } from "./node.ts";
import {
  enumError,
  generalError,
  requiredField,
  tooLongField,
  tooManyField,
  typeError,
  valueError,
} from "./value-errors.ts";

/**
 * Validation of values as k8s.io/kube-openapi does it, with the ratcheting of updates: what equals the old value at the
 * same place is not complained about.
 */

interface Checked {
  readonly errors: FieldError[];
  /** How many checks applied: of several alternatives that fail, the one with most is reported. */
  applied: number;
}

/** All that is wrong with a value; `old` is what stood there before an update. */
export function checkValue(
  value: JsonValue,
  node: SchemaNode,
  options: { readonly path?: string; readonly old?: JsonValue | undefined } = {},
): FieldError[] {
  const checked: Checked = { errors: [], applied: 0 };
  check(value, node, { path: options.path ?? "", old: options.old, checked });
  return checked.errors;
}

interface Place {
  readonly path: string;
  readonly old: JsonValue | undefined;
  readonly checked: Checked;
}

function check(value: JsonValue, node: SchemaNode, place: Place): void {
  const before = place.checked.errors.length;
  checkAll(value, node, place);
  const { errors } = place.checked;
  if (errors.length > before && isUnchanged(node, place.old, value)) errors.length = before;
}

function checkAll(value: JsonValue, node: SchemaNode, place: Place): void {
  const { checked, path } = place;
  checkType(value, node, place);
  // A null is none of the choices, even where null is one.
  const chosen = value !== null && node.enum?.some((item) => jsonEquals(item, value)) === true;
  if (node.enum !== undefined && node.enum.length > 0 && !chosen)
    checked.errors.push(enumError(path, value, node.enum));
  checked.applied++;
  if (value === null) return;
  checkJunctors(value, node, place);
  if (typeof value === "string") checkText(value, node, place);
  else if (typeof value === "number") checkNumber(value, node, place);
  else if (Array.isArray(value)) checkList(value as JsonArray, node, place);
  else if (isJsonObject(value)) checkObject(value, node, place);
}

function jsonTypeOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Formats that the type check itself knows; a value that is no text must not have another. */
const valueFormat: Readonly<Record<string, string>> = { integer: "int64", number: "double" };

function checkType(value: JsonValue, node: SchemaNode, { path, checked }: Place): void {
  const types = node.intOrString ? ["integer", "string"] : node.type === "" ? [] : [node.type];
  if (types.length === 0 && node.format === "") return;
  checked.applied++;
  const wanted = types.join(",");
  if (value === null) {
    if (types.length > 0 && !node.nullable) checked.errors.push(typeError(path, wanted, "null"));
    return;
  }
  const found = jsonTypeOf(value);
  const fits = types.includes(found) || (found === "integer" && types.includes("number"));
  if (fits) return;
  const numeric = types.includes("number") || types.includes("integer");
  const textual = typeof value === "string" || Array.isArray(value);
  if (node.format !== "") {
    if (!textual && valueFormat[found] !== node.format) {
      checked.errors.push(typeError(path, node.format, valueFormat[found] ?? ""));
      return;
    }
    if (!numeric && textual) return;
  }
  if (types.length > 0) checked.errors.push(typeError(path, wanted, found));
}

function checkText(value: string, node: SchemaNode, { path, checked }: Place): void {
  checked.applied++;
  const error = textError(value, node, path);
  if (error !== undefined) checked.errors.push(error);
  const { format } = node;
  if (format === "") return;
  const isFormat = formatCheck(format);
  if (isFormat === undefined) return;
  checked.applied++;
  if (!isFormat(value)) checked.errors.push(typeError(path, format, value));
}

/** The first of length and pattern that a text fails. */
function textError(value: string, { minLength, maxLength, pattern }: SchemaNode, path: string): FieldError | undefined {
  if (minLength !== undefined || maxLength !== undefined) {
    const length = lengthOf(value);
    if (maxLength !== undefined && length > maxLength) return tooLongField(path, maxLength);
    if (minLength !== undefined && length < minLength)
      return valueError(path, value, `should be at least ${minLength} chars long`);
  }
  if (pattern === undefined || matches(pattern, value)) return undefined;
  return valueError(path, value, `should match '${pattern}'`);
}

/** Length in code points. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--;
      i++;
    }
  }
  return length;
}

function matches(pattern: string, value: string): boolean {
  try {
    return compilePattern(pattern).matcher(value).find();
  } catch {
    // A pattern that is none was refused with its definition.
    return false;
  }
}

const int32Max = 2 ** 31 - 1;

function checkNumber(value: number, node: SchemaNode, { path, checked }: Place): void {
  checked.applied++;
  const { format } = node;
  const inRange =
    node.type !== "integer" ||
    (Number.isInteger(value) && (format !== "int32" || (value <= int32Max && value >= -int32Max - 1)));
  if (!inRange) {
    const shown = format === "" ? "(default format)" : `with format ${format}`;
    checked.errors.push(generalError(`Checked value must be of type integer ${shown} in ${path}`));
  }
  const complain = (demand: string): void => {
    checked.errors.push(valueError(path, value, demand));
  };
  if (node.multipleOf !== undefined) checkMultiple(value, node.multipleOf, { path, checked });
  if (node.maximum !== undefined) {
    if (node.exclusiveMaximum ? value >= node.maximum : value > node.maximum)
      complain(`should be less than ${node.exclusiveMaximum ? "" : "or equal to "}${node.maximum}`);
  }
  if (node.minimum !== undefined) {
    if (node.exclusiveMinimum ? value <= node.minimum : value < node.minimum)
      complain(`should be greater than ${node.exclusiveMinimum ? "" : "or equal to "}${node.minimum}`);
  }
}

/** For a whole number the library takes the whole part of the factor, and refuses to divide by nothing. */
function checkMultiple(value: number, declared: number, { path, checked }: Pick<Place, "path" | "checked">): void {
  const factor = Number.isInteger(value) ? Math.trunc(declared) : declared;
  if (Number.isInteger(value) && factor < 1) {
    const detail = `factor MultipleOf declared for ${path} must be positive: ${factor}`;
    checked.errors.push(fieldError("FieldValueInvalid", path, factor, detail));
    return;
  }
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  if (!Number.isInteger(quotient)) checked.errors.push(valueError(path, value, `should be a multiple of ${declared}`));
}

function checkList(items: JsonArray, node: SchemaNode, place: Place): void {
  const { path, checked } = place;
  checked.applied++;
  if (node.items !== undefined) {
    for (let i = 0; i < items.length; i++) {
      const old = place.old === undefined ? undefined : correlatedItem(node, place.old, items[i]!);
      check(items[i]!, node.items, { path: `${path}[${i}]`, old, checked });
    }
  }
  if (node.minItems !== undefined && items.length < node.minItems)
    checked.errors.push(valueError(path, items.length, `should have at least ${node.minItems} items`));
  if (node.maxItems !== undefined && items.length > node.maxItems)
    checked.errors.push(tooManyField(path, items.length, node.maxItems));
}

function checkObject(object: JsonObject, node: SchemaNode, place: Place): void {
  const { path, checked } = place;
  checked.applied++;
  if (node.minProperties !== undefined || node.maxProperties !== undefined) {
    const count = Object.keys(object).length;
    if (node.minProperties !== undefined && count < node.minProperties)
      checked.errors.push(valueError(path, count, `should have at least ${node.minProperties} properties`));
    if (node.maxProperties !== undefined && count > node.maxProperties)
      checked.errors.push(tooManyField(path, count, node.maxProperties));
  }
  const prefix = path === "" ? "" : `${path}.`;
  for (const name of node.required)
    if (!Object.hasOwn(object, name) || object[name] === undefined)
      checked.errors.push(requiredField(`${prefix}${name}`));
  for (const name in object) {
    const value = object[name];
    const schema = node.properties.get(name) ?? node.additional;
    if (schema === undefined || value === undefined) continue;
    check(value, schema, { path: `${prefix}${name}`, old: correlatedMember(place.old, name), checked });
  }
}

function attempt(value: JsonValue, node: SchemaNode, place: Place): Checked {
  const checked: Checked = { errors: [], applied: 0 };
  checkAll(value, node, { ...place, checked });
  return checked;
}

function checkJunctors(value: JsonValue, node: SchemaNode, place: Place): void {
  const { checked, path } = place;
  checked.applied++;
  if (node.anyOf.length > 0 && !node.intOrString) checkAnyOf(value, node.anyOf, place);
  else if (node.anyOf.length > 0 && !isIntOrStringPattern(node.anyOf)) checkAnyOf(value, node.anyOf, place);
  if (node.oneOf.length > 0) checkOneOf(value, node.oneOf, place);
  if (node.allOf.length > 0) {
    let valid = 0;
    for (const alternative of node.allOf) {
      const result = attempt(value, alternative, place);
      if (result.errors.length === 0) valid++;
      checked.errors.push(...result.errors);
      checked.applied += result.applied;
    }
    if (valid < node.allOf.length)
      checked.errors.push(
        generalError(`"${path}" must validate all the schemas (allOf)${valid === 0 ? ". None validated" : ""}`),
      );
  }
  if (node.not !== undefined && attempt(value, node.not, place).errors.length === 0)
    checked.errors.push(generalError(`"${path}" must not validate the schema (not)`));
}

/** `anyOf: [{type: integer}, {type: string}]`, which says no more than int-or-string itself. */
export function isIntOrStringPattern(anyOf: readonly SchemaNode[]): boolean {
  return anyOf.length === 2 && anyOf[0]!.type === "integer" && anyOf[1]!.type === "string";
}

function better(result: Checked, best: Checked | undefined): boolean {
  return best === undefined || result.applied > best.applied;
}

function checkAnyOf(value: JsonValue, alternatives: readonly SchemaNode[], place: Place): void {
  let best: Checked | undefined;
  for (const alternative of alternatives) {
    const result = attempt(value, alternative, place);
    if (result.errors.length === 0) {
      place.checked.applied += result.applied;
      return;
    }
    if (better(result, best)) best = result;
  }
  place.checked.errors.push(generalError(`"${place.path}" must validate at least one schema (anyOf)`));
  if (best !== undefined) place.checked.errors.push(...best.errors);
}

function checkOneOf(value: JsonValue, alternatives: readonly SchemaNode[], place: Place): void {
  let valid = 0;
  let best: Checked | undefined;
  for (const alternative of alternatives) {
    const result = attempt(value, alternative, place);
    if (result.errors.length === 0) {
      valid++;
      best = undefined;
    } else if (valid === 0 && better(result, best)) best = result;
  }
  if (valid === 1) return;
  const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
  place.checked.errors.push(generalError(`"${place.path}" must validate one and only one schema (oneOf). ${found}`));
  if (best !== undefined) place.checked.errors.push(...best.errors);
}
