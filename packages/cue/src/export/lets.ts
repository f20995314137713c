import type { Decl, Field } from "../syntax/ast.ts";
import type { Node } from "../compile/syntax-node.ts";
import type { Export, Frame } from "./exporter.ts";

/**
 * Finds the `let` clauses of a literal, and of the literals that it consists of, before it is written: they become clauses
 * of the struct that is made of it, if somebody refers to them.
 */
export function markLets(x: Export, root: Node | undefined, frame: Frame): void {
  const stack: Node[] = root === undefined ? [] : [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === "struct" || node.kind === "file") markDecls(x, node.decls, frame);
    stack.push(...parts(node).toReversed());
  }
}

function markDecls(x: Export, decls: readonly Decl[], frame: Frame): void {
  for (const decl of decls) {
    if (decl.kind === "let" && !x.lets.has(decl)) {
      const slot = { kind: "let", start: 0, end: 0 } as const;
      x.lets.set(decl, slot);
      frame.lets.push(slot);
    } else if (decl.kind === "field") markAlias(x, decl);
  }
}

function markAlias(x: Export, field: Field): void {
  if (field.label.kind !== "alias-label" || field.label.label.kind === "pattern-label") return;
  if (field.label.label.kind === "paren-label" || field.label.label.kind === "interpolation") return;
  x.aliasNames.add(field.label.alias.name);
}

/** The parts of an expression that may hold literals which become part of the same struct. */
function parts(node: Node): readonly Node[] {
  switch (node.kind) {
    case "file":
    case "struct":
      return node.decls.flatMap((decl) => (decl.kind === "embed" ? [decl.expr] : []));
    case "paren":
    case "unary":
    case "postfix":
      return [node.expr];
    case "selector":
      return [node.expr];
    case "index":
      return [node.expr, node.index];
    case "binary":
      return [node.left, node.right];
    case "call":
      return [node.fun, ...node.args];
    case "list":
      return node.elements.filter((element) => element.kind !== "ellipsis" && element.kind !== "comprehension");
    default:
      return [];
  }
}
