import type { JsonObject, JsonValue } from "@lateen/base";
import { type Event, YAMLException, getScalarValue, parseEvents } from "js-yaml";
import { setMember } from "../own.ts";
import { type Scalar, formatFloat, resolvePlain } from "./scalars.ts";

/**
 * YAML to JSON as the API server and kubectl read it (sigs.k8s.io/yaml over YAML 1.1). js-yaml scans and parses into
 * events; what they mean is decided here, so that a place in the text can be found again from the same events.
 */

/** What is wrong with a YAML text, and where. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  readonly code = "Yaml";
  /** Offset in UTF-16 units from the start of the text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Deepest nesting of collections. */
export const maxYamlDepth = 1_000;

/** The ids of js-yaml's events (its EVENT_ID). */
const eventDocument = 1;
const eventSequence = 2;
const eventMapping = 3;
const eventScalar = 4;
const eventAlias = 5;
const eventPop = 6;
const stylePlain = 1;

export interface DuplicateKey {
  readonly key: string;
  readonly offset: number;
}

export interface YamlDocument {
  readonly value: JsonValue;
  /** Keys that stand twice in a mapping; the last one counts. */
  readonly duplicates: readonly DuplicateKey[];
  /** The first integer of 64 bits that the value does not hold exactly. */
  readonly inexact?: string;
  /** Index of the document's first event, for `locate`. */
  readonly event: number;
}

export interface YamlText {
  /** What was scanned: the given text, with a blank put in at the `mended` offsets. */
  readonly text: string;
  readonly mended: readonly number[];
  readonly events: readonly Event[];
}

/** Texts whose flow collections are less indented than YAML 1.2 wants are mended at most at so many places. */
const maxMended = 100;
/** Mending reads a text again: so many characters at most. */
const maxMendedLength = 20_000_000;

/** @throws YamlError */
export function scanYaml(given: string): YamlText {
  let text = given.charCodeAt(0) === 0xfeff ? ` ${given.slice(1)}` : given;
  const mended: number[] = [];
  for (;;) {
    try {
      return { text, mended, events: parseEvents(text, { maxDepth: maxYamlDepth }) };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const offset = error.mark?.position ?? 0;
      // YAML 1.1 does not ask for indentation inside brackets.
      if (
        error.reason !== "deficient indentation" ||
        mended.length >= Math.min(maxMended, maxMendedLength / text.length)
      )
        throw new YamlError(error.reason, originalOffset(mended, offset));
      const line = text.lastIndexOf("\n", offset - 1) + 1;
      text = `${text.slice(0, line)} ${text.slice(line)}`;
      mended.push(line);
    }
  }
}

/** Where an offset of a mended text was in the text that was given. */
export function originalOffset(mended: readonly number[], offset: number): number {
  let result = offset;
  for (let i = mended.length - 1; i >= 0; i--) if (mended[i]! < result) result--;
  return result;
}

/**
 * All documents of a text that is empty, or YAML, or JSON.
 * @throws YamlError
 */
export function readYamlDocuments(text: string): YamlDocument[] {
  return documentsOf(scanYaml(text));
}

export function documentsOf(scanned: YamlText): YamlDocument[] {
  const reader = new Reader(scanned);
  const documents: YamlDocument[] = [];
  while (!reader.done) documents.push(reader.document());
  return documents;
}

/**
 * The first document of a text; null for an empty one.
 * @throws YamlError
 */
export function readYaml(text: string): JsonValue {
  const scanned = scanYaml(text);
  return scanned.events.length === 0 ? null : new Reader(scanned).document().value;
}

interface Anchor {
  readonly value: JsonValue;
  /** Nodes that the value has when it is written out. */
  readonly size: number;
}

