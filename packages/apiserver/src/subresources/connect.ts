import type { Answer } from "../answer/answer.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { badRequest, notFound } from "../status/errors.ts";

/** exec, attach and portforward without an upgrade: there is nothing that could be answered in one go. */
export function refuseWithoutUpgrade(request: ResourceRequest): Promise<Answer> {
  const { core, resource, namespace, name } = request;
  if (core.store.get(keyOf(resource, namespace, name)) === undefined) {
    return Promise.reject(notFound(resource.groupResource, name));
  }
  return Promise.reject(badRequest("Upgrade request required"));
}
