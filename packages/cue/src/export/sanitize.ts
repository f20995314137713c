import type { Comprehension, Decl, Expr as Tree, Field, Ident, LetClause } from "../syntax/ast.ts";
import { Vertex } from "../eval/vertex.ts";
import type { Export } from "./exporter.ts";
import { ident, type Made, place } from "./nodes.ts";
import { UniqueNames } from "./unique-names.ts";

/**
 * Sees to it that names lead where they led before: a name that something nearer bears now gets an alias at the field, or
 * a `let` clause that says it again; a predeclared name that a field bears is written with its underscores. Structs of one
 * field are joined to their label where that is asked for.
 */
export function sanitized(x: Export, decls: readonly Decl[]): readonly Decl[] {
  const pass = new Sanitize(x, [...decls]);
  return pass.run();
}

interface Entry {
  readonly node: object;
  /** What bears the name: the field by its label, the alias of one, or a `let` clause. */
  readonly by: "label" | "alias" | "let" | "variable";
  readonly field?: Made<Field>;
}

interface Scope {
  readonly outer: Scope | undefined;
  readonly decls: Decl[] | undefined;
  readonly names: Map<string, Entry>;
}

class Sanitize {
  readonly #x: Export;
  readonly #decls: Decl[];
  readonly #names = new UniqueNames();
  readonly #known = new Set<string>();
  readonly #alternatives = new Map<object, string>();
  /** Scopes by their declarations, so that both passes see the same. */
  readonly #scopes: Scope[] = [];

  constructor(x: Export, decls: Decl[]) {
    this.#x = x;
    this.#decls = decls;
  }

  run(): readonly Decl[] {
    this.#visitDecls(this.#decls, undefined, (scope) => {
      for (const name of scope.names.keys()) {
        this.#names.take(name);
        this.#known.add(name);
      }
    });
    this.#visitDecls(this.#decls, undefined, undefined);
    return this.#decls;
  }

  /** The first pass tells of scopes, the second sets the identifiers right. */
  #visitDecls(decls: readonly Decl[], outer: Scope | undefined, tell: ((scope: Scope) => void) | undefined): void {
    const scope: Scope = { outer, decls: decls as Decl[], names: new Map() };
    for (const decl of decls) declare(scope, decl);
    tell?.(scope);
    this.#scopes.push(scope);
    for (const decl of decls.slice()) this.#visit(decl, scope, tell);
    this.#scopes.pop();
  }

  #visit(node: unknown, scope: Scope, tell: ((scope: Scope) => void) | undefined): void {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) {
      for (const part of node as unknown[]) this.#visit(part, scope, tell);
      return;
    }
    const tree = node as Tree | Decl;
    switch (tree.kind) {
      case "ident":
        if (tell === undefined) this.#identifier(tree, scope);
        return;
      case "struct":
        this.#visitDecls(tree.decls, scope, tell);
        return;
      case "field":
        this.#field(tree, scope, tell);
        return;
      case "comprehension":
        this.#comprehension(tree, scope, tell);
        return;
      case "let":
        this.#visit(tree.value, scope, tell);
        return;
      case "selector":
        this.#visit(tree.expr, scope, tell);
        return;
      case "literal":
      case "bottom":
      case "attribute":
      case "comments":
      case "package":
      case "import":
        return;
      default:
        for (const part of Object.values(tree)) this.#visit(part, scope, tell);
    }
  }

  #field(field: Field, outer: Scope, tell: ((scope: Scope) => void) | undefined): void {
    const label = field.label.kind === "alias-label" ? field.label.label : field.label;
    const names = new Map<string, Entry>();
    if (label.kind === "paren-label" || label.kind === "pattern-label") {
      this.#visit(label.expr, outer, tell);
      if (label.alias !== undefined) names.set(label.alias.name, { node: label, by: "variable" });
    } else if (label.kind === "interpolation") this.#visit(label.exprs, outer, tell);
    if (field.valueAlias !== undefined) names.set(field.valueAlias.name, { node: field, by: "variable" });
    if (label.kind === "pattern-label" && field.label.kind === "alias-label")
      names.set(field.label.alias.name, { node: field, by: "variable" });
    const scope: Scope = names.size === 0 ? outer : { outer, decls: undefined, names };
    if (scope !== outer) tell?.(scope);
    this.#visit(field.value, scope, tell);
    if (tell === undefined && this.#x.profile.joins) join(field);
  }

  #comprehension(tree: Comprehension, outer: Scope, tell: ((scope: Scope) => void) | undefined): void {
    let scope = outer;
    for (const clause of tree.clauses) {
      if (clause.kind === "for") this.#visit(clause.source, scope, tell);
      else this.#visit(clause.kind === "if" ? clause.condition : clause.value, scope, tell);
      const bound = clause.kind === "for" ? [clause.key, clause.value] : clause.kind === "if" ? [] : [clause.name];
      const names = new Map<string, Entry>();
      for (const name of bound) if (name !== undefined) names.set(name.name, { node: clause, by: "variable" });
      if (names.size === 0) continue;
      scope = { outer: scope, decls: undefined, names };
      tell?.(scope);
    }
    this.#visit(tree.body, scope, tell);
    if (tree.fallback !== undefined) this.#visit(tree.fallback.body, outer, tell);
  }

  #identifier(tree: Ident, scope: Scope): void {
    const to = this.#x.targets.get(tree);
    if (to === undefined) return;
    const made = tree as Made<Ident>;
    if (to === "predeclared") {
      if (this.#known.has(tree.name)) made.name = `__${tree.name}`;
      return;
    }
    const node = to instanceof Vertex ? this.#x.fieldOf.get(to) : to;
    const found = lookup(scope, tree.name);
    if (node === undefined || found === undefined || found.entry.node === node) return;
    const meant = placeOf(scope, tree.name, node);
    if (meant === undefined) {
      made.name = this.#restated({ decls: this.#decls, before: tree, name: tree.name });
      return;
    }
    const { entry } = meant;
    if (entry.by === "label" && entry.field?.label.kind !== "alias-label") made.name = this.#aliased(entry.field!);
    else
      made.name = this.#restated({
        decls: meant.scope.decls ?? this.#decls,
        before: entry.field ?? node,
        name: tree.name,
      });
  }

  #aliased(field: Made<Field>): string {
    const known = this.#alternatives.get(field);
    if (known !== undefined) return known;
    const label = field.label as Ident;
    const name = this.#names.other(label.name);
    this.#alternatives.set(field, name);
    field.label = { kind: "alias-label", ...place, alias: ident(name), label };
    return name;
  }

  /** A `let` clause before the declaration that is meant. */
  #restated(where: { readonly decls: Decl[]; readonly before: object; readonly name: string }): string {
    const { decls, before, name } = where;
    const known = this.#alternatives.get(before);
    if (known !== undefined) return known;
    const other = this.#names.other(name);
    this.#alternatives.set(before, other);
    const clause: LetClause = { kind: "let", ...place, relPos: "newline", name: ident(other), value: ident(name) };
    const at = decls.indexOf(before as Decl);
    decls.splice(Math.max(at, 0), 0, clause);
    return other;
  }
}

