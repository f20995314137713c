import type { JsonValue } from "./json.ts";

/** A place in a text: `source` is a file name or the name of an object (`ComponentDefinition vela-system/webservice`). */
export interface Pos {
  readonly source: string;
  /** Byte-independent offset in UTF-16 units from the start of the text, from 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes of UTF-8 for CUE texts (as CUE counts), in UTF-16 units elsewhere. */
  readonly column: number;
}

/**
 * What is wrong with a user's text, as data. Only `code` may steer control flow; `path` is the field path within the
 * value (`["spec", "components", 0, "type"]`), `pos` the place that the user can mend, `causes` what led to it.
 */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly severity?: "error" | "warning";
  readonly pos?: Pos | undefined;
  readonly path: readonly (string | number)[];
  readonly causes: readonly Diagnostic[];
  /** What to do, in one sentence, where it is known. */
  readonly help?: string | undefined;
  /** A change of the user's text that mends it, where one is certain. */
  readonly fix?: Fix | undefined;
}

/** A change of one field: another value, or another name for it. */
export type Fix =
  | { readonly kind: "replace"; readonly path: readonly (string | number)[]; readonly value: JsonValue }
  | { readonly kind: "rename"; readonly path: readonly (string | number)[]; readonly name: string };

const plainName = /^[A-Za-z_$#][A-Za-z0-9_$#-]*$/;

/** The text form of a field path: `spec.components[0].properties.ports[0].port`, odd names quoted. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (plainName.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** `file:line:column`, or the bare source where no line is known. */
export function formatPos(pos: Pos): string {
  return pos.line > 0 ? `${pos.source}:${pos.line}:${pos.column}` : pos.source;
}

export interface FormatDiagnosticOptions {
  /** Gives the text of a source so that the line and a caret can be shown. */
  readonly sourceText?: (source: string) => string | undefined;
}

/**
 * A diagnostic as a person reads it: place, path, message; the source line with one caret; help; causes below, indented.
 * Ends without a line break.
 */
export function formatDiagnostic(diagnostic: Diagnostic, options: FormatDiagnosticOptions = {}): string {
  const lines: string[] = [];
  const stack: { readonly item: Diagnostic; readonly depth: number }[] = [{ item: diagnostic, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { item, depth } = next;
    const indent = "  ".repeat(Math.min(depth, 8));
    const place = item.pos === undefined ? "" : `${formatPos(item.pos)}: `;
    const path = item.path.length === 0 ? "" : `${formatPath(item.path)}: `;
    const severity = item.severity === "warning" ? "warning: " : "";
    lines.push(`${indent}${place}${severity}${path}${item.message}`);
    if (item.pos !== undefined) lines.push(...sourceLines(item.pos, options).map((line) => indent + line));
    if (item.help !== undefined) lines.push(`${indent}  ${item.help}`);
    for (let i = item.causes.length - 1; i >= 0; i--) stack.push({ item: item.causes[i]!, depth: depth + 1 });
  }
  return lines.join("\n");
}

function sourceLines(pos: Pos, { sourceText }: FormatDiagnosticOptions): string[] {
  const text = sourceText?.(pos.source);
  if (text === undefined || pos.line < 1) return [];
  const line = text.split("\n", pos.line)[pos.line - 1];
  if (line === undefined) return [];
  const shown = line.length > 160 ? `${line.slice(0, 159)}…` : line;
  const gutter = String(pos.line);
  const before = shown.slice(0, Math.max(0, pos.column - 1)).replaceAll(/[^\t]/g, " ");
  return [`  ${gutter} | ${shown}`, `  ${" ".repeat(gutter.length)} | ${before}^`];
}

/** The candidate nearest to `name`, if it is near enough to be meant (a third of the letters may differ); ties go to the first. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance where a swap of two neighbours counts as one. Inputs over 64 letters are cut. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, 64);
  const b = right.slice(0, 64);
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
