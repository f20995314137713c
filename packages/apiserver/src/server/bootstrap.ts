import { codeOf, jsonEquals, type JsonObject } from "@lateen/base";
import { asJson, type KubeObject, valueAt, withDefinitionDefaults } from "@lateen/objects";
import { builtinRbac } from "../authz/built-in-roles.ts";
import { keyOf } from "../registry/resource.ts";
import { changeObject } from "../write/update.ts";
import { createFrom } from "../write/create.ts";
import type { WriteOptions } from "../write/options.ts";
import { type Core, readObject } from "./core.ts";
import { internalRequest } from "./internal-request.ts";

const options: WriteOptions = { dryRun: false, fieldManager: "lateen", fieldValidation: "Ignore", force: true };

/** Namespaces that every cluster has. */
const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

const systemClasses = [
  {
    name: "system-cluster-critical",
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
  {
    name: "system-node-critical",
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
] as const;

/** Makes what every server begins with, leaving alone what is there. */
export async function bootstrap(core: Core, definitions: readonly KubeObject[]): Promise<void> {
  for (const name of namespaces) {
    await ensure(core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const { name, value, description } of systemClasses) {
    const kind = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass" };
    await ensure(core, { ...kind, metadata: { name }, value, description });
  }
  // Written together, they share the wait for the disk.
  await Promise.all(builtinRbac().map((object) => ensure(core, object)));
  await ensure(core, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      clusterIP: "10.96.0.1",
      clusterIPs: ["10.96.0.1"],
      internalTrafficPolicy: "Cluster",
      sessionAffinity: "None",
      type: "ClusterIP",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
    },
  });
  for (const definition of definitions) await ensureDefinition(core, definition);
}

/** Creates the object unless one of its name exists. */
export async function ensure(core: Core, object: KubeObject): Promise<void> {
  const request = internalRequest(core, object, "create");
  const { namespace, name = "" } = object.metadata;
  if (core.store.get(keyOf(request.resource, namespace, name)) !== undefined) return;
  try {
    await createFrom(request, object, { options, apply: false });
  } catch (error) {
    if (codeOf(error) !== "AlreadyExists") throw error;
  }
}

/** Creates the definition, or gives the one that is there the same spec. */
async function ensureDefinition(core: Core, definition: KubeObject): Promise<void> {
  await ensure(core, definition);
  const request = internalRequest(core, definition, "update");
  const live = readObject(core, request.resource, keyOf(request.resource, undefined, definition.metadata.name ?? ""));
  const wanted = withDefinitionDefaults(asJson(definition)).spec as JsonObject;
  if (live !== undefined && jsonEquals({ ...(live["spec"] as JsonObject), ...wanted }, live["spec"] as JsonObject))
    return;
  await changeObject(request, options, (live) => ({
    object: { ...live, spec: { ...(valueAt(live, "spec") as object), ...(valueAt(definition, "spec") as object) } },
  }));
  await core.definitions.settled(definition.metadata.name ?? "");
}