function declare(scope: Scope, decl: Decl): void {
  if (decl.kind === "let") {
    scope.names.set(decl.name.name, { node: decl, by: "let" });
    return;
  }
  if (decl.kind !== "field") return;
  const { label } = decl;
  const inner = label.kind === "alias-label" ? label.label : label;
  if (label.kind === "alias-label" && inner.kind !== "pattern-label")
    scope.names.set(label.alias.name, { node: decl, by: "alias", field: decl });
  if (inner.kind === "ident") scope.names.set(inner.name, { node: decl, by: "label", field: decl });
}

function lookup(from: Scope, name: string): { readonly scope: Scope; readonly entry: Entry } | undefined {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer) {
    const entry = scope.names.get(name);
    if (entry !== undefined) return { scope, entry };
  }
  return undefined;
}

function placeOf(
  from: Scope,
  name: string,
  node: object,
): { readonly scope: Scope; readonly entry: Entry } | undefined {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer) {
    const entry = scope.names.get(name);
    if (entry?.node === node) return { scope, entry };
  }
  return undefined;
}

/** A struct of one field is joined to the label before it, unless something is said in between. */
function join(field: Field): void {
  const { value } = field;
  if (
    value.kind !== "struct" ||
    value.decls.length !== 1 ||
    field.valueAlias !== undefined ||
    field.attributes.length > 0
  )
    return;
  const [only] = value.decls;
  if (only?.kind !== "field" || only.comments?.some(({ doc }) => doc)) return;
  const made = only as Made<Field>;
  const struct = value as Made<typeof value>;
  struct.braces = false;
  delete made.relPos;
  // What stands behind the innermost field stands behind the whole.
  if (made.comments === undefined) return;
  (field as Made<Field>).comments = [...(field.comments ?? []), ...made.comments];
  delete made.comments;
}
