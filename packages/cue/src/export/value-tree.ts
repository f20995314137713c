import type { CommentGroup, Decl, Expr as Tree, Field } from "../syntax/ast.ts";
import { quoteMultiline, quoteString } from "../syntax/quote.ts";
import { docsOf as docTextsOf } from "../compile/chain.ts";
import { defaultOf } from "../eval/evaluate.ts";
import { formatBytes, formatValue } from "../eval/format.ts";
import { topKind } from "../eval/kind.ts";
import { formatLabel, isDefinition, isHidden, isLet, packageOfLabel } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import { wakeAll } from "../eval/patterns.ts";
import { unify } from "../eval/unify.ts";
import { type Atom, type Base, type Bottom, type Value, isFatal } from "../eval/values.ts";
import { Vertex, optional, pathOf, target } from "../eval/vertex.ts";
import { conjunctionTree } from "./conjunction-tree.ts";
import { compareTerms, isTop } from "./terms.ts";
import type { Export, Frame } from "./exporter.ts";
import { markLets } from "./lets.ts";
import {
  allOf,
  anyOf,
  commentOf,
  constraintOf,
  embedOf,
  ident,
  madeField,
  place,
  structOf,
  treeOfText,
  unaryOf,
  wrong,
} from "./nodes.ts";

const deepest = 200;

/** What a value is, as a tree: fields unified, references gone. What is not known yet stays as it was written. */
export function valueTree(x: Export, value: Value): Tree {
  x.run.spend(1);
  if (x.depth > deepest) return ident("_");
  x.depth++;
  const tree = value instanceof Vertex ? vertexTree(x, value) : baseTree(x, value);
  x.depth--;
  return tree;
}

function vertexTree(x: Export, vertex: Vertex): Tree {
  unify(x.run, vertex);
  const holder = target(vertex);
  if (x.frames.some(({ node }) => node === holder)) return ident("_");
  const { takesDefaults } = x.profile;
  const plain = takesDefaults && holder.bottom === undefined ? defaultOf(holder) : holder;
  if (!(plain instanceof Vertex)) return baseTree(x, plain, vertex);
  const shown = target(plain);
  return x.within(shown, (frame) => {
    const { conjuncts } = shown;
    for (const { expr } of conjuncts) markLets(x, expr.src?.node, frame);
    const tree = evaluatedTree(x, shown, vertex, frame);
    if (tree.kind !== "struct" && frame.lets.some((slot) => slot.value !== undefined))
      return x.merged(shown, conjuncts).tree;
    return tree;
  });
}

function evaluatedTree(x: Export, vertex: Vertex, given: Vertex, frame: Frame): Tree {
  const failure = failureOf(x, vertex, given);
  if (failure === "as written") return writtenTree(x, vertex);
  if (failure !== undefined) return wrongTree(x, failure, given);
  const { base } = vertex;
  if (base === undefined) return ident("_");
  const attributes = x.profile.attributes ? attributesOf(vertex) : [];
  const isStruct = base.tag === "struct";
  if (isStruct || attributes.length > 0 || showsArcs(x, vertex)) {
    const fields = fieldsOf(x, vertex);
    const lets = frame.lets.filter(({ value }) => value !== undefined) as Decl[];
    if (isStruct) return structOf([...lets, ...attributes, ...fields]);
    const tree = base.tag === "list" ? listTree(x, vertex, base.isOpen) : baseTree(x, base, given);
    const parts =
      base.tag === "list" ? [...attributes, ...fields, embedOf(tree)] : [embedOf(tree), ...attributes, ...fields];
    return structOf([...lets, ...parts]);
  }
  return base.tag === "list" ? listTree(x, vertex, base.isOpen) : baseTree(x, base, given);
}

function failureOf(x: Export, vertex: Vertex, given: Vertex): Bottom | "as written" | undefined {
  const { bottom, childError } = vertex;
  const own = bottom ?? (x.profile.showsErrors ? undefined : childError);
  if (own === undefined) return undefined;
  if (given.arcType === optional) return "as written";
  return isFatal(own) || x.profile.isFinal || vertex.conjuncts.length === 0 ? own : "as written";
}

