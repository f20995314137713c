/** Labels of fields, and the aliases that stand beside them. */
import type * as ast from "../syntax/ast.ts";
import { unquote } from "../syntax/index.ts";
import { type Label, formatLabel, identLabel, stringLabel } from "../eval/label.ts";
import { atom } from "../eval/values.ts";
import type { Compilation } from "./compilation.ts";
import { compileExpr } from "./expressions.ts";
import type { Expr, LetDecl } from "./ir.ts";
import { bindName } from "./names.ts";
import type { Scope } from "./scope.ts";

/** `X=label`: X is the field. */
export function declareAlias(
  compilation: Compilation,
  scope: Scope,
  alias: ast.Ident,
  label: Exclude<ast.Label, ast.AliasLabel>,
): void {
  if (label.kind === "pattern-label") return;
  bindName(compilation, scope, {
    kind: "alias",
    name: alias.name,
    ident: alias,
    mayBeUnused: false,
    refer: (up, ident) => {
      const src = compilation.source(ident);
      const known = staticLabel(compilation, label);
      if (known !== undefined) return { kind: "field-ref", up, label: known, src };
      return { kind: "dynamic-ref", up, key: dynamicKey(compilation, label, scope), src };
    },
  });
}

/** The alias of a label: its text. */
export function declareKeyAlias(
  compilation: Compilation,
  scope: Scope,
  alias: ast.Ident,
  label: Exclude<ast.Label, ast.AliasLabel>,
): void {
  bindName(compilation, scope, {
    kind: "alias",
    name: alias.name,
    ident: alias,
    mayBeUnused: false,
    refer: (up, ident) => {
      const src = compilation.source(ident);
      const known = staticLabel(compilation, label);
      if (known !== undefined) return { kind: "value", value: atom(formatLabel(known), src), src };
      const declaration: LetDecl = { name: alias.name, value: dynamicKey(compilation, label, scope), src };
      return { kind: "let-ref", up, declaration, src };
    },
  });
}

export function dynamicKey(compilation: Compilation, label: Exclude<ast.Label, ast.AliasLabel>, scope: Scope): Expr {
  if (compilation.keys.has(label)) return compilation.bad(label, "label refers to itself");
  compilation.keys.add(label);
  const key = keyExpr(compilation, label, scope);
  compilation.keys.delete(label);
  return key;
}

function keyExpr(compilation: Compilation, label: Exclude<ast.Label, ast.AliasLabel>, scope: Scope): Expr {
  if (label.kind === "paren-label") return compileExpr(compilation, label.expr, scope);
  if (label.kind === "interpolation") return compileExpr(compilation, label, scope);
  return compilation.bad(label as ast.Label, "invalid label");
}

/** The label of a field whose name is written out. */
export function staticLabel(compilation: Compilation, label: ast.Label): Label | undefined {
  if (label.kind === "ident") {
    if (label.name === "_") compilation.error(label, "cannot use _ as label", 'write a name, or "_" in quotes');
    return identLabel(label.name, compilation.environment.hiddenPackage);
  }
  if (label.kind !== "literal") return undefined;
  return literalLabel(compilation, label);
}

/** The label that a literal says. */
export function literalLabel(compilation: Compilation, label: ast.BasicLit): Label | undefined {
  if (label.type === "string") {
    const value = unquote(label.text);
    if (value.kind === "string") return stringLabel(value.value.normalize("NFC"));
    compilation.error(label, value.kind === "error" ? value.message : "bytes cannot be labels");
    return undefined;
  }
  if (label.type === "null" || label.type === "true" || label.type === "false") return stringLabel(label.text);
  if (label.type === "int") return stringLabel(label.text);
  compilation.error(label, `invalid label ${label.text}`);
  return undefined;
}

export function labelText(label: ast.Label): string {
  switch (label.kind) {
    case "ident":
      return label.name;
    case "literal":
      return label.text;
    case "alias-label":
      return labelText(label.label);
    default:
      return "[]";
  }
}
