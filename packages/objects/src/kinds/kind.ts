import type { JsonValue } from "@lateen/base";
import type { GroupVersionKind } from "../kube-object.ts";

/**
 * One kind as the API serves it. The facts come from k8s.io/api (generated, `generated/`) or from a
 * CustomResourceDefinition; nothing here knows where.
 */
export interface Kind extends GroupVersionKind {
  /** Lower case, as in URLs: `deployments`. */
  readonly plural: string;
  readonly singular: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** `status`, `scale`, `log`, `binding`, `eviction`, `token`, `exec` … */
  readonly subresources: readonly string[];
  /** The version that the store keeps, when it is another one than this. */
  readonly storageVersion?: string | undefined;
  /** The type that describes the fields, undefined for a custom resource without a schema. */
  readonly type?: TypeFacts | undefined;
}

/** Facts about a struct type: what patches, server-side apply, protobuf and OpenAPI need to know about each field. */
export interface TypeFacts {
  /** `io.k8s.api.apps.v1.Deployment`: the name in OpenAPI. */
  readonly name: string;
  /** In the order of the Go struct, which is the order in which a server writes them. */
  readonly fields: readonly FieldFacts[];
  /** Server-side apply takes a value of this type as a whole, where its field says nothing else. */
  readonly atomic: boolean;
  readonly fieldOf: (name: string) => FieldFacts | undefined;
}

export interface FieldFacts {
  /** As in JSON. Empty for an inlined struct (which the generator has already expanded). */
  readonly name: string;
  readonly schema: SchemaFacts;
  readonly required: boolean;
  /** A pointer in Go: absent and zero differ. */
  readonly pointer: boolean;
  /** Not written when empty (Go's omitempty; structs are always written unless `omitZero`). */
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  /** Field number in protobuf, 0 if it has none. */
  readonly protoNumber: number;
  /** Protobuf nests what JSON inlines: the numbers of the messages around the field, outermost first. */
  readonly protoPath: readonly number[];
  /** Strategic merge patch: patchStrategy (`merge`, `replace`, `retainKeys`, joined by commas) and patchMergeKey. */
  readonly patchStrategy?: string | undefined;
  readonly patchMergeKey?: string | undefined;
  /** The default that the schema declares (`+default`); the server's own defaulting is `applyKindDefaults`. */
  readonly defaultValue?: JsonValue | undefined;
}

/** How a value without fixed fields is laid out in protobuf. */
export type AnyWire = "raw" | "schema-or-bool" | "schema-or-array" | "schema-or-strings";

/** The shape of a value. `ref` is resolved lazily since types are recursive. */
export type SchemaFacts =
  | { readonly kind: "string"; readonly format?: string | undefined; readonly values?: readonly string[] | undefined }
  | { readonly kind: "integer"; readonly format: "int32" | "int64" }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  /** Base64 text in JSON, bytes in protobuf. */
  | { readonly kind: "bytes" }
  | { readonly kind: "quantity" | "int-or-string" | "time" | "micro-time" | "duration" | "fields-v1" }
  /** `object`: a RawExtension, which is an object (and atomic in server-side apply); else any JSON value. */
  | { readonly kind: "any"; readonly object: boolean; readonly wire: AnyWire }
  | {
      readonly kind: "struct";
      readonly atomic: boolean;
      /** What the field says of it, if it says anything. */
      readonly declared?: "atomic" | "granular" | undefined;
      readonly type: () => TypeFacts;
    }
  | { readonly kind: "map"; readonly atomic: boolean; readonly value: SchemaFacts }
  | {
      readonly kind: "list";
      readonly item: SchemaFacts;
      /** Server-side apply: how the list merges; `keys` of a `map` (their defaults: `defaultValue` of the item's field). */
      readonly listType: "atomic" | "set" | "map";
      readonly listMapKeys: readonly string[];
      /** Protobuf puts the items (field 1) into a message of their own. */
      readonly wrapped: boolean;
      /** The markers of the type say nothing: `listType` follows from patchStrategy, OpenAPI does not show it. */
      readonly implied: boolean;
    };

/** All kinds of a server: the built-in ones and those of its CustomResourceDefinitions. Immutable. */
export interface KindTable {
  lookup(gvk: GroupVersionKind): Kind | undefined;
  lookupResource(resource: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
  }): Kind | undefined;
  /** In the order of discovery. */
  readonly kinds: readonly Kind[];
  /** Served versions of a group, preferred first. */
  versionsOf(group: string): readonly string[];
}
