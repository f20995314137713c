import type { JsonValue } from "@lateen/base";
import { type KindTable, type KubeObject, type Transport, describeObject } from "@lateen/objects";
import type {
  Client,
  CollectionRef,
  DeleteOptions,
  KubeList,
  ListOptions,
  LogOptions,
  Patch,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
import { type Call, send, sendJson } from "./request.ts";
import { KindResolver, groupVersionPath } from "./resolve.ts";
import { withWarnings } from "./warnings.ts";
import { decodeWatch } from "./watch-stream.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** Name under which writes own fields; without it the server takes the user agent. */
  readonly fieldManager?: string | undefined;
  /** Kinds that need no discovery, `builtinKinds()` for instance. */
  readonly kinds?: KindTable | undefined;
  /** Where namespaced objects go that name no namespace. Default `default`. */
  readonly namespace?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Told each warning that the server answers with. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A client over any transport. It holds no connection of its own; disposing the transport is its maker's. */
export function createClient(options: ClientOptions): Client {
  const { namespace: homeNamespace = "default", onWarning } = options;
  const transport = onWarning === undefined ? options.transport : withWarnings(options.transport, onWarning);
  const resolver = new KindResolver(transport, options.kinds);
  const headers: Readonly<Record<string, string>> =
    options.userAgent === undefined ? {} : { "user-agent": options.userAgent };

  const pathOf = async (
    ref: {
      readonly apiVersion: string;
      readonly kind: string;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    },
    rest: {
      readonly collection?: "all namespaces" | "one namespace";
      readonly subresource?: string | undefined;
      readonly query?: Query;
    } = {},
  ): Promise<string> => {
    const { plural, namespaced } =
      resolver.known(ref.apiVersion, ref.kind) ?? (await resolver.resolve(ref.apiVersion, ref.kind));
    const given = ref.namespace === undefined || ref.namespace === "" ? undefined : ref.namespace;
    const namespace = given ?? (rest.collection === "all namespaces" ? undefined : homeNamespace);
    let path = groupVersionPath(ref.apiVersion);
    if (namespaced && namespace !== undefined) path += `/namespaces/${encodeURIComponent(namespace)}`;
    path += `/${plural}`;
    if (ref.name !== undefined) path += `/${encodeURIComponent(ref.name)}`;
    if (rest.subresource !== undefined) path += `/${rest.subresource}`;
    return path + queryText(rest.query ?? {});
  };

  const call = <T>(request: Call): Promise<T> =>
    sendJson<T>(transport, { ...request, headers: { ...headers, ...request.headers } });

  const writeQuery = (write: WriteOptions | undefined): Query => ({
    fieldManager: write?.fieldManager ?? options.fieldManager,
    dryRun: write?.dryRun === true ? "All" : undefined,
    fieldValidation: write?.fieldValidation,
  });

  const put = async <T extends KubeObject>(object: T, write: WriteOptions | undefined): Promise<T> => {
    const ref = refOf(object);
    const { subresource } = write ?? {};
    return call<T>({
      method: "PUT",
      path: await pathOf(ref, { subresource, query: writeQuery(write) }),
      body: object as unknown as JsonValue,
      signal: write?.signal,
      attempted: `update ${subresource === undefined ? "" : `${subresource} of `}${describeObject(object)}`,
    });
  };

  return {
    transport,

    async get<T extends KubeObject>(ref: ResourceRef, get: Parameters<Client["get"]>[1] = {}): Promise<T> {
      return call<T>({
        method: "GET",
        path: await pathOf(ref, { subresource: get.subresource }),
        signal: get.signal,
        attempted: `get ${describeRef(ref)}`,
      });
    },

    async list<T extends KubeObject>(ref: CollectionRef, list: ListOptions = {}): Promise<KubeList<T>> {
      const answer = await call<{
        readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
        readonly items?: readonly T[] | null;
      }>({
        method: "GET",
        path: await pathOf(ref, { collection: "all namespaces", query: listQuery(list) }),
        signal: list.signal,
        attempted: `list ${describeCollection(ref)}`,
      });
      const next = answer.metadata?.continue;
      return {
        items: (answer.items ?? []).map((item) => withKind(item, ref)),
        resourceVersion: answer.metadata?.resourceVersion ?? "",
        ...(next !== undefined && next !== "" && { continue: next }),
      };
    },

    async create<T extends KubeObject>(object: T, write?: WriteOptions): Promise<T> {
      const { subresource } = write ?? {};
      const ref = refOf(object);
      const target = subresource === undefined ? { ...ref, name: undefined } : ref;
      return call<T>({
        method: "POST",
        path: await pathOf(target, { subresource, query: writeQuery(write) }),
        body: object as unknown as JsonValue,
        signal: write?.signal,
        attempted: `create ${subresource === undefined ? "" : `${subresource} of `}${describeObject(object)}`,
      });
    },

    update: (object, write) => put(object, write),
    updateStatus: (object, write) => put(object, { ...write, subresource: "status" }),

    async patch<T extends KubeObject>(ref: ResourceRef, patch: Patch, write?: WriteOptions): Promise<T> {
      const { subresource } = write ?? {};
      return call<T>({
        method: "PATCH",
        path: await pathOf(ref, { subresource, query: writeQuery(write) }),
        headers: { "content-type": patchTypes[patch.kind] },
        body: patch.kind === "json" ? patch.operations : patch.value,
        signal: write?.signal,
        attempted: `patch ${subresource === undefined ? "" : `${subresource} of `}${describeRef(ref)}`,
      });
    },

    async apply<T extends KubeObject>(object: T, write: Parameters<Client["apply"]>[1]): Promise<T> {
      const { subresource } = write;
      return call<T>({
        method: "PATCH",
        path: await pathOf(refOf(object), { subresource, query: { ...writeQuery(write), force: write.force } }),
        headers: { "content-type": "application/apply-patch+yaml" },
        body: object as unknown as JsonValue,
        signal: write.signal,
        attempted: `apply ${subresource === undefined ? "" : `${subresource} of `}${describeObject(object)}`,
      });
    },

    async delete(ref: ResourceRef, options: DeleteOptions = {}): Promise<KubeObject> {
      return call<KubeObject>({
        method: "DELETE",
        path: await pathOf(ref),
        body: deleteBody(options),
        signal: options.signal,
        attempted: `delete ${describeRef(ref)}`,
      });
    },

    async deleteCollection(ref: CollectionRef, options: DeleteOptions & ListOptions = {}): Promise<void> {
      await call<JsonValue>({
        method: "DELETE",
        path: await pathOf(ref, { query: listQuery(options) }),
        body: deleteBody(options),
        signal: options.signal,
        attempted: `delete all ${describeCollection(ref)}`,
      });
    },

    async *watch<T extends KubeObject>(ref: CollectionRef, watch: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
      const attempted = `watch ${describeCollection(ref)}`;
      // The request ends with the reader, not only with the caller's signal.
      const stop = new AbortController();
      const signal = watch.signal === undefined ? stop.signal : AbortSignal.any([watch.signal, stop.signal]);
      try {
        const response = await send(transport, {
          method: "GET",
          path: await pathOf(ref, { collection: "all namespaces", query: watchQuery(watch) }),
          headers,
          signal,
          attempted,
        });
        yield* decodeWatch<T>(response.body, { attempted, signal });
      } finally {
        stop.abort(new DOMException(`${attempted}: the reader has gone`, "AbortError"));
      }
    },

    async *logs({ namespace, name, signal, ...query }: LogOptions): AsyncGenerator<Uint8Array> {
      const attempted = `read the log of Pod ${namespace}/${name}`;
      const stop = new AbortController();
      try {
        const { body } = await send(transport, {
          method: "GET",
          path: await pathOf({ apiVersion: "v1", kind: "Pod", namespace, name }, { subresource: "log", query }),
          headers: { ...headers, accept: "*/*" },
          signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
          attempted,
        });
        if (body instanceof Uint8Array) yield body;
        else yield* body;
      } finally {
        stop.abort(new DOMException(`${attempted}: the reader has gone`, "AbortError"));
      }
    },

    resolve: (apiVersion, kind) => resolver.resolve(apiVersion, kind),

    raw: (request) =>
      send(transport, {
        ...request,
        headers: { ...headers, ...request.headers },
        attempted: `${request.method} ${request.path}`,
      }),
  };
}

function refOf(object: KubeObject): {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
} {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}

/** `Deployment default/web`, as messages name it. */
export function describeRef(ref: ResourceRef): string {
  return describeObject({
    kind: ref.kind,
    metadata: { name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }) },
  });
}

