import { type KubeObject, valueAt } from "@lateen/objects";
import { textOf } from "../object/text.ts";

/** A group and version that another server serves (apiregistration.k8s.io APIService with a service). */
export interface ApiService {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** Base64 of the authorities' PEM; "" for the system's. */
  readonly caBundle: string;
  readonly insecure: boolean;
  readonly object: KubeObject;
}

/** Undefined for a version that this server serves itself. */
export function apiServiceOf(object: KubeObject): ApiService | undefined {
  const service = valueAt(object, "spec", "service") ?? null;
  if (service === null) return undefined;
  return {
    name: object.metadata.name ?? "",
    group: textOf(valueAt(object, "spec", "group")),
    version: textOf(valueAt(object, "spec", "version")),
    groupPriority: Number(valueAt(object, "spec", "groupPriorityMinimum") ?? 0),
    versionPriority: Number(valueAt(object, "spec", "versionPriority") ?? 0),
    service: {
      namespace: textOf(valueAt(service, "namespace")),
      name: textOf(valueAt(service, "name")),
      port: Number(valueAt(service, "port") ?? 443),
    },
    caBundle: textOf(valueAt(object, "spec", "caBundle")),
    insecure: valueAt(object, "spec", "insecureSkipTLSVerify") === true,
    object,
  };
}
