import type { Diagnostic } from "@lateen/base";
import type { Comprehension, Decl, RelPos } from "./ast.ts";
import { type CommentScope, CommentScopes, type OpenComment, relPosOf } from "./comment-scope.ts";
import type { Places } from "./file.ts";
import { Scanner, type ScannerState } from "./scanner.ts";
import { Token, tokenText } from "./token.ts";

/** Thrown when nesting is deeper than recursion may go; the parse is then done from the inside out (`deep.ts`). */
export const tooDeepForRecursion = Symbol("nesting too deep for recursion");

/** Bracketed content that was parsed beforehand. */
export interface ParsedContent {
  readonly form: ContentForm;
  readonly content: unknown;
  readonly scope: CommentScope;
  readonly end: ScannerState;
}

export type ContentForm = "struct" | "list" | "paren" | "call" | "index" | "string";

/** Productions that expressions contain and that contain expressions. */
export interface Grammar {
  parseDecls(stream: TokenStream): Decl[];
  parseComprehension(stream: TokenStream): Comprehension;
}

/** What to do about errors of the scanner. */
const lexicalHelp = new Map([
  ["unknown escape sequence", 'A backslash is written \\\\; in #"…"# it stands for itself.'],
  ["illegal character U+003B ';'", "Declarations are parted by commas or line ends."],
  ["illegal character U+0025 '%'", "The remainder is mod(a, b) or rem(a, b)."],
  ["hexadecimal escape not allowed in string literal", "Bytes, in single quotes, have \\x; strings have \\u0041."],
  ["octal escape not allowed in string literal", "Bytes, in single quotes, have octal escapes; strings have \\u0041."],
  ["illegal integer number: leading zeros are not allowed", "An octal number is written 0o17."],
]);

/** Tokens that end what brackets hold. */
export function isCloser(token: Token): boolean {
  return token === Token.rparen || token === Token.rbrack || token === Token.rbrace || token === Token.eof;
}

/** What to do about an error, put into words only for those that are shown. */
export type Help = () => string;

const recursionLimit = 120;
const maxErrors = 30;

/**
 * What the grammar's functions share: the current token, the comments on their way to a node, the errors, and how deep
 * the nesting is.
 */
export class TokenStream {
  readonly scanner: Scanner;
  readonly comments = new CommentScopes();
  readonly places: Places;
  readonly grammar: Grammar;
  readonly errors: { readonly offset: number; readonly message: string; readonly help?: Help | undefined }[] = [];
  /** Contents parsed beforehand, by the offset of their opening token. */
  readonly parsed = new Map<number, ParsedContent>();
  /** How deep calls may nest: small on the first attempt, a little more when contents are parsed beforehand. */
  depthLimit = recursionLimit;
  #depth = 0;
  token: Token = Token.eof;
  /** Set when a bracket was not closed: what follows is no label's mark. */
  unclosed = false;
  /** What the file's `@experiment` attributes ask for. */
  experiments: Set<string> | "all" = new Set();

  constructor(places: Places, grammar: Grammar) {
    this.places = places;
    this.grammar = grammar;
    this.scanner = new Scanner(places.text, (offset, message) => this.errorAt(offset, message));
  }

  get start(): number {
    return this.scanner.start;
  }

  get end(): number {
    return this.scanner.end;
  }

  get relPos(): RelPos {
    return relPosOf(this.scanner.newlines, this.scanner.blanks);
  }

  /** Whether this is the current token; unlike a comparison, no claim on what it is after `next`. */
  is(token: Token): boolean {
    return this.token === token;
  }

  /** The current token as written. */
  get text(): string {
    return this.places.text.slice(this.scanner.start, this.scanner.end);
  }

  isWord(word: string): boolean {
    const { scanner } = this;
    return (
      this.token === Token.ident &&
      scanner.end - scanner.start === word.length &&
      this.places.text.startsWith(word, scanner.start)
    );
  }

