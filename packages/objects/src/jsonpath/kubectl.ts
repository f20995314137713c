import type { JsonValue } from "@lateen/base";
import { goText } from "../own.ts";
import { compareQuantities, parseQuantity } from "../values/quantity.ts";
import { findJsonPath } from "./evaluate.ts";
import { JsonPathError, parseJsonPath } from "./parse.ts";

/** What kubectl builds on JSONPath: relaxed expressions, custom columns, sorting. */

/** `x.y`, `.x.y`, `{x.y}` or `{.x.y}` as a template. @throws JsonPathError */
export function relaxedJsonPath(expression: string): string {
  if (expression === "") return "";
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (match === null)
    throw new JsonPathError(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  return `{.${match[1] ?? match[2]}}`;
}

export interface CustomColumn {
  readonly header: string;
  readonly template: string;
}

/** `NAME:.metadata.name,PHASE:.status.phase` @throws JsonPathError */
export function parseCustomColumns(spec: string): CustomColumn[] {
  if (spec === "") throw new JsonPathError("custom-columns format specified but no custom columns given");
  return spec.split(",").map((part) => {
    const colon = part.indexOf(":");
    if (colon < 0)
      throw new JsonPathError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), template: relaxedJsonPath(part.slice(colon + 1)) };
  });
}

/** The text of `-o custom-columns`. @throws JsonPathError */
export function printCustomColumns(
  columns: readonly CustomColumn[],
  items: readonly JsonValue[],
  options: { readonly headers: boolean } = { headers: true },
): string {
  const parsed = columns.map(({ template }) => parseJsonPath(template));
  const rows = items.map((item) =>
    parsed.map((nodes) => {
      const values = findJsonPath(nodes, item).flat();
      return values.length === 0 ? "<none>" : values.map(goText).join(",");
    }),
  );
  if (options.headers) rows.unshift(columns.map(({ header }) => header));
  return alignColumns(rows);
}

const minWidth = 6;
const padding = 3;

/** Rows as kubectl aligns them: three blanks between columns, at least six wide. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries())
      widths[i] = Math.max(widths[i] ?? minWidth, Array.from(cell).length + padding);
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat(widths[i]! - Array.from(cell).length)))
      .join(""),
  );
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * The positions of the items in the order of `--sort-by`: missing values first, numbers by value, quantities by amount,
 * other texts naturally (`a2` before `a10`).
 * @throws JsonPathError
 */
export function sortByJsonPath(expression: string, items: readonly JsonValue[]): number[] {
  const template = relaxedJsonPath(expression);
  const nodes = parseJsonPath(template);
  const keys = items.map((item) => findJsonPath(nodes, item)[0]?.[0]);
  if (items.length > 0 && keys.every((key) => key === undefined))
    throw new JsonPathError(`couldn't find any field with path ${JSON.stringify(template)} in the list of objects`);
  return items.map((_, i) => i).sort((i, j) => compareKeys(keys[i], keys[j]));
}

function compareKeys(a: JsonValue | undefined, b: JsonValue | undefined): number {
  const missing = (value: JsonValue | undefined): boolean => value === undefined || value === null;
  if (missing(a) || missing(b)) return Number(missing(b)) - Number(missing(a));
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  throw new JsonPathError(`unsortable type: ${typeof a}`);
}

function compareTexts(a: string, b: string): number {
  try {
    return compareQuantities(parseQuantity(a), parseQuantity(b));
  } catch {
    return compareNaturally(a, b);
  }
}

/** Runs of digits compare as numbers. */
export function compareNaturally(a: string, b: string): number {
  const chunks = (text: string): string[] => text.match(/\d+|\D/g) ?? [];
  const left = chunks(a);
  const right = chunks(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const m = x.replace(/^0+/, "");
      const n = y.replace(/^0+/, "");
      if (m.length !== n.length) return m.length - n.length;
      if (m !== n) return m < n ? -1 : 1;
      return x.length - y.length;
    }
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
