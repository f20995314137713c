import { isDigit, isHexDigit, isLetter, isLetterCode } from "./characters.ts";
import { type Quote, type ReportError, characterText, isOctalDigit, scanEscape } from "./escape.ts";
import { Token } from "./token.ts";

/** A place within a text to go on from. */
export interface ScannerState {
  readonly start: number;
  readonly end: number;
  readonly token: Token;
  readonly newlines: number;
  readonly blanks: boolean;
  readonly quote: Quote | undefined;
  readonly operandEnds: boolean;
}

/**
 * Cuts a text into tokens, one at a time; the current one stands in the fields. A comma is put in at a line's end after
 * a token that can end an element (specification, "Commas"). A string with interpolation comes in pieces: when the parser
 * meets the `)` that closes an expression it calls `resumeString` instead of `next`.
 */
export class Scanner {
  readonly text: string;
  readonly #report: ReportError;
  /** Offset after the current token. */
  end = 0;
  start = 0;
  token: Token = Token.eof;
  /** Line breaks between the token before and this one. */
  newlines = 0;
  /** Whether blanks stand before this token (on its line or not). */
  blanks = false;
  /** True for a comma that a line's end stands for. */
  impliedComma = false;
  /** Set for string pieces. */
  quote: Quote | undefined;
  /** Whether the token before the current one ended an operand, so that `(` calls and `[` indexes. */
  afterOperand = false;
  #operandEnds = false;

  constructor(text: string, report: ReportError) {
    this.text = text;
    this.#report = report;
    if (text.charCodeAt(0) === 0xfeff) this.end = 1;
  }

  /** Goes on at an offset where an operand may start. */
  seek(offset: number): void {
    this.end = offset;
    this.#operandEnds = false;
  }

