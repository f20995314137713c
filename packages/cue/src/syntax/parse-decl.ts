import type { AliasExpr, AliasLabel, Attribute, Decl, Expr, Field, Ident, Label, RelPos } from "./ast.ts";
import { isClauseStart, isLetStart } from "./clause-start.ts";
import { parseComprehension, parseLet } from "./parse-clause.ts";
import { isNameToken, parseExpr, parseIdent } from "./parse-expr.ts";
import { Token } from "./token.ts";
import { type TokenStream, isCloser } from "./token-stream.ts";

/** The declarations of a struct, up to its closing brace, or of a file. */
export function parseDecls(stream: TokenStream): Decl[] {
  const decls: Decl[] = [];
  stream.comments.openList();
  while (!stream.is(Token.rbrace) && !stream.is(Token.eof)) {
    const before = stream.start;
    decls.push(parseDecl(stream));
    // What no declaration can take is passed over, so that the rest is still read.
    if (stream.start === before && !stream.is(Token.rbrace) && !stream.is(Token.eof)) stream.next();
  }
  stream.comments.closeList();
  return decls;
}

function parseDecl(stream: TokenStream): Decl {
  if (stream.token === Token.attribute) {
    const attribute = parseAttribute(stream);
    endDecl(stream);
    return attribute;
  }
  if (stream.token === Token.ellipsis) return parseEllipsis(stream);
  const scope = stream.comments.open();
  return stream.comments.close(scope, parseFieldLike(stream));
}

function parseEllipsis(stream: TokenStream): Decl {
  const scope = stream.comments.open();
  const { start, end, relPos } = stream;
  stream.next();
  const decl = stream.comments.close(scope, { kind: "ellipsis" as const, start, end, relPos, type: undefined });
  endDecl(stream);
  return decl;
}

/** The comma after a declaration. Where it is missing the rest of the line is passed over. */
export function endDecl(stream: TokenStream): void {
  const wasUnclosed = stream.unclosed;
  stream.unclosed = false;
  if (stream.token === Token.comma) {
    stream.next();
    return;
  }
  if (stream.token === Token.rbrace || stream.token === Token.eof) return;
  if (stream.scanner.newlines > 0 && wasUnclosed) return;
  stream.errorAt(stream.start, "missing ',' in struct literal");
  skipToDeclEnd(stream);
}

/** To the next comma that is no part of brackets opened on the way. */
function skipToDeclEnd(stream: TokenStream): void {
  let open = 0;
  for (;;) {
    switch (stream.token) {
      case Token.eof:
        return;
      case Token.lbrace:
      case Token.lbrack:
      case Token.lparen:
        open++;
        break;
      case Token.rbrace:
      case Token.rbrack:
      case Token.rparen:
        if (open === 0 && stream.token === Token.rbrace) return;
        if (open > 0) open--;
        break;
      case Token.comma:
        if (open === 0) {
          stream.next();
          return;
        }
        break;
      default:
    }
    stream.next();
  }
}

function parseFieldLike(stream: TokenStream): Decl {
  if (isClauseStart(stream)) {
    const comprehension = parseComprehension(stream);
    endDecl(stream);
    return comprehension;
  }
  if (isLetStart(stream)) {
    const decl = parseLet(stream);
    endDecl(stream);
    return decl;
  }
  const first = parseExpr(stream);
  if (atLabelEnd(stream)) return parseField(stream, first);
  if (first.kind === "alias") {
    stream.errorAt(first.start, `old-style alias no longer supported: use let clause ('let ${first.ident.name} = …')`);
  }
  const expr = first.kind === "alias" ? first.expr : first;
  endEmbedding(stream, expr);
  return { kind: "embed", start: expr.start, end: expr.end, relPos: expr.relPos ?? "none", expr };
}

/** Behind what could have been a label a colon may be missing as well as a comma. */
function endEmbedding(stream: TokenStream, expr: Expr): void {
  const isLabel = expr.kind === "ident" || (expr.kind === "literal" && expr.type === "string");
  if (!isLabel || stream.token === Token.comma || isCloser(stream.token)) {
    endDecl(stream);
    return;
  }
  stream.unclosed = false;
  stream.errorExpected("label or ':'", helpForWord(expr.kind === "ident" ? expr.name : ""));
  skipToDeclEnd(stream);
}

