export type { Dialect } from "./dialect.ts";
export { type ImportSchemaOptions, type ImportSchemaResult, importSchema, schemaFile } from "./import-schema.ts";
