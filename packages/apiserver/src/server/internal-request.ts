import { type KubeObject, gvkOf } from "@lateen/objects";
import type { ResourceRequest, UserInfo, Verb } from "../request/context.ts";
import { Query } from "../request/query.ts";
import type { Resource } from "../registry/resource.ts";
import { noSuchResource } from "../status/errors.ts";
import type { Core } from "./core.ts";

const never = new AbortController().signal;

/** The server itself. */
export const serverUser: UserInfo = { username: "system:apiserver", groups: ["system:masters"] };

/** A request that the server makes of itself, about this object. */
export function internalRequest(core: Core, object: KubeObject, verb: Verb): ResourceRequest {
  const gvk = gvkOf(object);
  const kind = core.table.kinds.lookup(gvk);
  const resource = kind && core.table.lookup(kind);
  if (resource === undefined) throw noSuchResource();
  const { namespace, name = "" } = object.metadata;
  return internalResourceRequest(core, { resource, verb, namespace, name });
}

export function internalResourceRequest(
  core: Core,
  target: {
    readonly resource: Resource;
    readonly verb: Verb;
    readonly namespace: string | undefined;
    readonly name: string;
    readonly subresource?: string;
  },
): ResourceRequest {
  return {
    core,
    table: core.table,
    http: { method: "POST", path: "/", headers: {}, signal: never },
    query: new Query(""),
    user: serverUser,
    resource: target.resource,
    verb: target.verb,
    namespace: target.namespace,
    name: target.name,
    subresource: target.subresource,
    form: { mediaType: "application/json" },
    warnings: [],
    annotations: new Map(),
    cleanups: [],
  };
}
