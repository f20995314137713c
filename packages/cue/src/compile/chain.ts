import type { Field } from "../syntax/ast.ts";
import type { Node } from "./syntax-node.ts";

/** `a: b: c` is three fields, but one declaration: what is said of it is said of the innermost. */
const outerFields = new WeakMap<Node, Field>();

/** The field that a chain goes on with. */
export function innerField(field: Field): Field | undefined {
  const { value } = field;
  if (value.kind !== "struct" || value.braces) return undefined;
  const [decl] = value.decls;
  return value.decls.length === 1 && decl?.kind === "field" ? decl : undefined;
}

/** Notes the chain that a field begins. */
export function noteChain(field: Field): void {
  const inner = innerField(field);
  if (inner !== undefined) outerFields.set(inner, field);
}

/** Doc comments of a field: those of the chain that ends in it; none of one that goes on. */
export function docsOf(node: Node): readonly string[] {
  if (node.kind === "comments" || (node.kind === "field" && innerField(node) !== undefined)) return [];
  const groups: (readonly string[])[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = outerFields.get(at)) {
    for (const group of at.comments ?? []) if (group.doc) groups.unshift(group.lines);
  }
  return groups.map((lines) => lines.map((line) => line.replace(/^\/\/ ?/, "")).join("\n"));
}
