/** Names, constants and conditions of a template's text, as far as they can be told without evaluating it. */
import { type JsonValue, isJsonObject } from "@lateen/base";
import { type Expr, type File, type StructLit, interpolationTexts } from "@lateen/cue";
import { labelName, literalJson } from "./literal-json.ts";

export interface Scope {
  readonly parent: Scope | undefined;
  readonly names: ReadonlyMap<string, Expr>;
}

export interface Resolved {
  readonly expr: Expr;
  readonly scope: Scope;
}

/** A condition that needs a value which only the user gives. */
export class UndecidedCondition extends Error {
  override readonly name = "UndecidedCondition";
}

function namesOf(decls: File["decls"]): ReadonlyMap<string, Expr> {
  const names = new Map<string, Expr>();
  for (const decl of decls) {
    if (decl.kind === "let") names.set(decl.name.name, decl.value);
    if (decl.kind !== "field") continue;
    const name = decl.label.kind === "ident" ? decl.label.name : labelName(decl.label);
    if (name !== undefined && !names.has(name)) names.set(name, decl.value);
  }
  return names;
}

export const fileScope = (file: File): Scope => ({ parent: undefined, names: namesOf(file.decls) });
export const childScope = (parent: Scope, struct: StructLit): Scope => ({ parent, names: namesOf(struct.decls) });

export function resolveIdent(name: string, scope: Scope | undefined): Resolved | undefined {
  for (let current = scope; current !== undefined; current = current.parent) {
    const expr = current.names.get(name);
    if (expr !== undefined) return { expr, scope: current };
  }
  return undefined;
}

/** The value of an expression that is one: literals, names of such, joined texts. */
export function constantOf(expr: Expr, scope: Scope | undefined, depth = 0): JsonValue | undefined {
  if (depth > 30) return undefined;
  switch (expr.kind) {
    case "paren":
      return constantOf(expr.expr, scope, depth + 1);
    case "ident": {
      const found = resolveIdent(expr.name, scope);
      return found === undefined ? undefined : constantOf(found.expr, found.scope, depth + 1);
    }
    case "interpolation": {
      const texts = interpolationTexts(expr);
      if (texts.kind !== "string") return undefined;
      const values = expr.exprs.map((part) => constantOf(part, scope, depth + 1));
      if (values.some((value) => value === undefined || typeof value === "object")) return undefined;
      return texts.texts
        .map((text, index) => text + (index < values.length ? String(values[index] as string | number | boolean) : ""))
        .join("");
    }
    case "unary": {
      if (expr.op === "*") return constantOf(expr.expr, scope, depth + 1);
      const value = constantOf(expr.expr, scope, depth + 1);
      return expr.op === "-" && typeof value === "number" ? -value : undefined;
    }
    case "binary": {
      const left = constantOf(expr.left, scope, depth + 1);
      const right = constantOf(expr.right, scope, depth + 1);
      return expr.op === "+" && typeof left === "string" && typeof right === "string" ? left + right : undefined;
    }
    default:
      return literalJson(expr);
  }
}

export interface Branch extends Resolved {
  /** It has the default mark. */
  readonly marked: boolean;
}

/** The alternatives of a disjunction, those of names that stand for one included. */
export function branchesOf(expr: Expr, scope: Scope, marked = false, depth = 0): readonly Branch[] {
  if (depth > 60) return [{ expr, scope, marked }];
  if (expr.kind === "paren") return branchesOf(expr.expr, scope, marked, depth + 1);
  if (expr.kind === "unary" && expr.op === "*") return branchesOf(expr.expr, scope, true, depth + 1);
  if (expr.kind === "binary" && expr.op === "|") {
    return [...branchesOf(expr.left, scope, marked, depth + 1), ...branchesOf(expr.right, scope, marked, depth + 1)];
  }
  return [{ expr, scope, marked }];
}

export function isNullLiteral(expr: Expr, scope: Scope): boolean {
  return (
    (expr.kind === "literal" && expr.type === "null") ||
    (expr.kind === "ident" && expr.name === "null" && resolveIdent("null", scope) === undefined)
  );
}

/** The default that a field's expression marks, or its only value. */
export function decidedValue(expr: Expr, scope: Scope): JsonValue | undefined {
  const branches = branchesOf(expr, scope);
  const marked = branches.filter((branch) => branch.marked);
  if (marked.length === 1) return constantOf(marked[0]!.expr, marked[0]!.scope);
  return branches.length === 1 ? constantOf(branches[0]!.expr, branches[0]!.scope) : undefined;
}

/** Whether a condition holds by the defaults of what it names. @throws UndecidedCondition where there is no default. */
export function conditionHolds(condition: Expr, scope: Scope): boolean {
  if (condition.kind === "paren") return conditionHolds(condition.expr, scope);
  if (condition.kind === "binary") {
    if (condition.op === "&&") return conditionHolds(condition.left, scope) && conditionHolds(condition.right, scope);
    if (condition.op === "||") return conditionHolds(condition.left, scope) || conditionHolds(condition.right, scope);
    if (condition.op === "==" || condition.op === "!=") {
      const equal = operandOf(condition.left, scope) === operandOf(condition.right, scope);
      return condition.op === "==" ? equal : !equal;
    }
  }
  const value = operandOf(condition, scope);
  if (typeof value === "boolean") return value;
  throw new UndecidedCondition();
}

function operandOf(expr: Expr, scope: Scope): JsonValue {
  if (expr.kind === "ident") {
    const found = resolveIdent(expr.name, scope);
    const value = found === undefined ? undefined : decidedValue(found.expr, found.scope);
    if (value === undefined || isJsonObject(value) || Array.isArray(value)) throw new UndecidedCondition();
    return value;
  }
  const value = constantOf(expr, scope);
  if (value === undefined) throw new UndecidedCondition();
  return value;
}
