/**
 * Running objects as an Application (`vela adopt`, kubevela-engine.md 8): components by what the objects are for, a policy of
 * the mode over all of them, a workflow that applies each. `read-only` refers to the objects and writes nothing; `take-over`
 * holds them as they are declared now, never deletes namespaces and definitions, and leaves replicas to who scales them.
 */
import { type JsonObject, type JsonValue, canonicalJson } from "@lateen/base";
import { type KubeObject, asJson, valueAt } from "@lateen/objects";
import { declaredOf } from "./status/declared.ts";
import { oamLabels } from "./render/metadata.ts";

export type AdoptMode = "read-only" | "take-over";

export interface AdoptedObject {
  readonly object: KubeObject;
  /** Plural name of its kind, by which it is referred to. */
  readonly resource: string;
}

export interface AdoptOptions {
  readonly name: string;
  readonly namespace: string;
  readonly mode: AdoptMode;
  /** Where the objects come from: the label `app.oam.dev/adopt`. */
  readonly type: "native" | "helm";
  readonly objects: readonly AdoptedObject[];
}

const ownKinds = new Set([
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "CloneSet",
  "Job",
  "CronJob",
  "Service",
  "Ingress",
  "HTTPRoute",
]);
const groups: Readonly<Record<string, string>> = {
  CustomResourceDefinition: "crds",
  Namespace: "ns",
  ConfigMap: "config",
  Secret: "config",
  ServiceAccount: "sa",
  Role: "sa",
  RoleBinding: "sa",
  ClusterRole: "sa",
  ClusterRoleBinding: "sa",
  MutatingWebhookConfiguration: "operator",
  ValidatingWebhookConfiguration: "operator",
  APIService: "operator",
  PersistentVolume: "storage",
  PersistentVolumeClaim: "storage",
  StorageClass: "storage",
};
/** Components whose objects others live on: first, and never deleted. */
const foundations: ReadonlySet<string> = new Set(["crds", "ns"]);

function componentNameOf({ kind, metadata }: KubeObject): string {
  if (ownKinds.has(kind)) return `${kind.toLowerCase()}-${metadata.name ?? ""}`;
  return groups[kind] ?? kind.toLowerCase();
}

/** The application that an object belongs to already, as `NAMESPACE/NAME`. */
export function ownerOf({ metadata: { labels = {}, namespace = "" } }: KubeObject): string | undefined {
  const name = labels[oamLabels.name];
  return name === undefined ? undefined : `${labels[oamLabels.namespace] ?? namespace}/${name}`;
}

/** The Application that holds these objects. Its order is that of the components: foundations, then as they are given. */
export function adoptingApplication({ name, namespace, mode, type, objects }: AdoptOptions): KubeObject {
  const components = new Map<string, AdoptedObject[]>();
  for (const one of objects) {
    const component = componentNameOf(one.object);
    components.set(component, [...(components.get(component) ?? []), one]);
  }
  const names = [...components.keys()].toSorted((a, b) => Number(foundations.has(b)) - Number(foundations.has(a)));
  const selector = { componentNames: names };
  const kept = names.filter((one) => foundations.has(one));
  const policies: JsonObject[] = [{ name: mode, type: mode, properties: { rules: [{ selector }] } }];
  if (mode === "take-over" && kept.length > 0)
    policies.push({
      name: "garbage-collect",
      type: "garbage-collect",
      properties: { rules: [{ selector: { componentNames: kept }, strategy: "never" }] },
    });
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name, namespace, labels: { "app.oam.dev/adopt": type } },
    spec: {
      components: names.map((component) => ({
        name: component,
        type: mode === "read-only" ? "ref-objects" : "k8s-objects",
        properties: {
          objects: components
            .get(component)!
            .map((one) => (mode === "read-only" ? reference(one, namespace) : manifest(one, namespace))),
        },
      })),
      policies,
      workflow: {
        steps: [
          {
            type: "step-group",
            name: "apply-component",
            subSteps: names.map((component) => ({
              type: "apply-component",
              name: `apply-component:${component}`,
              properties: { component },
            })),
          },
        ],
      },
    },
  } as unknown as KubeObject;
}

function reference({ object, resource }: AdoptedObject, home: string): JsonObject {
  const { apiVersion, metadata } = object;
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
  return {
    resource,
    ...(group === "" ? {} : { group }),
    name: metadata.name ?? "",
    ...(metadata.namespace === undefined || metadata.namespace === home ? {} : { namespace: metadata.namespace }),
  };
}

/** As it is declared now. */
function manifest({ object }: AdoptedObject, home: string): JsonValue {
  const { metadata, ...rest } = declaredOf(object);
  const { namespace, ...own } = asJson({ ...object, metadata: metadata as unknown as KubeObject["metadata"] })
    .metadata as JsonObject;
  return { ...rest, metadata: { ...own, ...(namespace === undefined || namespace === home ? {} : { namespace }) } };
}

/** Whether nothing of an object changes but the marks of its application. */
export function isOnlyMarked(before: KubeObject, after: KubeObject): boolean {
  const bare = (object: KubeObject): string => {
    const { metadata, ...rest } = declaredOf(object);
    const labels = Object.entries((valueAt(metadata, "labels") ?? {}) as JsonObject).filter(
      ([name]) => !/(?:^|\.)oam\.dev\//.test(name),
    );
    const annotations = Object.entries((valueAt(metadata, "annotations") ?? {}) as JsonObject).filter(
      ([name]) => !/(?:^|\.)oam\.dev\/|^lateen\.dev\//.test(name),
    );
    return canonicalJson([rest, Object.fromEntries(labels), Object.fromEntries(annotations)] as JsonValue);
  };
  return bare(before) === bare(after);
}