  /** The first character after the current token that is no blank of the same line; NaN at the text's end. */
  peekCode(skip = 0): number {
    const { text } = this.places;
    let at = this.scanner.end;
    for (let left = skip; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x09 || code === 0x0d) continue;
      if (left === 0) return code;
      left--;
    }
  }

  /** Goes to the next token that is no comment; comments on the way find their places. */
  next(): void {
    const { scanner, comments } = this;
    comments.settleLead();
    const first = this.token === Token.eof && scanner.start === 0;
    this.#scan();
    comments.current.slot++;
    if (this.token === Token.comment) this.#collectComments(first);
  }

  /** The scanner has reported what it cannot read; such characters are passed over. */
  #scan(): void {
    do this.token = this.scanner.next();
    while (this.token === Token.illegal);
  }

  #collectComments(first: boolean): void {
    const { scanner, comments } = this;
    let group: OpenComment | undefined;
    if (scanner.newlines === 0 && !first) {
      group = this.#takeGroup(0);
      group.line = true;
    }
    let aboveToken = false;
    while (this.token === Token.comment) {
      if (group !== undefined) comments.add(group);
      group = this.#takeGroup(1);
      aboveToken = scanner.newlines === 1 && !this.is(Token.eof);
    }
    if (group === undefined) return;
    if (!aboveToken) {
      comments.add(group);
      return;
    }
    group.doc = true;
    comments.lead = group;
  }

  /** Takes comments as long as no more than `gap` line breaks part them. */
  #takeGroup(gap: number): OpenComment {
    const { scanner } = this;
    const { text } = this.places;
    const relPos: RelPos = scanner.newlines > 1 ? "section" : scanner.newlines === 1 ? "newline" : "blank";
    const start = scanner.start;
    const lines: string[] = [];
    let end = scanner.end;
    do {
      const stop = text.charCodeAt(scanner.end - 1) === 0x0d ? scanner.end - 1 : scanner.end;
      lines.push(text.slice(scanner.start, stop));
      end = stop;
      this.#scan();
    } while (this.token === Token.comment && scanner.newlines <= gap);
    return { kind: "comments", start, end, lines, doc: false, line: false, slot: 0, relPos };
  }

  /** Takes the token if it is the wanted one, else reports; goes on either way only if it matches. */
  expect(token: Token, context?: string): boolean {
    if (this.token === token) {
      this.next();
      return true;
    }
    this.errorExpected(`'${tokenText(token) ?? "identifier"}'${context === undefined ? "" : ` ${context}`}`);
    return false;
  }

  /** Whether elements go on: at a comma, or at one that is missing, which is reported. */
  atComma(context: string, close: Token): boolean {
    if (this.token === Token.comma) return true;
    // At another bracket's end, and after `name:`, this one is not closed: that is what its end reports.
    if (this.token === close || this.token === Token.colon || isCloser(this.token)) return false;
    this.errorAt(this.start, `missing ',' in ${context}`);
    return true;
  }

  /** Reports the use of what only files with `@experiment(name)` may use. */
  requireExperiment(name: string, what: string, help?: Help): void {
    if (this.experiments !== "all" && !this.experiments.has(name)) {
      this.errorAt(this.start, `${what} requires @experiment(${name})`, help);
    }
  }

  errorExpected(what: string, help?: Help): void {
    this.errorAt(this.start, `expected ${what}, found ${this.describe()}`, help);
  }

  /** The current token in an error's words. */
  describe(): string {
    const text = tokenText(this.token);
    if (this.token === Token.comma && this.scanner.impliedComma) {
      return this.start >= this.places.text.length ? "'EOF'" : "newline";
    }
    if (text !== undefined) return `'${text}'`;
    const names: Partial<Record<Token, string>> = {
      [Token.ident]: "identifier ",
      [Token.int]: "number ",
      [Token.float]: "number ",
      [Token.attribute]: "attribute ",
    };
    const shown = this.text.length > 40 ? `${this.text.slice(0, 39)}…` : this.text;
    return `${names[this.token] ?? ""}${shown.split("\n", 1)[0]}`;
  }

  errorAt(offset: number, message: string, help?: Help): void {
    if (this.errors.length < 1000) this.errors.push({ offset, message, help });
  }

  /**
   * Parses what brackets hold: `parse` starts at the opening token and ends at the closing one, which it leaves.
   * @throws tooDeepForRecursion when brackets nest deeper than calls may.
   */
  enclosed<Content>(form: ContentForm, parse: (stream: TokenStream) => Content): Content {
    const known = this.parsed.get(this.start);
    if (known !== undefined && known.form === form) return this.#resume(known) as Content;
    if (this.#depth >= this.depthLimit) throw tooDeepForRecursion;
    this.#depth++;
    const content = parse(this);
    this.#depth--;
    return content;
  }

  #resume(known: ParsedContent): unknown {
    this.token = known.end.token;
    this.scanner.restore(known.end);
    const { current } = this.comments;
    this.comments.lead = undefined;
    if (known.scope.groups !== undefined) (current.groups ??= []).push(...known.scope.groups);
    current.slot += known.scope.slot;
    return known.content;
  }

  /** Parses one content by itself and keeps it for `enclosed`. */
  parseBeforehand(form: ContentForm, offset: number, parse: (stream: TokenStream) => unknown): void {
    const { scanner, comments } = this;
    this.#depth = 0;
    scanner.seek(offset);
    const scope: CommentScope = { ...comments.current, parent: undefined, slot: 0, groups: undefined, lists: 0 };
    comments.current = scope;
    comments.lead = undefined;
    this.token = scanner.next();
    const content = parse(this);
    comments.current = scope;
    this.parsed.set(offset, { form, content, scope, end: scanner.save() });
  }

  /** Starts the parse of the whole file. */
  restart(): void {
    this.#depth = 0;
    this.scanner.seek(this.places.text.charCodeAt(0) === 0xfeff ? 1 : 0);
    this.scanner.start = 0;
    this.token = Token.eof;
    this.comments.current.slot = -1;
    this.next();
  }

  /** The errors by place, one a line: further ones of a line mostly follow from the first. */
  diagnostics(): Diagnostic[] {
    const found: Diagnostic[] = [];
    let lastLine = -1;
    for (const { offset, message, help } of this.errors.toSorted((a, b) => a.offset - b.offset)) {
      const pos = this.places.posOf(offset);
      const advice = help?.() ?? lexicalHelp.get(message);
      if (pos.line === lastLine) continue;
      lastLine = pos.line;
      found.push({
        code: "compile",
        message,
        pos,
        path: [],
        causes: [],
        ...(advice !== undefined && { help: advice }),
      });
      if (found.length >= maxErrors) break;
    }
    return found;
  }
}