function wrongTree(x: Export, bottom: Bottom, vertex: Vertex): Tree {
  if (!x.profile.errorPaths) return wrong(bottom.message());
  const path = pathOf(bottom.vertex ?? vertex)
    .map(formatLabel)
    .join(".");
  return wrong(path === "" ? bottom.message() : `${path}: ${bottom.message()}`);
}

/** The terms of a value that is not known yet. */
function writtenTree(x: Export, vertex: Vertex): Tree {
  const terms = new Set(vertex.conjuncts.toSorted((a, b) => compareTerms(a.expr, b.expr)).map(({ expr }) => expr));
  const trees: Tree[] = [];
  for (const { expr, env } of vertex.conjuncts.toSorted((a, b) => compareTerms(a.expr, b.expr))) {
    if (!terms.delete(expr) || (expr.kind === "value" && isTop(expr.value))) continue;
    trees.push(x.expression(env, expr));
  }
  return allOf(trees);
}

function attributesOf(vertex: Vertex): Decl[] {
  const found = new Map<string, Decl>();
  for (const { expr } of vertex.conjuncts) {
    const node = expr.src?.node;
    if (node?.kind !== "struct" && node?.kind !== "file") continue;
    for (const decl of node.decls)
      if (decl.kind === "attribute" && !found.has(decl.text)) found.set(decl.text, { ...decl, ...place });
  }
  return [...found.values()];
}

function showsArcs(x: Export, vertex: Vertex): boolean {
  return vertex.arcs.some(
    ({ label }) => (x.profile.definitions && isDefinition(label)) || (x.profile.hidden && isHidden(label)),
  );
}

function listTree(x: Export, vertex: Vertex, isOpen: boolean): Tree {
  const elements: Tree[] = vertex.arcs
    .filter((arc) => typeof arc.label === "number")
    .map((arc) => bare(valueTree(x, arc)));
  if (!isOpen || x.profile.takesDefaults) return { kind: "list", ...place, elements, commas: "between" };
  const further = new Vertex(vertex, elements.length, vertex.rest ?? [], true);
  unify(x.run, further);
  const { base } = target(further);
  const type = base === undefined || isTop(base) || base.kind === topKind ? undefined : valueTree(x, further);
  return { kind: "list", ...place, elements: [...elements, { kind: "ellipsis", ...place, type }], commas: "between" };
}

/** An error's text has no place within a list. */
function bare(tree: Tree): Tree {
  if (tree.kind !== "bottom" || tree.comments === undefined) return tree;
  return { kind: "bottom", ...place };
}

function fieldsOf(x: Export, vertex: Vertex): Field[] {
  if (x.profile.optional) wakeAll(x.run, vertex);
  const isStruct = vertex.base?.tag === "struct";
  return orderedArcs(vertex)
    .filter((arc) => isShown(x, arc) && (isStruct || isDefinition(arc.label) || isHidden(arc.label)))
    .map((arc) => {
      const inDefinition = isDefinition(arc.label);
      if (inDefinition) x.inDefinition++;
      const tree = valueTree(x, arc);
      if (inDefinition) x.inDefinition--;
      const made = madeField(arc.label, tree, {
        constraint: constraintOf(arc.arcType),
        attributes: x.profile.attributes ? fieldAttributes(arc) : [],
        docs: x.profile.docs ? docsOf(arc) : [],
      });
      x.fieldOf.set(arc, made);
      return made;
    });
}

function fieldAttributes(arc: Vertex): Field["attributes"][number][] {
  const found = new Map<string, Field["attributes"][number]>();
  for (const { field } of arc.conjuncts)
    if (field?.node.kind === "field")
      for (const attribute of field.node.attributes) found.set(attribute.text, attribute);
  return [...found.values()];
}

