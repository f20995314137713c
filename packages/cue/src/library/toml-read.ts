import { decimalOfText, intNumber } from "../number.ts";
import { type Native, BuiltinError } from "./builtin.ts";

/** What a key of a table leads to while the text is read. */
interface Table {
  readonly kind: "table";
  readonly entries: Map<string, Entry>;
  /** Defined by a header or as a value: it cannot be defined again. `dotted` ones grow only by dotted keys. */
  origin: "implied" | "header" | "dotted" | "inline";
}

interface Tables {
  readonly kind: "tables";
  readonly tables: Table[];
}

type Entry = Table | Tables | { readonly kind: "value"; readonly value: Native };

const deepest = 500;

/** TOML 1.0 as plain values: dates and times are texts, members stand in the order of the text. @throws BuiltinError */
export function readToml(text: string): Native {
  return new TomlReader(text).document();
}

class TomlReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Native {
    const root = newTable("header");
    let current = root;
    for (;;) {
      this.#skipLines();
      if (this.#at >= this.#text.length) return nativeOf(root, 0);
      if (this.#peek() === "[") current = this.#header(root);
      else this.#keyValue(current);
      this.#endOfLine();
    }
  }

  // Tables -----------------------------------------------------------------------------------------------------------

  #header(root: Table): Table {
    const isList = this.#text.startsWith("[[", this.#at);
    this.#at += isList ? 2 : 1;
    const path = this.#key();
    this.#expect(isList ? "]]" : "]");
    let table = root;
    for (const name of path.slice(0, -1)) table = this.#step(table, name);
    const name = path.at(-1)!;
    const known = table.entries.get(name);
    if (isList) return this.#listHeader(table, name, known);
    if (known === undefined) {
      const made = newTable("header");
      table.entries.set(name, made);
      return made;
    }
    if (known.kind !== "table" || known.origin !== "implied") this.#fail(`duplicate key: ${path.join(".")}`);
    known.origin = "header";
    return known;
  }

