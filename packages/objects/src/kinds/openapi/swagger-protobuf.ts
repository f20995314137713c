/**
 * Swagger 2.0 as protobuf (gnostic's OpenAPIv2.proto): what kubectl before 1.27 asks for. Field numbers from that file;
 * whatever the messages have no field for travels as a vendor extension when its name starts with `x-`.
 */
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "@lateen/base";
import { WireWriter } from "../protobuf/wire.ts";

/** How a JSON value becomes a field: the number, and its form. */
type Field = readonly [number: number, form: Form];

type Form =
  | "text"
  | "texts"
  | "flag"
  | "integer"
  | "double"
  | "any"
  | "anys"
  | "type"
  | ((value: JsonValue) => Uint8Array)
  | { readonly each: (value: JsonValue) => Uint8Array };

type Message = Readonly<Record<string, Field>>;

const info: Message = { title: [1, "text"], version: [2, "text"] };

const schema: Message = {
  $ref: [1, "text"],
  format: [2, "text"],
  title: [3, "text"],
  description: [4, "text"],
  default: [5, "any"],
  multipleOf: [6, "double"],
  maximum: [7, "double"],
  exclusiveMaximum: [8, "flag"],
  minimum: [9, "double"],
  exclusiveMinimum: [10, "flag"],
  maxLength: [11, "integer"],
  minLength: [12, "integer"],
  pattern: [13, "text"],
  maxItems: [14, "integer"],
  minItems: [15, "integer"],
  uniqueItems: [16, "flag"],
  maxProperties: [17, "integer"],
  minProperties: [18, "integer"],
  required: [19, "texts"],
  enum: [20, "anys"],
  additionalProperties: [21, encodeAdditional],
  type: [22, "type"],
  items: [23, (value) => nested(1, encodeSchema(value))],
  properties: [25, encodeNamedSchemas],
};

const pathParameter: Message = {
  required: [1, "flag"],
  in: [2, "text"],
  description: [3, "text"],
  name: [4, "text"],
  type: [5, "text"],
  uniqueItems: [19, "flag"],
};

const queryParameter: Message = {
  required: [1, "flag"],
  in: [2, "text"],
  description: [3, "text"],
  name: [4, "text"],
  type: [6, "text"],
  uniqueItems: [20, "flag"],
};

const bodyParameter: Message = {
  description: [1, "text"],
  name: [2, "text"],
  in: [3, "text"],
  required: [4, "flag"],
  schema: [5, encodeSchema],
};

const response: Message = { description: [1, "text"], schema: [2, (value) => nested(1, encodeSchema(value))] };

const operation: Message = {
  tags: [1, "texts"],
  description: [3, "text"],
  operationId: [5, "text"],
  produces: [6, "texts"],
  consumes: [7, "texts"],
  parameters: [8, { each: encodeParameter }],
  responses: [9, encodeResponses],
  schemes: [10, "texts"],
};

const pathItem: Message = {
  get: [2, encodeOperation],
  put: [3, encodeOperation],
  post: [4, encodeOperation],
  delete: [5, encodeOperation],
  patch: [8, encodeOperation],
  parameters: [9, { each: encodeParameter }],
};

const document: Message = {
  swagger: [1, "text"],
  info: [2, (value) => encode(value, info)],
  paths: [8, encodePaths],
  definitions: [9, encodeNamedSchemas],
};

/** The bytes for `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`. */
export function openApiV2Protobuf(swagger: JsonObject): Uint8Array {
  return encode(swagger, document).slice();
}

function encode(value: JsonValue, message: Message, extensionNumber?: number): Uint8Array {
  const writer = new WireWriter();
  if (!isJsonObject(value)) return writer.finish();
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const field = Object.hasOwn(message, name) ? message[name] : undefined;
    if (field !== undefined) write(writer, field, member);
    else if (extensionNumber !== undefined && name.startsWith("x-"))
      writer.bytesField(extensionNumber, named(name, anyOf(member)));
  }
  return writer.finish();
}

function write(writer: WireWriter, [number, form]: Field, value: JsonValue): void {
  switch (form) {
    case "text":
      if (typeof value === "string") writer.textField(number, value);
      return;
    case "texts":
      for (const item of listOf(value)) if (typeof item === "string") writer.textField(number, item);
      return;
    case "flag":
      writer.varintField(number, value === true ? 1 : 0);
      return;
    case "integer":
      if (typeof value === "number") writer.varintField(number, value);
      return;
    case "double":
      if (typeof value === "number") writer.doubleField(number, value);
      return;
    case "any":
      writer.bytesField(number, anyOf(value));
      return;
    case "anys":
      for (const item of listOf(value)) writer.bytesField(number, anyOf(item));
      return;
    case "type":
      writer.bytesField(number, nestedTexts(typeof value === "string" ? [value] : listOf(value)));
      return;
    default:
      if (typeof form === "function") writer.bytesField(number, form(value));
      else for (const item of listOf(value)) writer.bytesField(number, form.each(item));
  }
}

function listOf(value: JsonValue): JsonArray {
  return Array.isArray(value) ? (value as JsonArray) : [];
}

/** Any: yaml = 2; JSON is YAML. */
function anyOf(value: JsonValue): Uint8Array {
  const writer = new WireWriter();
  writer.textField(2, JSON.stringify(value));
  return writer.finish();
}

function named(name: string, value: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  writer.textField(1, name);
  writer.bytesField(2, value);
  return writer.finish();
}

function nested(number: number, value: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  writer.bytesField(number, value);
  return writer.finish();
}

function nestedTexts(values: JsonArray): Uint8Array {
  const writer = new WireWriter();
  for (const value of values) if (typeof value === "string") writer.textField(1, value);
  return writer.finish();
}

function encodeSchema(value: JsonValue): Uint8Array {
  return encode(value, schema, 31);
}

function encodeNamedSchemas(value: JsonValue): Uint8Array {
  return eachNamed(value, { number: 1, encodeValue: encodeSchema });
}

function encodeAdditional(value: JsonValue): Uint8Array {
  const writer = new WireWriter();
  if (typeof value === "boolean") writer.varintField(2, value ? 1 : 0);
  else writer.bytesField(1, encodeSchema(value));
  return writer.finish();
}

function encodeOperation(value: JsonValue): Uint8Array {
  return encode(value, operation, 13);
}

function encodePaths(value: JsonValue): Uint8Array {
  return eachNamed(value, { number: 2, encodeValue: (item) => encode(item, pathItem, 10) });
}

function encodeResponses(value: JsonValue): Uint8Array {
  return eachNamed(value, { number: 1, encodeValue: (item) => nested(1, encode(item, response, 5)) });
}

function eachNamed(
  value: JsonValue,
  { number, encodeValue }: { readonly number: number; readonly encodeValue: (value: JsonValue) => Uint8Array },
): Uint8Array {
  const writer = new WireWriter();
  if (isJsonObject(value))
    for (const [name, member] of Object.entries(value))
      if (member !== undefined) writer.bytesField(number, named(name, encodeValue(member)));
  return writer.finish();
}

/** ParametersItem → Parameter → a body, or one of the others inside NonBodyParameter. */
function encodeParameter(value: JsonValue): Uint8Array {
  const where = isJsonObject(value) ? value["in"] : undefined;
  if (where === "body") return nested(1, nested(1, encode(value, bodyParameter, 6)));
  if (where === "path") return nested(1, nested(2, nested(4, encode(value, pathParameter, 22))));
  return nested(1, nested(2, nested(3, encode(value, queryParameter, 23))));
}
