import {
  type Event,
  type ScalarEvent,
  EVENT_ID,
  SCALAR_STYLE,
  YAMLException,
  getScalarValue,
  parseEvents,
} from "js-yaml";
import { isNumber } from "./arguments.ts";
import { type Native, BuiltinError } from "./builtin.ts";
import { StructBuilder } from "./struct-builder.ts";
import { type YamlTag, resolvePlain, scalarValue } from "./yaml-scalar.ts";

/** Deepest nesting of collections, aliases followed. */
const maxDepth = 500;

/** Most nodes that aliases may add. */
const maxAliasNodes = 50_000;

/** The documents of a stream; none for an empty text. @throws BuiltinError */
export function readYamlDocuments(text: string): readonly Native[] {
  const input = text.startsWith("\ufeff") ? text.slice(1) : text;
  let events: readonly Event[];
  try {
    events = parseEvents(input, { maxDepth });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined || error.mark === null ? "" : `${error.mark.line + 1}`;
    throw new BuiltinError(`:${line}: ${error.reason}`);
  }
  const documents: Native[] = [];
  for (let i = 0; i < events.length; ) {
    const document = new YamlDocument(input, events, i + 1);
    documents.push(document.read());
    i = document.end + 1;
  }
  return documents;
}

/** The single document of a text, null for an empty one. @throws BuiltinError */
export function readYaml(text: string): Native {
  const documents = readYamlDocuments(text);
  if (documents.length > 1) throw new BuiltinError("expected a single YAML document");
  return documents[0] ?? null;
}

class YamlDocument {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #start: number;
  /** Where each anchored node begins. */
  readonly #anchors = new Map<string, number>();
  readonly #open = new Set<number>();
  #next: number;
  #aliasNodes = 0;
  #aliasDepth = 0;

  constructor(text: string, events: readonly Event[], start: number) {
    this.#text = text;
    this.#events = events;
    this.#start = start;
    this.#next = start;
  }

  /** Index of the event that ends the document. */
  get end(): number {
    return this.#next;
  }

  read(): Native {
    if (this.#events[this.#start]?.type === EVENT_ID.POP) return null;
    return this.#node(0);
  }

  #node(depth: number): Native {
    if (depth > maxDepth) throw new BuiltinError(`YAML nested deeper than ${maxDepth} levels`);
    if (this.#aliasDepth > 0 && ++this.#aliasNodes > maxAliasNodes)
      throw new BuiltinError(`aliases expand to more than ${maxAliasNodes} nodes`);
    const at = this.#next;
    const event = this.#events[at]!;
    if (event.type === EVENT_ID.ALIAS) return this.#followAlias(() => this.#node(depth + 1));
    if (event.type === EVENT_ID.SCALAR) {
      this.#anchor(event, at);
      this.#next++;
      return this.#scalar(event).value;
    }
    if (event.type !== EVENT_ID.SEQUENCE && event.type !== EVENT_ID.MAPPING)
      throw new BuiltinError("did not find expected node content");
    this.#anchor(event, at);
    this.#next++;
    this.#open.add(at);
    const value = event.type === EVENT_ID.SEQUENCE ? this.#sequence(depth) : this.#mapping(depth);
    this.#open.delete(at);
    this.#next++;
    return value;
  }

  #anchor(event: { readonly anchorStart: number; readonly anchorEnd: number }, at: number): void {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), at);
  }

  /** Reads the node that the alias at hand stands for. */
  #followAlias<T>(read: () => T): T {
    const event = this.#events[this.#next]!;
    const name = event.type === EVENT_ID.ALIAS ? this.#text.slice(event.anchorStart, event.anchorEnd) : "";
    const target = this.#anchors.get(name);
    if (target === undefined) throw new BuiltinError(`unknown anchor '${name}' referenced`);
    if (this.#open.has(target)) throw new BuiltinError(`anchor "${name}" value contains itself`);
    const back = this.#next + 1;
    this.#next = target;
    this.#aliasDepth++;
    const value = read();
    this.#aliasDepth--;
    this.#next = back;
    return value;
  }

  #sequence(depth: number): Native {
    const elements: Native[] = [];
    while (this.#events[this.#next]!.type !== EVENT_ID.POP) elements.push(this.#node(depth + 1));
    return elements;
  }

