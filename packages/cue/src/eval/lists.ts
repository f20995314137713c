import type { Run } from "./run.ts";
import { narrow } from "./scalars.ts";
import type { ListRecord, NodeState } from "./state.ts";
import { addField, addToArc } from "./arcs.ts";
import { type Bottom, type ListLength, bottom, closedList, closedListMarker } from "./values.ts";
import { member } from "./vertex.ts";

/** Adds a list literal: its elements, and what it says of elements that others bring. */
export function addList(run: Run, node: NodeState, record: ListRecord): void {
  node.isList = true;
  if (!narrow(node, closedListMarker.kind, closedList(record.src))) return;
  const { vertex } = node;
  let before = 0;
  for (const list of node.lists) before = Math.max(before, list.elements.length);
  node.addList(record);
  run.spend(record.elements.length);
  for (let i = 0; i < record.elements.length; i++) addField(run, node, i, member, record.elements[i]!);
  if (record.rest !== undefined)
    for (let i = record.elements.length; i < before; i++) addToArc(run, vertex.arc(i)!, record.rest);
  for (let i = before; i < record.elements.length; i++)
    for (const list of node.lists)
      if (list !== record && list.rest !== undefined) addToArc(run, vertex.arc(i)!, list.rest);
}

/** Closed lists have one length, open ones none that is longer. */
export function listLengths(node: NodeState): Bottom | undefined {
  let closed: ListRecord | undefined;
  for (const list of node.lists) {
    if (list.isOpen) continue;
    if (closed !== undefined && closed.elements.length !== list.elements.length)
      return incompatible(node, closed, list);
    closed ??= list;
  }
  if (closed === undefined) return undefined;
  for (const list of node.lists)
    if (list.elements.length > closed.elements.length) return incompatible(node, closed, list);
  return undefined;
}

function incompatible(node: NodeState, left: ListRecord, right: ListRecord): Bottom {
  const lengths = [left.elements.length, right.elements.length];
  return bottom({
    message: `incompatible list lengths (${Math.min(...lengths)} and ${Math.max(...lengths)})`,
    vertex: node.vertex,
    sources: [left.src, right.src],
    subject: { kind: "lengths", left: lengthOf(left), right: lengthOf(right) },
  });
}

function lengthOf({ elements, isOpen, src }: ListRecord): ListLength {
  return { count: elements.length, isOpen, src };
}
