/** Collects what is wrong with an object, in the order in which it is found. */
import type { JsonObject, JsonValue } from "@lateen/base";
import {
  type FieldError,
  fieldError,
  forbiddenField,
  invalidField,
  requiredField,
  tooLongField,
  tooManyField,
  unsupportedField,
} from "../../field-error.ts";
import { byteLength, validateDns1123Label, validateDns1123Subdomain } from "../../names/names.ts";
import { text } from "../tables/read.ts";

export class FieldErrors {
  readonly list: FieldError[] = [];

  add(errors: readonly FieldError[]): void {
    this.list.push(...errors);
  }

  required(field: string, detail = ""): void {
    this.list.push(requiredField(field, detail));
  }

  invalid(field: string, value: JsonValue | undefined, detail: string): void {
    this.list.push(invalidField(field, value, detail));
  }

  forbidden(field: string, detail: string): void {
    this.list.push(forbiddenField(field, detail));
  }

  duplicate(field: string, value: JsonValue, detail = ""): void {
    this.list.push(fieldError("FieldValueDuplicate", field, value, detail));
  }

  notFound(field: string, value: JsonValue): void {
    this.list.push(fieldError("FieldValueNotFound", field, value));
  }

  unsupported(field: string, value: JsonValue, supported: readonly string[]): void {
    this.list.push(unsupportedField(field, value, supported));
  }

  tooLong(field: string, maxBytes: number): void {
    this.list.push(tooLongField(field, maxBytes));
  }

  tooMany(field: string, actual: number, max: number): void {
    this.list.push(tooManyField(field, actual, max));
  }

  /** One error for each message about a value. */
  messages(field: string, value: JsonValue, messages: readonly string[]): void {
    for (const message of messages) this.invalid(field, value, message);
  }

  nonNegative(field: string, value: JsonValue | undefined): void {
    if (typeof value === "number" && value < 0) this.invalid(field, value, "must be greater than or equal to 0");
  }

  /** A text that must be one of a few; when empty it is required. */
  oneOf(field: string, value: string, supported: readonly string[]): void {
    if (value === "") this.required(field);
    else if (!supported.includes(value)) this.unsupported(field, value, supported);
  }

  /** The same where an empty text is just another unsupported one. */
  anyOf(field: string, value: string, supported: readonly string[]): void {
    if (!supported.includes(value)) this.unsupported(field, value, supported);
  }

  label(field: string, value: string): void {
    this.messages(field, value, validateDns1123Label(value));
  }

  subdomain(field: string, value: string): void {
    this.messages(field, value, validateDns1123Subdomain(value));
  }

  port(field: string, value: number): void {
    if (value < 1 || value > 65535) this.invalid(field, value, "must be between 1 and 65535, inclusive");
  }

  maxBytes(field: string, value: string, max: number): void {
    if (byteLength(value) > max) this.tooLong(field, max);
  }

  /** Required when empty. */
  present(field: string, object: JsonValue | undefined, name: string): boolean {
    if (text(object, name) !== "") return true;
    this.required(`${field}.${name}`);
    return false;
  }

  immutable(field: string, next: JsonValue | undefined, old: JsonValue | undefined): void {
    if (!sameJson(next, old)) this.invalid(field, next, "field is immutable");
  }
}

/** Equal as the API counts it: null, absent and empty are the same. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    const left = a as readonly JsonValue[];
    const right = b as readonly JsonValue[];
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      left.length === right.length &&
      left.every((item, index) => sameJson(item, right[index]))
    );
  }
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  const left = a as JsonObject;
  const right = b as JsonObject;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => sameJson(ownOf(left, name), ownOf(right, name)));
}

function ownOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isNothing(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return false;
}

/** Whether a field holds anything: not absent, not null. */
export function has(object: JsonValue | undefined, name: string): boolean {
  return (
    typeof object === "object" &&
    object !== null &&
    Object.hasOwn(object, name) &&
    (object as JsonObject)[name] !== null
  );
}
