/**
 * The OpenAPI documents of a server: v3 by group and version, v2 as a whole. Built when first asked for and kept as bytes;
 * their hashes come from what they are made of, so that the index costs no document.
 */
import type { JsonObject } from "@lateen/base";
import { isJsonObject } from "@lateen/base";
import type { GroupVersionKind } from "../../kube-object.ts";
import { builtinType, builtinTypeOf } from "../built-in-types.ts";
import { groupsOf } from "../discovery.ts";
import { typeLines } from "../generated/types.ts";
import type { Kind, KindTable } from "../kind.ts";
import { sha256 } from "../sha256.ts";
import { documentKey, pathsOf } from "./paths.ts";
import { type Dialect, SchemaSet } from "./schemas.ts";
import { swaggerOf } from "./swagger.ts";

/** The openAPIV3Schema of a custom resource's version; undefined for one without a schema and for built-in kinds. */
export type CustomSchemas = (kind: Kind) => JsonObject | undefined;

const noSchemas: CustomSchemas = () => undefined;
const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const info = { title: "Kubernetes", version: "v1.36.3" };
const securitySchemes = {
  BearerToken: { type: "apiKey", name: "authorization", in: "header", description: "Bearer token" },
};

/** `/openapi/v3`: where each document is; `hashOf` gives the hash of the one with a key. */
export function openApiV3Index(kinds: KindTable, hashOf: (key: string) => string): JsonObject {
  const paths = Object.fromEntries(
    documentKeys(kinds).map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hashOf(key)}` }]),
  );
  return { paths };
}

/** The keys of all v3 documents, sorted: `api`, `api/v1`, `apis`, `apis/G`, `apis/G/V`, `version`. */
export function documentKeys(kinds: KindTable): readonly string[] {
  const keys = new Set(["api", "apis", "version"]);
  for (const group of groupsOf(kinds)) keys.add(`apis/${group}`);
  for (const kind of kinds.kinds) keys.add(documentKey(kind));
  return [...keys].sort();
}

/** The document with this key; undefined when nothing is served there. */
export function openApiV3Document(
  key: string,
  kinds: KindTable,
  customSchemas: CustomSchemas = noSchemas,
): JsonObject | undefined {
  const members = kinds.kinds.filter((kind) => documentKey(kind) === key);
  const [first] = members;
  if (first !== undefined) return openApiV3(first, kinds, customSchemas);
  return documentKeys(kinds).includes(key) ? rootDocument(key) : undefined;
}

/** The document of a group and version: paths and the schemas that they need. */
export function openApiV3(
  groupVersion: { readonly group: string; readonly version: string },
  kinds: KindTable,
  customSchemas: CustomSchemas = noSchemas,
): JsonObject {
  const members = kinds.kinds.filter((kind) => documentKey(kind) === documentKey(groupVersion));
  const { paths, schemas } = describe(members, { dialect: "v3", customSchemas });
  return { openapi: "3.0.0", info, paths, components: { schemas, securitySchemes } };
}

/** Swagger 2.0 of all kinds, as older clients read it. */
export function openApiV2(kinds: KindTable, customSchemas: CustomSchemas = noSchemas): JsonObject {
  const { paths, schemas } = describe(kinds.kinds, { dialect: "v2", customSchemas });
  return {
    swagger: "2.0",
    info,
    paths,
    definitions: schemas,
    securityDefinitions: securitySchemes,
    security: [{ BearerToken: [] }],
  };
}

interface DescribeOptions {
  readonly dialect: Dialect;
  readonly customSchemas: CustomSchemas;
}

function describe(
  kinds: readonly Kind[],
  { dialect, customSchemas }: DescribeOptions,
): { readonly paths: JsonObject; readonly schemas: JsonObject } {
  const set = new SchemaSet(dialect);
  const names = new Map<string, string>();
  const schemaOf = (kind: GroupVersionKind | string): JsonObject =>
    typeof kind === "string" ? set.ref(kind) : set.ref(names.get(keyOf(kind)) ?? schemaName(kind));
  for (const kind of kinds) {
    if (kind.type !== undefined) continue;
    names.set(keyOf(kind), addCustom(set, kind, { dialect, customSchemas }));
    names.set(keyOf({ ...kind, kind: kind.listKind }), addCustomList(set, kind, dialect));
  }
  const paths = Object.assign({}, ...kinds.map((kind) => pathsOf(kind, { dialect, schemaOf }))) as JsonObject;
  for (const kind of kinds) if (kind.type !== undefined) set.ref(kind.type.name);
  const schemas = set.finish((name) => kindExtension(name, kinds));
  return { paths, schemas };
}

function keyOf({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}

/** A type's own name, or that of a custom resource: the group reversed (`com.example.v1.Widget`). */
export function schemaName(kind: GroupVersionKind): string {
  const type = builtinTypeOf(kind);
  if (type !== undefined) return type.name;
  return [...kind.group.split(".").reverse(), kind.version, kind.kind].join(".");
}

/** `x-kubernetes-group-version-kind` of the schemas that are kinds by themselves. */
function kindExtension(name: string, kinds: readonly Kind[]): JsonObject {
  const found = gvksOf(name, kinds);
  return found.length === 0 ? {} : { "x-kubernetes-group-version-kind": found };
}

function gvksOf(name: string, kinds: readonly Kind[]): readonly JsonObject[] {
  const [, packageName = "", kind = ""] = /^(.*)\.(\w+)$/.exec(name) ?? [];
  if (`${packageName}.` === meta) {
    if (!metaKinds.has(kind)) return [];
    if (kind === "Status") return [{ group: "", kind, version: "v1" }];
    const versions = new Set(kinds.map(({ group, version }) => `${group}/${version}`));
    return [...versions].map((version) => {
      const slash = version.indexOf("/");
      return { group: version.slice(0, slash), kind, version: version.slice(slash + 1) };
    });
  }
  if (builtinType(name)?.fieldOf("kind") === undefined || builtinType(name)?.fieldOf("apiVersion") === undefined)
    return [];
  const version = packageName.slice(packageName.lastIndexOf(".") + 1);
  const group = groupOfPackage(packageName, kinds);
  return group === undefined ? [] : [{ group, kind, version }];
}

const metaKinds = new Set(["DeleteOptions", "WatchEvent", "Status"]);

/** The group whose kinds live in a package: found through any kind whose type does. */
function groupOfPackage(packageName: string, kinds: readonly Kind[]): string | undefined {
  const label = /\.([a-z]+)\.v\d\w*$/.exec(packageName)?.[1];
  if (label === "core") return "";
  return kinds.find(({ type }) => type?.name.startsWith(`${packageName}.`))?.group ?? foreignGroups[label ?? ""];
}

/** Groups of the kinds that subresources of other groups answer with. */
const foreignGroups: Readonly<Record<string, string>> = {
  autoscaling: "autoscaling",
  policy: "policy",
  authentication: "authentication.k8s.io",
};

function addCustom(set: SchemaSet, kind: Kind, { dialect, customSchemas }: DescribeOptions): string {
  const own = customSchemas(kind) ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = dialect === "v2" ? swaggerOf(own) : own;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const name = schemaName(kind);
  const metadata = set.ref(`${meta}ObjectMeta`);
  set.add(name, {
    ...schema,
    type: "object",
    properties: {
      ...properties,
      apiVersion: { description: "The group and version of the kind, such as apps/v1.", type: "string" },
      kind: { description: "The name of the kind, such as Deployment.", type: "string" },
      metadata: dialect === "v3" ? { description: "What every object carries.", allOf: [metadata] } : metadata,
    },
    "x-kubernetes-group-version-kind": [{ group: kind.group, kind: kind.kind, version: kind.version }],
  });
  return name;
}

function addCustomList(set: SchemaSet, kind: Kind, dialect: Dialect): string {
  const name = schemaName({ ...kind, kind: kind.listKind });
  const metadata = set.ref(`${meta}ListMeta`);
  set.add(name, {
    description: `A list of ${kind.kind} objects.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { type: "array", items: set.ref(schemaName(kind)) },
      kind: { type: "string" },
      metadata: dialect === "v3" ? { allOf: [metadata] } : metadata,
    },
    "x-kubernetes-group-version-kind": [{ group: kind.group, kind: kind.listKind, version: kind.version }],
  });
  return name;
}

