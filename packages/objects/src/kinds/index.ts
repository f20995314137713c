export type { AnyWire, FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kind.ts";
export { builtinType, builtinTypeNames, builtinTypeOf } from "./built-in-types.ts";
export { builtinKinds, kindTableOf } from "./kind-table.ts";
