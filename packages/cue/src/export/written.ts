import type { Attribute, Decl, Expr as Tree, Field } from "../syntax/ast.ts";
import { docGroupsOf } from "../compile/chain.ts";
import type { Decl as ProgramDecl, Expr as Program, StructLit } from "../compile/ir.ts";
import { structPlan } from "../compile/plan.ts";
import { wakeFields } from "../eval/dormant.ts";
import { Environment } from "../eval/environment.ts";
import { isReference } from "../eval/evaluate.ts";
import { isDefinition, type Label } from "../eval/label.ts";
import { unify } from "../eval/unify.ts";
import { isTop } from "./terms.ts";
import { Vertex, noLineage, target } from "../eval/vertex.ts";
import { dataTree } from "./data-tree.ts";
import type { Export, Frame, Merged, Written } from "./exporter.ts";
import { markLets } from "./lets.ts";
import { orderOfFields } from "./field-order.ts";
import {
  allOf,
  commentOf,
  constraintOf,
  embedOf,
  hasDocs,
  ident,
  type Made,
  madeField,
  place,
  structOf,
} from "./nodes.ts";

/**
 * What was written, as a tree. Literal structs that stand beside each other become one, literal scalars one value; all
 * other terms stay as they are, references included. A struct that has more than plain fields stays whole, embedded in
 * what the others make.
 */
export function written(x: Export, vertex: Vertex): Tree {
  if (isData(vertex)) return x.value(vertex);
  return merged(x, vertex, vertex.conjuncts).tree;
}

/** A vertex that no program is behind. */
function isData(vertex: Vertex): boolean {
  return vertex.conjuncts.length === 0 || vertex.choices !== undefined;
}

const deepest = 120;

export function merged(x: Export, src: Vertex | undefined, conjuncts: readonly Written[]): Merged {
  x.run.spend(1 + conjuncts.length);
  if (x.depth > deepest) return { tree: ident("_"), alias: undefined };
  x.depth++;
  const holder = src === undefined ? undefined : target(src);
  if (holder !== undefined && holder.bottom === undefined) wakeFields(holder);
  const result = x.within(src, (frame) => new Merge(x, frame, holder).of(conjuncts));
  x.depth--;
  return result;
}

interface FieldParts {
  arcType: 0 | 1 | 2 | 3;
  readonly conjuncts: Written[];
}

class Merge {
  readonly #x: Export;
  readonly #frame: Frame;
  readonly #src: Vertex | undefined;
  readonly #values: Written[] = [];
  readonly #embedded: Tree[] = [];
  readonly #operands: Tree[] = [];
  readonly #literals: StructLit[] = [];
  readonly #fields = new Map<Label, FieldParts>();
  readonly #attributes: Attribute[] = [];
  #hasEllipsis = false;

  constructor(x: Export, frame: Frame, src: Vertex | undefined) {
    this.#x = x;
    this.#frame = frame;
    this.#src = src;
  }

