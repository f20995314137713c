import type { JsonValue } from "@lateen/base";
import { type ApiResponse, type KindTable, type KubeObject, type Transport, describeObject } from "@lateen/objects";
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
import {
  type Query,
  type Target,
  describeCollection,
  describeRef,
  listQuery,
  partOf,
  pathOf,
  targetOf,
  watchQuery,
} from "./paths.ts";
import { type Call, send, sendJson } from "./request.ts";
import { KindResolver, type ResolvedKind } from "./resolve.ts";
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

/** A client over any transport. It holds no connection of its own; disposing the transport is its maker's. */
export function createClient(options: ClientOptions): Client {
  return new ApiClient(options);
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

class ApiClient implements Client {
  readonly transport: Transport;
  readonly #resolver: KindResolver;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #home: string;
  readonly #fieldManager: string | undefined;

  constructor({ transport, kinds, namespace = "default", fieldManager, userAgent, onWarning }: ClientOptions) {
    this.transport = onWarning === undefined ? transport : withWarnings(transport, onWarning);
    this.#resolver = new KindResolver(this.transport, kinds);
    this.#headers = userAgent === undefined ? {} : { "user-agent": userAgent };
    this.#home = namespace;
    this.#fieldManager = fieldManager;
  }

  get<T extends KubeObject>(ref: ResourceRef, options: Parameters<Client["get"]>[1] = {}): Promise<T> {
    const { subresource, signal } = options;
    return this.#call<T>({ ...ref, subresource }, { method: "GET", signal, attempted: `get ${describeRef(ref)}` });
  }

  async list<T extends KubeObject>(ref: CollectionRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const answer = await sendJson<ListAnswer<T>>(this.transport, {
      method: "GET",
      path: await this.#path({ ...ref, query: listQuery(options) }, undefined),
      headers: this.#headers,
      signal: options.signal,
      attempted: `list ${describeCollection(ref)}`,
    });
    const next = answer.metadata?.continue;
    return {
      items: (answer.items ?? []).map((item) => withKind(item, ref)),
      resourceVersion: answer.metadata?.resourceVersion ?? "",
      ...(next !== undefined && next !== "" && { continue: next }),
    };
  }

  create<T extends KubeObject>(object: T, write: WriteOptions = {}): Promise<T> {
    const { subresource, signal } = write;
    const { name, ...collection } = targetOf(object);
    return this.#call<T>(
      { ...collection, ...(subresource !== undefined && { name, subresource }), query: this.#writeQuery(write) },
      {
        method: "POST",
        body: object as unknown as JsonValue,
        signal,
        attempted: `create ${partOf(subresource)}${describeObject(object)}`,
      },
    );
  }

  update<T extends KubeObject>(object: T, write: WriteOptions = {}): Promise<T> {
    const { subresource, signal } = write;
    return this.#call<T>(
      { ...targetOf(object), subresource, query: this.#writeQuery(write) },
      {
        method: "PUT",
        body: object as unknown as JsonValue,
        signal,
        attempted: `update ${partOf(subresource)}${describeObject(object)}`,
      },
    );
  }

  updateStatus<T extends KubeObject>(object: T, write: WriteOptions = {}): Promise<T> {
    return this.update(object, { ...write, subresource: "status" });
  }

  patch<T extends KubeObject>(ref: ResourceRef, patch: Patch, write: WriteOptions = {}): Promise<T> {
    const { subresource, signal } = write;
    return this.#call<T>(
      { ...ref, subresource, query: this.#writeQuery(write) },
      {
        method: "PATCH",
        headers: { "content-type": patchTypes[patch.kind] },
        body: patch.kind === "json" ? patch.operations : patch.value,
        signal,
        attempted: `patch ${partOf(subresource)}${describeRef(ref)}`,
      },
    );
  }

  apply<T extends KubeObject>(object: T, write: Parameters<Client["apply"]>[1]): Promise<T> {
    const { subresource, signal, force } = write;
    return this.#call<T>(
      { ...targetOf(object), subresource, query: { ...this.#writeQuery(write), force } },
      {
        method: "PATCH",
        headers: { "content-type": "application/apply-patch+yaml" },
        body: object as unknown as JsonValue,
        signal,
        attempted: `apply ${partOf(subresource)}${describeObject(object)}`,
      },
    );
  }

  delete(ref: ResourceRef, options: DeleteOptions = {}): Promise<KubeObject> {
    const { signal } = options;
    return this.#call(ref, {
      method: "DELETE",
      body: deleteBody(options),
      signal,
      attempted: `delete ${describeRef(ref)}`,
    });
  }

  async deleteCollection(ref: CollectionRef, options: DeleteOptions & ListOptions = {}): Promise<void> {
    await this.#call<JsonValue>(
      { ...ref, query: listQuery(options) },
      {
        method: "DELETE",
        body: deleteBody(options),
        signal: options.signal,
        attempted: `delete all ${describeCollection(ref)}`,
      },
    );
  }

  async *watch<T extends KubeObject>(ref: CollectionRef, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const attempted = `watch ${describeCollection(ref)}`;
    // The request ends with the reader, not only with the caller's signal.
    const stop = new AbortController();
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    try {
      const path = await this.#path({ ...ref, query: watchQuery(options) }, undefined);
      const { body } = await send(this.transport, { method: "GET", path, headers: this.#headers, signal, attempted });
      yield* decodeWatch<T>(body, { attempted, signal });
    } finally {
      stop.abort(new DOMException(`${attempted}: the reader has gone`, "AbortError"));
    }
  }

  async *logs({ namespace, name, signal, ...query }: LogOptions): AsyncGenerator<Uint8Array> {
    const attempted = `read the log of Pod ${namespace}/${name}`;
    const stop = new AbortController();
    try {
      const { body } = await send(this.transport, {
        method: "GET",
        path: await this.#path(
          { apiVersion: "v1", kind: "Pod", namespace, name, subresource: "log", query },
          this.#home,
        ),
        headers: { ...this.#headers, accept: "*/*" },
        signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
        attempted,
      });
      if (body instanceof Uint8Array) yield body;
      else yield* body;
    } finally {
      stop.abort(new DOMException(`${attempted}: the reader has gone`, "AbortError"));
    }
  }

  resolve(apiVersion: string, kind: string): Promise<ResolvedKind> {
    return this.#resolver.resolve(apiVersion, kind);
  }

  raw(request: Parameters<Client["raw"]>[0]): Promise<ApiResponse> {
    return send(this.transport, {
      ...request,
      headers: { ...this.#headers, ...request.headers },
      attempted: `${request.method} ${request.path}`,
    });
  }

  async #call<T = KubeObject>(target: Target, call: Omit<Call, "path">): Promise<T> {
    const path = await this.#path(target, this.#home);
    return sendJson<T>(this.transport, { ...call, path, headers: { ...this.#headers, ...call.headers } });
  }

  async #path(target: Target, home: string | undefined): Promise<string> {
    const { apiVersion, kind } = target;
    const resolved = this.#resolver.known(apiVersion, kind) ?? (await this.#resolver.resolve(apiVersion, kind));
    return pathOf(target, resolved, home);
  }

  #writeQuery(write: WriteOptions): Query {
    return {
      fieldManager: write.fieldManager ?? this.#fieldManager,
      dryRun: write.dryRun === true ? "All" : undefined,
      fieldValidation: write.fieldValidation,
    };
  }
}

interface ListAnswer<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

/** Items of built-in lists come without apiVersion and kind. */
function withKind<T extends KubeObject>(item: T, ref: CollectionRef): T {
  return item.kind === undefined || item.apiVersion === undefined
    ? { ...item, apiVersion: ref.apiVersion, kind: ref.kind }
    : item;
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
