import type { CommentGroup, Decl, Expr as Tree, Field } from "../syntax/ast.ts";
import { parseExpression } from "../syntax/index.ts";
import { quoteMultiline, quoteString } from "../syntax/quote.ts";
import { defaultOf } from "../eval/evaluate.ts";
import { formatBytes, formatValue } from "../eval/format.ts";
import { formatLabel, isDefinition, isHidden, isLet, packageOfLabel } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import { wakeAll } from "../eval/patterns.ts";
import { docsOf as docTextsOf } from "../compile/chain.ts";
import type { Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import { type Base, type Bottom, type Simple, type Value, isFatal } from "../eval/values.ts";
import { Vertex, optional, pathOf, required, target } from "../eval/vertex.ts";
import { allOf, anyOf, fieldOf, ident, structOf, unaryOf, wrong } from "./nodes.ts";
import type { UsedPackages } from "./outside.ts";
import { SchemaExport } from "./schema.ts";

/** What of an evaluated value is shown. */
export interface ValueProfile {
  /** Defaults are taken; what is not known yet is an error. */
  readonly isFinal: boolean;
  /** Defaults are taken, but what is not known yet stays as it was written. */
  readonly takesDefaults: boolean;
  /** `int64` and the like by name, rather than as the bounds that they are. */
  readonly namesRanges: boolean;
  readonly optional: boolean;
  readonly definitions: boolean;
  readonly hidden: boolean;
  readonly docs: boolean;
  /** Structs of one field are joined to their label. */
  readonly joins: boolean;
  /** Errors name their paths. */
  readonly errorPaths: boolean;
}

const deepest = 200;

/** What a value is, as a tree: fields unified, references gone. */
export class ValueExport {
  readonly #run: Run;
  readonly #profile: ValueProfile;
  readonly #used: UsedPackages;
  /** Hidden fields of other packages are not shown. */
  #package = "_";

  constructor(run: Run, profile: ValueProfile, used: UsedPackages) {
    this.#run = run;
    this.#profile = profile;
    this.#used = used;
  }

  tree(vertex: Vertex, depth = 0): Tree {
    if (depth > deepest) return ident("_");
    if (depth === 0) this.#package = packageOf(vertex);
    unify(this.#run, vertex);
    const holder = target(vertex);
    const { bottom } = holder;
    if (bottom !== undefined && (isFatal(bottom) || this.#profile.isFinal)) return this.#wrong(bottom, vertex);
    if (bottom !== undefined)
      return new SchemaExport(this.#run, { raw: true, simplify: this.#profile.joins }, this.#used).tree(vertex);
    const plain = this.#profile.takesDefaults || this.#profile.isFinal ? defaultOf(holder) : holder;
    return plain instanceof Vertex ? this.#vertexTree(target(plain), depth) : this.#valueTree(plain, depth);
  }

  #wrong(bottom: Bottom, vertex: Vertex): Tree {
    if (!this.#profile.errorPaths) return wrong(bottom.message());
    const path = pathOf(bottom.vertex ?? vertex)
      .map(formatLabel)
      .join(".");
    return wrong(path === "" ? bottom.message() : `${path}: ${bottom.message()}`);
  }

  #vertexTree(vertex: Vertex, depth: number): Tree {
    const { base } = vertex;
    if (base === undefined) return ident("_");
    const isStruct = base.tag === "struct";
    const fields = isStruct || vertex.arcs.length > 0 ? this.#fields(vertex, depth) : [];
    if (isStruct) return structOf(fields);
    const tree = base.tag === "list" ? this.#listTree(vertex, base.isOpen, depth) : this.#valueTree(base, depth);
    if (fields.length === 0) return tree;
    const embedded: Decl = { kind: "embed", start: 0, end: 0, expr: tree };
    return structOf(base.tag === "list" ? [...fields, embedded] : [embedded, ...fields]);
  }

  #listTree(vertex: Vertex, isOpen: boolean, depth: number): Tree {
    const elements: Tree[] = vertex.arcs
      .filter((arc) => typeof arc.label === "number")
      .map((arc) => this.tree(arc, depth + 1));
    const rest = { kind: "ellipsis", start: 0, end: 0, type: undefined } as const;
    const isShownOpen = isOpen && !this.#profile.isFinal;
    return {
      kind: "list",
      start: 0,
      end: 0,
      elements: isShownOpen ? [...elements, rest] : elements,
      commas: "between",
    };
  }

  #fields(vertex: Vertex, depth: number): Field[] {
    if (this.#profile.optional) wakeAll(this.#run, vertex);
    return orderedArcs(vertex)
      .filter((arc) => this.#isShown(arc))
      .map((arc) => {
        const constraint = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
        return this.#documented(arc, fieldOf(arc.label, this.#joined(this.tree(arc, depth + 1)), { constraint }));
      });
  }

  /** Documentation of all declarations in one group; an error's text behind the field. */
  #documented(arc: Vertex, made: Field): Field {
    const docs = this.#profile.docs ? docsOf(arc) : [];
    const { value } = made;
    const inner = value.kind === "struct" && !value.braces ? (value.decls[0] as Field) : undefined;
    if (inner?.comments !== undefined) {
      // Comments of a chain stand behind the whole.
      const { comments, ...bare } = inner;
      return { ...made, value: { ...value, decls: [bare] } as Tree, comments: [...docs, ...comments] };
    }
    if (value.kind !== "bottom" || value.comments === undefined)
      return docs.length === 0 ? made : { ...made, comments: docs };
    const { comments, ...bare } = value;
    return { ...made, value: bare, comments: [...docs, ...comments] };
  }

  #joined(tree: Tree): Tree {
    return this.#profile.joins ? chained(tree) : tree;
  }

  #isShown({ label, arcType }: Vertex): boolean {
    const { optional: showsOptional, hidden, definitions } = this.#profile;
    if (isLet(label) || typeof label === "number") return false;
    if (arcType === optional && !showsOptional) return false;
    if (isHidden(label)) return hidden && packageOfLabel(label) === this.#package;
    return !isDefinition(label) || definitions;
  }

  #valueTree(value: Value, depth: number): Tree {
    if (value instanceof Vertex) return this.tree(value, depth + 1);
    switch (value.tag) {
      case "atom":
        return parsed(scalarText(value));
      case "disjunction":
        return anyOf(
          value.values.map((part, i) => {
            const tree = this.#valueTree(part, depth + 1);
            return i < value.defaults ? unaryOf("*", tree) : tree;
          }),
        );
      case "conjunction":
        return this.#conjunctionTree(value.values, depth);
      case "bound":
        return parsed(`${value.op}${scalarText(value.value)}`);
      case "bottom":
        return wrong(value.message());
      case "validator":
      case "func":
        this.#use("func" in value ? value.func.pkg : value.pkg);
        return parsed(formatValue(value));
      default:
        return parsed(formatValue(value));
    }
  }

  #use(path: string): void {
    if (path !== "") this.#used.set(path.slice(path.lastIndexOf("/") + 1), path);
  }

  #conjunctionTree(values: readonly Simple[], depth: number): Tree {
    const trees = values.map((part) => this.#valueTree(part, depth));
    const text = values.map(formatValue).join(" & ");
    const name = this.#profile.namesRanges ? rangeNames.get(text) : undefined;
    return name === undefined ? allOf(trees) : ident(name);
  }
}

