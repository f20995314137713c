import { type CueNumber, decimalOfText } from "../number.ts";
import { type Native, BuiltinError } from "./builtin.ts";
import { StructBuilder } from "./struct-builder.ts";

/**
 * JSON as CUE reads it: keys in their order, numbers with all their digits (those without point and exponent are ints),
 * members given twice unified. Nesting costs no call stack.
 */
export const maxJsonNesting = 10_000;

const whiteSpace = /[ \t\r\n]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
// oxlint-disable-next-line no-control-regex
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const plainString = /^"[^\\]*"$/;

/** Where and why a text is no JSON. */
export class JsonSyntaxError extends BuiltinError {
  readonly atEnd: boolean;
  constructor(message: string, atEnd: boolean) {
    super(message);
    this.atEnd = atEnd;
  }
}

type Container =
  | { readonly kind: "list"; readonly elements: Native[] }
  | { readonly kind: "struct"; readonly struct: StructBuilder; key: string };

/** Reads the values of a text one after the other. */
export class JsonReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** True when only white space is left. */
  atEnd(): boolean {
    this.#match(whiteSpace);
    return this.#offset >= this.#text.length;
  }

  /** Reads one value; what follows it stays. @throws JsonSyntaxError */
  read(): Native {
    const open: Container[] = [];
    for (;;) {
      let value = this.#openOrScalar(open);
      while (value !== undefined) {
        const container = open.at(-1);
        if (container === undefined) return value;
        if (container.kind === "list") container.elements.push(value);
        else container.struct.add(container.key, value);
        value = this.#afterMember(open, container);
      }
    }
  }

  /** A scalar or an empty container; undefined when a container was opened. */
  #openOrScalar(open: Container[]): Native | undefined {
    this.#match(whiteSpace);
    const character = this.#text[this.#offset];
    if (character === "[") {
      this.#offset++;
      this.#match(whiteSpace);
      if (this.#skip("]")) return [];
      this.#push(open, { kind: "list", elements: [] });
      return undefined;
    }
    if (character === "{") {
      this.#offset++;
      this.#match(whiteSpace);
      if (this.#skip("}")) return { kind: "struct", fields: new Map() };
      this.#push(open, { kind: "struct", struct: new StructBuilder(), key: this.#key() });
      return undefined;
    }
    return this.#scalar(character);
  }

  #push(open: Container[], container: Container): void {
    if (open.length >= maxJsonNesting) throw new BuiltinError("exceeded max depth");
    open.push(container);
  }

  /** After a member: the container when it ends here, undefined when another member follows. */
  #afterMember(open: Container[], container: Container): Native | undefined {
    this.#match(whiteSpace);
    if (this.#skip(",")) {
      if (container.kind === "struct") {
        this.#match(whiteSpace);
        container.key = this.#key();
      }
      return undefined;
    }
    if (!this.#skip(container.kind === "list" ? "]" : "}")) throw this.#unexpected();
    open.pop();
    return container.kind === "list" ? container.elements : container.struct.build();
  }

  #key(): string {
    const key = this.#string();
    this.#match(whiteSpace);
    if (!this.#skip(":")) throw this.#unexpected();
    return key;
  }

  #scalar(character: string | undefined): Native {
    if (character === '"') return this.#string();
    if (this.#skip("true")) return true;
    if (this.#skip("false")) return false;
    if (this.#skip("null")) return null;
    const token = this.#match(numberToken);
    if (token === "") throw this.#unexpected();
    return jsonNumber(token);
  }

  #string(): string {
    const token = this.#match(stringToken);
    if (token === "") throw this.#unexpected();
    if (plainString.test(token)) return token.slice(1, -1);
    const text = JSON.parse(token) as string;
    if (/\p{Surrogate}/u.test(text)) throw new BuiltinError("invalid string: unmatched surrogate pair");
    return text;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const token = pattern.exec(this.#text)?.[0] ?? "";
    this.#offset += token.length;
    return token;
  }

  #skip(word: string): boolean {
    if (!this.#text.startsWith(word, this.#offset)) return false;
    this.#offset += word.length;
    return true;
  }

  #unexpected(): JsonSyntaxError {
    const character = this.#text[this.#offset];
    if (character === undefined) return new JsonSyntaxError("unexpected end of JSON input", true);
    return new JsonSyntaxError(`invalid character ${JSON.stringify(character)} in JSON`, false);
  }
}

function jsonNumber(text: string): CueNumber {
  return decimalOfText(text, !/[.eE]/.test(text));
}

/** Whether a text is one JSON value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The one value of a JSON text. @throws BuiltinError */
export function readJson(text: string): Native {
  if (!isJson(text)) throw new BuiltinError("json: invalid JSON");
  return new JsonReader(text).read();
}
