/**
 * Protobuf to JSON, driven by the field numbers of the kind tables (k8s.io/api carries them in its struct tags). What
 * comes out is what the same object would be as JSON of a Go client: see `decodeTyped`.
 */
import type { JsonValue } from "@lateen/base";
import { groupVersionOf, type KubeObject } from "../../kube-object.ts";
import { builtinType, builtinTypeOf } from "../built-in-types.ts";
import type { AnyWire, KindTable, SchemaFacts, TypeFacts } from "../kind.ts";
import { decodeTyped } from "../typed/typed-form.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { ProtobufError, WireReader, type WireType } from "./wire.ts";

/** `k8s` and a zero byte: how every protobuf body of the Kubernetes API starts. */
export const protobufMagic: readonly number[] = [0x6b, 0x38, 0x73, 0x00];

/** Messages may be nested this deep (JSONSchemaProps is recursive); deeper input is refused. */
const maxDepth = 200;

type Fields = Record<string, JsonValue>;

/**
 * The object in a body of type application/vnd.kubernetes.protobuf.
 * @throws ProtobufError for bytes that are no such body and for a kind that neither `kinds` nor the API's own types know.
 */
export function decodeProtobuf(bytes: Uint8Array, kinds: KindTable): KubeObject {
  const { apiVersion, kind, raw } = readEnvelope(bytes);
  const gvk = { ...groupVersionOf(apiVersion), kind };
  const type = kinds.lookup(gvk)?.type ?? builtinTypeOf(gvk);
  if (type === undefined)
    throw new ProtobufError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
      4,
    );
  const fields = decodeMessage(raw, { layout: layoutOf(type), depth: 0 });
  const { object, error } = decodeTyped({ ...fields, kind, apiVersion }, type);
  if (error !== undefined) throw new ProtobufError(error, 4);
  return object as unknown as KubeObject;
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: WireReader;
}

/** runtime.Unknown: typeMeta = 1 (apiVersion = 1, kind = 2), raw = 2, contentEncoding = 3, contentType = 4. */
function readEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < 4 || protobufMagic.some((byte, position) => bytes[position] !== byte))
    throw new ProtobufError("the body does not start with the magic bytes of Kubernetes' protobuf", 0);
  const reader = new WireReader(bytes, 4);
  let apiVersion = "";
  let kind = "";
  let raw = new WireReader(bytes, bytes.length);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 2) {
      const meta = reader.nested();
      while (!meta.done) {
        const inner = meta.tag();
        if (inner.wireType !== 2) meta.skip(inner.wireType);
        else if (inner.number === 1) apiVersion = meta.nested().text();
        else if (inner.number === 2) kind = meta.nested().text();
        else meta.skip(inner.wireType);
      }
    } else if (number === 2 && wireType === 2) raw = reader.nested();
    else reader.skip(wireType);
  }
  return { apiVersion, kind, raw };
}

interface MessageContext {
  readonly layout: Layout;
  readonly depth: number;
}

function decodeMessage(reader: WireReader, { layout, depth }: MessageContext, into: Fields = {}): Fields {
  if (depth > maxDepth) reader.fail(`messages are nested deeper than ${maxDepth}`);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const entry = layout.byNumber.get(number);
    if (entry === undefined) reader.skip(wireType);
    else if (entry.kind === "inline") {
      expectWire(reader, wireType, 2);
      decodeMessage(reader.nested(), { layout: entry.layout, depth: depth + 1 }, into);
    } else {
      const { name, schema } = entry.field;
      const before = Object.hasOwn(into, name) ? into[name] : undefined;
      put(into, name, decodeValue(reader, wireType, { schema, depth, before }));
    }
  }
  return into;
}

/** `__proto__` is a name like any other. */
function put(into: Fields, name: string, value: JsonValue): void {
  if (name === "__proto__")
    Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
  else into[name] = value;
}

function expectWire(reader: WireReader, found: WireType, wanted: WireType): void {
  if (found !== wanted) reader.fail(`wire type ${found} where ${wanted} belongs`);
}

interface ValueContext {
  readonly schema: SchemaFacts;
  readonly depth: number;
  /** What earlier occurrences of the field gave: lists and maps grow. */
  readonly before?: JsonValue | undefined;
}

function decodeValue(reader: WireReader, wireType: WireType, context: ValueContext): JsonValue {
  const { schema, depth } = context;
  switch (schema.kind) {
    case "integer":
      expectWire(reader, wireType, 0);
      return schema.format === "int32" ? reader.varint() | 0 : reader.varint();
    case "boolean":
      expectWire(reader, wireType, 0);
      return reader.varint() !== 0;
    case "number":
      expectWire(reader, wireType, 1);
      return reader.double();
    default:
      break;
  }
  if (schema.kind === "list") return decodeList(reader, wireType, { ...context, schema });
  expectWire(reader, wireType, 2);
  const nested = reader.nested();
  switch (schema.kind) {
    case "string":
      return nested.text();
    case "bytes":
      return base64Of(nested.rest());
    case "struct":
      return decodeStruct(nested, schema.type(), context);
    case "map":
      return decodeEntry(nested, schema.value, context);
    case "any":
      return decodeAny(nested, schema.wire, depth + 1);
    default:
      return decodeLeaf(nested, schema.kind);
  }
}

function decodeStruct(reader: WireReader, type: TypeFacts, { depth, before }: ValueContext): Fields {
  const into = typeof before === "object" && before !== null && !Array.isArray(before) ? (before as Fields) : {};
  return decodeMessage(reader, { layout: layoutOf(type), depth: depth + 1 }, into);
}

