/** All resources that the server serves, from aggregated discovery: for controllers that are about every kind. */
import type { Client } from "@lateen/client";
import { apiVersionOf } from "@lateen/objects";

export interface ServedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface GroupDiscovery {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: { readonly kind?: string };
      readonly scope: "Namespaced" | "Cluster";
      readonly verbs: readonly string[];
    }[];
  }[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Each resource once, in its preferred version. @throws ApiError; TransportError. */
export async function discoverResources(client: Client, signal: AbortSignal): Promise<readonly ServedResource[]> {
  const resources: ServedResource[] = [];
  for (const path of ["/api", "/apis"]) {
    const { body } = await client.raw({ method: "GET", path, headers: { accept }, signal });
    if (!(body instanceof Uint8Array)) throw new TypeError("discovery was answered as a stream");
    const list = JSON.parse(new TextDecoder().decode(body)) as { readonly items?: readonly GroupDiscovery[] };
    for (const { metadata, versions } of list.items ?? [])
      resources.push(...preferredResources(metadata.name ?? "", versions));
  }
  return resources;
}

function preferredResources(group: string, versions: GroupDiscovery["versions"]): readonly ServedResource[] {
  const found = new Map<string, ServedResource>();
  for (const { version, resources = [] } of versions) {
    for (const { resource, responseKind, scope, verbs } of resources) {
      if (found.has(resource) || responseKind?.kind === undefined) continue;
      found.set(resource, {
        apiVersion: apiVersionOf({ group, version }),
        kind: responseKind.kind,
        plural: resource,
        namespaced: scope === "Namespaced",
        verbs,
      });
    }
  }
  return [...found.values()];
}
