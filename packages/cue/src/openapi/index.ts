export { type CompleteOptions, completeOpenApi } from "./complete-document.ts";
export type { Dialect } from "./dialect.ts";
export {
  type ExportSchemaOptions,
  type ExportSchemaResult,
  type SchemaDialect,
  exportSchema,
} from "./export-schema.ts";
export { type ImportSchemaOptions, type ImportSchemaResult, importSchema, schemaFile } from "./import-schema.ts";
export { type OpenApiOptions, openApiDocument } from "./document.ts";
export { type JsonSchemaOptions, jsonSchemaOf } from "./json-schema.ts";