  /** What is needed to go on after the current token later. */
  save(): ScannerState {
    const { start, end, token, newlines, blanks, quote } = this;
    return { start, end, token, newlines, blanks, quote, operandEnds: this.#operandEnds };
  }

  restore(state: ScannerState): void {
    this.start = state.start;
    this.end = state.end;
    this.token = state.token;
    this.newlines = state.newlines;
    this.blanks = state.blanks;
    this.quote = state.quote;
    this.impliedComma = false;
    this.#operandEnds = state.operandEnds;
  }

  next(): Token {
    this.afterOperand = this.#operandEnds;
    if (!this.#skipBlanks()) return this.token;
    const start = this.end;
    this.start = start;
    const code = this.text.charCodeAt(start);
    if (code !== code) return this.#scanEnd();
    if (isLetterCode(code)) return this.#scanWord(start);
    if (isDigit(code)) return this.#scanNumber(start);
    return this.#scanOther(start, code);
  }

  /** Skips white space; false where a line's end made a comma of itself. */
  #skipBlanks(): boolean {
    const { text } = this;
    let at = this.end;
    let newlines = 0;
    let blanks = false;
    this.impliedComma = false;
    this.quote = undefined;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x09) blanks = true;
      else if (code === 0x0a) {
        if (this.#operandEnds && !this.#continuesBelow(at)) {
          this.end = at;
          this.#makeComma(at);
          this.blanks = blanks;
          this.newlines = 0;
          return false;
        }
        newlines++;
      } else if (code !== 0x0d) break;
      at++;
    }
    this.end = at;
    this.newlines = newlines;
    this.blanks = blanks || newlines > 0;
    return true;
  }

  /** Whether the next line starts with `:` or `,`, as some write JSON; the line's end is then no comma. */
  #continuesBelow(at: number): boolean {
    for (let next = at + 1; ; next++) {
      const code = this.text.charCodeAt(next);
      if (code === 0x3a || code === 0x2c) return true;
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false;
    }
  }

  /** The line break itself is left to the next token's white space. */
  #makeComma(at: number): void {
    this.#operandEnds = false;
    this.start = at;
    this.token = Token.comma;
    this.impliedComma = true;
  }

  #scanEnd(): Token {
    if (this.#operandEnds) {
      this.#makeComma(this.end);
      return this.token;
    }
    return this.#finish(Token.eof, this.end, false);
  }

  #finish(token: Token, end: number, operandEnds: boolean): Token {
    this.end = end;
    this.token = token;
    this.#operandEnds = operandEnds;
    return token;
  }

  #scanWord(start: number): Token {
    const end = this.#skipLetters(start);
    const token = end - start <= 5 ? keywordOf(this.text, start, end) : Token.ident;
    if (token === Token.ident && this.text.charCodeAt(start) === 0x5f) return this.#scanUnderscore(start, end);
    return this.#finish(token, end, true);
  }

  #skipLetters(start: number): number {
    const { text } = this;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isLetterCode(code) || isDigit(code)) at++;
      else if (code > 0x7f) {
        const point = text.codePointAt(at)!;
        if (!isLetter(point) && !isUnicodeDigit(point)) return at;
        at += point > 0xffff ? 2 : 1;
      } else return at;
    }
  }

  /** `_`, `_|_`, `_#x`, and names that start with `_`. */
  #scanUnderscore(start: number, end: number): Token {
    const { text } = this;
    if (end === start + 1) {
      if (text.charCodeAt(end) === 0x7c && text.charCodeAt(end + 1) === 0x5f)
        return this.#finish(Token.bottom, end + 2, true);
      if (text.charCodeAt(end) === 0x23) return this.#finish(Token.ident, this.#skipLetters(end + 1), true);
    } else if (text.charCodeAt(end) === 0x23 && end === start + 2 && text.charCodeAt(start + 1) === 0x5f) {
      const stop = this.#skipLetters(end + 1);
      this.#report(start, "illegal token '__#'");
      return this.#finish(Token.ident, stop, true);
    }
    return this.#finish(Token.ident, end, true);
  }

  #scanOther(start: number, code: number): Token {
    const { text } = this;
    const second = text.charCodeAt(start + 1);
    switch (code) {
      case 0x22: // "
      case 0x27: // '
        return this.#openString(start, 0);
      case 0x23: // #
        return this.#scanHash(start);
      case 0x2f: // /
        return second === 0x2f ? this.#scanComment(start) : this.#finish(Token.quo, start + 1, false);
      case 0x40: // @
        return this.#scanAttribute(start);
      case 0x2e: // .
        return this.#scanPeriod(start, second);
      case 0x28:
        return this.#finish(Token.lparen, start + 1, false);
      case 0x29:
        return this.#finish(Token.rparen, start + 1, true);
      case 0x5b:
        return this.#finish(Token.lbrack, start + 1, false);
      case 0x5d:
        return this.#finish(Token.rbrack, start + 1, true);
      case 0x7b:
        return this.#finish(Token.lbrace, start + 1, false);
      case 0x7d:
        return this.#finish(Token.rbrace, start + 1, true);
      case 0x3a:
        return this.#finish(Token.colon, start + 1, false);
      case 0x2c:
        return this.#finish(Token.comma, start + 1, false);
      case 0x3f:
        return this.#finish(Token.option, start + 1, true);
      case 0x7e:
        return this.#finish(Token.tilde, start + 1, false);
      default:
        return this.#scanOperator(start, code, second);
    }
  }

  #scanOperator(start: number, code: number, second: number): Token {
    switch (code) {
      case 0x2b:
        return this.#finish(Token.add, start + 1, false);
      case 0x2d:
        return this.#finish(Token.sub, start + 1, false);
      case 0x2a:
        return this.#finish(Token.mul, start + 1, false);
      case 0x26:
        return second === 0x26 ? this.#finish(Token.land, start + 2, false) : this.#finish(Token.and, start + 1, false);
      case 0x7c:
        return second === 0x7c ? this.#finish(Token.lor, start + 2, false) : this.#finish(Token.or, start + 1, false);
      case 0x3d:
        if (second === 0x3d) return this.#finish(Token.eql, start + 2, false);
        if (second === 0x7e) return this.#finish(Token.mat, start + 2, false);
        return this.#finish(Token.bind, start + 1, false);
      case 0x21:
        if (second === 0x3d) return this.#finish(Token.neq, start + 2, false);
        if (second === 0x7e) return this.#finish(Token.nmat, start + 2, false);
        return this.#finish(Token.not, start + 1, false);
      case 0x3c:
        if (second === 0x3d) return this.#finish(Token.leq, start + 2, false);
        return second === 0x2d
          ? this.#finish(Token.arrow, start + 2, false)
          : this.#finish(Token.lss, start + 1, false);
      case 0x3e:
        return second === 0x3d ? this.#finish(Token.geq, start + 2, false) : this.#finish(Token.gtr, start + 1, false);
      default:
        return this.#scanStranger(start);
    }
  }

  /** Letters beyond ASCII, and characters that CUE does not know. */
  #scanStranger(start: number): Token {
    const point = this.text.codePointAt(start)!;
    if (isLetter(point)) return this.#finish(Token.ident, this.#skipLetters(start), true);
    if (point === 0xfeff) this.#report(start, "illegal byte order mark");
    else if (point === 0) this.#report(start, "illegal character NUL");
    else this.#report(start, `illegal character ${characterText(point)}`);
    return this.#finish(Token.illegal, start + (point > 0xffff ? 2 : 1), this.#operandEnds);
  }

  #scanPeriod(start: number, second: number): Token {
    if (second === 0x2e && this.text.charCodeAt(start + 2) === 0x2e)
      return this.#finish(Token.ellipsis, start + 3, true);
    // `a.5` selects, but after a word such as `if` a number starts.
    const afterWord = this.token >= Token.for && this.token <= Token.let;
    if (isDigit(second) && (!this.#operandEnds || afterWord)) return this.#scanFraction(start, start + 1);
    return this.#finish(Token.period, start + 1, false);
  }

  #scanHash(start: number): Token {
    const { text } = this;
    let at = start + 1;
    while (text.charCodeAt(at) === 0x23) at++;
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x27) return this.#openString(start, at - start);
    // A bare `#` is a name too.
    if (at === start + 1 && !isDigit(code)) return this.#finish(Token.ident, this.#skipLetters(at), true);
    this.#report(start, "illegal character U+0023 '#'");
    return this.#finish(Token.illegal, at, this.#operandEnds);
  }

  /** A comment counts as the line's end before it. */
  #scanComment(start: number): Token {
    if (this.#operandEnds) {
      this.#makeComma(start);
      return this.token;
    }
    const { text } = this;
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    this.#finish(Token.comment, end, false);
    return this.token;
  }

  // Numbers (specification, "Numeric literals").

  #scanNumber(start: number): Token {
    const { text } = this;
    if (text.charCodeAt(start) === 0x30) {
      const second = text.charCodeAt(start + 1);
      if (second === 0x78 || second === 0x58) return this.#scanRadix(start, isHexDigit, "hexadecimal");
      if (second === 0x62) return this.#scanRadix(start, isBinaryDigit, "binary");
      if (second === 0x6f) return this.#scanRadix(start, isOctalDigit, "octal");
    }
    const at = this.#skipDigits(start, isDigit);
    const code = text.charCodeAt(at);
    if (code === 0x2e && text.charCodeAt(at + 1) !== 0x2e) return this.#scanFraction(start, at + 1);
    return this.#scanExponent(start, at, Token.int);
  }

  #scanRadix(start: number, accepts: (code: number) => boolean, name: string): Token {
    const end = this.#skipDigits(start + 2, accepts);
    if (end === start + 2) this.#report(start, `illegal ${name} number`);
    return this.#finish(Token.int, end, true);
  }

  #skipDigits(start: number, accepts: (code: number) => boolean): number {
    const { text } = this;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (accepts(code)) at++;
      else if (code === 0x5f) {
        if (at === start || !accepts(text.charCodeAt(at - 1)) || !accepts(text.charCodeAt(at + 1))) {
          this.#report(at, "illegal '_' in number");
        }
        at++;
      } else return at;
    }
  }

  #scanFraction(start: number, at: number): Token {
    const first = this.text.charCodeAt(at);
    return this.#scanExponent(
      start,
      isDigit(first) || first === 0x5f ? this.#skipDigits(at, isDigit) : at,
      Token.float,
    );
  }

  #scanExponent(start: number, at: number, token: Token): Token {
    const { text } = this;
    const code = text.charCodeAt(at);
    if (isMultiplier(code)) {
      return this.#finish(Token.int, text.charCodeAt(at + 1) === 0x69 ? at + 2 : at + 1, true);
    }
    if (code === 0x65 || code === 0x45) {
      const sign = text.charCodeAt(at + 1);
      const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      const end = this.#skipDigits(digits, isDigit);
      if (end === digits) this.#report(digits, "illegal exponent in number");
      return this.#finish(Token.float, end, true);
    }
    if (token === Token.int && at > start + 1 && text.charCodeAt(start) === 0x30)
      this.#report(start, "illegal integer number: leading zeros are not allowed");
    return this.#finish(token, at, true);
  }

  // Strings (specification, "String and byte sequence literals").

  #openString(start: number, hashes: number): Token {
    const { text } = this;
    const at = start + hashes;
    const code = text.charCodeAt(at);
    const multiline = text.charCodeAt(at + 1) === code && text.charCodeAt(at + 2) === code;
    if (!multiline) return this.#scanString({ start, hashes, code, multiline }, start, at + 1);
    const after = text.charCodeAt(at + 3);
    if (hashes > 0 && after !== 0x0a && !(after === 0x0d && text.charCodeAt(at + 4) === 0x0a)) {
      // `#"""#` is a string of one quote, `#""#` an empty one.
      if (
        this.#closes({ start, hashes, code, multiline: false }, at + 1) ||
        this.#closes({ start, hashes, code, multiline: false }, at + 2)
      )
        return this.#scanString({ start, hashes, code, multiline: false }, start, at + 1);
    }
    const quote: Quote = { start, hashes, code, multiline };
    if (after !== 0x0a && !(after === 0x0d && text.charCodeAt(at + 4) === 0x0a)) {
      this.#report(start, `expected newline after multiline quote ${text.slice(at, at + 3)}`);
    }
    return this.#scanString(quote, start, at + 3);
  }

  /** Goes on with a string after the `)` that is the current token. */
  resumeString(quote: Quote): Token {
    const from = this.start;
    return this.#scanString(quote, from, this.end);
  }

  #scanString(quote: Quote, pieceStart: number, from: number): Token {
    const { text } = this;
    this.quote = quote;
    this.start = pieceStart;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote.code) {
        if (this.#closes(quote, at) && (!quote.multiline || this.#startsLine(at))) {
          return this.#finish(Token.string, at + (quote.multiline ? 3 : 1) + quote.hashes, true);
        }
        at++;
      } else if (code === 0x5c) {
        const escape = this.#hashesAt(at + 1, quote.hashes) ? at + 1 + quote.hashes : -1;
        if (escape < 0) at++;
        else if (text.charCodeAt(escape) === 0x28) return this.#finish(Token.interpolation, escape + 1, false);
        else at = scanEscape(this.text, escape, quote, this.#report);
      } else if (code !== code || (code === 0x0a && !quote.multiline)) {
        this.#report(quote.start, "string literal not terminated");
        return this.#finish(Token.string, at, true);
      } else {
        if (code === 0) this.#report(at, "illegal character NUL");
        at++;
      }
    }
  }

  /** Whether only blanks stand before an offset on its line: only there a multi-line string ends. */
  #startsLine(at: number): boolean {
    for (let before = at - 1; ; before--) {
      const code = this.text.charCodeAt(before);
      if (code === 0x0a) return true;
      if (code !== 0x20 && code !== 0x09) return false;
    }
  }

  #hashesAt(at: number, hashes: number): boolean {
    for (let i = 0; i < hashes; i++) if (this.text.charCodeAt(at + i) !== 0x23) return false;
    return true;
  }

  #closes(quote: Quote, at: number): boolean {
    const { text } = this;
    const width = quote.multiline ? 3 : 1;
    for (let i = 0; i < width; i++) if (text.charCodeAt(at + i) !== quote.code) return false;
    return this.#hashesAt(at + width, quote.hashes);
  }

  // Attributes (specification, "Attributes").

  #scanAttribute(start: number): Token {
    const { text } = this;
    const name = start + 1;
    const open = this.#skipLetters(name);
    if (text.charCodeAt(open) !== 0x28) {
      this.#report(open, "invalid attribute: expected '('");
      return this.#finish(Token.attribute, open, true);
    }
    const end = this.#skipAttributeBody(start, open);
    return this.#finish(Token.attribute, end, true);
  }

  /** Skips balanced tokens from the `(` at `open`; gives the offset after its `)`. */
  #skipAttributeBody(start: number, open: number): number {
    const { text } = this;
    const inner = new Scanner(text, this.#report);
    inner.seek(open);
    const closers: Token[] = [];
    for (;;) {
      const token = inner.next();
      switch (token) {
        case Token.lparen:
          closers.push(Token.rparen);
          break;
        case Token.lbrack:
          closers.push(Token.rbrack);
          break;
        case Token.lbrace:
          closers.push(Token.rbrace);
          break;
        case Token.rparen:
        case Token.rbrack:
        case Token.rbrace:
          if (token !== closers.at(-1)) {
            this.#report(inner.start, `attribute missing '${closerText(closers.at(-1))}'`);
            return inner.end;
          }
          closers.pop();
          if (closers.length === 0) return inner.end;
          break;
        case Token.interpolation:
          this.#report(inner.start, "interpolation not allowed in attribute");
          return this.#lineEnd(inner.start);
        case Token.eof:
          this.#report(start, `attribute missing '${closerText(closers.at(-1))}'`);
          return this.#lineEnd(start);
        default:
      }
    }
  }

  #lineEnd(from: number): number {
    const end = this.text.indexOf("\n", from);
    return end < 0 ? this.text.length : end;
  }
}

