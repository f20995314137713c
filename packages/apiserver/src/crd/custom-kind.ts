import type { JsonObject } from "@lateen/base";
import type { Kind } from "@lateen/objects";

/** One served version of a custom resource, as its definition says. */
export interface CustomVersion {
  /** Name of the definition: `widgets.example.com`. */
  readonly definition: string;
  /** Names the schema in stored objects: an object with another tag is read through the schema anew. */
  readonly tag: string;
  readonly storageVersion: string;
  readonly storage: boolean;
  readonly statusSubresource: boolean;
  readonly scale: ScalePaths | undefined;
  readonly schema: JsonObject | undefined;
  /** Schema of the storage version: its defaults and pruning decide what is kept. */
  readonly storageSchema: JsonObject | undefined;
  readonly columns: readonly JsonObject[];
  readonly selectableFields: readonly string[];
  readonly deprecationWarning: string | undefined;
  /** Who converts, where the versions differ by more than their name (WebhookConversion). */
  readonly conversion: JsonObject | undefined;
  /** Schemas of all versions, by their names. */
  readonly schemas: ReadonlyMap<string, JsonObject | undefined>;
  /** Set while the definition is being deleted: no more creations. */
  readonly terminating: boolean;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string | undefined;
}

export interface CustomKind {
  readonly kind: Kind;
  readonly custom: CustomVersion;
}
