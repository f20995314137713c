export type { AnyWire, FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kind.ts";
export { builtinType, builtinTypeNames, builtinTypeOf } from "./built-in-types.ts";
export {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  groupsOf,
  storageVersionHash,
} from "./discovery.ts";
export { type SubresourceFacts, subresourceOf } from "./subresources.ts";
export { sha256 } from "./sha256.ts";
export { builtinKinds, kindTableOf } from "./kind-table.ts";
export { type CustomSchemas, openApiHash, openApiV2, openApiV3, openApiV3Index } from "./openapi/documents.ts";
export { OpenApi, type OpenApiDocument } from "./openapi/open-api.ts";
export { openApiV2Protobuf } from "./openapi/swagger-protobuf.ts";
export { builtinFlowControl, fixedFlowControl } from "./flow-control.ts";
export { applyKindDefaults } from "./defaults/apply-defaults.ts";
export type { DefaultContext } from "./defaults/walk.ts";
export { type PrepareChange, prepareChange, prepareNew } from "./strategy/prepare.ts";
export { validateKind } from "./validation/validate.ts";
export { warningsOfKind } from "./validation/warnings.ts";
export { decodeProtobuf } from "./protobuf/decode.ts";
export { encodeProtobuf } from "./protobuf/encode.ts";
export { ProtobufError } from "./protobuf/wire.ts";
export { type TableColumn, columnsOf } from "./tables/columns.ts";
export type { CustomColumn } from "./tables/custom-columns.ts";
export { ageText } from "./tables/pod-cells.ts";
export { type TableOptions, rowOf, tableOf } from "./tables/table.ts";
export { jsonErrorOf } from "./typed/json-error.ts";
export { type JsonText, readJsonText } from "./typed/json-text.ts";
export { type DecodeOptions, type TypedForm, decodeTyped, typedForm } from "./typed/typed-form.ts";