/** The documents of `/api`, `/apis`, `/apis/G` and `/version`: one path each. */
function rootDocument(key: string): JsonObject {
  const path = key === "version" ? "/version" : `/${key}/`;
  const responses = { 200: { description: "OK" }, 401: { description: "Unauthorized" } };
  return {
    openapi: "3.0.0",
    info,
    paths: { [path]: { get: { operationId: `get ${key}`.replaceAll(/\W+(\w)/g, upper), responses } } },
    components: { securitySchemes },
  };
}

function upper(_match: string, letter: string): string {
  return letter.toUpperCase();
}

let builtinFingerprint: string | undefined;

/** The hash of a v3 document, from the facts that it is made of: 64 hexadecimal digits in capitals. */
export function openApiHash(key: string, kinds: KindTable, customSchemas: CustomSchemas = noSchemas): string {
  builtinFingerprint ??= hex(sha256(new TextEncoder().encode(typeLines)));
  const members = kinds.kinds.filter((kind) => documentKey(kind) === key);
  const facts = members.map((kind) => ({
    ...kind,
    type: kind.type?.name,
    schema: kind.type === undefined ? customSchemas(kind) : undefined,
  }));
  return hex(sha256(new TextEncoder().encode(JSON.stringify([builtinFingerprint, key, info.version, facts]))));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
