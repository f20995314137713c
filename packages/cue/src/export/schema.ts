import type { Attribute, CommentGroup, Decl, Expr as Tree, Field } from "../syntax/ast.ts";
import { parseExpression } from "../syntax/index.ts";
import type { Expr as Program, FieldDecl, StructLit } from "../compile/ir.ts";
import { formatValue } from "../eval/format.ts";
import { type Label, isDefinition } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import { wakeFields } from "../eval/dormant.ts";
import { isReference } from "../eval/evaluate.ts";
import { resolve } from "../eval/resolve.ts";
import type { Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import { type Bottom, isFatal } from "../eval/values.ts";
import { type Conjunct, Vertex, optional, required, target } from "../eval/vertex.ts";
import type { SyntaxOptions } from "../value.ts";
import { type CloneOptions, chained, cloneDecl, cloneExpr } from "./clone.ts";
import { allOf, fieldOf, ident, place, structOf, wrong, wrongComment, wrongValue } from "./nodes.ts";
import { type OutsideReference, type UsedPackages, outsideReferences } from "./outside.ts";

const deepest = 100;

/**
 * What was written, as a tree that stands alone: references that lead out of the value are replaced by what they refer to.
 * Several declarations of a field become one. A value that a definition closes becomes a definition of its own.
 */
export class SchemaExport {
  readonly #run: Run;
  readonly #options: SyntaxOptions;
  readonly #used: UsedPackages;
  #usesDefinition = false;
  #root: Vertex | undefined;
  #depth = 0;

  constructor(run: Run, options: SyntaxOptions, used: UsedPackages) {
    this.#run = run;
    this.#options = options;
    this.#used = used;
  }

  tree(vertex: Vertex): Tree {
    this.#root = vertex;
    const tree = this.#vertexTree(vertex);
    if (this.#options.raw === true || vertex.parent === undefined) return tree;
    return this.#usesDefinition || isDefinitionLabel(vertex.label) ? asDefinition(tree) : tree;
  }

  #vertexTree(vertex: Vertex): Tree {
    if (this.#depth > deepest) return ident("_");
    this.#depth++;
    const tree = this.#conjunctsTree(vertex);
    this.#depth--;
    return tree;
  }

  #conjunctsTree(vertex: Vertex): Tree {
    const { conjuncts } = vertex;
    const [only] = conjuncts;
    if (vertex.choices !== undefined) return this.#chosen(vertex);
    if (only === undefined) return parsed(formatValue(vertex));
    if (conjuncts.length === 1) return this.#conjunctTree(vertex, only);
    if (conjuncts.some(({ expr }) => expr.kind === "struct" || expr.kind === "fill")) return this.#merged(vertex);
    const { base, bottom } = target(vertex);
    if (bottom !== undefined && isFatal(bottom)) return wrong(bottom.message());
    const isWritten = conjuncts.every(({ expr }) => expr.kind === "value" || expr.kind === "bound");
    const isSimple = base !== undefined && base.tag !== "disjunction" && base.tag !== "struct" && base.tag !== "list";
    if (base?.tag === "atom" || (isWritten && isSimple)) return parsed(formatValue(base));
    return allOf(distinct(conjuncts.map((conjunct) => this.#conjunctTree(vertex, conjunct))));
  }

  /** A term of a disjunction: its conjuncts hold the whole disjunction, so that what it became is shown. */
  #chosen(vertex: Vertex): Tree {
    const holder = target(vertex);
    if (holder.base?.tag !== "struct") return parsed(formatValue(holder));
    wakeFields(holder);
    return structOf(orderedArcs(holder).map((arc) => this.#mergedField(arc, false)));
  }

  #conjunctTree(vertex: Vertex, { expr, env }: Conjunct): Tree {
    switch (expr.kind) {
      case "vertex":
        return this.#vertexTree(expr.vertex);
      case "data":
        return parsed(JSON.stringify(expr.value));
      case "fill":
        return structOf([fieldOf(expr.label, this.#conjunctTree(vertex, { expr: expr.value, env } as Conjunct), {})]);
      default:
    }
    if (this.#options.raw !== true && isReference(expr)) {
      const inlined = this.#inlined({ expr, src: expr.src! }, env);
      if (inlined !== undefined) return inlined;
    }
    return this.#written(expr, env, vertex);
  }

  /** The text's tree, with what leads out of it replaced. */
  #written(expr: Program, env: Conjunct["env"], vertex: Vertex | undefined): Tree {
    const node = expr.src?.node;
    if (node === undefined || expr.src === undefined) return parsed(formatValueOf(expr));
    const options = this.#cloneOptions(expr, env);
    if (expr.kind === "struct" && (node.kind === "struct" || node.kind === "file")) {
      const decls = this.#declTrees(node.decls, expr, options, vertex);
      return structOf(this.#options.raw === true ? decls : embeddingsFirst(decls));
    }
    return cloneExpr(node as Tree, options);
  }

  #cloneOptions(expr: Program, env: Conjunct["env"]): CloneOptions {
    const replacements = new Map<object, Tree>();
    for (const reference of outsideReferences(expr, this.#used)) {
      if (this.#options.raw === true) continue;
      const inlined = this.#inlined(reference, env);
      if (inlined !== undefined) replacements.set(reference.src.node, inlined);
    }
    return { replacements, docs: this.#options.docs === true, joins: this.#options.simplify === true };
  }

  /** What a reference refers to; nothing where that is not known, or goes round in a circle. */
  #inlined({ expr }: OutsideReference, env: Conjunct["env"]): Tree | undefined {
    if (leadsToPackage(expr)) return undefined;
    const to = resolve(this.#run, env, expr);
    if (!(to instanceof Vertex) || to.conjuncts.length === 0 || this.#depth > deepest) return undefined;
    if (this.#isInside(to)) return undefined;
    if (isDefinitionLabel(to.label)) this.#usesDefinition = true;
    const tree = this.#vertexTree(to);
    return tree.kind === "binary" ? { kind: "paren", ...place, expr: tree } : tree;
  }

  /** Whether a vertex is part of what is exported: then a reference to it still leads there. */
  #isInside(vertex: Vertex): boolean {
    for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) {
      if (at === this.#root) return true;
    }
    return false;
  }

  /** The declarations of a literal; several of one field become one. */
  #declTrees(decls: readonly Decl[], expr: StructLit, options: CloneOptions, vertex: Vertex | undefined): Decl[] {
    const labels = new Map<Decl, Label>();
    const counts = new Map<Label, number>();
    for (const part of expr.decls) {
      if (part.kind !== "field" || part.src === undefined) continue;
      labels.set(part.src.node as Decl, part.label);
      counts.set(part.label, (counts.get(part.label) ?? 0) + 1);
    }
    const done = new Set<Label>();
    return decls.flatMap((decl) => {
      if (decl.kind === "package" || decl.kind === "import") return [];
      const label = labels.get(decl);
      const arc = label === undefined || vertex === undefined ? undefined : target(vertex).arc(label);
      if (label === undefined || arc === undefined || (counts.get(label) ?? 0) < 2 || this.#options.raw === true) {
        return [this.#declTree(decl, expr, options, vertex)];
      }
      if (done.has(label)) return [];
      done.add(label);
      return [this.#mergedField(arc, false)];
    });
  }

  /** A declaration; fields that are wrong say so in place of their value. */
  #declTree(decl: Decl, expr: StructLit, options: CloneOptions, vertex: Vertex | undefined): Decl {
    const copy = cloneDecl(decl, options);
    if (decl.kind !== "field" || vertex === undefined || this.#options.raw === true) return copy;
    const planned = expr.decls.find((part): part is FieldDecl => part.kind === "field" && part.src?.node === decl);
    if (planned === undefined) return copy;
    const arc = target(vertex).arc(planned.label);
    if (arc === undefined) return copy;
    if (planned.value.kind === "struct" && planned.value.src?.node.kind === "struct") {
      return this.#inner(copy as Field, decl, planned.value, options, arc);
    }
    const failure = isReference(planned.value) ? undefined : this.#failureOf(arc);
    return failure === undefined
      ? copy
      : ({ ...copy, value: wrongValue, comments: [wrongComment(failure.message())] } as Decl);
  }

  #inner(copy: Field, decl: Field, value: StructLit, options: CloneOptions, arc: Vertex): Field {
    const { node } = value.src!;
    if (node.kind !== "struct" || decl.value !== node) return copy;
    if (this.#depth > deepest) return copy;
    this.#depth++;
    const decls = this.#declTrees(node.decls, value, options, arc);
    this.#depth--;
    const made: Field = { ...copy, value: { ...structOf(embeddingsFirst(decls)), braces: node.braces } as Tree };
    return { ...made, value: node.braces ? this.#joined(made) : made.value };
  }

  #joined(field: Field): Tree {
    return this.#options.simplify === true ? chained(field) : field.value;
  }

  #failureOf(arc: Vertex): Bottom | undefined {
    unify(this.#run, arc);
    const { bottom } = target(arc);
    return bottom !== undefined && isFatal(bottom) ? bottom : undefined;
  }

  /** Several declarations of a struct: their fields together; what is more than fields stays as it is, embedded or before. */
  #merged(vertex: Vertex): Tree {
    const operands: Tree[] = [];
    const decls: Decl[] = [];
    const attributes: Decl[] = [];
    const merged = new Set<Label>();
    const isFile = vertex.conjuncts.every(({ expr }) => expr.src?.node.kind === "file");
    for (const conjunct of vertex.conjuncts) {
      const { expr, env } = conjunct;
      const plain = fieldsOf(expr);
      if (plain !== undefined) {
        for (const label of plain) merged.add(label);
        attributes.push(...attributesOf(expr));
      } else if (isFile && expr.kind === "struct" && expr.src?.node.kind === "file") {
        for (const part of expr.decls) if (part.kind === "field") merged.add(part.label);
        const options = this.#cloneOptions(expr, env);
        for (const decl of expr.src.node.decls) if (isNoField(decl)) decls.push(cloneDecl(decl, options));
      } else if (expr.kind === "struct" || expr.kind === "data") {
        decls.push({ kind: "embed", ...place, expr: this.#conjunctTree(vertex, conjunct) });
      } else operands.push(this.#conjunctTree(vertex, conjunct));
    }
    const isBeside = decls.some((decl) => decl.kind === "embed") && !isFile;
    const holder = target(vertex);
    wakeFields(holder);
    const fields = orderedArcs(holder)
      .filter((arc) => merged.has(arc.label))
      .map((arc) => this.#mergedField(arc, isBeside));
    const struct = structOf([...attributes, ...(isFile ? [...fields, ...decls] : [...decls, ...fields])]);
    return operands.length === 0 ? struct : allOf([...operands, struct]);
  }

  /** Beside an embedded literal only what the others say of the field is said again. */
  #mergedField(arc: Vertex, isBeside: boolean): Field {
    const failure = this.#failureOf(arc);
    const docs = this.#options.docs === true ? arc.conjuncts.flatMap(docsOf) : [];
    const attributes = arc.conjuncts.flatMap(fieldAttributes);
    const constraint = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
    if (failure !== undefined && !isBeside) {
      return {
        ...fieldOf(arc.label, wrongValue, { constraint, attributes }),
        comments: [...docs, wrongComment(failure.message())],
      };
    }
    const unjoined = fieldOf(arc.label, this.#vertexTree(arc), { constraint, attributes });
    const made: Field = { ...unjoined, value: this.#joined(unjoined) };
    return docs.length === 0 ? made : { ...made, comments: docs };
  }
}

/** An imported package stays imported. */
function leadsToPackage(expr: Program): boolean {
  let at = expr;
  while (at.kind === "select" || at.kind === "index") at = at.expr;
  return at.kind === "import-ref";
}

/** What is embedded stands before the fields. */
function embeddingsFirst(decls: readonly Decl[]): Decl[] {
  return [...decls.filter(({ kind }) => kind === "embed"), ...decls.filter(({ kind }) => kind !== "embed")];
}

function isNoField({ kind }: Decl): boolean {
  return kind === "let" || kind === "embed" || kind === "comprehension" || kind === "ellipsis" || kind === "attribute";
}

function isDefinitionLabel(label: Label): boolean {
  return typeof label !== "number" && isDefinition(label);
}

/** The labels of a literal that has nothing but fields. */
function fieldsOf(expr: Program): readonly Label[] | undefined {
  if (expr.kind === "fill") return [expr.label];
  if (expr.kind !== "struct" || expr.decls.some((decl) => decl.kind !== "field")) return undefined;
  return expr.decls.map((decl) => (decl as FieldDecl).label);
}

function attributesOf(expr: Program): Decl[] {
  const node = expr.src?.node;
  if (node?.kind !== "struct" && node?.kind !== "file") return [];
  return node.decls
    .filter((decl) => decl.kind === "attribute")
    .map((decl) => ({ ...decl, ...place, relPos: "newline" as const }));
}

function fieldAttributes({ field }: Conjunct): readonly Attribute[] {
  return field?.node.kind === "field" ? field.node.attributes : [];
}

function docsOf({ field }: Conjunct): CommentGroup[] {
  const groups = field === undefined ? [] : ((field.node as Field).comments ?? []);
  return groups
    .filter((group) => group.doc)
    .map((group) => ({ ...group, relPos: group.relPos ?? ("section" as const) }));
}

function parsed(text: string): Tree {
  return parseExpression(text).expr;
}

function formatValueOf(expr: Program): string {
  return expr.kind === "value" ? formatValue(expr.value) : "_";
}

function distinct(trees: readonly Tree[]): Tree[] {
  return [...new Map(trees.map((tree) => [JSON.stringify(tree), tree])).values()];
}

/** `{_#def, _#def: tree}`: closed as the definition that it came from. */
function asDefinition(tree: Tree): Tree {
  const inner = tree.kind === "paren" ? tree.expr : tree;
  return structOf([
    { kind: "embed", ...place, expr: ident("_#def") },
    {
      kind: "field",
      ...place,
      label: { kind: "ident", ...place, name: "_#def" },
      constraint: "",
      valueAlias: undefined,
      postfixAlias: undefined,
      value: inner,
      attributes: [],
    },
  ]);
}
