import { compareText } from "../library/arguments.ts";

/**
 * Labels of arcs as plain JavaScript values, so that maps of arcs need no table of names that grows with users' data: a
 * list index is a number; a regular field is its string; everything else starts with a control character that says what
 * it is. A regular field that happens to start with one is escaped.
 */
export type Label = string | number;

const definitionMark = "\u0001";
const hiddenMark = "\u0002";
const letMark = "\u0003";
const escapeMark = "\u0004";

export function stringLabel(name: string): Label {
  return name.length > 0 && name.charCodeAt(0) <= 4 ? escapeMark + name : name;
}

/** The label of an identifier: `x`, `#x`, `_x` and `_#x`; hidden names belong to the package `pkg`. */
export function identLabel(name: string, pkg: string): Label {
  if (name.charCodeAt(0) === 0x23) return definitionMark + name;
  if (name.charCodeAt(0) === 0x5f && name.length > 1) return `${hiddenMark}${name}\u0000${pkg}`;
  return stringLabel(name);
}

export function letLabel(name: string): Label {
  return letMark + name;
}

/** A field that exports show: neither hidden nor a definition. */
export function isRegular(label: Label): label is string {
  if (typeof label === "number") return false;
  const code = label.length === 0 ? 32 : label.charCodeAt(0);
  return code > 3 || code === 0;
}

export function isDefinition(label: Label): boolean {
  if (typeof label === "number") return false;
  const code = label.charCodeAt(0);
  return code === 1 || (code === 2 && label.charCodeAt(2) === 0x23);
}

export function isHidden(label: Label): boolean {
  return typeof label === "string" && label.charCodeAt(0) === 2;
}

export function isLet(label: Label): boolean {
  return typeof label === "string" && label.charCodeAt(0) === 3;
}

/** The package that a hidden label belongs to. */
export function packageOfLabel(label: Label): string {
  const text = String(label);
  const end = text.indexOf("\u0000");
  return end < 0 ? "" : text.slice(end + 1);
}

/** The name as written in a program, without quotes. */
export function nameOfLabel(label: Label): string {
  if (typeof label === "number") return String(label);
  switch (label.charCodeAt(0)) {
    case 1:
    case 3:
    case 4:
      return label.slice(1);
    case 2: {
      const end = label.indexOf("\u0000");
      return label.slice(1, end < 0 ? undefined : end);
    }
    default:
      return label;
  }
}

const plainIdentifier = /^(?:[\p{L}$][\p{L}\p{Nd}_$]*|_[\p{L}\p{Nd}_$]+)$/u;

/** Whether a regular field of this name may stand without quotes. */
export function isPlainName(name: string): boolean {
  return plainIdentifier.test(name) && name.charCodeAt(0) !== 0x5f;
}

/** The label as CUE writes it in paths: `a`, `"a-b"`, `#D`, `_h`, `0`. */
export function formatLabel(label: Label): string {
  if (typeof label === "number") return String(label);
  const name = nameOfLabel(label);
  if (!isRegular(label)) return name;
  return isPlainName(name) ? name : JSON.stringify(name);
}

export function formatLabels(labels: readonly Label[]): string {
  return labels.map(formatLabel).join(".");
}

/** The order in which fields stand of which nothing else is known: list indices first, then names by their bytes. */
export function compareLabels(a: Label, b: Label): number {
  if (typeof a === "number" || typeof b === "number")
    return typeof a === "number" && typeof b === "number" ? a - b : typeof a === "number" ? -1 : 1;
  return compareText(nameOfLabel(a), nameOfLabel(b));
}
