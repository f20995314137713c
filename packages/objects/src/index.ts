export type { FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kinds/kind.ts";
export {
  type GroupVersionKind,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  apiVersionOf,
  asJson,
  describeObject,
  groupVersionOf,
  gvkOf,
  valueAt,
} from "./kube-object.ts";
export type { ApiRequest, ApiResponse, Transport } from "./wire.ts";
