import type { Expr as Tree } from "../syntax/ast.ts";
import { labelOf, place, structOf, treeOfText } from "./nodes.ts";

/** JSON data as a tree. */
export function dataTree(value: unknown): Tree {
  if (typeof value !== "object" || value === null) return treeOfText(JSON.stringify(value) ?? "_");
  if (Array.isArray(value)) return { kind: "list", ...place, elements: value.map(dataTree), commas: "between" };
  return structOf(
    Object.entries(value).map(([name, part]) => ({
      kind: "field",
      ...place,
      label: labelOf(name, true),
      constraint: "",
      valueAlias: undefined,
      postfixAlias: undefined,
      value: dataTree(part),
      attributes: [],
    })),
  );
}
