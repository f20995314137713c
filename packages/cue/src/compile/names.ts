/** Names: what a block declares, and what an identifier stands for. */
import type * as ast from "../syntax/ast.ts";
import { identLabel } from "../eval/label.ts";
import { predeclared, predeclaredNames } from "../eval/predeclared.ts";
import { type Value, top } from "../eval/values.ts";
import { nameAdvice } from "./advice.ts";
import type { Compilation } from "./compilation.ts";
import type { Expr, Source } from "./ir.ts";
import type { Binding, Scope } from "./scope.ts";

export function bindName(compilation: Compilation, scope: Scope, binding: Omit<Binding, "isUsed">): void {
  const { name, ident } = binding;
  if (name === "_") return;
  if (scope.bindings.has(name)) {
    compilation.error(
      ident,
      binding.kind === "let" && scope.bindings.get(name)!.kind === "let"
        ? `let clause ${JSON.stringify(name)} redeclared in same scope`
        : `alias ${JSON.stringify(name)} redeclared in same scope`,
    );
    return;
  }
  if (scope.fields.has(name)) {
    compilation.error(ident, `cannot have both alias and field with name ${JSON.stringify(name)} in same scope`);
    return;
  }
  scope.bindings.set(name, { ...binding, isUsed: false });
}

export function checkUse(compilation: Compilation, scope: Scope): void {
  for (const binding of scope.bindings.values()) {
    if (binding.isUsed || binding.mayBeUnused || binding.kind === "import") continue;
    compilation.error(binding.ident, `unreferenced alias or let clause ${binding.name}`);
  }
}

export function bindVariable(compilation: Compilation, scope: Scope, ident: ast.Ident, index: number): void {
  bindName(compilation, scope, {
    kind: "binding",
    name: ident.name,
    ident,
    mayBeUnused: true,
    refer: (up, at) => ({ kind: "binding-ref", up, index, name: ident.name, src: compilation.source(at) }),
  });
}

/** Whether a name is a field or a binding of some block around. */
export function isDeclared(compilation: Compilation, name: string, from: Scope): boolean {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer)
    if (scope.fields.has(name) || scope.bindings.has(name)) return true;
  return compilation.environment.packageFields.has(name);
}

export function resolveName(compilation: Compilation, ident: ast.Ident, from: Scope): Expr {
  const { name } = ident;
  const src = compilation.source(ident);
  if (name === "_") return { kind: "value", value: { ...top, src }, src };
  let up = 0;
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer) {
    const field = scope.fields.get(name);
    if (field !== undefined) return { kind: "field-ref", up, label: field, src };
    const binding = scope.bindings.get(name);
    if (binding !== undefined) {
      binding.isUsed = true;
      return binding.refer(up, ident);
    }
    if (scope.outer !== undefined) up++;
  }
  const shared = compilation.environment.packageFields.get(name);
  if (shared !== undefined) return { kind: "field-ref", up, label: shared, src };
  return outerName(compilation, ident, from, src);
}

/** A name of the embedder's scope, or a predeclared one. */
function outerName(compilation: Compilation, ident: ast.Ident, from: Scope, src: Source): Expr {
  const { name } = ident;
  const label = identLabel(name, compilation.environment.hiddenPackage);
  const { scope } = compilation.environment;
  if (scope !== undefined && compilation.environment.inScope(label)) return { kind: "scope-ref", scope, label, src };
  if (name === "self" && compilation.experiments.has("aliasv2")) {
    let up = 0;
    for (let at: Scope | undefined = from; at !== undefined; at = at.outer, up++)
      if (at.kind === "struct" || at.kind === "list") return { kind: "self-ref", up, src };
  }
  const known = predeclared(name);
  if (known !== undefined) return { kind: "value", value: withSource(known, src, name), src };
  return compilation.bad(ident, `reference ${JSON.stringify(name)} not found`, adviseName(compilation, name, from));
}

/** Which name was meant: one in reach, a package that is not imported, a quoted field, or a text without quotes. */
function adviseName(compilation: Compilation, name: string, from: Scope): string {
  const names = new Set<string>();
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer)
    for (const known of [...scope.fields.keys(), ...scope.bindings.keys()]) names.add(known);
  for (const known of compilation.environment.packageFields.keys()) names.add(known);
  for (const known of predeclaredNames) names.add(known);
  return nameAdvice(name, {
    names: [...names],
    file: compilation.file,
    packagePaths: compilation.environment.packagePaths?.() ?? [],
  });
}

function withSource(value: Value, src: Source, name: string): Value {
  if (value.tag === "type") return { ...value, src, name };
  return value.tag === "vertex" ? value : ({ ...value, src } as Value);
}