function describeCollection(ref: CollectionRef): string {
  return ref.namespace === undefined || ref.namespace === "" ? ref.kind : `${ref.kind} in ${ref.namespace}`;
}

/** Items of built-in lists come without apiVersion and kind. */
function withKind<T extends KubeObject>(item: T, ref: CollectionRef): T {
  return item.kind === undefined || item.apiVersion === undefined
    ? { ...item, apiVersion: ref.apiVersion, kind: ref.kind }
    : item;
}

function listQuery(list: ListOptions): Query {
  return {
    labelSelector: list.labelSelector,
    fieldSelector: list.fieldSelector,
    limit: list.limit,
    continue: list.continue,
    resourceVersion: list.resourceVersion,
  };
}

function watchQuery(watch: WatchOptions): Query {
  return {
    watch: true,
    allowWatchBookmarks: true,
    labelSelector: watch.labelSelector,
    fieldSelector: watch.fieldSelector,
    resourceVersion: watch.resourceVersion,
    timeoutSeconds: watch.timeoutSeconds,
    ...(watch.sendInitialEvents === true && { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }),
  };
}

function deleteBody(options: DeleteOptions): JsonValue {
  const { propagationPolicy, gracePeriodSeconds, preconditions, dryRun } = options;
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions !== undefined && { preconditions }),
    ...(dryRun === true && { dryRun: ["All"] }),
  };
}

function queryText(query: Query): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
