import type { JsonValue, StatusCause } from "@lateen/base";
import { formatNumber, goQuote } from "./own.ts";

/** The kinds of field errors, as they stand in the `reason` of a Status cause. */
export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueNotFound"
  | "InternalError";

/**
 * One thing wrong with one field of an object (util/validation/field). `message` is the body as clients see it,
 * without the field: `Invalid value: "A": must be …`.
 */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly detail: string;
  readonly message: string;
}

const titles: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: "Required value",
  FieldValueInvalid: "Invalid value",
  FieldValueTypeInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueNotFound: "Not found",
  InternalError: "Internal error",
};

/** Types whose text does not show the offending value. */
const withoutValue = new Set<FieldErrorType>([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "InternalError",
]);

/** A value as Go shows it: numbers plainly, texts quoted, all else as JSON that is safe in HTML. */
function shownValue(value: JsonValue | undefined): string {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return goQuote(value);
  const text = JSON.stringify(value ?? null);
  return text.replaceAll(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function fieldError(type: FieldErrorType, field: string, value: JsonValue | undefined, detail = ""): FieldError {
  let message = titles[type];
  if (!withoutValue.has(type)) message += `: ${shownValue(value)}`;
  if (detail !== "") message += `: ${detail}`;
  return { type, field, detail, message };
}

export function requiredField(field: string, detail = ""): FieldError {
  return fieldError("FieldValueRequired", field, undefined, detail);
}

export function invalidField(field: string, value: JsonValue | undefined, detail: string): FieldError {
  return fieldError("FieldValueInvalid", field, value, detail);
}

export function forbiddenField(field: string, detail: string): FieldError {
  return fieldError("FieldValueForbidden", field, undefined, detail);
}

/** A value that is none of the supported ones, which are listed in their order. */
export function unsupportedField(field: string, value: JsonValue, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(", ");
  return fieldError("FieldValueNotSupported", field, value, list === "" ? "" : `supported values: ${list}`);
}

export function tooLongField(field: string, maxBytes: number): FieldError {
  return fieldError("FieldValueTooLong", field, undefined, `may not be more than ${maxBytes} bytes`);
}

export function tooManyField(field: string, actual: number, max: number): FieldError {
  return fieldError("FieldValueTooMany", field, actual, `must have at most ${max} item${max === 1 ? "" : "s"}`);
}

export function duplicateField(field: string, value: JsonValue): FieldError {
  return fieldError("FieldValueDuplicate", field, value);
}

/** The error as a cause in the details of a Status. */
export function causeOf(error: FieldError): StatusCause {
  return { reason: error.type, message: error.message, field: error.field };
}