/** Share of nodes that may come from aliases, by the size of the document, as yaml.v2 allows. */
function allowedAliasRatio(nodes: number): number {
  if (nodes <= 400_000) return 0.99;
  if (nodes >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((nodes - 400_000) / 3_600_000);
}

class Reader {
  readonly #text: string;
  readonly #mended: readonly number[];
  readonly #events: readonly Event[];
  #at = 0;
  #anchors = new Map<string, Anchor | "open">();
  #nodes = 0;
  #aliasNodes = 0;
  #duplicates: DuplicateKey[] = [];
  #inexact: string | undefined;

  constructor({ text, mended, events }: YamlText) {
    this.#text = text;
    this.#mended = mended;
    this.#events = events;
  }

  get done(): boolean {
    return this.#at >= this.#events.length;
  }

  document(): YamlDocument {
    const event = this.#at;
    this.#anchors = new Map();
    this.#nodes = 0;
    this.#aliasNodes = 0;
    this.#duplicates = [];
    this.#inexact = undefined;
    if (this.#events[this.#at]?.type === eventDocument) this.#at++;
    let value: JsonValue;
    try {
      value = this.#events[this.#at]?.type === eventPop ? null : this.#value();
    } catch (error) {
      if (error instanceof YamlError) throw new YamlError(error.message, originalOffset(this.#mended, error.offset));
      throw error;
    }
    this.#at++;
    const inexact = this.#inexact;
    return { value, duplicates: this.#duplicates, event, ...(inexact !== undefined && { inexact }) };
  }

  #value(): JsonValue {
    const event = this.#events[this.#at++]!;
    switch (event.type) {
      case eventScalar:
        this.#nodes++;
        return this.#anchored(event, () => this.#scalarValue(event));
      case eventSequence:
        this.#nodes++;
        return this.#anchored(event, () => this.#sequence());
      case eventMapping:
        this.#nodes++;
        return this.#anchored(event, () => this.#mapping());
      case eventAlias:
        return this.#alias(event);
      default:
        throw new YamlError("did not find expected node content", 0);
    }
  }

  #anchored(event: { readonly anchorStart: number; readonly anchorEnd: number }, read: () => JsonValue): JsonValue {
    if (event.anchorStart < 0) return read();
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    this.#anchors.set(name, "open");
    const before = this.#nodes;
    const value = read();
    this.#anchors.set(name, { value, size: this.#nodes - before + 1 });
    return value;
  }

  #alias(event: { readonly anchorStart: number; readonly anchorEnd: number }): JsonValue {
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw new YamlError(`unknown anchor '${name}' referenced`, event.anchorStart);
    if (anchor === "open") throw new YamlError(`anchor '${name}' value contains itself`, event.anchorStart);
    this.#nodes += anchor.size;
    this.#aliasNodes += anchor.size;
    const suspicious = this.#aliasNodes > 100 && this.#nodes > 1000;
    if (suspicious && this.#aliasNodes / this.#nodes > allowedAliasRatio(this.#nodes))
      throw new YamlError("document contains excessive aliasing", event.anchorStart);
    return anchor.value;
  }

  #sequence(): JsonValue {
    const items: JsonValue[] = [];
    while (this.#events[this.#at]!.type !== eventPop) items.push(this.#value());
    this.#at++;
    return items;
  }

  #mapping(): JsonValue {
    const object: Record<string, JsonValue> = {};
    // Keys of the text alone, without merged ones.
    const seen = new Set<string>();
    while (this.#events[this.#at]!.type !== eventPop) {
      const event = this.#events[this.#at]!;
      const key = this.#key(event);
      if (key === undefined) {
        this.#merge(object, this.#value(), event);
        continue;
      }
      if (seen.has(key)) this.#duplicates.push({ key, offset: originalOffset(this.#mended, startOf(event)) });
      seen.add(key);
      setMember(object, key, this.#value());
    }
    this.#at++;
    return object;
  }

  /** A key as text; undefined for the merge key. */
  #key(event: Event): string | undefined {
    if (event.type === eventScalar) {
      const scalar = this.#scalar(event);
      if (scalar.kind === "merge") {
        this.#at++;
        return undefined;
      }
    }
    const value = this.#value();
    if (typeof value === "string") return value;
    if (typeof value === "boolean") return String(value);
    if (typeof value === "number") return formatFloat(value);
    throw new YamlError(`unsupported map key: ${JSON.stringify(value)}`, startOf(event));
  }

  #merge(object: Record<string, JsonValue>, value: JsonValue, event: Event): void {
    const sources = Array.isArray(value) ? (value as JsonValue[]).toReversed() : [value];
    for (const source of sources) {
      if (typeof source !== "object" || source === null || Array.isArray(source))
        throw new YamlError("map merge requires map or sequence of maps as the value", startOf(event));
      for (const [name, member] of Object.entries(source as JsonObject)) setMember(object, name, member);
    }
  }

  #scalarValue(event: Event & { type: 4 }): JsonValue {
    const { kind, value } = this.#scalar(event);
    if (kind === "float" && !Number.isFinite(value as number))
      throw new YamlError(`json: unsupported value: ${goFloatName(value as number)}`, startOf(event));
    return value;
  }

  #scalar(event: Event & { type: 4 }): Scalar {
    const text = event.valueStart < 0 ? "" : getScalarValue(this.#text, event);
    if (event.tagStart >= 0) return this.#tagged(event, text);
    if (event.style !== stylePlain) return { kind: "str", value: text };
    const scalar = resolvePlain(text);
    this.#inexact ??= scalar.inexact;
    return scalar;
  }

  #tagged(event: Event & { type: 4 }, text: string): Scalar {
    const tag = this.#text
      .slice(event.tagStart, event.tagEnd)
      .replace(/^(?:!!|!<tag:yaml\.org,2002:)([a-z]+)>?$/, "$1");
    const refuse = (): YamlError => new YamlError(`cannot decode !!str \`${text}\` as a !!${tag}`, startOf(event));
    const plain = resolvePlain(text);
    switch (tag) {
      case "int":
        if (plain.kind !== "int") throw refuse();
        return plain;
      case "float":
        if (plain.kind !== "int" && plain.kind !== "float") throw refuse();
        return { kind: "float", value: plain.value };
      case "bool":
      case "null":
        if (plain.kind !== tag) throw refuse();
        return plain;
      case "binary":
        return { kind: "str", value: decodeBase64(text, startOf(event)) };
      default:
        return { kind: "str", value: text };
    }
  }
}

