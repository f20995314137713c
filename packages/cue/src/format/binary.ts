import type { Binary, CommentGroup, Expr } from "../syntax/ast.ts";
import { aboveDoc, belowDoc, groupDoc, hasComments, leadingRelPos, placedComments, startsLine } from "./comments.ts";
import { type Doc, type Row, concat, concatAll, line, nest, table } from "./doc.ts";
import type { Printer, Trailing } from "./printer.ts";

const precedences: Readonly<Record<Binary["op"], number>> = {
  "|": 1,
  "&": 2,
  "||": 3,
  "&&": 4,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "=~": 5,
  "!~": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
};

export function precedenceOfOperator(op: Binary["op"]): number {
  return precedences[op];
}

/**
 * A binary expression with all its left operands of the same strength, so that chains of any length take no recursion.
 * `trailing`, where given, is a comment behind the whole that is aligned with those of the chain.
 */
export function binaryDoc(printer: Printer, node: Binary, depth: number, trailing: Trailing | undefined): Doc {
  const strength = precedences[node.op];
  const blanks = strength < cutoffOf(node, depth);
  const spine: Binary[] = [];
  let first: Expr = node;
  while (
    first.kind === "binary" &&
    precedences[first.op] === strength &&
    (first === node || !isCommentedInside(first))
  ) {
    spine.push(first);
    first = first.left;
  }
  spine.reverse();
  const firstDoc = operandDoc(printer, first, strength, depth + 1);
  return layOutChain({ printer, blanks, strength, depth }, firstDoc, spine, trailing);
}

/** An operand that has comments of its own behind it is laid out by itself. */
function isCommentedInside(node: Binary): boolean {
  const { above, trailing, below, header } = placedComments(node);
  return above.length > 0 || header.length > 0 || below.length > 0 || trailing !== undefined;
}

interface ChainStyle {
  readonly printer: Printer;
  readonly blanks: boolean;
  readonly strength: number;
  readonly depth: number;
}

/** One line of a chain: what stands on it, and the comment behind its operator. */
export interface ChainLine {
  readonly parts: Doc[];
  comment: Doc | undefined;
  /** Own-line comments above its first operand. */
  above?: Doc | undefined;
}

function layOutChain(style: ChainStyle, firstDoc: Doc, spine: readonly Binary[], trailing: Trailing | undefined): Doc {
  const { printer, blanks, strength, depth } = style;
  let current: ChainLine = { parts: [firstDoc], comment: undefined, above: undefined };
  const lines: ChainLine[] = [current];
  for (const node of spine) {
    const { op, right } = node;
    current.parts.push(blanks ? ` ${op}` : op);
    const { inside } = placedComments(node);
    const operand = operandDoc(printer, right, strength + 1, depth + 1, "bare");
    if (!breaksBefore(inside, right)) {
      current.parts.push(blanks ? " " : "", operand);
      continue;
    }
    const [sameLine, ...others] = inside[0]?.line ? inside : [undefined, ...inside];
    if (sameLine !== undefined) current.comment = groupDoc(sameLine);
    const { above, header, trailing: behind, below } = placedComments(right);
    const groups = [...others, ...header, ...above].filter((group) => group !== undefined);
    const parts = [operand];
    if (behind !== undefined) parts.push(" ", groupDoc(behind));
    const belowLines = belowDoc(below);
    if (belowLines !== undefined) parts.push(belowLines);
    current = { parts, comment: undefined, above: aboveDoc(groups, "newline") };
    lines.push(current);
  }
  if (trailing !== undefined) endWith(current, trailing);
  return chainLinesDoc(lines);
}

export function endWith(line: ChainLine, { suffix, comment }: Trailing): void {
  line.parts.push(suffix);
  line.comment = comment;
}

/** The first line, and the others one level deeper with their comments aligned. */
export function chainLinesDoc(lines: readonly ChainLine[]): Doc {
  const [head, ...rest] = lines;
  const headDoc = concatAll(head!.parts);
  const start = head!.comment === undefined ? headDoc : concat(headDoc, " ", head!.comment);
  if (rest.length === 0) return start;
  const rows = rest.map(({ parts, comment, above }): Row => {
    const cells = comment === undefined ? [concatAll(parts)] : [concatAll(parts), comment];
    return { before: line, lead: above, cells, shape: "chain" };
  });
  return concat(start, nest(table(rows)));
}

/** Whether the right operand starts a line: as the author had it, or since a comment ends the one before. */
function breaksBefore(inside: readonly CommentGroup[], right: Expr): boolean {
  if (inside.length > 0) return true;
  const { above, header } = placedComments(right);
  return above.length > 0 || header.length > 0 || startsLine(leadingRelPos(right));
}

/** An operand, in parentheses where its operator binds weaker than the place it stands at (trees made by programs). */
function operandDoc(
  printer: Printer,
  operand: Expr,
  least: number,
  depth: number,
  comments: "bare" | "all" = "all",
): Doc {
  if (operand.kind === "binary" && precedences[operand.op] < least) return concat("(", printer.expr(operand, 1), ")");
  return comments === "bare" ? printer.body(operand, depth) : printer.expr(operand, depth);
}

/**
 * gofmt's rule for blanks around operators: those of `+` and `*` depend on what else is in the expression and on how deep
 * it stands. An operator has blanks when its strength is below the result.
 */
function cutoffOf(node: Binary, depth: number): number {
  const found: Found = { sums: false, products: false, problem: 0 };
  walkBinary(node, found, 0);
  if (found.problem > 0) return found.problem + 1;
  if (found.sums && found.products) return depth === 1 ? 7 : 6;
  return depth === 1 ? 8 : 6;
}

interface Found {
  sums: boolean;
  products: boolean;
  problem: number;
}

function walkBinary(node: Binary, found: Found, level: number): void {
  for (let next: Expr = node; next.kind === "binary"; next = next.left) {
    if (next !== node && precedences[next.op] < precedences[node.op]) return;
    const strength = precedences[next.op];
    if (strength === 6) found.sums = true;
    if (strength === 7) found.products = true;
    const right: Expr = next.right;
    if (right.kind === "binary" && precedences[right.op] > strength && level < 8) walkBinary(right, found, level + 1);
    else if (right.kind === "unary" && right.op === next.op && (right.op === "+" || right.op === "-")) {
      found.problem = Math.max(found.problem, 6);
    }
  }
}

/** Whether a comment behind the expression is aligned with comments within it. */
export function takesTrailing(node: Expr): boolean {
  for (let next: Expr = node; ; ) {
    if (next.kind === "binary") {
      if (next.op !== "|" && next.op !== "&") return false;
      if (hasComments(next) && placedComments(next).inside.length > 0) return true;
      next = next.left;
    } else if (next.kind === "selector") {
      if (hasComments(next) && placedComments(next).inside.length > 0) return true;
      next = next.expr;
    } else return false;
  }
}
