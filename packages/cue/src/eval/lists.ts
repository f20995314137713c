import type { Run } from "./run.ts";
import { narrow } from "./scalars.ts";
import type { ListRecord, NodeState } from "./state.ts";
import { addField, addToArc } from "./arcs.ts";
import { type Group, isClosing } from "./closedness.ts";
import { imposed } from "./patterns.ts";
import { type Bottom, type ListLength, bottom, closedList, closedListMarker } from "./values.ts";
import { type Conjunct, type Vertex, member } from "./vertex.ts";

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
    for (let i = record.elements.length; i < before; i++)
      addToArc(run, vertex.arc(i)!, imposed(vertex.arc(i)!, record.rest));
  for (let i = before; i < record.elements.length; i++)
    for (const list of node.lists)
      if (list !== record && list.rest !== undefined) addToArc(run, vertex.arc(i)!, imposed(vertex.arc(i)!, list.rest));
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

function incompatible(node: NodeState, left: ListRecord, right: ListRecord): Bottom | undefined {
  if (refusesElements(node.vertex, left, right) || refusesElements(node.vertex, right, left)) return undefined;
  const lengths = [left.elements.length, right.elements.length];
  return bottom({
    message: `incompatible list lengths (${Math.min(...lengths)} and ${Math.max(...lengths)})`,
    vertex: node.vertex,
    sources: [left.src, right.src],
    subject: { kind: "lengths", left: lengthOf(left), right: lengthOf(right) },
  });
}

/** A definition's list that is shorter does not allow the structs and lists that another one has in addition. */
function refusesElements(vertex: Vertex, { elements, isOpen, group }: ListRecord, other: ListRecord): boolean {
  const further = other.elements.slice(elements.length);
  if (isOpen || !further.some(isComposite) || !closesAlone(vertex, group, other.group)) return false;
  for (let i = elements.length; i < other.elements.length; i++) (vertex.excess ??= []).push(vertex.arc(i)!);
  return true;
}

function isComposite({ expr }: Conjunct): boolean {
  return expr.kind === "struct" || expr.kind === "list" || (expr.kind === "data" && typeof expr.value === "object");
}

function closesAlone({ depth }: Vertex, group: Group | undefined, other: Group | undefined): boolean {
  for (let at = group; at !== undefined; at = at.parent) if (isClosing(at, depth) && !isWithin(other, at)) return true;
  return false;
}

function isWithin(group: Group | undefined, outer: Group): boolean {
  for (let at = group; at !== undefined; at = at.parent) if (at === outer) return true;
  return false;
}

function lengthOf({ elements, isOpen, src }: ListRecord): ListLength {
  return { count: elements.length, isOpen, src };
}
