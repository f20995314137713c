/** A store of objects in memory behind the client's interface: no defaults, no admission, failures on demand. */
import { ApiError, type JsonObject, type JsonValue, failureStatus, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, patchMerge } from "@lateen/objects";

export interface ApiFailure {
  readonly verb: string;
  readonly kind: string;
  readonly name?: string;
  readonly code?: number;
  readonly message?: string;
}

export interface MemoryClient extends Client {
  readonly objects: Map<string, KubeObject>;
  failure: ApiFailure | undefined;
  put(object: KubeObject): void;
  drop(object: KubeObject): void;
}

const clusterKinds = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding"]);
const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind.toLowerCase()}/${clusterKinds.has(kind) ? "" : (namespace ?? "default")}/${name}`;

const plural = (kind: string): string => `${kind.toLowerCase()}s`;

function missing(kind: string, name: string): ApiError {
  return new ApiError(failureStatus(404, "NotFound", `${plural(kind)} "${name}" not found`));
}

export function createMemoryClient(): MemoryClient {
  const objects = new Map<string, KubeObject>();
  const applied = new Map<string, JsonObject>();
  let version = 0;
  let uids = 0;
  const stored = (object: KubeObject): KubeObject => {
    version++;
    const secret = object.kind === "Secret" ? withData(object) : object;
    const { metadata } = secret;
    const namespace = clusterKinds.has(object.kind) ? {} : { namespace: metadata.namespace ?? "default" };
    return {
      ...secret,
      metadata: { ...metadata, ...namespace, uid: metadata.uid ?? `uid-${++uids}`, resourceVersion: String(version) },
    };
  };
  const guard = (verb: string, kind: string, name?: string): void => {
    const { failure } = client;
    if (failure === undefined || failure.verb !== verb || failure.kind !== kind) return;
    if (failure.name !== undefined && failure.name !== name) return;
    const { code = 500, message = "the call failed" } = failure;
    if (code === 403)
      throw new ApiError(failureStatus(403, "Forbidden", `${plural(kind)} "${name ?? ""}" is forbidden: ${message}`));
    throw new ApiError(failureStatus(code, code === 409 ? "Conflict" : "InternalError", message));
  };
  const read = (kind: string, namespace: string | undefined, name: string): KubeObject => {
    guard("get", kind, name);
    const object = objects.get(keyOf(kind, namespace, name));
    if (object === undefined) throw missing(kind, name);
    return object;
  };
  const keep = (object: KubeObject): KubeObject => {
    const next = stored(object);
    objects.set(keyOf(next.kind, next.metadata.namespace, next.metadata.name ?? ""), next);
    return next;
  };
  const matching = (
    ref: { kind: string; namespace?: string | undefined },
    selector: string | undefined,
  ): readonly KubeObject[] =>
    [...objects.values()].filter((object) => {
      if (object.kind.toLowerCase() !== ref.kind.toLowerCase()) return false;
      if (ref.namespace !== undefined && object.metadata.namespace !== ref.namespace) return false;
      return (selector ?? "")
        .split(",")
        .filter((part) => part !== "")
        .every((part) => {
          const [label, value] = part.split("=");
          return object.metadata.labels?.[label!] === value;
        });
    });
  const client: MemoryClient = {
    objects,
    failure: undefined,
    put: (object) => void keep(object),
    drop: ({ kind, metadata }) => void objects.delete(keyOf(kind, metadata.namespace, metadata.name ?? "")),
    transport: () => Promise.reject(new Error("no transport")),
    get: async (ref) => read(ref.kind, ref.namespace, ref.name) as never,
    list: async (ref, options) => {
      guard("list", ref.kind);
      return { items: matching(ref, options?.labelSelector) as never, resourceVersion: String(version) };
    },
    create: async (object) => {
      const { kind, metadata } = object;
      guard("create", kind, metadata.name);
      if (objects.has(keyOf(kind, metadata.namespace, metadata.name ?? "")))
        throw new ApiError(failureStatus(409, "AlreadyExists", `${plural(kind)} "${metadata.name}" already exists`));
      return keep(object) as never;
    },
    update: async (object) => {
      guard("update", object.kind, object.metadata.name);
      read(object.kind, object.metadata.namespace, object.metadata.name ?? "");
      return keep(object) as never;
    },
    updateStatus: async (object) => {
      guard("statusPatch", object.kind, object.metadata.name);
      guard("statusUpdate", object.kind, object.metadata.name);
      const known = objects.get(keyOf(object.kind, object.metadata.namespace, object.metadata.name ?? ""));
      if (known === undefined) throw missing(object.kind, object.metadata.name ?? "");
      return keep({ ...known, status: object.status }) as never;
    },
    patch: async (ref, patch) => {
      guard("patch", ref.kind, ref.name);
      const known = read(ref.kind, ref.namespace, ref.name);
      if (patch.kind === "json") throw new Error("json patches are not kept here");
      return keep(patchMerge(known as unknown as JsonValue, patch.value) as unknown as KubeObject) as never;
    },
    apply: async (object) => {
      const { kind, metadata } = object;
      const key = keyOf(kind, metadata.namespace, metadata.name ?? "");
      guard("get", kind, metadata.name);
      const known = objects.get(key);
      const json = object as unknown as JsonObject;
      guard(known === undefined ? "create" : "patch", kind, metadata.name);
      const before = applied.get(key);
      applied.set(key, json);
      if (known === undefined) return keep(object) as never;
      const cleaned =
        before === undefined
          ? (known as unknown as JsonObject)
          : withoutGone(known as unknown as JsonObject, before, json);
      return keep(patchMerge(cleaned, json) as unknown as KubeObject) as never;
    },
    delete: async (ref) => {
      guard("delete", ref.kind, ref.name);
      const known = read(ref.kind, ref.namespace, ref.name);
      objects.delete(keyOf(ref.kind, ref.namespace, ref.name));
      return known;
    },
    deleteCollection: async (ref, options) => {
      guard("delete", ref.kind);
      for (const { kind, metadata } of matching(ref, options?.labelSelector))
        objects.delete(keyOf(kind, metadata.namespace, metadata.name ?? ""));
    },
    watch: () => {
      throw new Error("nothing is watched here");
    },
    resolve: async (_apiVersion, kind) => ({ plural: plural(kind), namespaced: !clusterKinds.has(kind) }),
    logs: () => {
      throw new Error("no pods run here");
    },
    raw: () => Promise.reject(new Error("no raw calls")),
  };
  return client;
}

/** Fields that were applied before and are not any more. */
function withoutGone(live: JsonObject, before: JsonObject, next: JsonObject): JsonObject {
  const result: Record<string, JsonValue | undefined> = { ...live };
  for (const [key, value] of Object.entries(before)) {
    const now = next[key];
    if (now === undefined) delete result[key];
    else if (isJsonObject(value) && isJsonObject(now) && isJsonObject(result[key]))
      result[key] = withoutGone(result[key], value, now);
  }
  return result;
}

function withData(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret;
  if (!isJsonObject(stringData)) return secret;
  const data = { ...(isJsonObject(secret.data) ? secret.data : {}) } as Record<string, JsonValue>;
  for (const [key, value] of Object.entries(stringData))
    data[key] = Buffer.from(String(value as string)).toString("base64");
  return { ...rest, data } as KubeObject;
}
