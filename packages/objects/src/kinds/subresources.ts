import type { GroupVersionKind } from "../kube-object.ts";
import type { Kind } from "./kind.ts";

export interface SubresourceFacts {
  /** What a request to it sends or gets. */
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
}

const readAndWrite = ["get", "patch", "update"];
const connect = ["create", "get"];
const anyMethod = ["create", "delete", "get", "patch", "update"];

const foreign: Readonly<Record<string, GroupVersionKind>> = {
  scale: { group: "autoscaling", version: "v1", kind: "Scale" },
  eviction: { group: "policy", version: "v1", kind: "Eviction" },
  token: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
  binding: { group: "", version: "v1", kind: "Binding" },
  attach: { group: "", version: "v1", kind: "PodAttachOptions" },
  exec: { group: "", version: "v1", kind: "PodExecOptions" },
  portforward: { group: "", version: "v1", kind: "PodPortForwardOptions" },
};

const verbsOf: Readonly<Record<string, readonly string[]>> = {
  eviction: ["create"],
  token: ["create"],
  binding: ["create"],
  attach: connect,
  exec: connect,
  portforward: connect,
  proxy: anyMethod,
  log: ["get"],
  finalize: ["update"],
};

/** The kind and verbs of one of `kind.subresources`; undefined for any other name. */
export function subresourceOf(kind: Kind, name: string): SubresourceFacts | undefined {
  if (!kind.subresources.includes(name)) return undefined;
  const own: GroupVersionKind = { group: kind.group, version: kind.version, kind: kind.kind };
  const proxied = name === "proxy" ? { ...own, kind: `${kind.kind}ProxyOptions` } : own;
  return { kind: foreign[name] ?? proxied, verbs: verbsOf[name] ?? readAndWrite };
}
