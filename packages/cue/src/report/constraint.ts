/** A value out of bounds or against a validator: all that is allowed there, and the nearest value that is. */
import type { Source } from "../compile/ir.ts";
import { satisfiesBound } from "../eval/bounds.ts";
import { formatAtom } from "../eval/format.ts";
import { numberKind } from "../eval/kind.ts";
import { type Atom, type Bound, type Validator, atom } from "../eval/values.ts";
import { type Vertex, Vertex as VertexClass, target } from "../eval/vertex.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { firstPos, literalPos, posOf, posOfConjunct } from "./sources.ts";
import { fieldAround, shortText } from "./syntax-path.ts";
import { exprText, valueText } from "./wording.ts";

type Check = Bound | Validator;

export function explainConstraint(
  inquiry: Inquiry,
  { vertex }: Subject,
  { value, check }: { readonly value: Atom | Vertex; readonly check: Check },
): Finding {
  void inquiry;
  const pos = value instanceof VertexClass ? (literalPos(value) ?? firstPos(value, "value")) : posOf(value.src);
  const others = (vertex?.conjuncts ?? []).map((conjunct) => ({
    pos: posOfConjunct(conjunct),
    says: `${exprText(conjunct.expr)} has a part in it`,
    isMinor: true,
  }));
  const places: Place[] = [
    { pos, says: `${valueText(value)} is given here` },
    { pos: posOf(check.src), says: `${valueText(check)} is asked for here` },
    ...others,
  ];
  return { help: adviceFor(value, check, vertex), pos, places };
}

function adviceFor(value: Atom | Vertex, check: Check, vertex: Vertex | undefined): string {
  if (check.tag === "validator") return validatorAdvice(value, check);
  const allowed = ruleAround(check.src) ?? typeText(check, vertex) ?? valueText(check);
  const near = value instanceof VertexClass ? undefined : nearest(value, check);
  switch (check.op) {
    case "=~":
      return `it must match the pattern ${formatAtom(check.value)}${near === undefined ? "" : `; ${near} would`}`;
    case "!~":
      return `it must not match the pattern ${formatAtom(check.value)}`;
    case "!=":
      return `any value but ${formatAtom(check.value)} is allowed here`;
    default:
      return `allowed: ${allowed}${near === undefined ? "" : `; the nearest is ${near}`}`;
  }
}

/** The whole rule that a bound is part of, as it is written: `int & >=1 & <=65535`. */
function ruleAround(source: Source | undefined): string | undefined {
  if (source === undefined || source.file.text === "") return undefined;
  const field = fieldAround(source);
  if (field === undefined || (field.value.kind !== "binary" && field.value.kind !== "unary")) return undefined;
  const text = shortText(source.file.text.slice(field.value.start, field.value.end), 90);
  return text.endsWith("…") ? undefined : text;
}

/** `uint8 (<=255)`: the bound of a predeclared type. */
function typeText(check: Bound, vertex: Vertex | undefined): string | undefined {
  if (check.src !== undefined) return undefined;
  const named = vertex?.conjuncts
    .map(({ expr }) => exprText(expr))
    .find((text) => /^u?int\d+$|^uint$|^rune$|^float\d+$/.test(text));
  return named === undefined ? undefined : `${named} (${valueText(check)})`;
}

function nearest(value: Atom, check: Bound): string | undefined {
  if ((check.op === "<=" || check.op === ">=") && (value.kind & numberKind) !== 0) return formatAtom(check.value);
  if (check.op !== "=~" || typeof value.value !== "string") return undefined;
  return spellings(value.value)
    .filter((text) => text !== "" && text !== value.value && satisfiesBound(check, atom(text)))
    .map((text) => JSON.stringify(text))[0];
}

/** What names are usually meant to be: trimmed, in lower case, with hyphens. */
function spellings(text: string): string[] {
  const trimmed = text.trim();
  const hyphens = trimmed
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[\s_.]+/g, "-");
  return [
    trimmed,
    trimmed.toLowerCase(),
    trimmed.toUpperCase(),
    hyphens,
    hyphens.replaceAll(/[^a-z0-9-]+/g, "").replaceAll(/^-+|-+$/g, ""),
  ];
}

function validatorAdvice(value: Atom | Vertex, check: Validator): string {
  const { name, pkg } = check.func;
  const arg = check.args[0] === undefined ? "" : valueText(check.args[0]);
  const key = `${pkg}.${name}`;
  const text = value instanceof VertexClass || typeof value.value !== "string" ? undefined : value.value;
  switch (key) {
    case "strings.MinRunes":
      return `at least ${counted(arg, "character")} needed${text === undefined ? "" : `, this has ${Array.from(text).length}`}`;
    case "strings.MaxRunes":
      return `at most ${counted(arg, "character")} allowed${text === undefined ? "" : `, this has ${Array.from(text).length}`}`;
    case "list.MinItems":
      return `at least ${counted(arg, "element")} needed, this has ${countOf(value)}`;
    case "list.MaxItems":
      return `at most ${counted(arg, "element")} allowed, this has ${countOf(value)}`;
    case "list.UniqueItems":
      return "no two elements may be equal";
    case "struct.MinFields":
      return `at least ${counted(arg, "field")} needed, this has ${countOf(value)}`;
    case "struct.MaxFields":
      return `at most ${counted(arg, "field")} allowed, this has ${countOf(value)}`;
    default:
      return examples[key] ?? `it must satisfy ${valueText(check)}`;
  }
}

/** `1 element is`, `3 elements are`. */
function counted(count: string, noun: string): string {
  return count === "1" ? `1 ${noun} is` : `${count} ${noun}s are`;
}

const examples: Readonly<Record<string, string>> = {
  "time.Duration": 'write a number with a unit, as in "300ms", "30s" or "1h30m"',
  "time.Time": 'write a time as in "2026-01-31T12:00:00Z"',
  "net.IP": 'write an address as in "10.0.0.1" or "::1"',
  "net.IPv4": 'write an address as in "10.0.0.1"',
  "net.IPv6": 'write an address as in "fd00::1"',
  "net.IPCIDR": 'write an address and a length, as in "10.0.0.0/24"',
  "net.FQDN": 'write a host name as in "shop.example.com"',
  "net.URL": 'write a URL as in "https://example.com/path"',
  "net.AbsURL": 'write a URL with its scheme, as in "https://example.com/path"',
  "uuid.Valid": 'write a UUID as in "123e4567-e89b-12d3-a456-426614174000"',
  "regexp.Valid": "write a regular expression in RE2 syntax: no look-ahead, no back references",
  "encoding/json.Valid": 'write JSON as in "{\\"a\\": 1}"',
};

function countOf(value: Atom | Vertex): number {
  return value instanceof VertexClass ? target(value).arcs.filter(({ arcType }) => arcType === 0).length : 0;
}
