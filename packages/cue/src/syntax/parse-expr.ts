import type {
  AliasExpr,
  BasicLit,
  BinaryOp,
  Comprehension,
  Ellipsis,
  Expr,
  Ident,
  Interpolation,
  ListLit,
  RelPos,
  StructLit,
  UnaryOp,
} from "./ast.ts";
import type { CommentScope } from "./comment-scope.ts";
import { isDigit, isLetterCode } from "./characters.ts";
import { isClauseStart } from "./clause-start.ts";
import { interpolationTexts, mismatchedIndent, unquote } from "./literal.ts";
import { Token, precedenceOf, tokenText } from "./token.ts";
import { type TokenStream, isCloser } from "./token-stream.ts";

// Expressions, by the specification's precedence. Chains (`a + b + c`, `a.b.c`, `- - a`) are loops; only brackets recurse.

/** An expression, or `name = expression`, which the caller makes an alias of or refuses. */
export function parseExpr(stream: TokenStream): Expr | AliasExpr {
  const scope = stream.comments.open();
  const expr = parseBinary(stream, 1);
  const { comments } = stream;
  if (stream.token !== Token.bind || expr.kind !== "ident") return comments.close(scope, expr);
  stream.next();
  const value = parseValue(stream);
  return comments.close(scope, {
    kind: "alias",
    start: expr.start,
    end: value.end,
    relPos: expr.relPos ?? "none",
    ident: expr,
    expr: value,
  });
}

/** An expression where no alias may stand. */
export function parseValue(stream: TokenStream): Expr {
  const expr = parseExpr(stream);
  if (expr.kind !== "alias") return expr;
  stream.errorAt(expr.start, `alias '${expr.ident.name}' is not allowed here`);
  return expr.expr;
}

function parseBinary(stream: TokenStream, least: number): Expr {
  return parseBinaryTail(stream, least, parseUnary(stream));
}

/** Operators of at least the strength `least`; the right operand takes the stronger ones. At most seven deep. */
function parseBinaryTail(stream: TokenStream, least: number, first: Expr): Expr {
  let left = first;
  for (;;) {
    const precedence = precedenceOf(stream.token);
    if (precedence < least || precedence === 0) return left;
    const scope = stream.comments.open();
    scope.slot = 1;
    const op = tokenText(stream.token) as BinaryOp;
    const opStart = stream.start;
    stream.next();
    const right = parseBinary(stream, precedence + 1);
    left = stream.comments.close(scope, {
      kind: "binary",
      start: left.start,
      end: right.end,
      relPos: left.relPos ?? "none",
      op,
      opStart,
      left,
      right,
    });
  }
}

function isUnaryOperator(token: Token): boolean {
  switch (token) {
    case Token.add:
    case Token.sub:
    case Token.mul:
    case Token.not:
    case Token.lss:
    case Token.leq:
    case Token.gtr:
    case Token.geq:
    case Token.eql:
    case Token.neq:
    case Token.mat:
    case Token.nmat:
      return true;
    default:
      return false;
  }
}

function parseUnary(stream: TokenStream): Expr {
  if (!isUnaryOperator(stream.token)) return parsePrimary(stream);
  const pending: { scope: CommentScope; start: number; relPos: RelPos; op: UnaryOp }[] = [];
  while (isUnaryOperator(stream.token)) {
    const scope = stream.comments.open();
    pending.push({ scope, start: stream.start, relPos: stream.relPos, op: tokenText(stream.token) as UnaryOp });
    stream.next();
  }
  let expr = parsePrimary(stream);
  for (let i = pending.length - 1; i >= 0; i--) {
    const { scope, start, relPos, op } = pending[i]!;
    expr = stream.comments.close(scope, { kind: "unary", start, end: expr.end, relPos, op, expr });
  }
  return expr;
}

