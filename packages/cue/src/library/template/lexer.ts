/** What a template's text consists of. */
export interface Token {
  readonly kind:
    | "error"
    | "eof"
    | "text"
    | "open"
    | "close"
    | "space"
    | "identifier"
    | "keyword"
    | "bool"
    | "field"
    | "variable"
    | "number"
    | "rune"
    | "string"
    | "raw"
    | "dot"
    | "nil"
    | "pipe"
    | "assign"
    | "declare"
    | "left paren"
    | "right paren"
    | "char";
  readonly text: string;
  readonly at: number;
}

const keywords = new Set(["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]);
const blank = /[ \t\r\n]/;
const wordStart = /[\p{L}_\p{Nd}]/u;

/** Splits a template into tokens. The last one is `eof`, or `error` with what is wrong. */
export function tokensOf(text: string): Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    while (this.#outside()) if (!this.#inside()) return this.#tokens;
    return this.#tokens;
  }

  #add(kind: Token["kind"], from: number, text = this.#text.slice(from, this.#at)): true {
    this.#tokens.push({ kind, text, at: from });
    return true;
  }

  #fail(message: string): false {
    this.#tokens.push({ kind: "error", text: message, at: this.#at });
    return false;
  }

  /** Text up to an action; false at the end. */
  #outside(): boolean {
    const from = this.#at;
    const open = this.#text.indexOf("{{", from);
    if (open < 0) {
      this.#at = this.#text.length;
      if (from < this.#at) this.#add("text", from);
      this.#add("eof", this.#at);
      return false;
    }
    const trims = this.#text[open + 2] === "-" && blank.test(this.#text[open + 3] ?? "");
    const shown = trims ? this.#text.slice(from, open).replace(/[ \t\r\n]+$/, "") : this.#text.slice(from, open);
    if (shown !== "") this.#add("text", from, shown);
    this.#at = open + 2 + (trims ? 2 : 0);
    if (this.#text.startsWith("/*", this.#at)) return this.#comment() && this.#outside();
    this.#parens = 0;
    return this.#add("open", open, "{{");
  }

  #comment(): boolean {
    const end = this.#text.indexOf("*/", this.#at);
    if (end < 0) return this.#fail("unclosed comment");
    this.#at = end + 2;
    if (this.#close()) return true;
    return this.#fail("comment ends before closing delimiter");
  }

  /** The end of an action, and the white space that it trims. */
  #close(): boolean {
    const rest = this.#text;
    const trims = blank.test(rest[this.#at] ?? "") && rest.startsWith("-}}", this.#at + 1);
    if (!trims && !rest.startsWith("}}", this.#at)) return false;
    this.#at += trims ? 4 : 2;
    if (trims) while (blank.test(rest[this.#at] ?? "")) this.#at++;
    return true;
  }

  /** The tokens of an action; false when something is wrong. */
  #inside(): boolean {
    for (;;) {
      const from = this.#at;
      const closes =
        this.#text.startsWith("}}", from) ||
        (blank.test(this.#text[from] ?? "") && this.#text.startsWith("-}}", from + 1));
      if (closes) {
        if (this.#parens > 0) return this.#fail("unclosed left paren");
        this.#close();
        return this.#add("close", from, "}}");
      }
      if (from >= this.#text.length) return this.#fail("unclosed action");
      if (!this.#token()) return false;
    }
  }

  #token(): boolean {
    const from = this.#at;
    const char = this.#text[from]!;
    const next = this.#text[from + 1] ?? "";
    if (blank.test(char)) {
      while (blank.test(this.#text[this.#at] ?? "") && !this.#text.startsWith("-}}", this.#at + 1)) this.#at++;
      return this.#add("space", from);
    }
    switch (char) {
      case "=":
        this.#at++;
        return this.#add("assign", from);
      case ":":
        if (next !== "=") return this.#fail("expected :=");
        this.#at += 2;
        return this.#add("declare", from);
      case "|":
        this.#at++;
        return this.#add("pipe", from);
      case '"':
        return this.#quoted('"', "string", "unterminated quoted string");
      case "'":
        return this.#quoted("'", "rune", "unterminated character constant");
      case "`": {
        const end = this.#text.indexOf("`", from + 1);
        if (end < 0) return this.#fail("unterminated raw quoted string");
        this.#at = end + 1;
        return this.#add("raw", from);
      }
      case "$":
        this.#at++;
        return this.#name("variable", from);
      case "(":
        this.#at++;
        this.#parens++;
        return this.#add("left paren", from);
      case ")":
        this.#at++;
        if (--this.#parens < 0) return this.#fail("unexpected right paren");
        return this.#add("right paren", from);
      case ".":
        if (/[0-9]/.test(next)) return this.#number();
        this.#at++;
        if (!wordStart.test(this.#point())) return this.#terminated() && this.#add("dot", from);
        return this.#name("field", from);
      default:
    }
    if (/[0-9]/.test(char) || ((char === "+" || char === "-") && /[0-9.]/.test(next))) return this.#number();
    if (wordStart.test(this.#point())) return this.#word(from);
    if (char >= "!" && char <= "~") {
      this.#at++;
      return this.#add("char", from);
    }
    return this.#fail(`unrecognized character in action: ${character(this.#point())}`);
  }

  #point(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #letters(): void {
    for (let point = this.#point(); point !== "" && wordStart.test(point); point = this.#point())
      this.#at += point.length;
  }

  #terminated(): boolean {
    const char = this.#text[this.#at];
    if (char === undefined || /[\s.,|:()]/.test(char) || this.#text.startsWith("}}", this.#at)) return true;
    return this.#fail(`bad character ${character(this.#point())}`);
  }

  #name(kind: "field" | "variable", from: number): boolean {
    this.#letters();
    return this.#terminated() && this.#add(kind, from);
  }

  #word(from: number): boolean {
    this.#letters();
    if (!this.#terminated()) return false;
    const word = this.#text.slice(from, this.#at);
    if (keywords.has(word)) return this.#add("keyword", from);
    if (word === "nil") return this.#add("nil", from);
    return this.#add(word === "true" || word === "false" ? "bool" : "identifier", from);
  }

  #quoted(quote: string, kind: "string" | "rune", problem: string): boolean {
    const from = this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === "\n") return this.#fail(problem);
      this.#at += char === "\\" ? 2 : 1;
      if (char === "\\" && (this.#text[this.#at - 1] ?? "\n") === "\n") return this.#fail(problem);
      if (char === quote) return this.#add(kind, from);
    }
  }

  #number(): boolean {
    const from = this.#at;
    const scan =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    scan.lastIndex = from;
    this.#at = from + (scan.exec(this.#text)?.[0].length ?? 0);
    if (wordStart.test(this.#point())) {
      this.#at += this.#point().length;
      return this.#fail(`bad number syntax: ${JSON.stringify(this.#text.slice(from, this.#at))}`);
    }
    return this.#add("number", from);
  }
}

function character(point: string): string {
  const code = (point.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `U+${code} '${point}'`;
}
