import type { FieldErrors } from "./field-errors.ts";

/** A path that stays where it starts: relative, without `..`. */
export function descendingPath(errors: FieldErrors, field: string, path: string): void {
  if (path.startsWith("/")) errors.invalid(field, path, "must be a relative path");
  noBacksteps(errors, field, path);
}

export function noBacksteps(errors: FieldErrors, field: string, path: string): void {
  if (path.split("/").includes("..")) errors.invalid(field, path, "must not contain '..'");
}

/** A relative path that does not climb, not even by a name that starts with two dots. */
export function nonDescendingPath(errors: FieldErrors, field: string, path: string): void {
  descendingPath(errors, field, path);
  if (path.startsWith("..") && !path.startsWith("../")) errors.invalid(field, path, "must not start with '..'");
}