function parsePrimary(stream: TokenStream): Expr {
  let expr = parseOperand(stream);
  for (;;) {
    switch (stream.token) {
      case Token.period:
        expr = parseSelector(stream, expr);
        break;
      case Token.lbrack:
        expr = parseIndex(stream, expr);
        break;
      case Token.lparen:
        expr = parseCall(stream, expr);
        break;
      case Token.ellipsis:
        expr = parsePostfix(stream, expr, "...");
        break;
      case Token.option:
        // `a?:` is a field, and `a?!:` is meant to be one.
        if (stream.peekCode() === 0x3a || (stream.peekCode() === 0x21 && stream.peekCode(1) === 0x3a)) return expr;
        expr = parsePostfix(stream, expr, "?");
        break;
      default:
        return expr;
    }
  }
}

function parsePostfix(stream: TokenStream, expr: Expr, op: "..." | "?"): Expr {
  if (op === "...") stream.requireExperiment("explicitopen", "postfix ... operator");
  else stream.requireExperiment("try", "optional marker ?", isTernary(stream) ? () => ternaryHelp : undefined);
  const { end } = stream;
  stream.next();
  return { kind: "postfix", start: expr.start, end, relPos: expr.relPos ?? "none", op, expr };
}

const ternaryHelp = "CUE has no `x ? a : b`: write [if x {a}, b][0].";

/** Whether `?` has another operand behind it. */
function isTernary(stream: TokenStream): boolean {
  const code = stream.peekCode();
  return isLetterCode(code) || isDigit(code) || code === 0x22 || code === 0x27 || code === 0x7b;
}

function parseSelector(stream: TokenStream, expr: Expr): Expr {
  const scope = stream.comments.open();
  scope.slot = 1;
  stream.next();
  const selector = parseSelectorName(stream);
  return stream.comments.close(scope, {
    kind: "selector",
    start: expr.start,
    end: selector.end,
    relPos: expr.relPos ?? "none",
    expr,
    selector,
  });
}

function parseSelectorName(stream: TokenStream): Ident | BasicLit {
  if (stream.token === Token.string && !stream.scanner.quote?.multiline && stream.scanner.quote?.code === 0x22)
    return parseLiteral(stream, "string");
  if (isNameToken(stream.token)) return parseIdent(stream);
  stream.errorExpected("selector");
  const { start, relPos } = stream;
  return { kind: "ident", start, end: start, relPos, name: "_" };
}

function parseIndex(stream: TokenStream, expr: Expr): Expr {
  const scope = stream.comments.open();
  const open = stream.start;
  const { low, high, slice } = stream.enclosed("index", parseIndexContent);
  const closeRelPos = stream.relPos;
  const end = expectClosing(stream, Token.rbrack, open);
  const place = { start: expr.start, end, relPos: expr.relPos ?? "none" };
  if (slice || low === undefined) {
    return stream.comments.close(scope, { kind: "slice", ...place, expr, low, high, closeRelPos });
  }
  return stream.comments.close(scope, { kind: "index", ...place, expr, index: low, closeRelPos });
}

export function parseIndexContent(stream: TokenStream): {
  low: Expr | undefined;
  high: Expr | undefined;
  slice: boolean;
} {
  stream.comments.openList();
  stream.next();
  const low = stream.token === Token.colon ? undefined : parseValue(stream);
  let high: Expr | undefined;
  const slice = stream.token === Token.colon;
  if (slice) {
    stream.next();
    if (!stream.is(Token.rbrack) && !stream.is(Token.comma)) high = parseValue(stream);
  }
  if (stream.is(Token.comma)) stream.next();
  stream.comments.closeList();
  return { low, high, slice };
}

function parseCall(stream: TokenStream, fun: Expr): Expr {
  const scope = stream.comments.open();
  const open = stream.start;
  const args = stream.enclosed("call", parseArguments);
  const closeRelPos = stream.relPos;
  const end = expectClosing(stream, Token.rparen, open);
  return stream.comments.close(scope, {
    kind: "call",
    start: fun.start,
    end,
    relPos: fun.relPos ?? "none",
    fun,
    args,
    closeRelPos,
  });
}

