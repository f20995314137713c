import type { CommentGroup, Decl, Expr as Tree } from "../syntax/ast.ts";
import type { Expr as Program } from "../compile/ir.ts";
import { type Group, everyLevel } from "../eval/closedness.ts";
import { wakeFields } from "../eval/dormant.ts";
import { type Label, formatLabel, isDefinition, nameOfLabel } from "../eval/label.ts";
import { unify } from "../eval/unify.ts";
import { Vertex, pathOf, target } from "../eval/vertex.ts";
import { Dependencies, type Dependency } from "./dependencies.ts";
import type { Export } from "./exporter.ts";
import { ident, labelOf, madeField, place, structOf } from "./nodes.ts";
import { takeNamesOf } from "./used-names.ts";

interface Outside {
  readonly node: Vertex;
  readonly importPath: string | undefined;
  readonly importName: string | undefined;
  parent: Outside | undefined;
  /** References to it, and vertices below it that are referred to. */
  uses: number;
  isIncluded: boolean;
  /** The names by which it is reached in the result. */
  path: readonly string[];
  isNeeded: boolean;
  isWritten: boolean;
}

/**
 * Makes a part of a configuration stand alone: what it refers to outside of itself is written in the place of the
 * reference where that is short (a scalar, or used once and in no expression), else in a `let` clause behind; a definition
 * in a struct there, so that it stays closed.
 */
export class Pivot {
  readonly #x: Export;
  readonly #outside = new Map<Vertex, Outside>();
  readonly #found: Outside[] = [];
  readonly #references = new Map<Program, Outside>();
  readonly #inlining = new Set<Vertex>();
  #writing: Outside | undefined;

