/** kubectl's JSONPath templates (client-go util/jsonpath): texts with actions in braces. */

/** A template that cannot be read or evaluated; the message is kubectl's. */
export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
  readonly code = "JsonPath";
}

export interface SliceParameter {
  readonly known: boolean;
  readonly value: number;
  /** The end of a single index, which is one more than the index. */
  readonly derived?: boolean;
}

export type PathNode =
  | { readonly kind: "list"; readonly nodes: readonly PathNode[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "literal"; readonly value: number | boolean; readonly float: boolean }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "identifier"; readonly name: string }
  | { readonly kind: "wildcard" | "recursive" }
  | { readonly kind: "slice"; readonly parameters: readonly SliceParameter[] }
  | { readonly kind: "union"; readonly choices: readonly (readonly PathNode[])[] }
  | {
      readonly kind: "filter";
      readonly left: readonly PathNode[];
      readonly operator: string;
      readonly right: readonly PathNode[];
    };

const maxNesting = 50;

/** Reads a template. @throws JsonPathError */
export function parseJsonPath(template: string): readonly PathNode[] {
  return new Parser(template, 0).template();
}

/** The nodes of one action, given without its braces. */
function parseAction(text: string, depth: number): readonly PathNode[] {
  if (depth > maxNesting) throw new JsonPathError("filters and unions nested too deep");
  const [first] = new Parser(`{${text}}`, depth).template();
  return first?.kind === "list" ? first.nodes : [];
}

const alphanumeric = /[\p{L}\p{Nd}_]/u;
const terminators = new Set([" ", "\t", "\r", "\n", ".", ",", "[", "]", "$", "@", "{", "}"]);
const sliceShape = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;

