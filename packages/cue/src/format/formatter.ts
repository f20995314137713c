import type { Comprehension, Decl, Ellipsis, Expr, FallbackClause, Label, StructLit } from "../syntax/ast.ts";
import { binaryDoc } from "./binary.ts";
import { listDoc, structDoc } from "./brackets.ts";
import { aboveDoc, belowDoc, breakFor, groupDoc, leadingRelPos, placedComments, startsLine } from "./comments.ts";
import { aliasText, declRows, letDoc } from "./decls.ts";
import { type Doc, type Row, concat, concatAll, line, nest } from "./doc.ts";
import type { Printer, Trailing } from "./printer.ts";
import { primaryDoc } from "./primary.ts";
import { type Simplifier, noSimplifier } from "./simplify.ts";
import { interpolationDoc, literalDoc } from "./strings.ts";

/** Thrown when brackets nest deeper than calls may; the inner ones are then laid out first (`format.ts`). */
export const tooDeep = Symbol("nesting too deep for recursion");

const recursionLimit = 100;

export class Formatter implements Printer {
  readonly houseStyle: boolean;
  simplifier: Simplifier;
  /** Documents of nodes that were laid out beforehand. */
  readonly known = new Map<object, Doc>();
  #depth = 0;

  constructor(options: { readonly houseStyle: boolean; readonly simplifier: Simplifier }) {
    this.houseStyle = options.houseStyle;
    this.simplifier = options.simplifier;
  }

  /** Starts anew after `tooDeep`. */
  reset(): void {
    this.#depth = 0;
  }

  expr(node: Expr | Comprehension | Ellipsis, depth = 1): Doc {
    const doc = this.body(node, depth);
    if (node.comments === undefined) return doc;
    const { above, header, trailing, below } = placedComments(node);
    const parts: Doc[] = [];
    const lead = aboveDoc([...header, ...above], node.relPos);
    if (lead !== undefined) parts.push(line, lead);
    parts.push(doc);
    if (trailing !== undefined) parts.push(" ", groupDoc(trailing));
    const belowLines = belowDoc(below);
    if (belowLines !== undefined) parts.push(belowLines);
    return concatAll(parts);
  }

  body(node: Expr | Comprehension | Ellipsis, depth = 1, trailing?: Trailing): Doc {
    switch (node.kind) {
      case "ident":
        return node.name;
      case "literal":
        return literalDoc(node);
      case "bottom":
        return "_|_";
      case "bad-expr":
        return "_";
      case "unary":
        return this.#unary(node, depth);
      case "ellipsis":
        return node.type === undefined ? "..." : concat("...", this.expr(node.type));
      default:
        return this.#nested(node, depth, trailing);
    }
  }

  /** Nodes that may hold others of any depth. */
  #nested(node: Exclude<Expr | Comprehension, { kind: "unary" }>, depth: number, trailing: Trailing | undefined): Doc {
    const known = this.known.get(node);
    if (known !== undefined) return known;
    if (this.#depth >= recursionLimit) throw tooDeep;
    this.#depth++;
    const doc = this.#layOut(node, depth, trailing);
    this.#depth--;
    return doc;
  }

