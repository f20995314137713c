import type { Answer } from "../answer/answer.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { badRequest, notFound, statusError } from "../status/errors.ts";

/** exec, attach and portforward without an upgrade: there is nothing that could be answered in one go. */
export function refuseWithoutUpgrade(request: ResourceRequest): Promise<Answer> {
  const { core, resource, namespace, name } = request;
  if (core.store.get(keyOf(resource, namespace, name)) === undefined) {
    return Promise.reject(notFound(resource.groupResource, name));
  }
  return Promise.reject(badRequest("Upgrade request required"));
}

/** Subresources that need what this server does not have. */
export function refuseUnserved(request: ResourceRequest): Promise<Answer> {
  const { resource, subresource } = request;
  return Promise.reject(
    statusError(501, "NotImplemented", `${resource.kind.plural}/${subresource} is not served by this server`),
  );
}
