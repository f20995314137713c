import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "./options.ts";

/** The managed fields of a new object: all of it is its creator's. */
export function recordCreate(_request: ResourceRequest, object: KubeObject, _options: WriteOptions): KubeObject {
  return object;
}

/** The managed fields after an update: what changed is the updater's. */
export function recordChange(
  _request: ResourceRequest,
  { next }: { readonly live: KubeObject; readonly next: KubeObject },
  _options: WriteOptions,
): KubeObject {
  return next;
}
