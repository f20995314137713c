import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { forbidden } from "../status/errors.ts";
import type { DeleteOptions } from "../write/delete-options.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);

/** What may refuse a deletion. @throws Forbidden. */
export function admitDelete(request: ResourceRequest, live: KubeObject, _options: DeleteOptions): Promise<void> {
  const { kind, groupResource } = request.resource;
  const name = live.metadata.name ?? "";
  if (kind.group === "" && kind.kind === "Namespace" && immortal.has(name)) {
    return Promise.reject(forbidden(groupResource, name, "this namespace may not be deleted"));
  }
  return Promise.resolve();
}