function decodeList(
  reader: WireReader,
  wireType: WireType,
  { schema, depth, before }: ValueContext & { readonly schema: Extract<SchemaFacts, { kind: "list" }> },
): JsonValue {
  const items = Array.isArray(before) ? (before as JsonValue[]) : [];
  const { item } = schema;
  if (schema.wrapped) {
    expectWire(reader, wireType, 2);
    const wrapper = reader.nested();
    while (!wrapper.done) {
      const inner = wrapper.tag();
      if (inner.number === 1) items.push(decodeValue(wrapper, inner.wireType, { schema: item, depth: depth + 1 }));
      else wrapper.skip(inner.wireType);
    }
  } else if (wireType === 2 && (item.kind === "integer" || item.kind === "boolean" || item.kind === "number")) {
    const packed = reader.nested();
    const packedWire = item.kind === "number" ? 1 : 0;
    while (!packed.done) items.push(decodeValue(packed, packedWire, { schema: item, depth }));
  } else items.push(decodeValue(reader, wireType, { schema: item, depth }));
  return items;
}

/** One entry of a map: key = 1, value = 2; a missing value is its zero. */
function decodeEntry(reader: WireReader, schema: SchemaFacts, { depth, before }: ValueContext): Fields {
  const entries = (before ?? {}) as Fields;
  let key = "";
  let value: JsonValue | undefined;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) {
      expectWire(reader, wireType, 2);
      key = reader.nested().text();
    } else if (number === 2) value = decodeValue(reader, wireType, { schema, depth: depth + 1, before: value });
    else reader.skip(wireType);
  }
  put(entries, key, value ?? (schema.kind === "bytes" ? "" : null));
  return entries;
}

function decodeLeaf(reader: WireReader, kind: SchemaFacts["kind"]): JsonValue {
  switch (kind) {
    case "time":
    case "micro-time":
      return decodeTime(reader, kind);
    case "quantity":
      return firstText(reader) ?? "0";
    case "int-or-string":
      return decodeIntOrString(reader);
    case "duration":
      return formatDuration(firstNumber(reader));
    case "fields-v1":
      return decodeJson(reader, 1);
    default:
      return reader.fail(`no decoder for ${kind}`);
  }
}

/** Timestamp: seconds = 1, nanos = 2. An empty message is the zero time, null in JSON. */
function decodeTime(reader: WireReader, kind: "time" | "micro-time"): string | null {
  const start = reader.position;
  if (reader.done) return null;
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 0) seconds = reader.varint();
    else if (number === 2 && wireType === 0) nanos = reader.varint();
    else reader.skip(wireType);
  }
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999)
    throw new ProtobufError(`${seconds} seconds are no time between the years 1 and 9999`, start);
  const text = date.toISOString().slice(0, 19);
  if (kind === "time") return `${text}Z`;
  return `${text}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`;
}

function firstText(reader: WireReader): string | undefined {
  let text: string | undefined;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 2) text = reader.nested().text();
    else reader.skip(wireType);
  }
  return text;
}

function firstNumber(reader: WireReader): number {
  let value = 0;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 0) value = reader.varint();
    else reader.skip(wireType);
  }
  return value;
}

/** IntOrString: type = 1 (1: string), intVal = 2, strVal = 3. */
function decodeIntOrString(reader: WireReader): number | string {
  let type = 0;
  let integer = 0;
  let text = "";
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 0) type = reader.varint();
    else if (number === 2 && wireType === 0) integer = reader.varint() | 0;
    else if (number === 3 && wireType === 2) text = reader.nested().text();
    else reader.skip(wireType);
  }
  return type === 1 ? text : integer;
}

/** Nanoseconds as Go writes a duration in whole seconds and fractions; `decodeTyped` makes it canonical. */
function formatDuration(nanoseconds: number): string {
  return `${nanoseconds}ns`;
}

/** A message whose field `number` holds JSON text. */
function decodeJson(reader: WireReader, number: number): JsonValue {
  let value: JsonValue = null;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === number && tag.wireType === 2) value = parseJson(reader.nested());
    else reader.skip(tag.wireType);
  }
  return value;
}

function parseJson(reader: WireReader): JsonValue {
  const start = reader.position;
  if (reader.done) return null;
  const text = reader.text();
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new ProtobufError(`embedded JSON: ${error instanceof Error ? error.message : String(error)}`, start);
  }
}

function decodeAny(reader: WireReader, wire: AnyWire, depth: number): JsonValue {
  if (wire === "raw") return decodeJson(reader, 1);
  let value: JsonValue = null;
  const list: JsonValue[] = [];
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const isSchema = number === (wire === "schema-or-bool" ? 2 : 1);
    if (isSchema && wireType === 2) value = decodeSchema(reader.nested(), depth);
    else if (wire === "schema-or-bool" && number === 1 && wireType === 0) value = reader.varint() !== 0 || value;
    else if (number === 2 && wireType === 2)
      list.push(wire === "schema-or-array" ? decodeSchema(reader.nested(), depth) : reader.nested().text());
    else reader.skip(wireType);
  }
  if (wire === "schema-or-bool") return value ?? false;
  return value ?? (list.length > 0 ? list : null);
}

function decodeSchema(reader: WireReader, depth: number): JsonValue {
  const type = builtinType("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  if (type === undefined) return reader.fail("the type table lacks JSONSchemaProps");
  return decodeMessage(reader, { layout: layoutOf(type), depth: depth + 1 });
}

/** Standard base64 with padding. */
export function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, Math.min(at + 8192, bytes.length)));
  return btoa(binary);
}
