import { DataNode } from "../compile/data-node.ts";
import type { DataExpr, Expr, Source } from "../compile/ir.ts";
import { numberOfJs } from "../number.ts";
import { addField } from "./arcs.ts";
import { restrict } from "./closedness.ts";
import { type Label, stringLabel } from "./label.ts";
import { addList } from "./lists.ts";
import { addLiteral } from "./literal.ts";
import type { Run } from "./run.ts";
import { addValue, narrow } from "./scalars.ts";
import { type NodeState, fail } from "./state.ts";
import { atom, bottom, structMarker } from "./values.ts";
import { type Conjunct, member } from "./vertex.ts";

/** JSON data as a conjunct: one level of it. */
export function addData(run: Run, node: NodeState, expr: DataExpr, conjunct: Conjunct): void {
  const { value } = expr;
  const { env, lineage } = conjunct;
  if (Array.isArray(value)) {
    addList(run, node, {
      elements: value.map((part, i) => ({ expr: partOf(expr, i, part), env, lineage })),
      rest: undefined,
      isOpen: false,
      group: lineage.group,
      src: placeOf(expr),
    });
    return;
  }
  switch (typeof value) {
    case "string":
    case "boolean":
      addValue(run, node, atom(value, placeOf(expr)), conjunct);
      return;
    case "number":
      addValue(run, node, atom(numberOfJs(value), placeOf(expr)), conjunct);
      return;
    case "object":
      if (value === null) {
        addValue(run, node, atom(null, placeOf(expr)), conjunct);
        return;
      }
      node.isStruct = true;
      restrict(node.vertex, lineage.group);
      if (!narrow(node, structMarker.kind, structMarker)) return;
      addLiteral(node.vertex, {
        plan: undefined,
        labels: Object.keys(value).map(labelOfKey),
        outer: undefined,
        at: 0,
        origin: lineage.origin,
        refs: lineage.refs,
      });
      for (const key of Object.keys(value)) {
        const part = (value as Record<string, unknown>)[key];
        if (part === undefined) continue;
        run.spend(1);
        addField(run, node, labelOfKey(key), member, { expr: partOf(expr, key, part), env, lineage });
      }
      return;
    default:
      fail(node, bottom({ message: `a value of type ${typeof value} is no data`, vertex: node.vertex }));
  }
}

/** Names are the same whether their accents are composed or not. */
function labelOfKey(key: string): Label {
  return stringLabel(isAscii.test(key) ? key : key.normalize("NFC"));
}

const isAscii = /^[ -~]*$/;

function partOf(whole: DataExpr, key: string | number, value: unknown): Expr {
  return new DataNode(value, whole.origin, { up: whole.path, key });
}

function placeOf(expr: DataExpr): Source | undefined {
  return expr instanceof DataNode ? expr : undefined;
}