export function parseArguments(stream: TokenStream): Expr[] {
  const args: Expr[] = [];
  stream.comments.openList();
  stream.next();
  while (stream.token !== Token.rparen && stream.token !== Token.eof) {
    const before = stream.start;
    args.push(parseValue(stream));
    if (!stream.atComma("argument list", Token.rparen)) break;
    if (stream.token === Token.comma) stream.next();
    else if (stream.start === before || isCloser(stream.token)) break;
  }
  stream.comments.closeList();
  return args;
}

/** Tokens that can be the name of an identifier: also words, which are names wherever no clause can start. */
export function isNameToken(token: Token): boolean {
  return token === Token.ident || (token >= Token.null && token <= Token.let);
}

export function parseIdent(stream: TokenStream): Ident {
  const scope = stream.comments.open();
  const { start, end, relPos } = stream;
  let name = "_";
  if (isNameToken(stream.token)) {
    name = stream.text;
    stream.next();
  } else stream.errorExpected("identifier");
  return stream.comments.close(scope, { kind: "ident", start, end, relPos, name });
}

function parseLiteral(stream: TokenStream, type: BasicLit["type"]): BasicLit {
  const scope = stream.comments.open();
  const { start, end, relPos, text } = stream;
  if (stream.scanner.quote?.multiline) checkMultiline(stream, start, unquote(text));
  stream.next();
  return stream.comments.close(scope, { kind: "literal", start, end, relPos, type, text });
}

/** Lines that do not start with the white space of the closing quotes. */
function checkMultiline(
  stream: TokenStream,
  start: number,
  literal: { kind: string; message?: string; offset?: number },
): void {
  if (literal.kind !== "error" || literal.message !== mismatchedIndent) return;
  stream.errorAt(
    start + (literal.offset ?? 0),
    mismatchedIndent,
    () => "Each line starts with what stands before the closing quotes.",
  );
}

function parseOperand(stream: TokenStream): Expr {
  switch (stream.token) {
    case Token.ident:
      if (stream.isWord("func") && stream.peekCode() === 0x28) return parseFunc(stream);
      return parseIdent(stream);
    case Token.for:
    case Token.if:
    case Token.in:
    case Token.let:
      return parseIdent(stream);
    case Token.string:
      return parseLiteral(stream, stream.scanner.quote?.code === 0x27 ? "bytes" : "string");
    case Token.int:
      return parseLiteral(stream, "int");
    case Token.float:
      return parseLiteral(stream, "float");
    case Token.null:
      return parseLiteral(stream, "null");
    case Token.true:
      return parseLiteral(stream, "true");
    case Token.false:
      return parseLiteral(stream, "false");
    case Token.interpolation:
      return parseInterpolation(stream);
    case Token.bottom: {
      const scope = stream.comments.open();
      const { start, end, relPos } = stream;
      stream.next();
      return stream.comments.close(scope, { kind: "bottom", start, end, relPos });
    }
    case Token.lbrace:
      return parseStruct(stream);
    case Token.lbrack:
      return parseList(stream);
    case Token.lparen:
      return parseParen(stream);
    default:
      return parseBadOperand(stream);
  }
}

function isBlockComment(stream: TokenStream): boolean {
  return stream.token === Token.quo && stream.places.text.startsWith("/*", stream.start);
}

function skipBlockComment(stream: TokenStream): void {
  const { text } = stream.places;
  const end = text.indexOf("*/", stream.start + 2);
  stream.scanner.seek(end < 0 ? text.length : end + 2);
  stream.next();
  if (stream.scanner.newlines > 0) stream.unclosed = true;
}

function helpForOperand(stream: TokenStream): (() => string) | undefined {
  if (stream.token === Token.arrow) return () => "Put a blank between the two signs: < -1.";
  if (isBlockComment(stream)) return () => "A comment starts with //, on each line.";
  const continues = stream.token === Token.period || precedenceOf(stream.token) > 0;
  if (continues && stream.scanner.newlines > 0) {
    return () => "A line's end ends the expression: put the operator at the end of the line before.";
  }
  return undefined;
}

