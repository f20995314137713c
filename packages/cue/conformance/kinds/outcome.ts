import { type Diagnostic } from "@lateen/base";
import { formatLabel, isPlainName } from "../../src/eval/label.ts";
import { CueValue } from "../../src/cue-value.ts";
import type { Value } from "../../src/index.ts";

/** What becomes of a value as `cue export` does it: validate, validate concrete, JSON. */
export interface Outcome {
  readonly status: "ok" | "error" | "incomplete";
  readonly json?: string;
  readonly class?: string;
  readonly paths?: readonly string[];
  readonly errors?: readonly ErrorReport[];
}

export interface ErrorReport {
  readonly class: string;
  readonly path: string;
  readonly msg: string;
  readonly pos: readonly string[];
}

const severity = ["limit", "compile", "user", "structural cycle", "eval", "incomplete", "cycle"];

export function outcomeOf(value: Value): Outcome {
  const errors = problemsOf(value, { concrete: true });
  if (errors.length === 0) return { status: "ok", json: value.toJSONText() };
  const worst = classOf(errors);
  const reports = errors.map(reportOf);
  return {
    status: worst === "incomplete" || worst === "cycle" ? "incomplete" : "error",
    class: worst,
    paths: [...new Set(reports.map((report) => report.path))],
    errors: reports.slice(0, 3),
  };
}

/** Errors as the reference lists them: fatal ones, else with `concrete` those of what is not known yet. */
export function problemsOf(value: Value, options: { readonly concrete?: boolean } = {}): readonly Diagnostic[] {
  return value instanceof CueValue ? value.problems(options) : value.validate(options);
}

export function classOf(errors: readonly Diagnostic[]): string {
  const codes = errors.map((error) => severity.indexOf(error.code));
  return severity[Math.min(...codes)] ?? "eval";
}

export function reportOf(error: Diagnostic): ErrorReport {
  const places = [error, ...error.causes].flatMap(({ pos }) =>
    pos === undefined ? [] : [`${pos.source}:${pos.line}:${pos.column}`],
  );
  return { class: error.code, path: pathText(error.path), msg: error.message, pos: places };
}

/** `a.0."b-c"`: as the cases write paths. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part) =>
      typeof part === "number"
        ? String(part)
        : /^_?#/.test(part) || part.startsWith("_") || isPlainName(part)
          ? part
          : formatLabel(part),
    )
    .join(".");
}
