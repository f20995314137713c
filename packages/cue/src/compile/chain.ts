import type { CommentGroup, Field } from "../syntax/ast.ts";
import type { Node } from "./syntax-node.ts";

/** `a: b: c` is three fields, but one declaration: what is said of it is said of the innermost. */
const outerFields = new WeakMap<Node, Field>();

/** The field that a chain goes on with. */
export function innerField(field: Field): Field | undefined {
  const { value } = field;
  if (value.kind !== "struct" || value.braces) return undefined;
  const [decl] = value.decls;
  if (value.decls.length !== 1 || decl?.kind !== "field") return undefined;
  return isNamed(decl.label) ? decl : undefined;
}

/** Whether a field's name is written out: what is said of a chain that ends in a pattern is said of its beginning. */
function isNamed(label: Field["label"]): boolean {
  return label.kind === "alias-label" ? isNamed(label.label) : label.kind === "ident" || label.kind === "literal";
}

/** Notes the chain that a field begins. */
export function noteChain(field: Field): void {
  const inner = innerField(field);
  if (inner !== undefined) outerFields.set(inner, field);
}

/** Doc comments of a field: those of the chain that ends in it; none of one that goes on. */
export function docGroupsOf(node: Node): readonly CommentGroup[] {
  if (node.kind === "comments" || (node.kind === "field" && innerField(node) !== undefined)) return [];
  const groups: CommentGroup[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = outerFields.get(at))
    groups.unshift(...(at.comments ?? []).filter((group) => group.doc));
  return groups;
}

/** Their texts. */
export function docsOf(node: Node): readonly string[] {
  return docGroupsOf(node).map(({ lines }) => lines.map((line) => line.replace(/^\/\/ ?/, "")).join("\n"));
}