/** Reports, and skips the token unless something around can use it. */
function parseBadOperand(stream: TokenStream): Expr {
  const { start, relPos } = stream;
  stream.errorExpected("operand", helpForOperand(stream));
  const { end } = stream;
  if (isBlockComment(stream)) skipBlockComment(stream);
  else if (!isCloser(stream.token) && stream.token !== Token.comma && stream.token !== Token.colon) stream.next();
  return { kind: "bad-expr", start, end, relPos };
}

function parseParen(stream: TokenStream): Expr {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  const { expr, alias } = stream.enclosed("paren", parseParenContent);
  const closeRelPos = stream.relPos;
  const end = expectClosing(stream, Token.rparen, start);
  if (alias !== undefined && !isLabelEnd(stream.token)) {
    stream.errorAt(alias.start, `alias '${alias.name}' is not allowed here`);
  }
  return stream.comments.close(scope, {
    kind: "paren",
    start,
    end,
    relPos,
    expr,
    closeRelPos,
    ...(alias !== undefined && { alias }),
  });
}

/** What can follow a label. */
function isLabelEnd(token: Token): boolean {
  return token === Token.colon || token === Token.option || token === Token.not || token === Token.tilde;
}

export function parseParenContent(stream: TokenStream): { expr: Expr; alias: Ident | undefined } {
  stream.comments.openList();
  stream.next();
  const inner = parseExpr(stream);
  stream.comments.closeList();
  return inner.kind === "alias" ? { expr: inner.expr, alias: inner.ident } : { expr: inner, alias: undefined };
}

export function parseStruct(stream: TokenStream): StructLit {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  if (stream.token !== Token.lbrace) {
    stream.errorExpected("'{'");
    return stream.comments.close(scope, { kind: "struct", start, end: start, relPos, decls: [], braces: true });
  }
  const decls = stream.enclosed("struct", parseStructContent);
  const closeRelPos = stream.relPos;
  const end = expectClosing(stream, Token.rbrace, start);
  return stream.comments.close(scope, { kind: "struct", start, end, relPos, decls, braces: true, closeRelPos });
}

export function parseStructContent(stream: TokenStream): StructLit["decls"] {
  stream.next();
  if (stream.token === Token.rbrace) return [];
  return stream.grammar.parseDecls(stream);
}

function parseList(stream: TokenStream): ListLit {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  const { elements: read, commas } = stream.enclosed("list", parseElements);
  const closeRelPos = stream.relPos;
  const end = expectClosing(stream, Token.rbrack, start);
  // `[X=string]` is a label's pattern if a colon follows, and wrong elsewhere.
  const [first] = read;
  const alias = first?.kind === "alias" && read.length === 1 && stream.token === Token.colon ? first.ident : undefined;
  const elements = read.map((element) => {
    if (element.kind !== "alias") return element;
    if (alias === undefined) stream.errorAt(element.start, `alias '${element.ident.name}' is not allowed here`);
    return element.expr;
  });
  return stream.comments.close(scope, {
    kind: "list",
    start,
    end,
    relPos,
    elements,
    closeRelPos,
    commas,
    ...(alias !== undefined && { alias }),
  });
}

/** Elements may be aliases: the list may be a label's pattern. */
export function parseElements(stream: TokenStream): { elements: Element[]; commas: NonNullable<ListLit["commas"]> } {
  const elements: Element[] = [];
  let written = 0;
  let trailing = false;
  stream.comments.openList();
  stream.next();
  while (stream.token !== Token.rbrack && stream.token !== Token.eof) {
    const before = stream.start;
    const element = parseElement(stream);
    elements.push(element);
    trailing = false;
    if (!stream.atComma("list literal", Token.rbrack)) break;
    trailing = stream.is(Token.comma) && !stream.scanner.impliedComma;
    if (trailing) written++;
    if (stream.token === Token.comma) stream.next();
    else if (stream.start === before || isCloser(stream.token)) break;
    if (element.kind === "ellipsis" && !stream.is(Token.rbrack) && !stream.is(Token.eof)) {
      stream.errorExpected("']'", () => "The ellipsis is the last element of a list.");
    }
  }
  stream.comments.closeList();
  const missing = elements.length - written;
  return { elements, commas: missing === 0 ? "all" : missing === 1 && !trailing ? "between" : "some" };
}