function goFloatName(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function decodeBase64(text: string, offset: number): string {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll(/\s/g, "")), (letter) => letter.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    throw new YamlError("!!binary value contains invalid base64 data", offset);
  }
}

/** Where an event's node starts in the text (a quoted scalar at its quote). */
export function startOf(event: Event): number {
  switch (event.type) {
    case eventScalar: {
      const quoted = event.style === 2 || event.style === 3;
      return event.valueStart < 0 ? 0 : event.valueStart - (quoted ? 1 : 0);
    }
    case eventSequence:
    case eventMapping:
      return event.start;
    case eventAlias:
      return event.anchorStart - 1;
    default:
      return 0;
  }
}

/**
 * The offset of the value at a path in the document that starts at event `from`: of a collection its key, of a scalar
 * the value itself. As much of the path counts as is there. Aliases and merged keys end at the place that names them.
 */
export function locate(scanned: YamlText, from: number, path: readonly (string | number)[]): number {
  return originalOffset(scanned.mended, locateScanned(scanned, from, path));
}

function locateScanned({ text, events }: YamlText, from: number, path: readonly (string | number)[]): number {
  let at = events[from]?.type === eventDocument ? from + 1 : from;
  let offset = events[at] === undefined ? 0 : startOf(events[at]!);
  for (const part of path) {
    const event = events[at];
    if (event === undefined) return offset;
    let found: { readonly at: number; readonly offset: number } | undefined;
    if (event.type === eventMapping) found = memberAt(text, events, { at: at + 1, name: String(part) });
    else if (event.type === eventSequence && typeof part === "number") {
      let item = at + 1;
      for (let i = 0; i < part && events[item]?.type !== eventPop; i++) item = skip(events, item);
      const there = events[item];
      if (there !== undefined && there.type !== eventPop) found = { at: item, offset: startOf(there) };
    }
    if (found === undefined) return offset;
    ({ at, offset } = found);
  }
  return offset;
}

