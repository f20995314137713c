import type { Value } from "../value.ts";

export interface OpenApiOptions {
  readonly version?: "3.0.0" | "3.1.0";
  /** The name of a definition's schema by its path; undefined leaves it out, and writes it where it is referred to. */
  readonly nameOf?: (path: string) => string | undefined;
  /** The description of a value, in place of its documentation. */
  readonly descriptionOf?: (value: Value) => string;
  /** Keywords that are left out: their names after `Schema/`. */
  readonly without?: RegExp;
  /** The document's title where the value has no `info`. */
  readonly title?: string;
}

/** `#A.b.#C` as `A.b.C`. */
export function nameOf({ nameOf: given }: OpenApiOptions, path: string): string | undefined {
  return given === undefined ? plainName(path) : given(path) || undefined;
}

function plainName(path: string): string {
  return path.replaceAll(/(^|\.)#/g, "$1").replaceAll(/"((?:[^"\\]|\\.)*)"/g, "$1");
}
