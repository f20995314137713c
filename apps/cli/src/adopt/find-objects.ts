import { type JsonObject, isJsonObject } from "@lateen/base";
import { type AdoptedObject, ownerOf } from "@lateen/delivery/pure";
import { type KubeObject, describeObject } from "@lateen/objects";
import type { RawServer } from "../raw.ts";
import { type NamedResource, findResource } from "../resources.ts";

const allKinds = ["deployments", "statefulsets", "daemonsets"] as const;
/** What a label may gather. */
const labelledKinds = [
  ...allKinds,
  "services",
  "configmaps",
  "ingresses",
  "jobs",
  "cronjobs",
  "persistentvolumeclaims",
] as const;

export interface FindOptions {
  readonly namespace: string;
  /** `TYPE/NAME`, `TYPE/NAMESPACE/NAME` or, with `all`, `TYPE`. */
  readonly references: readonly string[];
  readonly all: boolean;
  readonly selector: string | undefined;
}

/** The live objects that are meant; none that belongs to an Application, or to a controller. @throws Error that names one that is not there. */
export async function findObjects(server: RawServer, options: FindOptions): Promise<readonly AdoptedObject[]> {
  const found: AdoptedObject[] = [];
  const { references, all, selector, namespace } = options;
  const kinds =
    all && references.length > 0 ? references : selector !== undefined ? labelledKinds : all ? allKinds : [];
  for (const kind of kinds) found.push(...(await listed(server, { kind, namespace, selector })));
  if (!all && selector === undefined) {
    for (const reference of references) found.push(await named(server, reference, namespace));
    for (const { object } of found) {
      const owner = ownerOf(object);
      if (owner !== undefined) throw new Error(`${describeObject(object)} belongs to Application ${owner} already`);
    }
  }
  return found;
}

async function listed(
  server: RawServer,
  {
    kind,
    namespace,
    selector,
  }: { readonly kind: string; readonly namespace: string; readonly selector: string | undefined },
): Promise<readonly AdoptedObject[]> {
  const resource = await findResource(server, kind);
  const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
  const list = await server.json("GET", `${pathOf(resource, namespace)}${query}`);
  const listKind = typeof list.kind === "string" ? list.kind : "";
  const items = Array.isArray(list.items) ? list.items.filter(isJsonObject) : [];
  return items
    .map(
      (item) =>
        ({ ...item, apiVersion: list.apiVersion, kind: listKind.replace(/List$/, "") }) as unknown as KubeObject,
    )
    .filter(
      (object) =>
        ownerOf(object) === undefined &&
        !isControlled(object) &&
        object.metadata.name !== "kube-root-ca.crt" &&
        object.metadata.name !== "kubernetes",
    )
    .map((object) => ({ object, resource: resource.plural }));
}

const isControlled = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller === true) === true;

async function named(server: RawServer, reference: string, home: string): Promise<AdoptedObject> {
  const parts = reference.split("/").filter((part) => part !== "");
  const [type, namespace, name] = parts.length === 3 ? parts : [parts[0], home, parts[1]];
  if (type === undefined || namespace === undefined || name === undefined || parts.length > 3)
    throw new Error(`${reference}: write TYPE/NAME or TYPE/NAMESPACE/NAME, as deployment/web`);
  const resource = await findResource(server, type);
  const object = (await server.json("GET", `${pathOf(resource, namespace)}/${encodeURIComponent(name)}`)) as JsonObject;
  return { object: object as unknown as KubeObject, resource: resource.plural };
}

/** The live objects of manifests; those that are not there are left out. */
export async function liveOf(
  server: RawServer,
  manifests: readonly KubeObject[],
  home: string,
): Promise<readonly AdoptedObject[]> {
  const found: AdoptedObject[] = [];
  for (const { apiVersion, kind, metadata } of manifests) {
    const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
    found.push(await named(server, `${kind}${group}/${metadata.namespace ?? home}/${metadata.name ?? ""}`, home));
  }
  return found;
}

function pathOf({ root, plural, namespaced }: NamedResource, namespace: string): string {
  return `${root}${namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ""}/${plural}`;
}