  of(conjuncts: readonly Written[]): Merged {
    const alias = this.#valueAlias(conjuncts);
    for (const { expr } of conjuncts) markLets(this.#x, expr.src?.node, this.#frame);
    const seen = new Set<Program>();
    for (const { expr, env } of conjuncts) {
      if (seen.has(expr)) continue;
      seen.add(expr);
      this.#add(expr, env, { isEmbedded: false, src: this.#src });
    }
    return { tree: this.#tree(), alias };
  }

  #valueAlias(conjuncts: readonly Written[]): string | undefined {
    let alias: string | undefined;
    for (const { field } of conjuncts) {
      const node = field?.node;
      if (node?.kind !== "field" || node.valueAlias === undefined) continue;
      alias ??= this.#x.names.of(node.valueAlias.name);
      this.#frame.aliases.set(node.valueAlias.name, alias);
    }
    return alias;
  }

  // Collecting -------------------------------------------------------------------------------------------------------

  #add(
    expr: Program,
    env: Environment | undefined,
    place: { readonly isEmbedded: boolean; readonly src: Vertex | undefined },
  ): void {
    switch (expr.kind) {
      case "struct":
        this.#addStruct(expr, env);
        return;
      case "self-scope":
        this.#add(expr.expr, new Environment(env, this.#src), place);
        return;
      case "fill":
        this.#addField(expr.label, { arcType: 0, written: { expr: expr.value, env } });
        this.#literals.push(
          structPlan([{ kind: "field", label: expr.label, arcType: 0, value: expr.value, src: undefined }], undefined),
        );
        return;
      case "vertex":
        this.#addVertex(expr.vertex, place);
        return;
      case "data": {
        const tree = dataTree(expr.value);
        if (place.isEmbedded) this.#embedded.push(tree);
        else if (tree.kind === "struct") this.#operands.push(tree);
        else this.#values.push({ expr, env });
        return;
      }
      case "value":
        this.#addValue(expr, env, place.src);
        return;
      case "unify":
        if (!place.isEmbedded) {
          for (const operand of expr.operands) this.#add(operand, env, place);
          return;
        }
        break;
      default:
    }
    if (isSelfContained(expr)) this.#values.push({ expr, env });
    else if (place.isEmbedded) this.#embedded.push(this.#x.expression(env, expr));
    else this.#operands.push(this.#x.expression(env, expr));
  }

  #addVertex(vertex: Vertex, place: { readonly isEmbedded: boolean }): void {
    for (const { expr, env } of vertex.conjuncts) this.#add(expr, env, { ...place, src: vertex });
  }

  #addValue(expr: Program & { kind: "value" }, env: Environment | undefined, src: Vertex | undefined): void {
    const { value } = expr;
    if (value instanceof Vertex) this.#addVertex(value, { isEmbedded: false });
    else if (isTop(value) && src !== undefined && !isTop(target(src).base)) return;
    else this.#values.push({ expr, env });
  }

  #addStruct(expr: StructLit, env: Environment | undefined): void {
    const node = expr.src?.node;
    if (this.#x.profile.attributes && (node?.kind === "struct" || node?.kind === "file"))
      for (const decl of node.decls) if (decl.kind === "attribute") this.#addAttribute(decl);
    if (isMixed(expr)) {
      const tree = this.#x.within(this.#src, () => structDecls(this.#x, env, expr));
      this.#embedded.push(tree);
      return;
    }
    this.#literals.push(expr);
    const inner = new Environment(env, this.#src ?? this.#x.nowhere);
    for (const decl of expr.decls) this.#addDecl(decl, inner);
  }

  #addDecl(decl: ProgramDecl, env: Environment): void {
    if (decl.kind === "field")
      this.#addField(decl.label, {
        arcType: decl.arcType,
        written: { expr: decl.value, env, field: decl.src },
      });
    else if (decl.kind === "ellipsis") this.#hasEllipsis = true;
    else if (decl.kind === "embed") this.#add(decl.expr, env, { isEmbedded: true, src: undefined });
  }

  #addField(
    label: Label,
    { arcType, written: added }: { readonly arcType: 0 | 1 | 2; readonly written: Written },
  ): void {
    const known = this.#fields.get(label);
    if (known === undefined) this.#fields.set(label, { arcType, conjuncts: [added] });
    else {
      known.conjuncts.push(added);
      if (arcType < known.arcType) known.arcType = arcType;
    }
  }

  #addAttribute(attribute: Attribute): void {
    if (!this.#attributes.some(({ text }) => text === attribute.text)) this.#attributes.push(attribute);
  }

  // Making -----------------------------------------------------------------------------------------------------------

  #tree(): Tree {
    const x = this.#x;
    if (this.#values.length > 0) this.#embedded.push(this.#unified());
    const attributes: Decl[] = this.#attributes.map((attribute) => ({ ...attribute, ...place }));
    if (this.#fields.size === 0 && !this.#hasEllipsis) {
      const bare = this.#bare(attributes);
      if (bare !== undefined) return bare;
    }
    const decls: Decl[] = [...attributes, ...this.#embedded.map(embedOf)];
    for (const label of orderOfFields(this.#literals, [...this.#fields.keys()])) decls.push(this.#field(label));
    if (this.#hasEllipsis) decls.push({ kind: "ellipsis", ...place, type: undefined });
    const struct = structOf(this.#afterLets(decls));
    if (this.#operands.length === 0) return struct;
    const hasStruct = this.#literals.length > 0 || (struct.kind === "struct" && struct.decls.length > 0);
    x.run.spend(decls.length);
    return allOf(hasStruct ? [...this.#operands, struct] : this.#operands);
  }

  /** The `let` clauses that are used, then the declarations: documentation stands apart from them. */
  #afterLets(decls: readonly Decl[]): Decl[] {
    const lets = this.#usedLets();
    const [first] = decls;
    if (lets.length > 0 && first !== undefined && hasDocs(first) && "comments" in first) {
      const [opening, ...rest] = first.comments!;
      (first as Made<Field>).comments = [{ ...opening!, relPos: "section" }, ...rest];
    }
    return [...lets, ...decls];
  }

  #usedLets(): Decl[] {
    return this.#frame.lets.filter(({ value }) => value !== undefined) as Decl[];
  }

  /** What has no fields of its own. */
  #bare(attributes: readonly Decl[]): Tree | undefined {
    const count = this.#embedded.length + this.#operands.length;
    const lets = this.#frame.lets.length > 0;
    if (count === 0) {
      if (attributes.length > 0) return undefined;
      return this.#literals.length > 0 ? structOf([]) : ident("_");
    }
    if (count !== 1) return undefined;
    const only = this.#operands[0] ?? this.#embedded[0]!;
    if (attributes.length === 0 && !lets) return only;
    return only.kind === "struct" ? structOf(this.#afterLets([...attributes, ...only.decls])) : undefined;
  }

  /** Literal values together. */
  #unified(): Tree {
    const conjuncts = this.#values.map(({ expr, env }) => ({ expr, env, lineage: noLineage }));
    const vertex = new Vertex(undefined, "", conjuncts, true);
    unify(this.#x.run, vertex);
    return this.#x.value(vertex);
  }

  #field(label: Label): Field {
    const x = this.#x;
    const { arcType, conjuncts } = this.#fields.get(label)!;
    const arc = this.#src?.arc(label);
    const inDefinition = isDefinition(label);
    if (inDefinition) x.inDefinition++;
    const { tree, alias } = merged(x, arc, conjuncts);
    if (inDefinition) x.inDefinition--;
    const field = madeField(label, tree, {
      constraint: constraintOf(arc?.arcType ?? arcType),
      valueAlias: alias,
      attributes: x.profile.attributes ? attributesOf(conjuncts) : [],
      docs: x.profile.docs ? docsOf(conjuncts) : [],
    });
    if (arc !== undefined) x.fieldOf.set(arc, field);
    return field;
  }
}

/** The declarations of a struct that is written as it stands. */
export function structDecls(x: Export, env: Environment | undefined, expr: StructLit): Tree {
  const inner = new Environment(env, x.frame.node ?? x.nowhere);
  const decls: Decl[] = [];
  for (const decl of expr.decls) {
    const made = declOf(x, inner, decl);
    decls.push(made);
  }
  return structOf(decls);
}

function declOf(x: Export, env: Environment, decl: ProgramDecl): Decl {
  switch (decl.kind) {
    case "field":
      return fixedField(x, env, decl);
    case "dynamic":
      return dynamicField(x, env, decl);
    case "pattern":
      return patternField(x, env, decl);
    case "embed":
      return { ...embedOf(x.expression(env, decl.expr)), ...commentsOf(x, decl) };
    case "comprehension":
      return { ...(x.expression(env, decl.expr) as unknown as Decl), ...commentsOf(x, decl) } as Decl;
    case "ellipsis":
      return { kind: "ellipsis", ...place, type: undefined };
  }
}

function commentsOf(x: Export, decl: ProgramDecl): { readonly comments?: NonNullable<Field["comments"]> } {
  const node = decl.src?.node;
  if (!x.profile.docs || node === undefined || node.kind === "comments") return {};
  const groups = (node.comments ?? []).filter((group) => group.doc).map(commentOf);
  return groups.length === 0 ? {} : { comments: groups };
}

function fixedField(x: Export, env: Environment, decl: ProgramDecl & { kind: "field" }): Field {
  const node = decl.src?.node.kind === "field" ? decl.src.node : undefined;
  const field = madeField(decl.label, ident("_"), {
    constraint: constraintOf(decl.arcType),
    attributes: node?.attributes ?? [],
    docs: [...(x.docs(decl.src) ?? [])],
  });
  if (node?.label.kind === "alias-label") {
    const { alias, label } = node.label;
    field.label = {
      kind: "alias-label",
      ...place,
      alias: ident(alias.name),
      label: { ...label, ...place },
    } as Field["label"];
    x.aliased.set(node, alias.name);
    x.aliasNames.add(alias.name);
  }
  const top = x.frame.node;
  const arc = top === undefined ? undefined : target(top).arc(decl.label);
  keepValueAlias(x, node, field);
  const { expr, inner } = unscoped(decl.value, env, arc ?? x.nowhere);
  field.value = expr.kind === "struct" ? merged(x, arc, [{ expr, env: inner }]).tree : x.expression(inner, expr);
  if (arc !== undefined) x.fieldOf.set(arc, field);
  return hoisted(field);
}

/** Through the block of a value's own name. */
function unscoped(
  expr: Program,
  env: Environment,
  vertex: Vertex,
): { readonly expr: Program; readonly inner: Environment } {
  return expr.kind === "self-scope" ? { expr: expr.expr, inner: new Environment(env, vertex) } : { expr, inner: env };
}

function dynamicField(x: Export, env: Environment, decl: ProgramDecl & { kind: "dynamic" }): Field {
  const node = decl.src?.node.kind === "field" ? decl.src.node : undefined;
  const field = madeField("", ident("_"), {
    constraint: constraintOf(decl.arcType),
    attributes: node?.attributes ?? [],
    docs: [...(x.docs(decl.src) ?? [])],
  });
  field.label = keyLabel(x, env, decl.key);
  noteDynamic(x, node, field);
  keepValueAlias(x, node, field);
  const { expr, inner } = unscoped(decl.value, env, x.nowhere);
  field.value = x.expression(inner, expr);
  return field;
}

function keepValueAlias(x: Export, node: Field | undefined, field: Made<Field>): void {
  if (node?.valueAlias === undefined) return;
  const { name } = node.valueAlias;
  x.frame.aliases.set(name, name);
  field.valueAlias = ident(name);
}

function noteDynamic(x: Export, node: Field | undefined, field: Made<Field>): void {
  if (node?.label.kind === "alias-label") x.frame.dynamic.push({ alias: node.label.alias.name, field });
}

/** A key that is known by now is written as text. */
function keyLabel(x: Export, env: Environment, key: Program): Field["label"] {
  const known = knownText(x, env, key);
  const tree = known ?? x.operand(env, key);
  if (tree.kind === "literal" || tree.kind === "interpolation") return tree;
  return { kind: "paren-label", ...place, expr: tree, alias: undefined };
}

function knownText(x: Export, env: Environment, key: Program): Tree | undefined {
  if (isReference(key)) return undefined;
  const vertex = new Vertex(undefined, "", [{ expr: key, env, lineage: noLineage }], true);
  unify(x.run, vertex);
  const { base, bottom } = target(vertex);
  if (bottom !== undefined || base?.tag !== "atom" || typeof base.value !== "string") return undefined;
  return x.value(base);
}

function patternField(x: Export, env: Environment, decl: ProgramDecl & { kind: "pattern" }): Field {
  const node = decl.src?.node.kind === "field" ? decl.src.node : undefined;
  const field = madeField("", ident("_"), {
    attributes: node?.attributes ?? [],
    docs: [...(x.docs(decl.src) ?? [])],
  });
  const label = node?.label.kind === "alias-label" ? node.label.label : node?.label;
  const expr = x.operand(env, decl.filter);
  let alias: string | undefined;
  if (label?.kind === "pattern-label" && label.alias !== undefined) {
    x.takeNames(decl.value);
    alias = x.names.of(label.alias.name);
  }
  field.label = { kind: "pattern-label", ...place, expr, alias: alias === undefined ? undefined : ident(alias) };
  return x.within(x.frame.node, (frame) => {
    if (alias !== undefined && label?.kind === "pattern-label") frame.aliases.set(label.alias!.name, alias);
    noteDynamic(x, node, field);
    keepValueAlias(x, node, field);
    const inner = new Environment(env, undefined, {});
    const { expr: value, inner: scoped } = unscoped(decl.value, inner, x.nowhere);
    field.value = x.expression(scoped, value);
    return field;
  });
}

/** An error's text stands behind the field. */
function hoisted(field: Made<Field>): Field {
  const { value } = field;
  if (value.kind !== "bottom" || value.comments === undefined) return field;
  const { comments, ...bare } = value;
  field.value = bare;
  field.comments = [...(field.comments ?? []), ...comments];
  return field;
}

function attributesOf(conjuncts: readonly Written[]): Attribute[] {
  const found: Attribute[] = [];
  for (const { field } of conjuncts) {
    if (field?.node.kind !== "field") continue;
    for (const attribute of field.node.attributes)
      if (!found.some(({ text }) => text === attribute.text)) found.push(attribute);
  }
  return found;
}

function docsOf(conjuncts: readonly Written[]): NonNullable<Field["comments"]>[number][] {
  const found = new Map<string, NonNullable<Field["comments"]>[number]>();
  for (const { field } of conjuncts) {
    if (field === undefined) continue;
    for (const group of docGroupsOf(field.node)) {
      const text = group.lines.join("\n");
      if (!found.has(text)) found.set(text, commentOf(group));
    }
  }
  return [...found.values()];
}

/** A struct that has more than plain fields and embeddings. */
function isMixed({ decls }: StructLit): boolean {
  return decls.some((decl) => {
    if (decl.kind === "field") return decl.src?.node.kind === "field" && decl.src.node.label.kind === "alias-label";
    return decl.kind === "dynamic" || decl.kind === "pattern" || decl.kind === "comprehension";
  });
}

/** Refers to nothing, and is no struct or list. */
function isSelfContained(expr: Program): boolean {
  switch (expr.kind) {
    case "value":
      return true;
    case "data":
      return typeof expr.value !== "object" || expr.value === null;
    case "binary":
      return isSelfContained(expr.left) && isSelfContained(expr.right);
    case "unary":
    case "bound":
      return isSelfContained(expr.expr);
    case "unify":
      return expr.operands.every(isSelfContained);
    default:
      return false;
  }
}
