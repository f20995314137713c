import { gunzipSync } from "node:zlib";
import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";

/** Kinds that a delivery may touch; the whole cluster is read, not only what bears the application's name. */
export const observedKinds = [
  { apiVersion: "v1", kind: "Namespace" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "v1", kind: "Pod" },
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "ReplicaSet" },
  { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" },
  { apiVersion: "core.oam.dev/v1beta1", kind: "Application" },
  { apiVersion: "core.oam.dev/v1beta1", kind: "ApplicationRevision" },
  { apiVersion: "core.oam.dev/v1beta1", kind: "ResourceTracker" },
  { apiVersion: "core.oam.dev/v1beta1", kind: "ComponentDefinition" },
] as const;

export async function readCluster(client: Client): Promise<KubeObject[]> {
  const lists = await Promise.all(
    observedKinds.map(async ({ apiVersion, kind }) => {
      const { items } = await client.list({ apiVersion, kind });
      return items.map((item) => ({ ...item, apiVersion, kind }) as KubeObject);
    }),
  );
  return lists.flat();
}

/** The hash of a rendered object covers the Application's UID, so it differs wherever that does; the object itself is compared. */
const volatileKeys = new Set([
  "oam.dev/render-hash",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "generation",
  "observedGeneration",
  "podIP",
  "podIPs",
  "hostIP",
  "hostIPs",
  "clusterIP",
  "clusterIPs",
  "startTime",
  "endTime",
  "firstExecuteTime",
  "lastExecuteTime",
  "lastTransitionTime",
  "lastUpdateTime",
  "lastProbeTime",
  "startedAt",
  "containerID",
  "restartCount",
  "addresses",
  "nodePort",
  "healthCheckNodePort",
  "renewTime",
]);

/**
 * Objects as texts that equal for equal clusters: names of pods without their random part, without UIDs, times, versions,
 * addresses. Sorted.
 */
export function normalise(objects: readonly KubeObject[]): string[] {
  return objects.map((object) => JSON.stringify(normaliseValue(specOf(object), ""))).sort();
}

function specOf(object: KubeObject): unknown {
  const { name, namespace, labels, ownerReferences, finalizers } = object.metadata;
  const owners = (ownerReferences ?? []).map(({ kind, name: owner }) => `${kind}/${stable(owner)}`);
  const status =
    object.kind === "Application"
      ? {
          status: valueAt(object, "status", "status"),
          revision: valueAt(object, "status", "latestRevision", "name"),
          steps: stepsOf(object),
        }
      : object.kind === "Pod"
        ? { phase: valueAt(object, "status", "phase") }
        : undefined;
  const spec =
    object.kind === "ResourceTracker"
      ? {
          resources: (
            (valueAt(object, "spec", "managedResources") ?? []) as readonly {
              kind: string;
              namespace?: string;
              name: string;
            }[]
          )
            .map((one) => `${one.kind}/${one.namespace ?? ""}/${one.name}`)
            .sort(),
        }
      : unpacked(object["spec"]);
  return { kind: object.kind, name: stable(name ?? ""), namespace, labels, owners, finalizers, spec, ...status };
}

/** The content of a revision, compressed on the wire, as what it is: UIDs and versions within it are volatile too. */
function unpacked(spec: unknown): unknown {
  const data = valueAt(spec, "compression", "data");
  if (typeof data !== "string") return spec;
  return { ...(spec as object), compression: JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString("utf8")) };
}

function stepsOf(object: KubeObject): unknown {
  const steps = (valueAt(object, "status", "workflow", "steps") ?? []) as readonly { name: string; phase: string }[];
  return steps.map(({ name, phase }) => `${name}:${phase}`);
}

/** Pods and slices end in five random characters. */
function stable(name: string): string {
  return name.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}$/, "-#");
}

function normaliseValue(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => normaliseValue(item, key));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name, member]) => !volatileKeys.has(name) && member !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, member]) => [name, normaliseValue(member, name)]),
    );
  }
  if (typeof value === "string")
    return value
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "uid#")
      .replaceAll(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-#");
  return value;
}

/** What nobody owns though somebody should: pods without their ReplicaSet, ReplicaSets without Deployment, objects whose owner is gone. */
export function orphansOf(objects: readonly KubeObject[]): string[] {
  const uids = new Set(objects.map((object) => object.metadata.uid));
  const orphans: string[] = [];
  for (const object of objects) {
    for (const owner of object.metadata.ownerReferences ?? []) {
      if (observedKinds.some(({ kind }) => kind === owner.kind) && !uids.has(owner.uid))
        orphans.push(
          `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}: its owner ${owner.kind} ${owner.name} is gone`,
        );
    }
  }
  const tracked = new Set(
    objects
      .filter(({ kind }) => kind === "ResourceTracker")
      .flatMap((tracker) =>
        (
          (valueAt(tracker, "spec", "managedResources") ?? []) as readonly {
            kind: string;
            namespace?: string;
            name: string;
          }[]
        ).map((one) => `${one.kind}/${one.namespace ?? ""}/${one.name}`),
      ),
  );
  for (const object of objects) {
    if (object.kind !== "Deployment" && object.kind !== "Service") continue;
    if (object.metadata.labels?.["app.oam.dev/name"] === undefined) continue;
    const key = `${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    if (!tracked.has(key)) orphans.push(`${key}: no ResourceTracker names it`);
  }
  return orphans;
}

export { isNotFound };
