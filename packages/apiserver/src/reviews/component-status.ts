import type { JsonObject } from "@lateen/base";
import type { Answer } from "../answer/answer.ts";
import type { ResourceRequest } from "../request/context.ts";
import { notFound } from "../status/errors.ts";

/** The store is the one component that this server can vouch for. */
const names = ["etcd-0"];

/** GET and LIST of `componentstatuses`, which are not stored. */
export function readComponentStatus(request: ResourceRequest): Promise<Answer> {
  const { name, resource } = request;
  if (name !== "") {
    if (!names.includes(name)) return Promise.reject(notFound(resource.groupResource, name));
    return Promise.resolve({
      kind: "object",
      status: 200,
      object: { kind: "ComponentStatus", apiVersion: "v1", ...status(name) },
    });
  }
  return Promise.resolve({
    kind: "object",
    status: 200,
    object: { kind: "ComponentStatusList", apiVersion: "v1", metadata: {}, items: names.map(status) },
  });
}

function status(name: string): JsonObject {
  return { metadata: { name }, conditions: [{ type: "Healthy", status: "True", message: "ok" }] };
}
