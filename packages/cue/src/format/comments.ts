import type { CommentGroup, Field, RelPos } from "../syntax/ast.ts";
import { behindSlot } from "../syntax/comment-scope.ts";
import { type Break, type Doc, blankLine, commentDoc, concatAll, line } from "./doc.ts";

/** The comments of a node by where they stand. */
export interface PlacedComments {
  /** On lines above the node. */
  readonly above: readonly CommentGroup[];
  /** On the line of the bracket that opens before the node. */
  readonly header: readonly CommentGroup[];
  /** Between the node's own tokens. */
  readonly inside: readonly CommentGroup[];
  /** On the line on which the node ends. */
  readonly trailing: CommentGroup | undefined;
  /** On lines below. */
  readonly below: readonly CommentGroup[];
}

interface Commented {
  readonly kind: string;
  readonly comments?: readonly CommentGroup[];
  readonly relPos?: RelPos;
}

const none: PlacedComments = { above: [], header: [], inside: [], trailing: undefined, below: [] };

/** Nodes that show comments between their tokens where they were; those of all others go behind the node. */
const holdsComments = new Set(["struct", "list", "call", "binary", "selector", "interpolation", "import"]);

export function placedComments(node: Commented): PlacedComments {
  const { comments } = node;
  if (comments === undefined || comments.length === 0) return none;
  const above: CommentGroup[] = [];
  const header: CommentGroup[] = [];
  const inside: CommentGroup[] = [];
  const below: CommentGroup[] = [];
  let trailing: CommentGroup | undefined;
  for (const group of comments) {
    if (group.slot === 0) (group.line ? header : above).push(group);
    else if (group.slot < behindSlot && isInside(node, group)) inside.push(group);
    else if (group.line && trailing === undefined && below.length === 0) trailing = group;
    else below.push(group);
  }
  return { above, header, inside, trailing, below };
}

/** In a field: behind a colon, before the value. */
function isInside(node: Commented, group: CommentGroup): boolean {
  if (node.kind !== "field") return holdsComments.has(node.kind);
  let { value } = node as Field;
  while (value.kind === "struct" && !value.braces && value.decls[0]?.kind === "field") value = value.decls[0].value;
  return group.start < value.start;
}

export function hasComments(node: Commented): boolean {
  return node.comments !== undefined && node.comments.length > 0;
}

/** The white space before a node, its documentation included. */
export function leadingRelPos(node: Commented): RelPos {
  const first = node.comments?.find((group) => group.slot === 0 && !group.line);
  return first?.relPos ?? node.relPos ?? "none";
}

export function startsLine(relPos: RelPos | undefined): boolean {
  return relPos === "newline" || relPos === "section";
}

export function breakFor(relPos: RelPos | undefined): Break {
  return relPos === "section" ? blankLine : line;
}

/** The lines of a group. */
export function groupDoc(group: CommentGroup): Doc {
  const parts: Doc[] = [];
  for (const [index, text] of group.lines.entries()) {
    if (index > 0) parts.push(line);
    parts.push(commentDoc(text.trimEnd()));
  }
  return concatAll(parts);
}

/** Groups above something, each ended by a break; empty lines between them stay. `next`: the white space before what follows. */
export function aboveDoc(groups: readonly CommentGroup[], next: RelPos | undefined): Doc | undefined {
  if (groups.length === 0) return undefined;
  const parts: Doc[] = [];
  for (const [index, group] of groups.entries()) {
    if (index > 0) parts.push(breakFor(group.relPos));
    parts.push(groupDoc(group));
  }
  parts.push(breakFor(next));
  return concatAll(parts);
}

/** Groups below something, each after a break. */
export function belowDoc(groups: readonly CommentGroup[]): Doc | undefined {
  if (groups.length === 0) return undefined;
  return concatAll(groups.flatMap((group) => [breakFor(group.relPos), groupDoc(group)]));
}
