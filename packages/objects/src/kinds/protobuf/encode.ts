/**
 * JSON to protobuf: the bytes that the Go code generated for k8s.io/api would write for the same object. Fields that are no
 * pointers are always written, as proto2 with gogo's nullable=false does.
 */
import { InvariantError, isJsonObject, type JsonObject, type JsonValue, ownProperty } from "@lateen/base";
import { gvkOf, type KubeObject } from "../../kube-object.ts";
import { parseDuration } from "../../values/duration.ts";
import { builtinType, builtinTypeOf } from "../built-in-types.ts";
import type { FieldFacts, KindTable, SchemaFacts, TypeFacts } from "../kind.ts";
import { decodeTyped } from "../typed/typed-form.ts";
import { protobufMagic } from "./decode.ts";
import { type Layout, type LayoutEntry, layoutOf } from "./layout.ts";
import { WireWriter } from "./wire.ts";

/**
 * The body of type application/vnd.kubernetes.protobuf for an object that fits its type.
 * @throws TypeError for a kind without a built-in type, and for a value that does not fit it.
 */
export function encodeProtobuf(object: KubeObject, kinds: KindTable): Uint8Array {
  const gvk = gvkOf(object);
  const type = kinds.lookup(gvk)?.type ?? builtinTypeOf(gvk);
  if (type === undefined) throw new TypeError(`${object.apiVersion} ${object.kind} has no protobuf form`);
  const { object: form, error } = decodeTyped(object as unknown as JsonObject, type);
  if (error !== undefined) throw new TypeError(error);
  const meta = new WireWriter();
  meta.textField(1, object.apiVersion);
  meta.textField(2, object.kind);
  const unknown = new WireWriter();
  unknown.raw(Uint8Array.from(protobufMagic));
  unknown.bytesField(1, meta.finish());
  unknown.bytesField(2, encodeMessage(form, layoutOf(type)));
  unknown.textField(3, "");
  unknown.textField(4, "");
  return unknown.finish().slice();
}

function encodeMessage(value: JsonObject, layout: Layout): Uint8Array {
  const writer = new WireWriter();
  for (const entry of layout.entries) encodeEntry(writer, value, entry);
  return writer.finish();
}

function encodeEntry(writer: WireWriter, value: JsonObject, entry: LayoutEntry): void {
  if (entry.kind === "inline") {
    writer.bytesField(entry.number, encodeMessage(value, entry.layout));
    return;
  }
  const { field, number } = entry;
  const member = ownProperty(value, field.name);
  if (member !== undefined && member !== null) encodeField(writer, number, { schema: field.schema, value: member });
  else encodeAbsent(writer, number, field);
}

function encodeAbsent(writer: WireWriter, number: number, { pointer, schema }: FieldFacts): void {
  if (pointer) return;
  switch (schema.kind) {
    case "string":
      writer.textField(number, "");
      return;
    case "integer":
    case "boolean":
      writer.varintField(number, 0);
      return;
    case "number":
      writer.doubleField(number, 0);
      return;
    case "list":
    case "map":
    case "bytes":
    case "fields-v1":
      return;
    case "struct":
      writer.bytesField(number, encodeMessage({}, layoutOf(schema.type())));
      return;
    case "quantity":
      encodeField(writer, number, { schema, value: "0" });
      return;
    case "int-or-string":
      encodeField(writer, number, { schema, value: 0 });
      return;
    case "duration":
      encodeField(writer, number, { schema, value: "0s" });
      return;
    default:
      writer.bytesField(number, new Uint8Array());
  }
}

interface Typed {
  readonly schema: SchemaFacts;
  readonly value: JsonValue;
}

