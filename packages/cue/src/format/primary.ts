import type { Call, Expr, Index, PostfixExpr, Selector, Slice } from "../syntax/ast.ts";
import { type ChainLine, chainLinesDoc, endWith } from "./binary.ts";
import { argumentsDoc } from "./brackets.ts";
import { groupDoc, leadingRelPos, placedComments, startsLine } from "./comments.ts";
import { type Doc, concat, line, nest } from "./doc.ts";
import type { Printer, Trailing } from "./printer.ts";

type Primary = Selector | Index | Slice | Call | PostfixExpr;

/** `a.b[0](c).d`, all of it in a loop. Selectors break where the author broke after a period, or where a comment does. */
export function primaryDoc(printer: Printer, node: Primary, depth: number, trailing: Trailing | undefined): Doc {
  const links: Primary[] = [];
  let base: Expr = node;
  while (
    isPrimary(base) &&
    (base === node || base.comments === undefined || base.kind === "selector" || base.kind === "call")
  ) {
    links.push(base);
    base = base.kind === "call" ? base.fun : base.expr;
  }
  let current: ChainLine = { parts: [baseDoc(printer, base, depth)], comment: undefined };
  const lines = [current];
  for (const link of links.toReversed()) {
    if (link.kind !== "selector") {
      current.parts.push(suffixDoc(printer, link, depth));
      continue;
    }
    const [comment] = placedComments(link).inside;
    current.parts.push(".");
    const name = link.selector.kind === "ident" ? link.selector.name : link.selector.text;
    if (comment !== undefined || startsLine(link.selector.relPos)) {
      if (comment !== undefined) current.comment = groupDoc(comment);
      current = { parts: [name], comment: undefined };
      lines.push(current);
    } else current.parts.push(name);
  }
  if (trailing !== undefined) endWith(current, trailing);
  return chainLinesDoc(lines);
}

function isPrimary(node: Expr): node is Primary {
  return (
    node.kind === "selector" ||
    node.kind === "index" ||
    node.kind === "slice" ||
    node.kind === "call" ||
    node.kind === "postfix"
  );
}

/** What comes first; an operator there needs parentheses (trees made by programs). */
function baseDoc(printer: Printer, base: Expr, depth: number): Doc {
  if (base.kind === "binary" || base.kind === "unary") return concat("(", printer.expr(base), ")");
  return printer.expr(base, depth);
}

function suffixDoc(printer: Printer, node: Exclude<Primary, Selector>, depth: number): Doc {
  switch (node.kind) {
    case "call":
      return argumentsDoc(printer, node);
    case "index":
      return concat("[", onOwnLine(printer, node.index, depth), "]");
    case "slice":
      return sliceDoc(printer, node, depth);
    case "postfix":
      return node.op;
  }
}

/** No line's end stands before `]`: it would count as a comma. */
function onOwnLine(printer: Printer, index: Expr, depth: number): Doc {
  const doc = printer.expr(index, depth + 1);
  return nest(startsLine(leadingRelPos(index)) ? concat(line, doc) : doc);
}

function sliceDoc(printer: Printer, { low, high }: Slice, depth: number): Doc {
  const lowDoc = low === undefined ? "" : printer.expr(low, depth + 1);
  const highDoc = high === undefined ? "" : printer.expr(high, depth + 1);
  const blanks = low !== undefined && high !== undefined && (low.kind === "binary" || high.kind === "binary");
  return concat("[", lowDoc, blanks ? " : " : ":", highDoc, "]");
}