function memberAt(
  text: string,
  events: readonly Event[],
  { at: start, name }: { readonly at: number; readonly name: string },
): { at: number; offset: number } | undefined {
  let found: { at: number; offset: number } | undefined;
  for (let at = start; events[at] !== undefined && events[at]!.type !== eventPop; ) {
    const key = events[at]!;
    const value = skip(events, at);
    if (key.type === eventScalar && key.valueStart >= 0 && keyText(text, key) === name) {
      const scalar = events[value]?.type === eventScalar && startOf(events[value]!) > 0;
      found = { at: value, offset: scalar ? startOf(events[value]!) : startOf(key) };
    }
    at = skip(events, value);
  }
  return found;
}

function keyText(text: string, key: Event & { type: 4 }): string {
  const raw = getScalarValue(text, key);
  if (key.style !== stylePlain) return raw;
  const { value } = resolvePlain(raw);
  return typeof value === "number" ? formatFloat(value) : String(value);
}

/** A stretch of a text, by offsets. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where a one-line scalar stands, its quotes included: the value at a path, or with `key` the name of that field.
 * Undefined for what is written otherwise: collections, blocks of several lines, aliases, merged keys.
 */
export function scalarRange(
  { text, events, mended }: YamlText,
  from: number,
  { path, of }: { readonly path: readonly (string | number)[]; readonly of: "value" | "key" },
): TextRange | undefined {
  let at: number | undefined = events[from]?.type === eventDocument ? from + 1 : from;
  let key: Event | undefined;
  for (const part of path) {
    const event: Event | undefined = at === undefined ? undefined : events[at];
    if (event === undefined || at === undefined) return undefined;
    if (event.type === eventMapping) {
      const found = pairAt(text, events, { at: at + 1, name: String(part) });
      ({ at, key } = { at: found?.value, key: found?.key });
    } else if (event.type === eventSequence && typeof part === "number") {
      let item = at + 1;
      for (let i = 0; i < part && events[item] !== undefined && events[item]!.type !== eventPop; i++)
        item = skip(events, item);
      ({ at, key } = { at: events[item]?.type === eventPop ? undefined : item, key: undefined });
    } else return undefined;
  }
  const scalar = of === "key" ? key : at === undefined ? undefined : events[at];
  if (scalar?.type !== eventScalar || scalar.valueStart < 0) return undefined;
  const isQuoted = scalar.style === 2 || scalar.style === 3;
  const range = { start: scalar.valueStart - (isQuoted ? 1 : 0), end: scalar.valueEnd + (isQuoted ? 1 : 0) };
  if ((!isQuoted && scalar.style !== stylePlain) || text.slice(range.start, range.end).includes("\n")) return undefined;
  return { start: originalOffset(mended, range.start), end: originalOffset(mended, range.end) };
}

/** The last pair of a name in a mapping: it is the one that counts. */
function pairAt(
  text: string,
  events: readonly Event[],
  { at: start, name }: { readonly at: number; readonly name: string },
): { readonly key: Event; readonly value: number } | undefined {
  let found: { readonly key: Event; readonly value: number } | undefined;
  for (let at = start; events[at] !== undefined && events[at]!.type !== eventPop; ) {
    const key = events[at]!;
    const value = skip(events, at);
    if (key.type === eventScalar && key.valueStart >= 0 && keyText(text, key) === name) found = { key, value };
    at = skip(events, value);
  }
  return found;
}

/** The index after the node that starts at `at`. */
function skip(events: readonly Event[], at: number): number {
  const type = events[at]?.type;
  if (type !== eventSequence && type !== eventMapping) return at + 1;
  let depth = 1;
  let next = at + 1;
  for (; depth > 0 && next < events.length; next++) {
    const inner = events[next]!.type;
    if (inner === eventSequence || inner === eventMapping) depth++;
    else if (inner === eventPop) depth--;
  }
  return next;
}
