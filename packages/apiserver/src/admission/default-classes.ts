import { type KubeObject, valueAt } from "@lateen/objects";
import { specOf, withSpec } from "../kinds/edit.ts";
import type { ResourceRequest } from "../request/context.ts";

/** The class that claims and ingresses get when they name none (DefaultStorageClass, DefaultIngressClass). */
export function withDefaultClass(request: ResourceRequest, object: KubeObject): KubeObject {
  const { kind } = request.resource;
  if (kind.group === "" && kind.kind === "PersistentVolumeClaim") {
    if (specOf(object).storageClassName !== undefined) return object;
    const name = defaultOf(
      request,
      { group: "storage.k8s.io", plural: "storageclasses" },
      "storageclass.kubernetes.io/is-default-class",
    );
    return name === undefined ? object : withSpec(object, { storageClassName: name });
  }
  if (kind.group === "networking.k8s.io" && kind.kind === "Ingress") {
    const legacy = object.metadata.annotations?.["kubernetes.io/ingress.class"];
    if (specOf(object).ingressClassName !== undefined || legacy !== undefined) return object;
    const name = defaultOf(
      request,
      { group: "networking.k8s.io", plural: "ingressclasses" },
      "ingressclass.kubernetes.io/is-default-class",
    );
    return name === undefined ? object : withSpec(object, { ingressClassName: name });
  }
  return object;
}

/** Of several defaults the newest, then the first by name. */
function defaultOf(
  request: ResourceRequest,
  { group, plural }: { readonly group: string; readonly plural: string },
  annotation: string,
): string | undefined {
  const { core, table } = request;
  const resource = table.lookup({ group, version: "v1", plural })!;
  const defaults = core.store
    .range(resource.prefix)
    .entries.map((entry) => core.reader.read(resource, entry))
    .filter(
      (object) =>
        object.metadata.annotations?.[annotation] === "true" && valueAt(object, "metadata", "name") !== undefined,
    );
  return defaults.toSorted(
    (a, b) =>
      (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? "") ||
      (a.metadata.name ?? "").localeCompare(b.metadata.name ?? ""),
  )[0]?.metadata.name;
}