const rangeNames = new Map(
  [8, 16, 32, 64, 128].flatMap((bits): [string, string][] => {
    const half = 2n ** BigInt(bits - 1);
    return [
      [`int & >=-${half} & <=${half - 1n}`, `int${bits}`],
      [`int & >=0 & <=${2n * half - 1n}`, `uint${bits}`],
    ];
  }),
);

/** A struct of one field that has no documentation is joined to its label. */
function chained(tree: Tree): Tree {
  if (tree.kind !== "struct" || tree.decls.length !== 1) return tree;
  const [only] = tree.decls;
  if (only?.kind !== "field" || only.comments?.some((group) => group.doc)) return tree;
  return { ...tree, braces: false };
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
  return [{ kind: "comments", start: 0, end: 0, lines: shown, doc: true, line: false, slot: 0, relPos }];
}

function packageOf(vertex: Vertex): string {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) {
    for (const { expr } of at.conjuncts) {
      const name = expr.src?.file.packageName;
      if (name !== undefined) return name;
    }
  }
  return "_";
}

function parsed(text: string): Tree {
  return parseExpression(text).expr;
}

/** A scalar as a literal; a text of several lines as one over lines. */
export function scalarText(value: Base & { tag: "atom" }): string {
  const scalar = value.value;
  if (typeof scalar === "string") return scalar.includes("\n") ? quoteMultiline(scalar) : quoteString(scalar);
  if (!(scalar instanceof Uint8Array)) return formatValue(value);
  const text = formatBytes(scalar);
  return text.includes("\\n") ? `'''\n${text.slice(1, -1).replaceAll("\\n", "\n")}\n'''` : text;
}