function helpForWord(name: string): (() => string) | undefined {
  if (name === "import") return () => "Imports stand before the fields, below the package clause.";
  if (name === "package") return () => "The package clause stands at the top of a file.";
  return name === "#" ? () => "A comment starts with //." : undefined;
}

/** Whether a label has just ended: `:`, a constraint mark before one, or a postfix alias. */
function atLabelEnd(stream: TokenStream): boolean {
  if (stream.unclosed) return false;
  switch (stream.token) {
    case Token.colon:
    case Token.tilde:
      return true;
    case Token.option:
    case Token.not:
      return true;
    default:
      return false;
  }
}

type OpenField = { -readonly [Key in keyof Field]: Field[Key] };

/** A field whose first label has been read. `a: b: c: 1` is three fields, made in a loop. */
function parseField(stream: TokenStream, first: Expr | AliasExpr): Field {
  const chain: OpenField[] = [];
  let labelExpr = first;
  let value: Expr | AliasExpr;
  for (;;) {
    chain.push(startField(stream, labelExpr));
    value = isClauseStart(stream) && isUnreadableValue(stream) ? parseMisplacedClause(stream) : parseExpr(stream);
    if (!atLabelEnd(stream)) break;
    labelExpr = value;
  }
  const last = chain.at(-1)!;
  last.valueAlias = value.kind === "alias" ? value.ident : undefined;
  last.value = value.kind === "alias" ? value.expr : value;
  let { end } = last.value;
  const attributes: Attribute[] = [];
  while (stream.token === Token.attribute) {
    const attribute = parseAttribute(stream);
    attributes.push(attribute);
    end = attribute.end;
  }
  last.attributes = attributes;
  endDecl(stream);
  last.end = end;
  return joinChain(chain, end);
}

/** `a: for x in y {…}`: words that only look like a value. `a: if` alone is a reference. */
function isUnreadableValue(stream: TokenStream): boolean {
  return stream.token !== Token.ident;
}

function parseMisplacedClause(stream: TokenStream): Expr {
  const { start, relPos } = stream;
  const word = stream.text;
  stream.errorAt(
    start,
    `expected operand, found '${word}'`,
    () => `A comprehension is a declaration or a list element: write {${word} …} or [${word} …].`,
  );
  const { end } = parseComprehension(stream);
  return { kind: "bad-expr", start, end, relPos };
}

function joinChain(chain: readonly OpenField[], end: number): Field {
  let field = chain.at(-1)!;
  for (let i = chain.length - 2; i >= 0; i--) {
    const outer = chain[i]!;
    outer.value = {
      kind: "struct",
      start: field.start,
      end,
      relPos: field.relPos ?? "none",
      decls: [field],
      braces: false,
    };
    outer.end = end;
    field = outer;
  }
  return field;
}

const noValue: Expr = { kind: "bad-expr", start: 0, end: 0 };

/** Takes the marks after a label and the colon. */
function startField(stream: TokenStream, labelExpr: Expr | AliasExpr): OpenField {
  const label = labelOf(stream, labelExpr);
  let postfixAlias = parsePostfixAlias(stream);
  let constraint: Field["constraint"] = "";
  if (stream.token === Token.option || stream.token === Token.not) {
    constraint = stream.token === Token.option ? "?" : "!";
    stream.next();
  }
  postfixAlias ??= parsePostfixAlias(stream);
  const colonRelPos = stream.relPos;
  if (stream.token === Token.colon) stream.next();
  else stream.errorExpected("':'");
  return {
    kind: "field",
    start: label.start,
    end: label.end,
    relPos: label.relPos ?? "none",
    label,
    constraint,
    valueAlias: undefined,
    postfixAlias,
    value: noValue,
    attributes: [],
    ...(colonRelPos !== "nospace" && { colonRelPos }),
  };
}

