/** Where and how a template declares a parameter: for messages that say what is expected, and at which line. */
import type { Pos } from "@lateen/base";
import { type Expr, type Field, type File, formatNode, parseFile } from "@lateen/cue";
import { labelName } from "./literal-json.ts";
import { type Resolved, type Scope, branchesOf, childScope, fileScope, resolveIdent } from "./schema-scope.ts";

export interface Declaration {
  /** The declared type as CUE writes it, on one line; undefined where it is a struct or too long to show. */
  readonly type: string | undefined;
  readonly kind: "struct" | "list" | "other";
  readonly pos: Pos;
  /** Names of the fields of a struct. */
  readonly names: readonly string[];
  /** It is written `{}`: authors mean anything by it, though CUE closes it. */
  readonly isBlank: boolean;
}

const parsed = new Map<string, File | undefined>();
const maxParsed = 500;

function fileOf(template: string): File | undefined {
  if (parsed.has(template)) return parsed.get(template);
  const { file, diagnostics } = parseFile(template, { filename: "template" });
  const known = diagnostics.length > 0 ? undefined : file;
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(template, known);
  return known;
}

interface Place extends Resolved {
  readonly start: number;
}

/** The declaration at a path below `parameter`; numbers are elements of lists. Undefined where nothing declares it. */
export function declarationOf(template: string, path: readonly (string | number)[]): Declaration | undefined {
  const file = fileOf(template);
  if (file === undefined) return undefined;
  const scope = fileScope(file);
  let places: readonly Place[] = fieldsOf(file.decls, scope, "parameter");
  for (const part of path) places = places.flatMap((place) => stepInto(place, part, 0));
  const [place] = places;
  if (place === undefined) return undefined;
  const structs = places.flatMap((one) => structsOf(one, 0));
  return {
    type: shownType(place.expr),
    kind: structs.length > 0 ? "struct" : place.expr.kind === "list" ? "list" : "other",
    pos: file.posOf(place.start),
    names: [...new Set(structs.flatMap(({ expr, scope: inner }) => namesOf(expr, inner)))],
    isBlank: places.every(({ expr }) => expr.kind === "struct" && expr.decls.length === 0),
  };
}

/** Whether a template makes its output or patch of `parameter` as it is. */
export function makesParameterWhole(template: string): boolean {
  const isParameter = (expr: Expr): boolean => expr.kind === "ident" && expr.name === "parameter";
  return (fileOf(template)?.decls ?? []).some((decl) => {
    if (decl.kind !== "field" || !["output", "patch"].includes(labelName(decl.label) ?? "")) return false;
    const { value } = decl;
    return value.kind === "struct"
      ? value.decls.some((inner) => inner.kind === "embed" && isParameter(inner.expr))
      : isParameter(value);
  });
}

function fieldsOf(decls: File["decls"], scope: Scope, name: string): readonly Place[] {
  return decls.flatMap((decl): readonly Place[] => {
    if (decl.kind === "field") {
      const own = labelName(decl.label);
      const isPattern = decl.label.kind === "pattern-label";
      return own === name || isPattern ? [{ expr: decl.value, scope, start: decl.start }] : [];
    }
    return decl.kind === "comprehension" ? fieldsOf(decl.body.decls, childScope(scope, decl.body), name) : [];
  });
}

interface StructPlace {
  readonly expr: Extract<Expr, { kind: "struct" }>;
  readonly scope: Scope;
}

/** The structs that an expression stands for: through names, alternatives and `close`. */
function structsOf({ expr, scope }: Resolved, depth: number): readonly StructPlace[] {
  if (depth > 30) return [];
  switch (expr.kind) {
    case "struct":
      return [{ expr, scope: childScope(scope, expr) }];
    case "paren":
      return structsOf({ expr: expr.expr, scope }, depth + 1);
    case "call":
      return expr.fun.kind === "ident" && expr.fun.name === "close" && expr.args[0] !== undefined
        ? structsOf({ expr: expr.args[0], scope }, depth + 1)
        : [];
    case "ident": {
      const found = resolveIdent(expr.name, scope);
      return found === undefined ? [] : structsOf(found, depth + 1);
    }
    case "binary":
      if (expr.op === "&")
        return [expr.left, expr.right].flatMap((side) => structsOf({ expr: side, scope }, depth + 1));
      return expr.op === "|" ? branchesOf(expr, scope).flatMap((branch) => structsOf(branch, depth + 1)) : [];
    case "unary":
      return expr.op === "*" ? structsOf({ expr: expr.expr, scope }, depth + 1) : [];
    default:
      return [];
  }
}

function stepInto(place: Place, part: string | number, depth: number): readonly Place[] {
  if (typeof part === "number") return elementsOf(place, depth);
  return structsOf(place, depth).flatMap(({ expr, scope }) => fieldsOf(expr.decls, scope, part));
}

function elementsOf({ expr, scope, start }: Place, depth: number): readonly Place[] {
  if (depth > 30) return [];
  if (expr.kind === "paren") return elementsOf({ expr: expr.expr, scope, start }, depth + 1);
  if (expr.kind === "ident") {
    const found = resolveIdent(expr.name, scope);
    return found === undefined ? [] : elementsOf({ ...found, start: found.expr.start }, depth + 1);
  }
  if (expr.kind === "binary" && expr.op === "|")
    return branchesOf(expr, scope).flatMap((branch) => elementsOf({ ...branch, start }, depth + 1));
  if (expr.kind !== "list") return [];
  return expr.elements.flatMap((element) =>
    element.kind === "ellipsis" && element.type !== undefined
      ? [{ expr: element.type, scope, start: element.start }]
      : [],
  );
}

function namesOf(expr: Extract<Expr, { kind: "struct" }>, scope: Scope): readonly string[] {
  return expr.decls.flatMap((decl): readonly string[] => {
    if (decl.kind === "field") {
      const name = labelName((decl satisfies Field).label);
      return name === undefined || /^[#_]/.test(name) ? [] : [name];
    }
    if (decl.kind === "comprehension") return namesOf(decl.body, scope);
    return decl.kind === "embed"
      ? structsOf({ expr: decl.expr, scope }, 0).flatMap((inner) => namesOf(inner.expr, inner.scope))
      : [];
  });
}

/** `int`, `"Always" or "Never"`, `1 or int`: short types as words. */
function shownType(expr: Expr): string | undefined {
  if (expr.kind === "struct" || expr.kind === "list") return undefined;
  const text = formatNode(expr).replaceAll(/\s+/g, " ");
  if (text.length > 80 || text.includes("{") || text.startsWith("#")) return undefined;
  const alternatives = text.split(" | ").map((part) => part.replace(/^\*/, ""));
  const plain = alternatives.filter((part) => !/^(?:string|int|bool|number|float)$/.test(part));
  const types = alternatives.filter((part) => !plain.includes(part));
  return (
    types.length === 1 && plain.every((part) => !part.startsWith("=~")) && plain.length === 1 ? types : alternatives
  ).join(" or ");
}