function closerText(token: Token | undefined): string {
  return token === Token.rbrack ? "]" : token === Token.rbrace ? "}" : ")";
}

function keywordOf(text: string, start: number, end: number): Token {
  switch (text.charCodeAt(start)) {
    case 0x66: // f
      if (end - start === 3 && text.startsWith("for", start)) return Token.for;
      if (end - start === 5 && text.startsWith("false", start)) return Token.false;
      return Token.ident;
    case 0x69: // i
      if (end - start !== 2) return Token.ident;
      if (text.charCodeAt(start + 1) === 0x66) return Token.if;
      return text.charCodeAt(start + 1) === 0x6e ? Token.in : Token.ident;
    case 0x6c: // l
      return end - start === 3 && text.startsWith("let", start) ? Token.let : Token.ident;
    case 0x6e: // n
      return end - start === 4 && text.startsWith("null", start) ? Token.null : Token.ident;
    case 0x74: // t
      return end - start === 4 && text.startsWith("true", start) ? Token.true : Token.ident;
    default:
      return Token.ident;
  }
}

const isBinaryDigit = (code: number): boolean => code === 0x30 || code === 0x31;
const isMultiplier = (code: number): boolean =>
  code === 0x4b || code === 0x4d || code === 0x47 || code === 0x54 || code === 0x50;
const unicodeDigit = /^\p{Nd}$/u;
const isUnicodeDigit = (point: number): boolean => unicodeDigit.test(String.fromCodePoint(point));
