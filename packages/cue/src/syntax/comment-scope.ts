import type { CommentGroup, RelPos } from "./ast.ts";

/** A comment group while its place is still open. */
export type OpenComment = { -readonly [Key in keyof CommentGroup]: CommentGroup[Key] };

/** Any node that comments can be hung on. */
interface Commented {
  /** Only this file writes it, and only while the node is being parsed. */
  comments?: CommentGroup[];
}

/**
 * Where comments land. Each node that is being parsed opens a scope; the scope counts the tokens and child nodes that
 * it has passed (`slot`), so that a comment remembers between which of them it stood. In a list scope (elements,
 * declarations, arguments) a comment goes to the element before it, or to the first one.
 */
export interface CommentScope {
  readonly parent: CommentScope | undefined;
  slot: number;
  groups: OpenComment[] | undefined;
  /** How many nested lists share this scope; 0 for a node's own. */
  lists: number;
  lastChild: Commented | undefined;
}

/** The slot of comments behind the last token of a node: after its comma, or below it. */
export const behindSlot = 100;

/** The stack of open scopes of one parse. */
export class CommentScopes {
  current: CommentScope = newScope(undefined, 0);
  /** Documentation: the group right above the next token. */
  lead: OpenComment | undefined;

  open(): CommentScope {
    const outer = this.current;
    const scope = newScope(outer, 0);
    if (outer.lists > 0 && outer.groups !== undefined) this.#settle(outer, scope);
    if (this.lead !== undefined) {
      (scope.groups ??= []).push(this.lead);
      this.lead = undefined;
    }
    this.current = scope;
    return scope;
  }

  /** Comments between two elements: to the one before, else to the one that now starts. */
  #settle(list: CommentScope, next: CommentScope): void {
    const groups = list.groups ?? [];
    list.groups = undefined;
    if (list.lastChild === undefined) {
      for (const group of groups) group.slot = 0;
      next.groups = groups;
      return;
    }
    for (const group of groups) hangBehind(list.lastChild, group);
  }

  /** Documentation that no node has taken, since none followed: it stays where it is. */
  settleLead(): void {
    if (this.lead === undefined) return;
    this.lead.doc = false;
    this.add(this.lead);
    this.lead = undefined;
  }

  add(group: OpenComment): void {
    group.slot = this.current.slot;
    (this.current.groups ??= []).push(group);
  }

  openList(): void {
    if (this.current.lists > 0) this.current.lists++;
    else this.current = newScope(this.current, 1);
  }

  closeList(): void {
    const list = this.current;
    if (list.lastChild !== undefined && list.groups !== undefined) {
      for (const group of list.groups) hangBehind(list.lastChild, group);
      list.groups = undefined;
    }
    list.lists--;
    if (list.lists > 0) return;
    const parent = list.parent!;
    if (list.groups !== undefined) (parent.groups ??= []).push(...list.groups);
    parent.slot++;
    this.current = parent;
  }

  /** Ends a node: its comments are hung on it, and the scope around has one child more. */
  close<N>(scope: CommentScope, node: N): N {
    const parent = scope.parent!;
    this.current = parent;
    parent.lastChild = node as Commented;
    parent.slot++;
    if (scope.groups !== undefined) {
      // A scope around the node's own: what it saw after its first child stands behind the whole node.
      const around = scope.lastChild === node;
      for (const group of scope.groups) {
        if (around && group.slot > 0) hangBehind(node as Commented, group);
        else addComment(node as Commented, group);
      }
      scope.groups = undefined;
    }
    return node;
  }
}

function newScope(parent: CommentScope | undefined, lists: number): CommentScope {
  return { parent, slot: 0, groups: undefined, lists, lastChild: undefined };
}

function hangBehind(node: Commented, group: OpenComment): void {
  group.slot = behindSlot;
  addComment(node, group);
}

function addComment(node: Commented, group: OpenComment): void {
  if (node.comments === undefined) node.comments = [group];
  else node.comments.push(group);
}

/** How far a token is from the one before it. */
export function relPosOf(newlines: number, blanks: boolean): RelPos {
  if (newlines > 1) return "section";
  if (newlines === 1) return "newline";
  return blanks ? "blank" : "nospace";
}
