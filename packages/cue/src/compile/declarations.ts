/** The declarations of a struct literal. Values of its fields come later, from the list of work. */
import type * as ast from "../syntax/ast.ts";
import { identLabel } from "../eval/label.ts";
import type { ArcType } from "../eval/vertex.ts";
import { noteChain } from "./chain.ts";
import type { Compilation } from "./compilation.ts";
import { compileComprehension } from "./comprehensions.ts";
import { compileExpr } from "./expressions.ts";
import type { Decl, Expr, LetDecl, StructLit } from "./ir.ts";
import { declareAlias, declareKeyAlias, dynamicKey, labelText, staticLabel } from "./labels.ts";
import { bindName, checkUse } from "./names.ts";
import { structPlan } from "./plan.ts";
import { Scope } from "./scope.ts";

/** A struct literal; `scope` is its block. Values of its fields come later from the list of work. */
export function compileStruct(compilation: Compilation, node: ast.File | ast.StructLit, scope: Scope): StructLit {
  for (const decl of node.decls) declareNames(compilation, scope, decl);
  const result: Decl[] = [];
  for (const decl of node.decls) {
    const compiled = compileDecl(compilation, scope, decl);
    if (compiled !== undefined) result.push(compiled);
  }
  const path = compilation.path;
  compilation.work.unshift(() => {
    compilation.path = path;
    checkUse(compilation, scope);
  });
  return structPlan(result, compilation.source(node));
}

/** Enters the names of a declaration into its block. */
function declareNames(compilation: Compilation, scope: Scope, decl: ast.Decl): void {
  if (decl.kind === "let") {
    const declaration: LetDecl = {
      name: decl.name.name,
      value: undefined as unknown as Expr,
      src: compilation.source(decl),
    };
    bindName(compilation, scope, {
      kind: "let",
      name: decl.name.name,
      ident: decl.name,
      mayBeUnused: false,
      refer: (up, ident) => ({ kind: "let-ref", up, declaration, src: compilation.source(ident) }),
    });
    scope.lets.set(decl.name.name, declaration);
    return;
  }
  if (decl.kind !== "field") return;
  let { label } = decl;
  if (label.kind === "alias-label") {
    declareAlias(compilation, scope, label.alias, label.label);
    label = label.label;
  }
  if (decl.postfixAlias !== undefined && label.kind !== "pattern-label") {
    const { key, value } = decl.postfixAlias;
    declareAlias(compilation, scope, value, label);
    if (key !== undefined) declareKeyAlias(compilation, scope, key, label);
  }
  if (label.kind === "paren-label" && label.alias !== undefined)
    declareKeyAlias(compilation, scope, label.alias, label);
  if (label.kind !== "ident") return;
  const { name } = label;
  const known = scope.bindings.get(name);
  if (known !== undefined && known.kind !== "import")
    compilation.error(known.ident, `cannot have both alias and field with name ${JSON.stringify(name)} in same scope`);
  scope.fields.set(name, identLabel(name, compilation.environment.hiddenPackage));
}

function compileDecl(compilation: Compilation, scope: Scope, decl: ast.Decl): Decl | undefined {
  switch (decl.kind) {
    case "field":
      return compileField(compilation, scope, decl);
    case "embed":
      return decl.expr.kind === "bad-expr" ? undefined : compileEmbedding(compilation, scope, decl);
    case "ellipsis":
      return { kind: "ellipsis", src: compilation.source(decl) };
    case "comprehension": {
      const expr = compileComprehension(compilation, decl, scope);
      return { kind: "comprehension", expr, src: compilation.source(decl) };
    }
    case "let":
      compileLet(compilation, scope, decl);
      return undefined;
    default:
      return undefined;
  }
}

/** Of several of one name the first counts. */
function compileLet(compilation: Compilation, scope: Scope, clause: ast.LetClause): void {
  const declaration = scope.lets.get(clause.name.name);
  if (declaration === undefined || (declaration.src.node as ast.LetClause) !== clause) return;
  compilation.work.push(() => {
    declaration.value = compileExpr(compilation, clause.value, scope);
  });
}