  #layOut(node: Exclude<Expr | Comprehension, { kind: "unary" }>, depth: number, trailing: Trailing | undefined): Doc {
    switch (node.kind) {
      case "binary":
        return binaryDoc(this, node, depth, trailing);
      case "struct":
        return structDoc(this, node);
      case "list":
        return listDoc(this, node);
      case "paren":
        return this.#paren(node.expr);
      case "selector":
      case "index":
      case "slice":
      case "call":
      case "postfix":
        return primaryDoc(this, node, depth, trailing);
      case "interpolation":
        return interpolationDoc(this, node);
      case "comprehension":
        return this.#comprehension(node);
      case "func":
        return concat(
          "func(",
          ...node.args.flatMap((arg, index) => [index > 0 ? ", " : "", this.expr(arg)]),
          "): ",
          this.expr(node.result),
        );
      default:
        return "";
    }
  }

  struct(node: StructLit): Doc {
    return this.#nested(node, 1, undefined);
  }

  /** Doubled parentheses say no more than one pair. */
  #paren(inner: Expr): Doc {
    let expr = inner;
    while (expr.kind === "paren" && expr.comments === undefined && !startsLine(expr.relPos)) expr = expr.expr;
    const { header, above } = placedComments(expr);
    const opens = startsLine(leadingRelPos(expr)) || header.length > 0 || above.length > 0;
    if (!opens) return concat("(", this.expr(expr), ")");
    const lead = aboveDoc(above, expr.relPos) ?? "";
    const opening = header.length > 0 ? concat(" ", ...header.map(groupDoc)) : "";
    const { trailing, below } = placedComments(expr);
    const behind = trailing === undefined ? "" : concat(" ", groupDoc(trailing));
    const content = concat(breakFor(leadingRelPos(expr)), lead, this.body(expr), behind, belowDoc(below) ?? "");
    return concat("(", opening, nest(content), ")");
  }

  /** An operator hugs its operand unless the two would read as another token. */
  #unary(node: Extract<Expr, { kind: "unary" }>, depth: number): Doc {
    const parts: Doc[] = [];
    let operand: Expr = node;
    while (operand.kind === "unary" && (operand === node || operand.comments === undefined)) {
      parts.push(operand.op);
      if (operand.expr.kind === "unary" && wouldMerge(operand.op, operand.expr.op)) parts.push(" ");
      operand = operand.expr;
    }
    if (operand.kind === "binary") parts.push("(", this.expr(operand), ")");
    else parts.push(this.expr(operand, depth));
    return concatAll(parts);
  }

  #comprehension({ clauses, body, fallback }: Comprehension): Doc {
    const parts: Doc[] = [];
    for (const [index, clause] of clauses.entries()) {
      const { above, header } = placedComments(clause);
      const groups = [...header, ...above];
      if (index > 0) parts.push(groups.length > 0 || startsLine(leadingRelPos(clause)) ? line : " ");
      const lead = aboveDoc(groups, clause.relPos);
      if (lead !== undefined) parts.push(lead);
      parts.push(this.#clause(clause));
      const { trailing, below } = placedComments(clause);
      if (trailing !== undefined) parts.push(" ", groupDoc(trailing));
      const belowLines = belowDoc(below);
      if (belowLines !== undefined) parts.push(belowLines);
    }
    parts.push(" ", this.expr(body));
    if (fallback !== undefined) parts.push(this.#fallback(fallback, clauses));
    return concatAll(parts);
  }

  #clause(clause: Comprehension["clauses"][number]): Doc {
    switch (clause.kind) {
      case "for": {
        const key = clause.key === undefined ? "" : concat(this.expr(clause.key), ", ");
        return concat("for ", key, this.expr(clause.value), " in ", this.expr(clause.source));
      }
      case "if":
        return concat("if ", this.expr(clause.condition));
      case "let":
        return letDoc(this, clause);
      case "try":
        if (clause.name === undefined || clause.value === undefined) return "try";
        return concat("try ", this.expr(clause.name), " = ", this.expr(clause.value));
    }
  }

  /** What a `for` gives when it is empty is `otherwise`; what a failed `if` or `try` gives is `else`. */
  #fallback(fallback: FallbackClause, clauses: Comprehension["clauses"]): Doc {
    const last = clauses.findLast((clause) => clause.kind !== "let");
    const keyword = last?.kind === "for" ? "otherwise" : "else";
    const { trailing } = placedComments(fallback);
    const doc = concat(` ${keyword} `, this.expr(fallback.body));
    return trailing === undefined ? doc : concat(doc, " ", groupDoc(trailing));
  }

  label(node: Label): Doc {
    switch (node.kind) {
      case "alias-label":
        return concat(node.alias.name, "=", this.label(node.label));
      case "paren-label":
      case "pattern-label": {
        const [open, close] = node.kind === "paren-label" ? ["(", ")"] : ["[", "]"];
        const alias = node.alias === undefined ? "" : aliasText(node.alias.name, node.expr);
        return concat(open, alias, this.#unsimplified(node.expr), close);
      }
      case "literal": {
        const name = this.simplifier.unquoted(node);
        return name === undefined ? this.expr(node) : this.expr({ ...node, kind: "ident", name });
      }
      default:
        return this.expr(node);
    }
  }

  /** What a label computes is left as it is. */
  #unsimplified(expr: Expr): Doc {
    const { simplifier } = this;
    this.simplifier = noSimplifier;
    const doc = this.expr(expr);
    this.simplifier = simplifier;
    return doc;
  }

  rows(decls: readonly Decl[]): Row[] {
    return declRows(this, decls);
  }
}

function wouldMerge(op: string, next: string): boolean {
  if (op === "-" || op === "+") return op === next;
  if (op === "<") return next === "-" || next.startsWith("=");
  if (op === ">") return next.startsWith("=");
  return op === "!" && (next.startsWith("=") || next.startsWith("~"));
}
