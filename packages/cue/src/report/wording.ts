import { DataNode } from "../compile/data-node.ts";
import type { Expr } from "../compile/ir.ts";
import { formatExpr, formatValue } from "../eval/format.ts";
import { type Kind, formatKind } from "../eval/kind.ts";
import { type Label, formatLabel } from "../eval/label.ts";
import type { Value } from "../eval/values.ts";
import { Vertex, target } from "../eval/vertex.ts";
import { shortText } from "./syntax-path.ts";

/** Values and paths as help texts show them: short. */
export function valueText(value: Value, most = 60): string {
  if (isStruct(value)) return "a struct";
  if (isList(value)) return "a list";
  return shortText(formatValue(value), most);
}

/** A value with its kind where that is not plain: `"80" (a string)`. */
export function foundText(value: Value): string {
  const text = valueText(value);
  if (value instanceof Vertex || value.tag !== "atom") return text;
  return typeof value.value === "string" ? `${text} (a string)` : text;
}

export function isStruct(value: Value): boolean {
  return (value instanceof Vertex ? target(value).base : value)?.tag === "struct";
}

export function isList(value: Value): boolean {
  return (value instanceof Vertex ? target(value).base : value)?.tag === "list";
}

export function isConcrete(value: Value): boolean {
  const tag = (value instanceof Vertex ? target(value).base : value)?.tag;
  return tag === "atom" || tag === "struct" || tag === "list";
}

export function exprText(expr: Expr, most = 60): string {
  if (expr instanceof DataNode) return shortText(JSON.stringify(expr.value) ?? "", most);
  if (expr.kind === "value" && expr.src === undefined) return valueText(expr.value, most);
  return shortText(formatExpr(expr), most);
}

/** `parameter.ports[0].name`, `#D.x`. */
export function pathText(labels: readonly Label[]): string {
  let text = "";
  for (const label of labels)
    text += typeof label === "number" ? `[${label}]` : text === "" ? formatLabel(label) : `.${formatLabel(label)}`;
  return text;
}

/** `a, b or c`, the first few of many. */
export function listText(
  items: readonly string[],
  { most = 12, last = "or" }: { most?: number; last?: string } = {},
): string {
  if (items.length > most) return `${items.slice(0, most).join(", ")}, … (${items.length} in all)`;
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)!}`;
}

export function kindText(kind: Kind): string {
  return formatKind(kind).replaceAll(/[()]/g, "").replaceAll("|", " or ");
}