function compileEmbedding(compilation: Compilation, scope: Scope, decl: ast.EmbedDecl): Decl {
  const expr = compileExpr(compilation, decl.expr, scope);
  const src = compilation.source(decl);
  return compilation.experiments.has("explicitopen")
    ? { kind: "embed", expr, isClosed: true, src }
    : { kind: "embed", expr, src };
}

function compileField(compilation: Compilation, scope: Scope, field: ast.Field): Decl | undefined {
  noteChain(field);
  const src = compilation.source(field);
  const label = field.label.kind === "alias-label" ? field.label.label : field.label;
  const arcType: ArcType = field.constraint === "?" ? 2 : field.constraint === "!" ? 1 : 0;
  if (label.kind === "pattern-label") return compilePattern(compilation, scope, { field, label });
  if (label.kind === "paren-label" || label.kind === "interpolation") {
    const key = dynamicKey(compilation, label, scope);
    return withValue(compilation, { field, scope }, { kind: "dynamic", key, arcType, value: later, src });
  }
  const known = staticLabel(compilation, label);
  if (known === undefined) return undefined;
  return withValue(compilation, { field, scope }, { kind: "field", label: known, arcType, value: later, src });
}

/** In place of a value that is compiled later. */
const later = undefined as unknown as Expr;

/** A declaration that gets its value from the list of work. */
function withValue<D extends Decl & { readonly kind: "field" | "dynamic" }>(
  compilation: Compilation,
  { field, scope }: { readonly field: ast.Field; readonly scope: Scope },
  decl: D,
): D {
  const path = { up: compilation.path, name: labelText(field.label) };
  compilation.work.push(() => {
    compilation.path = path;
    (decl as { value: Expr }).value =
      field.valueAlias === undefined
        ? compileExpr(compilation, field.value, scope)
        : selfScope(compilation, scope, { aliases: [field.valueAlias], value: field.value });
  });
  return decl;
}

/** A value with names for the vertex that it becomes part of. */
function selfScope(
  compilation: Compilation,
  outer: Scope,
  { aliases, value }: { readonly aliases: readonly ast.Ident[]; readonly value: ast.Expr },
): Expr {
  const scope = new Scope(outer, "self");
  for (const alias of aliases)
    bindName(compilation, scope, {
      kind: "alias",
      name: alias.name,
      ident: alias,
      mayBeUnused: false,
      refer: (up, ident) => ({ kind: "self-ref", up, src: compilation.source(ident) }),
    });
  compilation.work.unshift(() => checkUse(compilation, scope));
  return { kind: "self-scope", expr: compileExpr(compilation, value, scope), src: compilation.source(value) };
}

function compilePattern(
  compilation: Compilation,
  scope: Scope,
  { field, label }: { readonly field: ast.Field; readonly label: ast.PatternLabel },
): Decl {
  const filter = compileExpr(compilation, label.expr, scope);
  const inner = new Scope(scope, "label");
  const keys = [label.alias, field.postfixAlias?.key].filter((alias) => alias !== undefined);
  for (const alias of keys)
    bindName(compilation, inner, {
      kind: "alias",
      name: alias.name,
      ident: alias,
      mayBeUnused: true,
      refer: (up, ident) => ({ kind: "label-ref", up, src: compilation.source(ident) }),
    });
  const aliases = [
    field.label.kind === "alias-label" ? field.label.alias : undefined,
    field.postfixAlias?.value,
    field.valueAlias,
  ].filter((alias) => alias !== undefined);
  const decl = { kind: "pattern" as const, filter, value: later, src: compilation.source(field) };
  const path = { up: compilation.path, name: "[]" };
  const { value } = field;
  compilation.work.push(() => {
    compilation.path = path;
    decl.value =
      aliases.length > 0 ? selfScope(compilation, inner, { aliases, value }) : compileExpr(compilation, value, inner);
  });
  compilation.work.unshift(() => checkUse(compilation, inner));
  return decl;
}
