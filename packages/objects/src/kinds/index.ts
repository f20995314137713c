export type { AnyWire, FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kind.ts";
export { builtinType, builtinTypeNames, builtinTypeOf } from "./built-in-types.ts";
export { builtinKinds, kindTableOf } from "./kind-table.ts";
export { decodeProtobuf } from "./protobuf/decode.ts";
export { encodeProtobuf } from "./protobuf/encode.ts";
export { ProtobufError } from "./protobuf/wire.ts";
export { type JsonText, readJsonText } from "./typed/json-text.ts";
export { type DecodeOptions, type TypedForm, decodeTyped, typedForm } from "./typed/typed-form.ts";
