import type { Diagnostic, Pos } from "@lateen/base";
import { formatLabel, isPlainName } from "../eval/label.ts";

/** Errors as CUE's command prints them: the path and the message, then a line for each place. */
export function errorText(diagnostics: readonly Diagnostic[]): string {
  const texts = diagnostics.toSorted(byPath).map((diagnostic) => {
    const path = diagnostic.path.map((part) => (typeof part === "number" ? String(part) : selector(part))).join(".");
    const places = [diagnostic.pos, ...diagnostic.causes.map(({ pos }) => pos)].filter((pos) => pos !== undefined);
    const lines = [...new Set(places.toSorted(byPlace).map((pos) => `    ${placeText(pos)}`))];
    const head = `${path === "" ? "" : `${path}: `}${diagnostic.message}`;
    return lines.length === 0 ? head : `${head}:\n${lines.join("\n")}`;
  });
  return [...new Set(texts)].map((text) => `${text}\n`).join("");
}

function byPath({ path: a }: Diagnostic, { path: b }: Diagnostic): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [left, right] = [String(a[at]), String(b[at])];
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function selector(name: string): string {
  return /^_?#/.test(name) || name.startsWith("_") || isPlainName(name) ? name : formatLabel(name);
}

function placeText({ source, line, column }: Pos): string {
  return source === "" ? `${line}:${column}` : `${source}:${line}:${column}`;
}

function byPlace(a: Pos, b: Pos): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