function encodeField(writer: WireWriter, number: number, { schema, value }: Typed): void {
  switch (schema.kind) {
    case "string":
      writer.textField(number, value as string);
      return;
    case "integer":
      writer.varintField(number, value as number);
      return;
    case "boolean":
      writer.varintField(number, value === true ? 1 : 0);
      return;
    case "number":
      writer.doubleField(number, value as number);
      return;
    case "bytes":
      writer.bytesField(number, bytesOfBase64(value as string));
      return;
    case "struct":
      writer.bytesField(number, encodeMessage(value as JsonObject, layoutOf(schema.type())));
      return;
    case "map":
      encodeMap(writer, number, { schema: schema.value, value });
      return;
    case "list":
      encodeList(writer, number, { schema, value });
      return;
    default:
      writer.bytesField(number, encodeLeaf({ schema, value }));
  }
}

/** Entries sorted by key, as the generated Go code writes them. */
function encodeMap(writer: WireWriter, number: number, { schema, value }: Typed): void {
  for (const key of Object.keys(value as JsonObject).toSorted()) {
    const entry = new WireWriter();
    entry.textField(1, key);
    const member = (value as JsonObject)[key];
    const isEmptyBytes = schema.kind === "bytes" && member === "";
    if (member !== undefined && member !== null && !isEmptyBytes) encodeField(entry, 2, { schema, value: member });
    else if (schema.kind === "list" && schema.wrapped) entry.bytesField(2, new Uint8Array());
    writer.bytesField(number, entry.finish());
  }
}

function encodeList(
  writer: WireWriter,
  number: number,
  { schema, value }: { readonly schema: Extract<SchemaFacts, { kind: "list" }>; readonly value: JsonValue },
): void {
  const target = schema.wrapped ? new WireWriter() : writer;
  for (const item of value as readonly JsonValue[])
    if (item !== null) encodeField(target, schema.wrapped ? 1 : number, { schema: schema.item, value: item });
  if (schema.wrapped) writer.bytesField(number, target.finish());
}

function encodeLeaf({ schema, value }: Typed): Uint8Array {
  const writer = new WireWriter();
  switch (schema.kind) {
    case "quantity":
      writer.textField(1, value as string);
      break;
    case "int-or-string":
      writer.varintField(1, typeof value === "string" ? 1 : 0);
      writer.varintField(2, typeof value === "number" ? value : 0);
      writer.textField(3, typeof value === "string" ? value : "");
      break;
    case "time":
    case "micro-time":
      encodeTime(writer, value as string);
      break;
    case "duration":
      writer.varintField(1, Number(parseDuration(value as string)));
      break;
    case "fields-v1":
      writer.textField(1, JSON.stringify(value));
      break;
    case "any":
      encodeAny(writer, { schema, value });
      break;
    default:
      throw new InvariantError(`no encoder for ${schema.kind}`);
  }
  return writer.finish();
}

function encodeTime(writer: WireWriter, text: string): void {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "";
  writer.varintField(1, Math.floor(Date.parse(text) / 1000));
  writer.varintField(2, Number(fraction.padEnd(9, "0").slice(0, 9)));
}

function encodeAny(
  writer: WireWriter,
  { schema, value }: { readonly schema: Extract<SchemaFacts, { kind: "any" }>; readonly value: JsonValue },
): void {
  if (schema.wire === "raw") {
    writer.textField(1, JSON.stringify(value));
    return;
  }
  const schemaNumber = schema.wire === "schema-or-bool" ? 2 : 1;
  if (schema.wire === "schema-or-bool") writer.varintField(1, value === false ? 0 : 1);
  if (isJsonObject(value)) writer.bytesField(schemaNumber, encodeSchema(value));
  else if (Array.isArray(value))
    for (const item of value as readonly JsonValue[]) {
      if (schema.wire === "schema-or-strings") writer.textField(2, item as string);
      else writer.bytesField(2, encodeSchema(item as JsonObject));
    }
}

function encodeSchema(value: JsonObject): Uint8Array {
  return encodeMessage(value, layoutOf(schemaType()));
}

function schemaType(): TypeFacts {
  const type = builtinType("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  if (type === undefined) throw new InvariantError("the type table lacks JSONSchemaProps");
  return type;
}

function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
