/** YAML and JSON texts as data whose parts know their lines, so that an error can name the line of the person's file. */
import type { Diagnostic, JsonValue } from "@lateen/base";
import { EVENT_ID, type Event, getScalarValue, parseEvents } from "js-yaml";
import { isNumber } from "./library/arguments.ts";
import { BuiltinError, type Native } from "./library/builtin.ts";
import { readYaml } from "./library/yaml-read.ts";
import { formatNumber } from "./number.ts";
import { Places } from "./syntax/file.ts";
import type { DataOptions } from "./value.ts";

/** A YAML or JSON text as data, with the places of its parts. */
export interface Document {
  /** Null where the text cannot be read. */
  readonly value: JsonValue;
  /** What `fillPath` and `encode` take beside the value. */
  readonly origin: DataOptions;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads one YAML or JSON document. Numbers become JavaScript's: what does not fit 64 bits of floating point is told.
 * Wrong text is a diagnostic of code `data`; nothing is thrown.
 */
export function readDocument(text: string, options: { readonly source?: string } = {}): Document {
  const source = options.source ?? "";
  const places = new Places(source, text);
  try {
    const native = readYaml(text);
    let index: Index | undefined;
    const positionOf: NonNullable<DataOptions["positionOf"]> = (path, of) => {
      index ??= new Index(text);
      return places.posOf(index.offsetOf(path, of));
    };
    const inexact: string[] = [];
    const value = plainOf(native, inexact);
    const diagnostics = inexact.map((number) =>
      wrong(`the number ${number} has more digits than data can hold`, places, text.indexOf(number)),
    );
    return { value, origin: { source, positionOf }, diagnostics };
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    const line = Number(/^:(\d+): /.exec(error.message)?.[1] ?? 1);
    const offset = offsetOfLine(text, line);
    const message = error.message.replace(/^:\d*: /, "");
    return { value: null, origin: { source }, diagnostics: [wrong(message, places, offset)] };
  }
}

function wrong(message: string, places: Places, offset: number): Diagnostic {
  return { code: "data", message, severity: "error", pos: places.posOf(Math.max(0, offset)), path: [], causes: [] };
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", offset);
    if (end < 0) break;
    offset = end + 1;
  }
  return offset;
}

function plainOf(native: Native, inexact: string[]): JsonValue {
  if (native === null || typeof native === "string" || typeof native === "boolean") return native;
  if (native instanceof Uint8Array) return btoa(String.fromCharCode(...native));
  if (Array.isArray(native)) return (native as readonly Native[]).map((part) => plainOf(part, inexact));
  if (isNumber(native)) {
    const text = formatNumber(native);
    const number = Number(text);
    if (native.isInt && !Number.isSafeInteger(number)) inexact.push(text);
    return number;
  }
  const { fields } = native as { readonly fields: ReadonlyMap<string, Native> };
  return Object.fromEntries([...fields].map(([name, part]) => [name, plainOf(part, inexact)]));
}

interface Node {
  readonly offset: number;
  /** Where its name stands. */
  key?: number;
  readonly children: Map<string | number, Node>;
}

const noNode: Node = { offset: 0, children: new Map() };

/** Where the nodes of a document begin, by their paths. Aliases and merge keys stand where they are written. */
class Index {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #root: Node;
  #next = 1;

  constructor(text: string) {
    this.#text = text.startsWith("\ufeff") ? text.slice(1) : text;
    this.#events = parseEvents(this.#text, { maxDepth: 500 });
    this.#root = this.#events.length > 1 ? this.#node() : noNode;
  }

  /** The place of a part; of the nearest part around it that has one. */
  offsetOf(path: readonly (string | number)[], of: "value" | "key" = "value"): number {
    let node = this.#root;
    for (const step of path) {
      const inner = node.children.get(step) ?? node.children.get(String(step));
      if (inner === undefined) break;
      node = inner;
    }
    return of === "key" ? (node.key ?? node.offset) : node.offset;
  }

  #node(): Node {
    const event = this.#events[this.#next++];
    if (event === undefined) return noNode;
    if (event.type === EVENT_ID.SCALAR) return { offset: this.#startOfScalar(event.valueStart), children: new Map() };
    if (event.type === EVENT_ID.ALIAS) return { offset: event.anchorStart - 1, children: new Map() };
    if (event.type !== EVENT_ID.SEQUENCE && event.type !== EVENT_ID.MAPPING) return noNode;
    const children = new Map<string | number, Node>();
    while (this.#events[this.#next] !== undefined && this.#events[this.#next]!.type !== EVENT_ID.POP) {
      if (event.type === EVENT_ID.SEQUENCE) {
        children.set(children.size, this.#node());
        continue;
      }
      const start = this.#events[this.#next];
      const key = this.#key();
      const node = this.#node();
      if (start?.type === EVENT_ID.SCALAR) node.key = this.#startOfScalar(start.valueStart);
      children.set(key, node);
    }
    this.#next++;
    return { offset: event.start, children };
  }

  /** With its quotes. */
  #startOfScalar(start: number): number {
    if (start < 0) return this.#lastOffset();
    const before = this.#text[start - 1];
    return before === '"' || before === "'" ? start - 1 : start;
  }

  /** An empty value stands behind its key. */
  #lastOffset(): number {
    for (let at = this.#next - 2; at > 0; at--) {
      const event = this.#events[at]!;
      if (event.type === EVENT_ID.SCALAR && event.valueEnd >= 0) return Math.min(event.valueEnd, this.#text.length);
    }
    return 0;
  }

  #key(): string {
    const event = this.#events[this.#next];
    if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0) {
      this.#next++;
      return getScalarValue(this.#text, event);
    }
    this.#node();
    return "";
  }
}
