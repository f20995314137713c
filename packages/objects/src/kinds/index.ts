export type { FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kind.ts";