type Element = Expr | AliasExpr | Comprehension | Ellipsis;

function parseElement(stream: TokenStream): Element {
  if (isClauseStart(stream)) return stream.grammar.parseComprehension(stream);
  if (stream.token !== Token.ellipsis) return parseExpr(stream);
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  let { end } = stream;
  stream.next();
  let type: Expr | undefined;
  if (!stream.is(Token.comma) && !stream.is(Token.rbrack)) {
    type = parseValue(stream);
    end = type.end;
  }
  return stream.comments.close(scope, { kind: "ellipsis", start, end, relPos, type });
}

/** `func(a, b): result`. */
function parseFunc(stream: TokenStream): Expr {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  stream.next();
  const open = stream.start;
  const args = stream.enclosed("call", parseArguments);
  expectClosing(stream, Token.rparen, open);
  stream.expect(Token.colon);
  const result = stream.enclosed("paren", parseValue);
  return stream.comments.close(scope, { kind: "func", start, end: result.end, relPos, args, result });
}

function parseInterpolation(stream: TokenStream): Interpolation {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  const { parts, exprs, closeRelPos } = stream.enclosed("string", parseStringParts);
  const { end } = stream;
  const isMultiline = stream.scanner.quote?.multiline === true;
  stream.next();
  const node = stream.comments.close(scope, {
    kind: "interpolation" as const,
    start,
    end,
    relPos,
    parts,
    exprs,
    closeRelPos,
  });
  if (isMultiline) checkMultiline(stream, start, interpolationTexts(node));
  return node;
}

export function parseStringParts(stream: TokenStream): { parts: string[]; exprs: Expr[]; closeRelPos: RelPos[] } {
  const quote = stream.scanner.quote!;
  const parts = [stream.text];
  const exprs: Expr[] = [];
  const closeRelPos: RelPos[] = [];
  // Comments after the i-th `\(` have slot 2i + 1, those before its `)` slot 2i + 2.
  const scope = stream.comments.current;
  while (stream.token === Token.interpolation) {
    scope.slot = 2 * exprs.length;
    stream.next();
    exprs.push(parseValue(stream));
    scope.slot = 2 * exprs.length - 1;
    if (stream.is(Token.comma) && stream.scanner.impliedComma) stream.next();
    scope.slot = 2 * exprs.length;
    stream.comments.settleLead();
    closeRelPos.push(stream.relPos);
    if (!stream.is(Token.rparen)) {
      stream.errorExpected("')' for string interpolation");
      parts.push(")");
      skipToClosingParen(stream);
    }
    if (!stream.is(Token.rparen)) break;
    stream.token = stream.scanner.resumeString(quote);
    if (parts.length > exprs.length) parts.pop();
    parts.push(stream.text);
  }
  return { parts, exprs, closeRelPos };
}

/** Within a broken interpolation: to the next `)` of the same line, if there is one. */
function skipToClosingParen(stream: TokenStream): void {
  while (stream.token !== Token.rparen && stream.token !== Token.eof && !stream.scanner.impliedComma) stream.next();
}

/** Takes the bracket that closes the one at `open`. Gives the offset after it. */
export function expectClosing(stream: TokenStream, token: Token, open: number): number {
  const { end } = stream;
  if (stream.token === token) {
    stream.next();
    return end;
  }
  stream.unclosed = true;
  stream.errorExpected(`'${tokenText(token)}'`, () => {
    const { line, column } = stream.places.posOf(open);
    return `It closes the '${stream.places.text[open] ?? ""}' at line ${line}, column ${column}.`;
  });
  return stream.start;
}
