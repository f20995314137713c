import type { ResourceRequest } from "../request/context.ts";
import { noSuchResource } from "../status/errors.ts";

/** A kind that has no resource of its own. */
export function foreignKind(
  request: ResourceRequest,
  gvk: { readonly group: string; readonly version: string; readonly kind: string },
): ResourceRequest["resource"]["kind"] {
  const type = request.core.typeOf(gvk);
  if (type === undefined) throw noSuchResource();
  return { ...request.resource.kind, ...gvk, type, storageVersion: undefined };
}
