import type { FieldError, KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";

export interface Change {
  readonly live: KubeObject;
  readonly next: KubeObject;
}

/**
 * What a built-in kind does in a write beyond what all do: its strategy (pkg/registry). Defaults and validation of the
 * fields themselves are the kind tables' business.
 */
export interface KindBehaviour {
  /** After defaults, before admission. */
  prepareCreate?(request: ResourceRequest, object: KubeObject, options: WriteOptions): KubeObject | Promise<KubeObject>;
  /** After metadata and the other part (status or spec) have been put back. */
  prepareUpdate?(request: ResourceRequest, change: Change, options: WriteOptions): KubeObject | Promise<KubeObject>;
  /** Errors that need the server's state. */
  validate?(
    request: ResourceRequest,
    change: { readonly live: KubeObject | undefined; readonly next: KubeObject },
  ): FieldError[];
  /** Texts for Warning headers. */
  warnings?(
    request: ResourceRequest,
    change: { readonly live: KubeObject | undefined; readonly next: KubeObject },
  ): readonly string[];
  /** After the write, before its answer. */
  afterWrite?(request: ResourceRequest, object: KubeObject): Promise<void>;
}