  #mapping(depth: number): Native {
    const struct = new StructBuilder();
    this.#members(struct, depth, false);
    return struct.build();
  }

  /** Adds the members of the mapping at hand; after a merge key later ones take the place of earlier ones. */
  #members(struct: StructBuilder, depth: number, merging: boolean): void {
    let replaces = merging;
    while (this.#events[this.#next]!.type !== EVENT_ID.POP) {
      if (this.#isMergeKey()) {
        this.#next++;
        replaces = true;
        this.#merge(struct, depth + 1);
        continue;
      }
      const key = this.#key();
      const value = this.#node(depth + 1);
      if (replaces) struct.replace(key, value);
      else struct.add(key, value);
    }
  }

  #isMergeKey(): boolean {
    const event = this.#events[this.#next]!;
    return event.type === EVENT_ID.SCALAR && this.#scalarSource(event).tag === "merge";
  }

  #merge(struct: StructBuilder, depth: number): void {
    if (depth > maxDepth) throw new BuiltinError(`YAML nested deeper than ${maxDepth} levels`);
    const event = this.#events[this.#next]!;
    if (event.type === EVENT_ID.ALIAS) {
      this.#followAlias(() => this.#merge(struct, depth + 1));
    } else if (event.type === EVENT_ID.MAPPING) {
      this.#anchor(event, this.#next);
      this.#next++;
      this.#members(struct, depth, true);
      this.#next++;
    } else if (event.type === EVENT_ID.SEQUENCE) {
      this.#mergeSequence(struct, depth);
    } else throw new BuiltinError("map merge requires map or sequence of maps as the value");
  }

  /** The earlier mappings of the sequence win: they are merged last. */
  #mergeSequence(struct: StructBuilder, depth: number): void {
    this.#next++;
    const starts: number[] = [];
    for (let i = this.#next, level = 0; level >= 0; i++) {
      const { type } = this.#events[i]!;
      if (level === 0 && type !== EVENT_ID.POP) starts.push(i);
      if (type === EVENT_ID.POP) level--;
      else if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING) level++;
      if (level < 0) this.#next = i + 1;
    }
    const end = this.#next;
    for (const start of starts.toReversed()) {
      this.#next = start;
      this.#merge(struct, depth + 1);
    }
    this.#next = end;
  }

  #key(): string {
    const event = this.#events[this.#next]!;
    if (event.type === EVENT_ID.ALIAS) return this.#followAlias(() => this.#key());
    if (event.type !== EVENT_ID.SCALAR)
      throw new BuiltinError(`invalid map key: ${event.type === EVENT_ID.SEQUENCE ? "!!seq" : "!!map"}`);
    this.#anchor(event, this.#next);
    this.#next++;
    const { text, value } = this.#scalar(event);
    if (isNumber(value)) {
      if (value.coefficient < 0) throw new BuiltinError(`invalid label ${text}`);
      return /^[0-9]+$/.test(text) && text.length > 1 && text.startsWith("0") ? `0o${text.slice(1)}` : text;
    }
    return value === null || typeof value === "boolean" ? String(value) : text;
  }

  #scalar(event: ScalarEvent): { readonly text: string; readonly value: Native } {
    const source = this.#scalarSource(event);
    return { text: source.text, value: scalarValue(source) };
  }

  #scalarSource(event: ScalarEvent): { readonly text: string; readonly tag: YamlTag; readonly tagged: boolean } {
    const text = event.valueStart < 0 ? "" : getScalarValue(this.#text, event);
    const tag = event.tagStart < 0 ? "" : this.#text.slice(event.tagStart, event.tagEnd);
    const plain = event.style === SCALAR_STYLE.PLAIN;
    if (tag === "" || tag === "!") return { text, tag: plain ? resolvePlain(text) : "str", tagged: false };
    const name = /^(?:!!|!<tag:yaml\.org,2002:)(null|bool|int|float|str|binary|timestamp)>?$/.exec(tag)?.[1];
    if (name === undefined) throw new BuiltinError(`cannot unmarshal tag ${JSON.stringify(tag)}`);
    return { text, tag: name as YamlTag, tagged: true };
  }
}