/** `~X` or `~(K, V)`. */
function parsePostfixAlias(stream: TokenStream): Field["postfixAlias"] {
  if (stream.token !== Token.tilde) return undefined;
  stream.requireExperiment("aliasv2", "postfix alias syntax");
  stream.next();
  if (!stream.is(Token.lparen)) return { key: undefined, value: parseIdent(stream) };
  stream.next();
  const first = parseIdent(stream);
  let second: Ident | undefined;
  if (stream.is(Token.comma)) {
    stream.next();
    second = parseIdent(stream);
  }
  stream.expect(Token.rparen);
  return second === undefined ? { key: undefined, value: first } : { key: first, value: second };
}

/** What was read as an expression, as a label. */
function labelOf(stream: TokenStream, expr: Expr | AliasExpr): Label {
  if (expr.kind !== "alias") return plainLabelOf(stream, expr);
  const label = plainLabelOf(stream, expr.expr);
  const { start, end, relPos, comments } = expr;
  const alias: AliasLabel = { kind: "alias-label", start, end, relPos: relPos ?? "none", alias: expr.ident, label };
  return comments === undefined ? alias : { ...alias, comments };
}

function plainLabelOf(stream: TokenStream, expr: Expr): Exclude<Label, AliasLabel> {
  switch (expr.kind) {
    case "ident":
      if (expr.name.startsWith("__")) {
        stream.errorAt(expr.start, "identifiers starting with '__' are reserved");
      }
      return expr;
    case "interpolation":
      return expr;
    case "literal":
      if (expr.type === "int" || expr.type === "float" || expr.type === "bytes") break;
      return expr;
    case "paren": {
      const { alias, expr: inner, ...rest } = expr;
      return { ...rest, kind: "paren-label", expr: inner, alias };
    }
    case "list":
      return patternLabelOf(stream, expr);
    default:
  }
  const [message, help] = labelError(expr);
  stream.errorAt(expr.start, message, help === undefined ? undefined : () => help);
  return { kind: "ident", start: expr.start, end: expr.end, relPos: expr.relPos ?? "none", name: "_" };
}

function labelError(expr: Expr): [message: string, help?: string] {
  switch (expr.kind) {
    case "literal":
      if (expr.type === "bytes")
        return [`expected label, found bytes ${expr.text}`, "A label is a string: write it in double quotes."];
      return [`expected label, found number ${expr.text}`, `Write the label in quotes: "${expr.text}".`];
    case "selector":
      return ["expected label, found a selection", "Nested fields are written one label after the other: a: b: 1."];
    case "bad-expr":
      return ["expected label"];
    default:
      return ["expected label", "A label is a name, a string, (an expression) or [a pattern]."];
  }
}

function patternLabelOf(stream: TokenStream, list: Extract<Expr, { kind: "list" }>): Exclude<Label, AliasLabel> {
  const { elements, closeRelPos: _, commas: __, alias, ...rest } = list;
  const [element] = elements;
  if (
    element !== undefined &&
    elements.length === 1 &&
    element.kind !== "ellipsis" &&
    element.kind !== "comprehension"
  ) {
    return { ...rest, kind: "pattern-label", expr: element, alias };
  }
  if (element?.kind === "comprehension" && elements.length === 1) {
    stream.errorAt(element.start, "comprehension values not allowed in this position");
  } else stream.errorAt(list.start, "square bracket must have exactly one element");
  return { kind: "ident", start: list.start, end: list.end, relPos: list.relPos ?? "none", name: "_" };
}

export function parseAttribute(stream: TokenStream): Attribute {
  const scope = stream.comments.open();
  const { start, end, text } = stream;
  const relPos: RelPos = stream.relPos;
  stream.next();
  const open = text.indexOf("(");
  const name = open < 0 ? text.slice(1) : text.slice(1, open);
  const body = open < 0 ? "" : text.slice(open + 1, -1);
  return stream.comments.close(scope, { kind: "attribute", start, end, relPos, name, body, text });
}

/** A name that must be there (package clause, import). */
export function parseName(stream: TokenStream): Ident | undefined {
  return isNameToken(stream.token) ? parseIdent(stream) : undefined;
}
