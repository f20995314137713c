/** Components of type `ref-objects`: objects that exist already, taken as their properties name them (kubevela-engine.md 3.9). */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, type AppComponent, textOf } from "../application/application.ts";

/** How referred objects are found; reads happen with the identity of the application's user. */
export interface ReferredReader {
  /** The kind of a resource (`configmap`, `deployments` …) of a group, or undefined. */
  kindOf(resource: string, group: string): Promise<{ readonly apiVersion: string; readonly kind: string } | undefined>;
  get(reference: {
    readonly cluster: string;
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  }): Promise<KubeObject | undefined>;
  list(reference: {
    readonly cluster: string;
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  }): Promise<readonly KubeObject[]>;
}

/** A reference that leads nowhere or is wrong by itself. */
export class ObjectReferenceError extends Error {
  override readonly name = "ObjectReferenceError";
  readonly code = "reference";
  readonly component: string;
  constructor(component: string, message: string) {
    super(message);
    this.component = component;
  }
}

const selectorFields = [
  "resource",
  "group",
  "apiVersion",
  "kind",
  "name",
  "namespace",
  "cluster",
  "labelSelector",
  "selector",
];

/** The component with its objects in full: `properties: {objects: […]}`, each object once, those of one selector sorted by name. @throws ObjectReferenceError. */
export async function resolveReferences(
  component: AppComponent,
  app: App,
  reader: ReferredReader,
): Promise<AppComponent> {
  const properties = component.properties ?? {};
  refuseUnknown(component.name, properties, ["objects", "urls"]);
  if (Array.isArray(properties.urls) && properties.urls.length > 0) {
    throw new ObjectReferenceError(
      component.name,
      `component ${component.name}: objects from URLs are not loaded by this control plane; write them as a k8s-objects component`,
    );
  }
  const selectors = Array.isArray(properties.objects) ? properties.objects.filter(isJsonObject) : [];
  const found = new Map<string, KubeObject>();
  for (const selector of selectors) {
    for (const object of await select(component, selector, { app, reader })) {
      if (!found.has(keyOf(object))) found.set(keyOf(object), object);
    }
  }
  const objects = [...found.values()].map(cleaned);
  return { ...component, properties: { objects: objects as unknown as JsonValue } };
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion}/${kind}|${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

function refuseUnknown(component: string, object: JsonObject, known: readonly string[]): void {
  const field = Object.keys(object).find((key) => !known.includes(key));
  if (field !== undefined)
    throw new ObjectReferenceError(
      component,
      `invalid properties for ref-objects in component ${component}: unknown field "${field}"`,
    );
}

async function select(
  component: AppComponent,
  selector: JsonObject,
  { app, reader }: { app: App; reader: ReferredReader },
): Promise<readonly KubeObject[]> {
  refuseUnknown(component.name, selector, selectorFields);
  const labels = isJsonObject(selector.labelSelector)
    ? (selector.labelSelector as Readonly<Record<string, string>>)
    : undefined;
  const given = textOf(selector.name);
  if (given !== "" && labels !== undefined) {
    throw new ObjectReferenceError(
      component.name,
      "invalid object selector for ref-objects, name and labelSelector cannot be both set",
    );
  }
  const resource = textOf(selector.resource);
  if (resource === "")
    throw new ObjectReferenceError(
      component.name,
      `component ${component.name}: resource is not set for referring objects`,
    );
  const kind = await reader.kindOf(resource, textOf(selector.group));
  if (kind === undefined)
    throw new ObjectReferenceError(
      component.name,
      `component ${component.name}: no matches for ${textOf(selector.group)}/, Resource=${resource}`,
    );
  const namespace = textOf(selector.namespace) === "" ? app.namespace : textOf(selector.namespace);
  const cluster = textOf(selector.cluster) === "" ? "local" : textOf(selector.cluster);
  if (labels !== undefined) {
    const listed = await reader.list({ cluster, ...kind, namespace, labels });
    return listed.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
  const name = given === "" ? component.name : given;
  const object = await reader.get({ cluster, ...kind, namespace, name });
  if (object === undefined)
    throw new ObjectReferenceError(
      component.name,
      `failed to load ref object ${kind.kind} ${namespace}/${name}: not found in cluster ${cluster}`,
    );
  return [object];
}

const serverFields = new Set([
  "resourceVersion",
  "generation",
  "ownerReferences",
  "deletionTimestamp",
  "managedFields",
  "uid",
  "creationTimestamp",
]);

/** Without what belongs to the object that was found; a Service keeps no address. */
function cleaned(object: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = object;
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverFields.has(key)));
  const clean = { ...rest, metadata: own } as unknown as KubeObject;
  return object.apiVersion === "v1" && object.kind === "Service" ? cleanedService(clean) : clean;
}

function cleanedService(service: KubeObject): KubeObject {
  const spec = isJsonObject(service.spec) ? service.spec : {};
  const headless = spec.clusterIP === "None";
  const fields = Object.entries(spec).filter(([key]) => headless || (key !== "clusterIP" && key !== "clusterIPs"));
  const ports = Array.isArray(spec.ports)
    ? spec.ports.filter(isJsonObject).map((port) => ({ targetPort: 0, ...port }))
    : undefined;
  return { ...service, spec: { ...Object.fromEntries(fields), ...(ports === undefined ? {} : { ports }) } };
}
