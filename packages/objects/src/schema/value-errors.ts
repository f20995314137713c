import type { JsonValue } from "@lateen/base";
import {
  type FieldError,
  fieldError,
  requiredField,
  tooLongField,
  tooManyField,
  unsupportedField,
} from "../field-error.ts";

/** Errors of values in the words of k8s.io/kube-openapi's validation. */

/** The field of errors that belong to no field: of junctors and number ranges. */
export const noField = "<nil>";

/** `spec.v in body must be …` */
export const inBody = (path: string, demand: string): string => `${path} in body ${demand}`;

export function typeError(path: string, wanted: string, found: string): FieldError {
  const detail = inBody(path, `must be of type ${wanted}: ${JSON.stringify(found)}`);
  return fieldError("FieldValueTypeInvalid", path, found, detail);
}

export function valueError(path: string, value: JsonValue, demand: string): FieldError {
  return fieldError("FieldValueInvalid", path, value, inBody(path, demand));
}

export function generalError(detail: string): FieldError {
  return fieldError("FieldValueInvalid", noField, "", detail);
}

export function enumError(path: string, value: JsonValue, allowed: readonly JsonValue[]): FieldError {
  return unsupportedField(
    path,
    value,
    allowed.map((item) => (typeof item === "string" ? item : JSON.stringify(item))),
  );
}

export { requiredField, tooLongField, tooManyField };
