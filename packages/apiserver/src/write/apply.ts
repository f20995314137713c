import type { Answer } from "../answer/answer.ts";
import type { ResourceRequest } from "../request/context.ts";
import { statusError } from "../status/errors.ts";
import type { WriteOptions } from "./options.ts";

/** Server-side apply. */
export function applyPatch(_request: ResourceRequest, _options: WriteOptions): Promise<Answer> {
  return Promise.reject(statusError(501, "NotImplemented", "server-side apply is not there yet"));
}
