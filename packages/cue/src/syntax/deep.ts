import type { Decl, File } from "./ast.ts";
import { type ParseResult, ParsedFile, type Places } from "./file.ts";
import {
  parseArguments,
  parseElements,
  parseIndexContent,
  parseParenContent,
  parseStringParts,
  parseStructContent,
} from "./parse-expr.ts";
import type { Quote } from "./escape.ts";
import { Scanner } from "./scanner.ts";
import { Token } from "./token.ts";
import { type ContentForm, type Grammar, TokenStream, tooDeepForRecursion } from "./token-stream.ts";

/**
 * Brackets that nest deeper than calls may: the contents at each hundredth level are parsed first, the innermost before
 * all, and the grammar takes them as they are when it comes there (`TokenStream.enclosed`). So no recursion is ever deeper
 * than a hundred levels, and the result is the same tree.
 */

/** Levels of brackets that a text may have. */
export const maxNesting = 10_000;

const step = 100;
const recursionLimit = 2 * step + 20;

interface Opening {
  readonly offset: number;
  readonly form: ContentForm;
  readonly quote?: Quote | undefined;
}

const contentParsers: { readonly [Form in ContentForm]: (stream: TokenStream) => unknown } = {
  struct: parseStructContent,
  list: parseElements,
  paren: parseParenContent,
  call: parseArguments,
  index: parseIndexContent,
  string: parseStringParts,
};

/** As `parseWith`, for texts that nest deep. */
export function parseDeep(places: Places, grammar: Grammar, parse: (stream: TokenStream) => File): ParseResult {
  const { openings, tooDeepAt } = findDeepOpenings(places);
  if (tooDeepAt !== undefined) return refuse(places, tooDeepAt);
  const stream = new TokenStream(places, grammar);
  stream.depthLimit = recursionLimit;
  try {
    for (const { offset, form } of openings.toReversed()) {
      stream.parseBeforehand(form, offset, contentParsers[form]);
    }
    stream.restart();
    const file = parse(stream);
    return { file, diagnostics: stream.diagnostics() };
  } catch (error) {
    // Only where brackets do not match: what was counted is then not what the grammar finds.
    if (error !== tooDeepForRecursion) throw error;
    const [first] = stream.diagnostics();
    return first === undefined ? refuse(places, stream.start) : { ...emptyFile(places), diagnostics: [first] };
  }
}

function refuse(places: Places, offset: number): ParseResult {
  const message = `exceeded max nesting depth of ${maxNesting}`;
  const pos = places.posOf(offset);
  return { ...emptyFile(places), diagnostics: [{ code: "compile", message, pos, path: [], causes: [] }] };
}

function emptyFile(places: Places): { file: File } {
  const decls: Decl[] = [];
  return { file: new ParsedFile(places, decls) };
}

/** Walks the tokens and notes the opening at each hundredth level. */
function findDeepOpenings(places: Places): { openings: Opening[]; tooDeepAt: number | undefined } {
  const scanner = new Scanner(places.text, () => {});
  const open: Opening[] = [];
  const openings: Opening[] = [];
  let previous: Token = Token.eof;
  for (let token = scanner.next(); token !== Token.eof; token = scanner.next()) {
    const form = formOf(token, previous, scanner);
    if (form !== undefined) {
      const opening = { offset: scanner.start, form, quote: scanner.quote };
      open.push(opening);
      if (open.length > maxNesting) return { openings, tooDeepAt: scanner.start };
      if (open.length % step === 0) openings.push(opening);
    } else if (token === Token.rparen) closeParen(scanner, open);
    else if (token === Token.rbrack || token === Token.rbrace) closeBracket(token, open);
    if (token !== Token.comment) previous = token;
  }
  return { openings, tooDeepAt: undefined };
}

function closeParen(scanner: Scanner, open: Opening[]): void {
  const top = open.at(-1);
  if (top?.form === "string" && top.quote !== undefined) {
    if (scanner.resumeString(top.quote) === Token.string) open.pop();
  } else if (top?.form === "paren" || top?.form === "call") open.pop();
}

function closeBracket(token: Token, open: Opening[]): void {
  const form = open.at(-1)?.form;
  const matches = token === Token.rbrace ? form === "struct" : form === "list" || form === "index";
  if (matches) open.pop();
}

/** What content an opening token starts, given the token before it. */
function formOf(token: Token, previous: Token, scanner: Scanner): ContentForm | undefined {
  switch (token) {
    case Token.lbrace:
      return "struct";
    case Token.interpolation:
      return "string";
    case Token.lbrack:
      return isOperandEnd(previous, scanner) ? "index" : "list";
    case Token.lparen:
      return isOperandEnd(previous, scanner) ? "call" : "paren";
    default:
      return undefined;
  }
}

/** After a word that starts a clause an operand begins, though the word could be a name elsewhere. */
function isOperandEnd(previous: Token, scanner: Scanner): boolean {
  return scanner.afterOperand && previous !== Token.if && previous !== Token.in && previous !== Token.ellipsis;
}