  constructor(x: Export, root: Vertex) {
    this.#x = x;
    new Dependencies(x.run, x.nowhere, (dependency) => this.#note(dependency)).of(root);
    this.#include(root);
    for (const outside of this.#outside.values()) markParent(outside, this.#outside);
    for (const outside of this.#outside.values()) {
      if (outside.parent === undefined) continue;
      outside.parent = topOf(outside);
      outside.parent.uses++;
    }
    for (const { node } of this.#found) takeNamesOf(x.names, node);
    for (const outside of this.#found) if (outside.parent === undefined) this.#name(outside);
  }

  #note({ reference, node, importPath, importName, follow }: Dependency): void {
    if (this.#references.has(reference)) return;
    if (importPath !== undefined && !(this.#x.profile.inlineImports && importPath.includes("."))) return;
    let outside = this.#outside.get(node);
    const isNew = outside === undefined;
    if (outside === undefined) {
      outside = {
        node,
        importPath,
        importName,
        parent: undefined,
        uses: 0,
        isIncluded: false,
        path: [],
        isNeeded: false,
        isWritten: false,
      };
      this.#outside.set(node, outside);
      this.#found.push(outside);
    }
    outside.uses++;
    this.#references.set(reference, outside);
    if (isNew) follow();
  }

  /** Everything that is exported anyway. */
  #include(root: Vertex): void {
    const stack = [root];
    for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
      let outside = this.#outside.get(vertex);
      if (outside === undefined) {
        outside = {
          node: vertex,
          importPath: undefined,
          importName: undefined,
          parent: undefined,
          uses: 0,
          isIncluded: true,
          path: [],
          isNeeded: false,
          isWritten: false,
        };
        this.#outside.set(vertex, outside);
      }
      outside.isIncluded = true;
      if (target(vertex) === vertex) wakeFields(vertex);
      stack.push(...vertex.arcs);
    }
  }

  #name(outside: Outside): void {
    if (outside.isIncluded || outside.path.length > 0) return;
    const label = outside.node.parent === undefined ? undefined : outside.node.label;
    const name = label === undefined ? outside.importName : label;
    if (name === undefined || name === "") return;
    const text =
      typeof name === "number"
        ? `Index${name}`
        : nameOfLabel(name)
            .replace(/^[_#]+/, "")
            .toUpperCase();
    const unique = this.#x.names.of(identifierOf(text));
    outside.path = isClosedThroughout(outside.node) ? [unique, "#x"] : [unique];
  }

  /** What stands in the place of a reference; nothing where it can stay. */
  replacement(reference: Program): Tree | undefined {
    const outside = this.#references.get(reference);
    if (outside === undefined) return undefined;
    const { node } = outside;
    if (this.#isInlined(outside)) {
      this.#inlining.add(node);
      const tree = this.#x.written(node);
      this.#inlining.delete(node);
      return tree;
    }
    const path = this.#pathTo(outside, reference);
    if (path === undefined) return undefined;
    outside.isNeeded = true;
    topOf(outside).isNeeded = true;
    return path;
  }

  #isInlined(outside: Outside): boolean {
    const { node } = outside;
    const uses = topOf(outside).uses;
    if (outside.isIncluded || uses === 0) return false;
    if (this.#x.inDefinition === 0 && isClosedThroughout(node)) return false;
    unify(this.#x.run, node);
    const { base, bottom, arcs } = target(node);
    if (bottom !== undefined) return false;
    const isConcrete = base?.tag === "atom" || base?.tag === "struct" || base?.tag === "list";
    if (!isConcrete && this.#x.inExpression > 0) return false;
    if (this.#inlining.has(node)) return false;
    return (uses === 1 && this.#x.inExpression === 0) || (isConcrete && arcs.length === 0);
  }

  #pathTo(outside: Outside, reference: Program): Tree | undefined {
    if (outside === this.#writing && outside.parent === undefined && outside.path.length > 1) return ident("#x");
    let path: readonly (string | Label)[];
    if (outside.parent === undefined) {
      if (outside.path.length === 0 && !outside.isIncluded) return undefined;
      path = outside.path;
    } else {
      const { length, fromPackage } = lengthOf(reference);
      const steps = stepsBetween(outside.node, outside.parent.node);
      if (outside.isIncluded ? steps > length : !fromPackage && steps >= length) return undefined;
      path = [...outside.parent.path, ...pathOf(outside.node).slice(-steps)];
    }
    const [first = "ROOT", ...rest] = path;
    let tree: Tree = ident(typeof first === "number" ? String(first) : nameOfLabel(first));
    for (const label of rest) tree = selected(tree, label);
    return tree;
  }

  /** The clauses for everything that is referred to and not written in place. */
  clauses(): Decl[] {
    const decls: Decl[] = [];
    for (let goesOn = true; goesOn; ) {
      goesOn = false;
      for (const outside of this.#found) {
        if (outside.isWritten || outside.path.length === 0 || !outside.isNeeded) continue;
        outside.isWritten = true;
        goesOn = true;
        decls.push(this.#clause(outside));
      }
    }
    return decls;
  }

  #clause(outside: Outside): Decl {
    const before = this.#writing;
    this.#writing = outside;
    const tree = this.#x.written(outside.node);
    this.#writing = before;
    const [name, definition] = outside.path;
    const value =
      definition === undefined ? tree : structOf([{ ...madeField("", tree, {}), label: labelOf(definition, false) }]);
    const text = pathOf(outside.node).map(formatLabel).join(".");
    const prefix = outside.importPath === undefined ? "" : JSON.stringify(outside.importPath);
    const where = prefix === "" ? text : text === "" ? prefix : `${prefix}.${text}`;
    const comment: CommentGroup = {
      kind: "comments",
      ...place,
      lines: [`//cue:path: ${where}`],
      doc: true,
      line: false,
      slot: 0,
      relPos: "section",
    };
    return { kind: "let", ...place, relPos: "newline", name: ident(name!), value, comments: [comment] };
  }
}

/** A part of what a definition holds, or a value that a definition closes. */
export function isClosedThroughout(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent)
    if (at.parent !== undefined && typeof at.label !== "number" && isDefinition(at.label)) return true;
  const { closedBy } = target(vertex);
  if (closedBy?.some(({ closes }) => closes === everyLevel) === true) return true;
  return vertex.parent !== undefined && vertex.conjuncts.some(({ lineage }) => isWithinClosed(lineage.group));
}

function isWithinClosed(group: Group | undefined): boolean {
  for (let at = group; at !== undefined; at = at.parent) if (at.closes === everyLevel) return true;
  return false;
}

function markParent(outside: Outside, all: ReadonlyMap<Vertex, Outside>): void {
  for (let at = outside.node.parent; at !== undefined; at = at.parent) {
    const known = all.get(at);
    if (known !== undefined) outside.parent = known;
  }
}

function topOf(outside: Outside): Outside {
  let at = outside;
  while (at.parent !== undefined) at = at.parent;
  return at;
}

function stepsBetween(vertex: Vertex, ancestor: Vertex): number {
  let steps = 0;
  for (let at: Vertex | undefined = vertex; at !== undefined && at !== ancestor; at = at.parent) steps++;
  return steps;
}

/** Names that a reference consists of, and whether it begins with a package. */
function lengthOf(reference: Program): { readonly length: number; readonly fromPackage: boolean } {
  let length = 0;
  for (let at = reference; ; ) {
    if (at.kind === "import-ref") return { length, fromPackage: true };
    if (at.kind === "select" || at.kind === "index") {
      length++;
      at = at.expr;
    } else if (["field-ref", "dynamic-ref", "let-ref", "self-ref", "binding-ref"].includes(at.kind))
      return { length: length + 1, fromPackage: false };
    else return { length, fromPackage: false };
  }
}

function selected(expr: Tree, label: Label): Tree {
  if (typeof label === "number")
    return { kind: "index", ...place, expr, index: { kind: "literal", ...place, type: "int", text: String(label) } };
  const isName = label.startsWith("#");
  return {
    kind: "selector",
    ...place,
    expr,
    selector: labelOf(isName ? label : nameOfLabel(label), !isName && !/^[\u0001\u0002]/.test(label)),
  };
}

function identifierOf(text: string): string {
  const name = text.replace(/[^\p{L}\p{Nd}_$]/gu, "_");
  return /^\p{Nd}/u.test(name) || name === "" ? `X${name}` : name;
}
