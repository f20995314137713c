import { valueAt } from "@lateen/objects";
import { readObject } from "../server/core.ts";
import type { ResourceRequest } from "../request/context.ts";
import { forbidden, notFound } from "../status/errors.ts";
import type { Admission } from "./admit.ts";

/** Nothing is created in a namespace that is absent or going (plugin/pkg/admission/namespace/lifecycle). */
export function checkNamespaceLives(request: ResourceRequest, { operation, object }: Admission): void {
  const { kind, groupResource } = request.resource;
  const namespace = request.namespace;
  if (operation !== "CREATE" || !kind.namespaced || namespace === undefined) return;
  // Reviews ask about a namespace; they put nothing into it.
  if (kind.group === "authorization.k8s.io") return;
  const namespaces = request.table.lookup({ group: "", version: "v1", plural: "namespaces" })!;
  const found = readObject(request.core, namespaces, `${namespaces.prefix}${namespace}`);
  if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace);
  if (valueAt(found, "status", "phase") !== "Terminating" && found.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    groupResource,
    object.metadata.name ?? "",
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}