  #listHeader(table: Table, name: string, known: Entry | undefined): Table {
    const made = newTable("header");
    if (known === undefined) table.entries.set(name, { kind: "tables", tables: [made] });
    else if (known.kind === "tables") known.tables.push(made);
    else this.#fail(`cannot redeclare key ${JSON.stringify(name)} as a table array`);
    return made;
  }

  /** The table that a header's path goes through. */
  #step(table: Table, name: string): Table {
    const known = table.entries.get(name);
    if (known === undefined) {
      const made = newTable("implied");
      table.entries.set(name, made);
      return made;
    }
    if (known.kind === "tables") return known.tables.at(-1)!;
    if (known.kind === "table" && known.origin !== "inline") return known;
    return this.#fail(`duplicate key: ${name}`);
  }

  #keyValue(table: Table): void {
    const path = this.#key();
    this.#blanks();
    this.#expect("=");
    this.#blanks();
    const value = this.#value();
    let at = table;
    for (const name of path.slice(0, -1)) {
      const known = at.entries.get(name);
      if (known === undefined) {
        const made = newTable("dotted");
        at.entries.set(name, made);
        at = made;
      } else if (known.kind === "table" && (known.origin === "dotted" || known.origin === "implied")) at = known;
      else this.#fail(`duplicate key: ${path.join(".")}`);
    }
    const name = path.at(-1)!;
    if (at.entries.has(name)) this.#fail(`duplicate key: ${path.join(".")}`);
    at.entries.set(name, value);
  }

  #key(): string[] {
    const path: string[] = [];
    for (;;) {
      this.#blanks();
      path.push(this.#simpleKey());
      this.#blanks();
      if (this.#peek() !== ".") return path;
      this.#at++;
    }
  }

  #simpleKey(): string {
    const char = this.#peek();
    if (char === '"') return this.#basicString();
    if (char === "'") return this.#literalString();
    const bare = this.#match(/[A-Za-z0-9_-]+/y);
    if (bare !== undefined) return bare;
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) return this.#fail("unexpected end of file: expected a key");
    const hex = point.toString(16).toUpperCase().padStart(4, "0");
    return this.#fail(`invalid character at start of key: U+${hex} '${String.fromCodePoint(point)}'`);
  }

  // Values -----------------------------------------------------------------------------------------------------------

  #value(): Entry {
    if (++this.#depth > deepest) this.#fail("values nested too deep");
    const entry = this.#anyValue();
    this.#depth--;
    return entry;
  }

  #anyValue(): Entry {
    switch (this.#peek()) {
      case '"':
        return scalar(this.#text.startsWith('"""', this.#at) ? this.#multilineBasic() : this.#basicString());
      case "'":
        return scalar(this.#text.startsWith("'''", this.#at) ? this.#multilineLiteral() : this.#literalString());
      case "[":
        return scalar(this.#list());
      case "{":
        return this.#inlineTable();
      default:
    }
    if (this.#match(/true(?![A-Za-z0-9_])/y) !== undefined) return scalar(true);
    if (this.#match(/false(?![A-Za-z0-9_])/y) !== undefined) return scalar(false);
    const date = this.#match(
      /\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?/y,
    );
    return scalar(date ?? this.#number());
  }

  #number(): Native {
    const special = this.#match(/[+-]?(?:inf|nan)/y);
    if (special !== undefined) this.#fail(`parse error: illegal number start ${JSON.stringify(special)}`);
    const based = this.#match(/0x[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0o[0-7]+(?:_[0-7]+)*|0b[01]+(?:_[01]+)*/y);
    if (based !== undefined) return intNumber(BigInt(based.replaceAll("_", "")));
    const float = this.#match(/[+-]?(?:0|[1-9]\d*(?:_\d+)*)(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?(?![\w.+-])/y);
    if (float === undefined) return this.#fail("expected a value");
    const plain = float.replaceAll("_", "").replace(/^\+/, "");
    return decimalOfText(plain, !/[.eE]/.test(plain));
  }

  #list(): Native {
    this.#at++;
    const elements: Native[] = [];
    for (;;) {
      this.#skipLines();
      if (this.#peek() === "]") break;
      elements.push(plainOf(this.#value(), 0));
      this.#skipLines();
      if (this.#peek() !== ",") break;
      this.#at++;
    }
    this.#expect("]");
    return elements;
  }

  #inlineTable(): Entry {
    this.#at++;
    const table = newTable("dotted");
    this.#blanks();
    if (this.#peek() !== "}")
      for (;;) {
        this.#keyValue(table);
        this.#blanks();
        if (this.#peek() !== ",") break;
        this.#at++;
        this.#blanks();
      }
    this.#expect("}");
    seal(table);
    return table;
  }

  #basicString(): string {
    // oxlint-disable-next-line no-control-regex
    const found = this.#match(/"(?:[^"\\\u0000-\u0008\u000a-\u001f\u007f]|\\.)*"/y);
    return found === undefined ? this.#fail("invalid basic string") : this.#unescaped(found.slice(1, -1));
  }

  #literalString(): string {
    // oxlint-disable-next-line no-control-regex
    const found = this.#match(/'[^'\u0000-\u0008\u000a-\u001f\u007f]*'/y);
    return found === undefined ? this.#fail("invalid literal string") : found.slice(1, -1);
  }

  #multilineBasic(): string {
    const found = this.#match(/"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*"{3,5}/y);
    if (found === undefined) return this.#fail("invalid multi-line string");
    const text = found.slice(3, -3).replace(/^\r?\n/, "");
    return this.#unescaped(text.replaceAll(/(\\+)[ \t]*\r?\n[ \t\r\n]*/g, joinedLines));
  }

  #multilineLiteral(): string {
    const found = this.#match(/'''(?:[^']|'{1,2}(?!'))*'{3,5}/y);
    if (found === undefined) return this.#fail("invalid multi-line string");
    return found.slice(3, -3).replace(/^\r?\n/, "");
  }

  #unescaped(text: string): string {
    return text.replaceAll(
      /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g,
      (_, short?: string, long?: string, simple?: string) => {
        if (simple !== undefined) return escapes[simple] ?? this.#fail(`invalid escape \\${simple}`);
        const point = Number.parseInt(short ?? long ?? "", 16);
        if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) this.#fail("invalid Unicode escape");
        return String.fromCodePoint(point);
      },
    );
  }

  // Characters -------------------------------------------------------------------------------------------------------

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #blanks(): void {
    this.#match(/[ \t]*/y);
  }

  /** Blanks, line breaks and comments. */
  #skipLines(): void {
    this.#match(/(?:[ \t\n]|\r\n|#[^\n]*)*/y);
  }

  #endOfLine(): void {
    if (this.#match(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y) === undefined)
      this.#fail(`expected newline but got ${JSON.stringify(this.#text.slice(this.#at, this.#at + 10).trim())}`);
  }

  #expect(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) this.#fail(`expected ${JSON.stringify(text)}`);
    this.#at += text.length;
  }

  #fail(message: string): never {
    throw new BuiltinError(message);
  }
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/** A backslash at the end of a line takes the white space behind it away; two are one written out. */
function joinedLines(all: string, slashes: string): string {
  return slashes.length % 2 === 0 ? all : slashes.slice(1);
}

function scalar(value: Native): Entry {
  return { kind: "value", value };
}

function newTable(origin: Table["origin"]): Table {
  return { kind: "table", entries: new Map(), origin };
}

/** An inline table is complete where it ends. */
function seal(table: Table): void {
  table.origin = "inline";
  for (const entry of table.entries.values()) if (entry.kind === "table") seal(entry);
}

function plainOf(entry: Entry, depth: number): Native {
  if (entry.kind === "value") return entry.value;
  if (entry.kind === "tables") return entry.tables.map((table) => nativeOf(table, depth + 1));
  return nativeOf(entry, depth + 1);
}

function nativeOf(table: Table, depth: number): Native {
  if (depth > deepest) throw new BuiltinError("tables nested too deep");
  return { kind: "struct", fields: new Map([...table.entries].map(([name, entry]) => [name, plainOf(entry, depth)])) };
}
