import type { Comprehension, Expr } from "../syntax/ast.ts";

const step = 30;

/** Kinds whose layout does not depend on where they stand, so that it can be made beforehand. */
const contextFree = new Set(["struct", "list", "paren", "comprehension"]);

interface Visit {
  readonly value: object;
  readonly level: number;
}

/** Nodes at regular depths of a tree, the deepest first: laid out in this order no layout is deeper than a few steps. */
export function deepNodesOf(root: object): (Expr | Comprehension)[] {
  const found: { node: Expr | Comprehension; level: number }[] = [];
  const stack: Visit[] = [{ value: root, level: 0 }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { value, level } = visit;
    const kind: unknown = "kind" in value ? value.kind : undefined;
    const free = typeof kind === "string" && contextFree.has(kind);
    if (free && level > 0 && level % step === 0) found.push({ node: value as Expr | Comprehension, level });
    const next = free || (typeof kind === "string" && kind !== "comments") ? level + (free ? 1 : 0) : level;
    for (const child of Object.values(value)) {
      if (typeof child === "object" && child !== null) stack.push({ value: child as object, level: next });
    }
  }
  return found.toSorted((a, b) => b.level - a.level).map(({ node }) => node);
}
