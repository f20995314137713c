import type { BasicLit, Decl, Expr, File, Label, StructLit } from "../syntax/ast.ts";
import { unquote } from "../syntax/literal.ts";

/** Quoted labels that a reference would see if they were names. */
export interface ReferencedLabels {
  readonly keep: ReadonlySet<BasicLit>;
}

type Node = Partial<File | Expr | Decl>;

interface Scope {
  readonly parent: Scope | undefined;
  /** Names of the fields that references find here. */
  readonly names: Set<string>;
  /** Quoted labels by what they spell. */
  readonly quoted: Map<string, BasicLit[]>;
}

interface Visit {
  readonly value: object;
  readonly scope: Scope | undefined;
}

/**
 * Goes from each reference outwards, up to the struct that declares its name: quoted labels of that name on the way, and in
 * the struct that declares nothing of it at all, must stay quoted. Aliases and comprehension variables are not looked at,
 * so that a few labels keep quotes that they could lose.
 */
export function referencedLabels(root: File | Expr | Decl): ReferencedLabels {
  const keep = new Set<BasicLit>();
  const stack: Visit[] = [{ value: root, scope: undefined }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { value } = visit;
    let { scope } = visit;
    const node = value as Node;
    if (node.kind === "ident") {
      keepSeen(node.name ?? "", scope, keep);
      continue;
    }
    if (node.kind === "file" || node.kind === "struct") {
      scope = newScope(scope, (node as StructLit).decls);
    }
    for (const child of childrenOf(node, value)) stack.push({ value: child, scope });
  }
  return { keep };
}

function newScope(parent: Scope | undefined, decls: readonly Decl[]): Scope {
  const scope: Scope = { parent, names: new Set(), quoted: new Map() };
  for (const decl of decls) {
    if (decl.kind !== "field") continue;
    const label = decl.label.kind === "alias-label" ? decl.label.label : decl.label;
    if (label.kind === "ident") scope.names.add(label.name);
    if (label.kind !== "literal" || label.type !== "string") continue;
    const literal = unquote(label.text);
    if (literal.kind !== "string") continue;
    const same = scope.quoted.get(literal.value);
    if (same === undefined) scope.quoted.set(literal.value, [label]);
    else same.push(label);
  }
  return scope;
}

function keepSeen(name: string, from: Scope | undefined, keep: Set<BasicLit>): void {
  for (let scope = from; scope !== undefined; scope = scope.parent) {
    if (scope.names.has(name)) return;
    const labels = scope.quoted.get(name);
    if (labels === undefined) continue;
    for (const label of labels) keep.add(label);
    // Further references of this name need not look again.
    scope.quoted.delete(name);
  }
}

/** What of a node may hold references: not the names of labels, selectors and variables. */
function childrenOf(node: Node, value: object): object[] {
  switch (node.kind) {
    case "selector":
      return node.expr === undefined ? [] : [node.expr];
    case "import":
    case "package":
      return [];
    case "field":
      return [...labelChildren(node.label), ...(node.value === undefined ? [] : [node.value])];
    case "let":
      return node.value === undefined ? [] : [node.value];
    default:
      return Object.values(value).filter((child): child is object => typeof child === "object" && child !== null);
  }
}

function labelChildren(label: Label | undefined): object[] {
  switch (label?.kind) {
    case "alias-label":
      return labelChildren(label.label);
    case "interpolation":
      return [...label.exprs];
    case "paren-label":
    case "pattern-label":
      return [label.expr];
    default:
      return [];
  }
}
