import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { statusError } from "../status/errors.ts";
import type { WriteOptions } from "../write/options.ts";

/** Server-side apply of a Scale. */
export function applyScale(
  _request: ResourceRequest,
  _options: WriteOptions,
  _scaleOf: (request: ResourceRequest, object: KubeObject) => JsonObject,
): Promise<KubeObject> {
  return Promise.reject(statusError(501, "NotImplemented", "server-side apply of a scale is not there yet"));
}