class Parser {
  readonly #text: string;
  readonly #depth: number;
  #at = 0;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  template(): readonly PathNode[] {
    const nodes: PathNode[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf("{", this.#at);
      const end = open < 0 ? this.#text.length : open;
      if (end > this.#at) nodes.push({ kind: "text", text: this.#text.slice(this.#at, end) });
      this.#at = end;
      if (open < 0) break;
      this.#at++;
      nodes.push({ kind: "list", nodes: this.#action() });
    }
    return nodes;
  }

  #action(): readonly PathNode[] {
    const nodes: PathNode[] = [];
    for (;;) {
      if (this.#text.startsWith("}", this.#at)) {
        this.#at++;
        return nodes;
      }
      if (this.#text.startsWith("[?(", this.#at)) nodes.push(this.#filter());
      else if (this.#text.startsWith("..", this.#at)) this.#recursive(nodes);
      else this.#part(nodes);
    }
  }

  #part(nodes: PathNode[]): void {
    const letter = this.#text[this.#at];
    if (letter === undefined || letter === "\n" || letter === "\r") throw new JsonPathError("unclosed action");
    if (letter === " " || letter === "@" || letter === "$") this.#at++;
    else if (letter === "[") nodes.push(...this.#array());
    else if (letter === '"' || letter === "'") nodes.push({ kind: "text", text: this.#quoted(letter) });
    else if (letter === ".") {
      this.#at++;
      nodes.push(this.#field());
    } else if (letter === "+" || letter === "-" || /\d/.test(letter)) nodes.push(this.#number());
    else if (alphanumeric.test(letter)) nodes.push(this.#identifier());
    else {
      const point = this.#text.codePointAt(this.#at)!;
      const code = point.toString(16).toUpperCase().padStart(4, "0");
      throw new JsonPathError(`unrecognized character in action: U+${code} '${String.fromCodePoint(point)}'`);
    }
  }

  #recursive(nodes: PathNode[]): void {
    if (nodes.at(-1)?.kind === "recursive") throw new JsonPathError("invalid multiple recursive descent");
    this.#at += 2;
    nodes.push({ kind: "recursive" });
    if (alphanumeric.test(this.#text[this.#at] ?? "")) nodes.push(this.#field());
  }

  #field(): PathNode {
    const start = this.#at;
    while (this.#at < this.#text.length && !terminators.has(this.#text[this.#at]!))
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at = Math.min(this.#at, this.#text.length);
    const name = this.#text.slice(start, this.#at);
    return name === "*" ? { kind: "wildcard" } : { kind: "field", name: name.replaceAll("\\", "") };
  }

  #identifier(): PathNode {
    const start = this.#at;
    while (this.#at < this.#text.length && !terminators.has(this.#text[this.#at]!)) this.#at++;
    const name = this.#text.slice(start, this.#at);
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true", float: false };
    return { kind: "identifier", name };
  }

  #number(): PathNode {
    const [text] = /^[+-]?[\d.]*/.exec(this.#text.slice(this.#at))!;
    this.#at += text.length;
    if (/^[+-]?\d+$/.test(text)) return { kind: "literal", value: Number(text), float: false };
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)) return { kind: "literal", value: Number(text), float: true };
    throw new JsonPathError(`cannot parse number ${text}`);
  }

  #quoted(quote: string): string {
    const start = this.#at++;
    for (;;) {
      const letter = this.#text[this.#at++];
      if (letter === undefined || letter === "\n") throw new JsonPathError("unterminated quoted string");
      if (letter === quote && this.#text[this.#at - 2] !== "\\") break;
    }
    return unquote(this.#text.slice(start + 1, this.#at - 1));
  }

  #array(): readonly PathNode[] {
    const start = this.#at;
    for (;;) {
      const letter = this.#text[this.#at++];
      if (letter === undefined || letter === "\n") throw new JsonPathError("unterminated array");
      if (letter === "]") break;
    }
    const written = this.#text.slice(start + 1, this.#at - 1);
    const inner = written === "*" ? ":" : written;
    const parts = inner.split(",");
    if (parts.length > 1) {
      const choices = parts.map((part) => parseAction(`[${part.replaceAll(/^ +| +$/g, "")}]`, this.#depth + 1));
      return [{ kind: "union", choices }];
    }
    const key = /^'([^']*)'$/.exec(inner);
    if (key !== null) return parseAction(`.${key[1]}`, this.#depth + 1);
    return [{ kind: "slice", parameters: sliceParameters(inner) }];
  }

  #filter(): PathNode {
    this.#at += 3;
    const start = this.#at;
    let quote: string | undefined;
    let closed = false;
    for (;;) {
      const letter = this.#text[this.#at++];
      if (letter === undefined || letter === "\n") throw new JsonPathError("unterminated filter");
      if (letter === '"' || letter === "'") {
        if (quote === undefined) quote = letter;
        else if (letter === quote && this.#text[this.#at - 2] !== "\\") closed = true;
      } else if (letter === ")" && (quote !== undefined) === closed) break;
    }
    if (this.#text[this.#at++] !== "]") throw new JsonPathError("unclosed array expect ]");
    const text = this.#text.slice(start, this.#at - 2);
    const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/s.exec(text);
    const depth = this.#depth + 1;
    if (comparison === null) return { kind: "filter", left: parseAction(text, depth), operator: "exists", right: [] };
    const [, left, operator, right] = comparison as unknown as [string, string, string, string];
    return { kind: "filter", left: parseAction(left, depth), operator, right: parseAction(right, depth) };
  }
}

function sliceParameters(text: string): SliceParameter[] {
  const match = sliceShape.exec(text);
  if (match === null) throw new JsonPathError(`invalid array index ${text}`);
  const start = parameter(match[1]!);
  let end: SliceParameter = { known: true, value: start.value + 1, derived: true };
  if (match[2] !== undefined) end = parameter(match[2].slice(1));
  const step = match[3] === undefined ? { known: false, value: 0 } : parameter(match[3].slice(1));
  return [start, end, step];
}

function parameter(text: string): SliceParameter {
  if (text === "") return { known: false, value: 0 };
  if (!/^-?\d+$/.test(text)) throw new JsonPathError(`array index ${text} is not a number`);
  return { known: true, value: Number(text) };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text of a quoted literal with Go's escapes. */
function unquote(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (...groups) => {
      const [all, byte, short, long, octal, letter] = groups as (string | undefined)[];
      const hex = byte ?? short ?? long;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const known = letter === undefined ? undefined : simpleEscapes[letter];
      if (known === undefined) throw new JsonPathError(`unquote string ${all} error invalid syntax`);
      return known;
    },
  );
}
