import type { Clause, Comprehension, Expr, FallbackClause, ForClause, IfClause, LetClause, TryClause } from "./ast.ts";
import { parseIdent, parseStruct, parseValue } from "./parse-expr.ts";
import { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** A comprehension; the current token starts its first clause. */
export function parseComprehension(stream: TokenStream): Comprehension {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  const clauses: Clause[] = [];
  for (;;) {
    const clause = parseClause(stream, clauses.length === 0);
    if (clause === undefined) break;
    clauses.push(clause);
    if (stream.token === Token.comma) stream.next();
  }
  const body = parseStruct(stream);
  const fallback = parseFallback(stream);
  const { end } = fallback ?? body;
  return stream.comments.close(scope, { kind: "comprehension", start, end, relPos, clauses, body, fallback });
}

function parseClause(stream: TokenStream, first: boolean): Clause | undefined {
  switch (stream.token) {
    case Token.for:
      return parseFor(stream);
    case Token.if:
      return parseIf(stream);
    case Token.let:
      return first ? undefined : parseLet(stream);
    case Token.ident:
      return stream.isWord("try") ? parseTry(stream) : undefined;
    default:
      return undefined;
  }
}

function parseFor(stream: TokenStream): ForClause {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  stream.next();
  let value = parseIdent(stream);
  let key: ForClause["key"];
  if (stream.token === Token.comma && !stream.scanner.impliedComma) {
    stream.next();
    key = value;
    value = parseIdent(stream);
  }
  stream.expect(Token.in);
  const source = parseValue(stream);
  return stream.comments.close(scope, { kind: "for", start, end: source.end, relPos, key, value, source });
}

function parseIf(stream: TokenStream): IfClause {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  stream.next();
  const condition = parseValue(stream);
  return stream.comments.close(scope, { kind: "if", start, end: condition.end, relPos, condition });
}

/** `let name = expression`, in a comprehension or as a declaration. */
export function parseLet(stream: TokenStream): LetClause {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  stream.next();
  const name = parseIdent(stream);
  stream.expect(Token.bind);
  const value = parseValue(stream);
  return stream.comments.close(scope, { kind: "let", start, end: value.end, relPos, name, value });
}

/** `try name = expression`, or a bare `try` before the body. */
function parseTry(stream: TokenStream): TryClause {
  const scope = stream.comments.open();
  const { start, relPos } = stream;
  let { end } = stream;
  stream.next();
  let name: TryClause["name"];
  let value: Expr | undefined;
  if (stream.token !== Token.lbrace) {
    name = parseIdent(stream);
    stream.expect(Token.bind);
    value = parseValue(stream);
    end = value.end;
  }
  return stream.comments.close(scope, { kind: "try", start, end, relPos, name, value });
}

function parseFallback(stream: TokenStream): FallbackClause | undefined {
  for (const keyword of ["else", "otherwise", "fallback"] as const) {
    if (!stream.isWord(keyword)) continue;
    const scope = stream.comments.open();
    const { start, relPos } = stream;
    stream.next();
    const body = parseStruct(stream);
    return stream.comments.close(scope, { kind: "fallback", start, end: body.end, relPos, keyword, body });
  }
  return undefined;
}