function isShown(x: Export, { label, arcType }: Vertex): boolean {
  const { optional: showsOptional, hidden, definitions } = x.profile;
  if (isLet(label) || typeof label === "number") return false;
  if (arcType === optional && !showsOptional) return false;
  if (isHidden(label)) return hidden && packageOfLabel(label) === x.packageName;
  return !isDefinition(label) || definitions;
}

function baseTree(x: Export, value: Base | Bottom, given?: Vertex): Tree {
  switch (value.tag) {
    case "atom":
      return treeOfText(literalText(given) ?? scalarText(value));
    case "disjunction":
      return anyOf(
        value.values.map((part, i) => {
          const tree = valueTree(x, part);
          return i < value.defaults ? unaryOf("*", tree) : tree;
        }),
      );
    case "conjunction":
      return conjunctionTree(x, value);
    case "bound":
      return treeOfText(`${value.op}${scalarText(value.value)}`);
    case "bottom":
      return wrong(value.message());
    case "validator":
      use(x, value.func.pkg);
      return {
        kind: "call",
        ...place,
        fun: functionTree(x, value.func),
        args: argumentTrees(x, value.args),
      };
    case "func":
      use(x, value.pkg);
      return functionTree(x, value);
    default:
      return treeOfText(formatValue(value));
  }
}

/** Constraints within constraints: those of recursive definitions are made anew each time, so that no end is seen by itself. */
const mostArguments = 6;

function argumentTrees(x: Export, args: readonly Value[]): Tree[] {
  if (x.inArguments >= mostArguments) return args.map(() => ident("_"));
  x.inArguments++;
  const trees = args.map((arg) => valueTree(x, arg));
  x.inArguments--;
  return trees;
}

function functionTree(x: Export, { name, pkg }: { readonly name: string; readonly pkg: string }): Tree {
  if (pkg !== "")
    return { kind: "selector", ...place, expr: ident(pkg.slice(pkg.lastIndexOf("/") + 1)), selector: ident(name) };
  const tree = ident(name);
  x.targets.set(tree, "predeclared");
  return tree;
}

function use(x: Export, path: string): void {
  if (path !== "") x.used.set(path.slice(path.lastIndexOf("/") + 1), path);
}

/** A scalar that the program spells out keeps its spelling. */
function literalText(given: Vertex | undefined): string | undefined {
  for (const { expr } of given?.conjuncts ?? [])
    if (expr.kind === "value" && expr.src?.node.kind === "literal" && !expr.src.node.text.includes("\n"))
      return expr.src.node.text;
  return undefined;
}

/** The documentation of a field: that of each declaration, with an empty comment line between. */
function docsOf(arc: Vertex): CommentGroup[] {
  const { conjuncts } = arc;
  const fields = target(arc) === arc ? conjuncts : [...conjuncts, ...target(arc).conjuncts];
  const texts = new Set(fields.flatMap(({ field }) => (field === undefined ? [] : [...docTextsOf(field.node)])));
  if (texts.size === 0) return [];
  const lines = [...texts].join("\n\n").split("\n");
  const shown = lines.map((line) => (line === "" ? "//" : `// ${line}`));
  const node = fields.find(({ field }) => field !== undefined && docTextsOf(field.node).length > 0)?.field?.node;
  const relPos = node?.kind === "field" ? (node.comments?.find((group) => group.doc)?.relPos ?? "section") : "section";
  return [commentOf({ kind: "comments", ...place, lines: shown, doc: true, line: false, slot: 0, relPos })];
}

/** A scalar as a literal; a text of several lines as one over lines. */
export function scalarText(value: Atom): string {
  const scalar = value.value;
  if (typeof scalar === "string") return scalar.includes("\n") ? quoteMultiline(scalar) : quoteString(scalar);
  if (!(scalar instanceof Uint8Array)) return formatValue(value);
  const text = formatBytes(scalar);
  return text.includes("\\n") ? `'''\n${text.slice(1, -1).replaceAll("\\n", "\n")}\n'''` : text;
}
