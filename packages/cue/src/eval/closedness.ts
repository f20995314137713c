import { type Label, isRegular } from "./label.ts";
import type { Pattern, Vertex } from "./vertex.ts";

/**
 * Closedness is a property of groups of conjuncts. A reference to a definition makes a group that is closed, `close()`
 * one that is closed for a single level; an embedding makes a group within the literal that holds it. A field is allowed
 * when every closed group has evidence for it: a conjunct of the group itself, or, where the group is embedded, one of
 * the literal around it that does not come from that same embedding. Evidence is a field, a matching pattern, or `...`.
 * Groups are inherited by the conjuncts of fields, so that what a definition holds is closed all the way down.
 */
export class Group {
  readonly parent: Group | undefined;
  /** The depth of the only level that it closes, or every level, or none. */
  readonly closes: number;
  readonly role: GroupRole;
  /** Of the vertex that it was made for. */
  readonly level: number;
  readonly depth: number;
  /** Something that it embeds, or opens and recloses, is closed all the way down: so is the literal around it. */
  isRecursive = false;
  /** Of a definition's own group: those of its other parts, which may add to each other. */
  peers: readonly Group[] | undefined = undefined;

  constructor(parent: Group | undefined, closes: number, level: number, role: GroupRole = "plain") {
    this.parent = parent;
    this.closes = closes;
    this.level = level;
    this.role = role;
    this.depth = parent === undefined ? 1 : parent.depth + 1;
  }
}

/**
 * `embedding`: the literal around it may add fields. `opened` (`x...`): anybody may. `reclosing` (`__reclose({x...})`):
 * what the opened values within close, it closes again for whoever is outside.
 */
export type GroupRole = "plain" | "embedding" | "opened" | "reclosing";

export const everyLevel = -1;
export const noLevel = -2;

export function isClosing(group: Group, depth: number): boolean {
  return group.closes === everyLevel || group.closes === depth;
}

/** Whether some group from here up closes this level. */
export function hasClosing(group: Group | undefined, depth: number): boolean {
  for (let at = group; at !== undefined; at = at.parent) if (isClosing(at, depth)) return true;
  return false;
}

/** The group of a value that another value is made of: closed as far as that one is. */
export function groupOfValue(value: Vertex, parent: Group | undefined, level: number): Group | undefined {
  const { closedBy } = value;
  if (closedBy === undefined) return parent;
  return new Group(parent, closedBy.some((group) => group.closes === everyLevel) ? everyLevel : level, level);
}

/** Notes that a struct of this group is part of the vertex: from now on the group's closed ones restrict it. */
export function restrict(vertex: Vertex, group: Group | undefined): void {
  for (let at = group; at !== undefined; at = at.parent) {
    if (at.role === "reclosing") reclose(vertex, at, group!);
    if (isClosing(at, vertex.depth)) {
      addClosing(vertex, at);
      if (at.closes === everyLevel && at.level === vertex.depth) closeAround(at);
    } else if (at.isRecursive && at.role !== "reclosing" && !isOpenedAbove(vertex, at)) addClosing(vertex, at);
  }
}

/** Whether something of a literal lets everything into a struct on the way from it to this vertex. */
function isOpenedAbove(vertex: Vertex, literal: Group): boolean {
  for (let at = vertex.parent; at !== undefined && at.depth >= literal.level; at = at.parent)
    if (at.openedBy?.some((group) => isWithin(group, literal)) === true) return true;
  return false;
}

/** A literal that embeds something closed is closed like it: its own fields are, all the way down. */
function closeAround(closing: Group): void {
  let isEmbedded = false;
  for (let at = closing.parent; at !== undefined && at.level === closing.level; at = at.parent) {
    if (at.role === "embedding") isEmbedded = true;
    else if (at.role !== "plain") return;
    else if (isEmbedded && at.closes === noLevel) at.isRecursive = true;
  }
}

function addClosing(vertex: Vertex, closing: Group): void {
  if (vertex.closedBy === undefined) vertex.closedBy = [closing];
  else if (!vertex.closedBy.includes(closing)) vertex.closedBy.push(closing);
}

/** Closes as what is opened within does; the fields of the literal itself as soon as one of these closes all levels. */
function reclose(vertex: Vertex, reclosing: Group, from: Group): void {
  let isOpened = false;
  let closing: Group | undefined;
  for (let at: Group | undefined = from; at !== undefined && at !== reclosing; at = at.parent) {
    if (at.role === "opened") isOpened = true;
    else if (isClosing(at, vertex.depth)) closing ??= at;
  }
  if (isOpened && closing?.closes === everyLevel) reclosing.isRecursive = true;
  if (isOpened ? closing !== undefined : reclosing.isRecursive) addClosing(vertex, reclosing);
}

/** Whether something around the vertex is closed all the way down: then so is whatever it holds. */
export function isHeldClosed(vertex: Vertex): boolean {
  for (let at = vertex.parent; at !== undefined; at = at.parent)
    if (at.closedBy?.some((group) => group.closes === everyLevel) === true) return true;
  return false;
}

/** Notes an ellipsis of this group: it is evidence for every field. */
export function open(vertex: Vertex, group: Group | undefined): void {
  vertex.openedBy ??= [];
  if (!vertex.openedBy.includes(group)) vertex.openedBy.push(group);
}

function isWithin(group: Group | undefined, outer: Group): boolean {
  for (let at = group; at !== undefined && at.depth >= outer.depth; at = at.parent) if (at === outer) return true;
  return false;
}

type Evidence = readonly (Group | undefined)[];

function isAllowedBy(closing: Group, evidence: Evidence): boolean {
  for (const group of evidence) {
    if (isWithin(group, closing)) return true;
    if (closing.peers?.some((peer) => isWithin(group, peer)) === true) return true;
  }
  let at: Group | undefined = closing;
  while (at !== undefined) {
    while (at !== undefined && at.role !== "embedding" && at.role !== "opened") at = at.parent;
    if (at === undefined) return false;
    if (at.role === "opened") {
      for (const group of evidence) if (!isWithin(group, at)) return true;
      return false;
    }
    const literal: Group | undefined = at.parent;
    if (literal === undefined) return false;
    for (const group of evidence) if (isWithin(group, literal) && !isWithin(group, at)) return true;
    at = literal;
  }
  return false;
}

/** Whether the vertex may have this field, given the groups that bring it. */
export function isAllowed(vertex: Vertex, label: Label, groups: Evidence, isPatterned = false): boolean {
  if (vertex.closedBy === undefined || !isRegular(label)) return true;
  const evidence = vertex.openedBy === undefined ? groups : [...groups, ...vertex.openedBy];
  // What is closed only because of something that it embeds leaves to patterns of others what they admit.
  return vertex.closedBy.every(
    (closing) =>
      (isPatterned && closing.closes === noLevel && closing.role === "plain") || isAllowedBy(closing, evidence),
  );
}

/** The groups that a new field of this label would have evidence from. */
export function evidenceFor(vertex: Vertex, label: Label, matches: (pattern: Pattern) => boolean): Evidence {
  const groups: (Group | undefined)[] = [];
  const arc = vertex.arc(label);
  if (arc !== undefined) for (const { lineage } of arc.conjuncts) groups.push(lineage.group);
  else for (const { fields, lineage } of vertex.dormant ?? []) if (fields.has(label)) groups.push(lineage.group);
  for (const pattern of vertex.patterns ?? []) if (matches(pattern)) groups.push(pattern.lineage.group);
  return groups;
}
