import type { ApiResponse, KubeObject } from "@lateen/objects";
import { nodePlatform } from "../platform/node.ts";
import type { UserInfo } from "../request/context.ts";
import { createApiServer } from "../server/api-server.ts";
import type { ApiServer, ApiServerOptions } from "../server/options.ts";
import { createMemoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";

export interface Called {
  readonly status: number;
  /** The parsed JSON, or `{ text }`. */
  readonly body: Readonly<Record<string, unknown>> & { readonly metadata: KubeObject["metadata"] };
  readonly warnings: readonly string[];
  readonly response: ApiResponse;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks, by impersonation of the administrator. */
  readonly as?: string;
}

export interface TestApi extends AsyncDisposable {
  readonly server: ApiServer;
  readonly store: Store;
  /** Sends JSON, or text as it is, as a member of `system:masters`. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Called>;
  /** PATCH with a body of one of the four kinds. */
  patch(
    path: string,
    kind: "json" | "merge" | "strategic" | "apply",
    body: unknown,
    options?: CallOptions,
  ): Promise<Called>;
  /** The lines of a stream that ends. */
  lines(response: ApiResponse): Promise<readonly { readonly type: string; readonly object: KubeObject }[]>;
}

const admin: UserInfo = { username: "admin", groups: ["system:masters"] };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** An API server on the memory store, for tests. */
export async function startTestApi(options: Partial<ApiServerOptions> = {}): Promise<TestApi> {
  const store = options.store ?? createMemoryStore();
  const server = createApiServer({ platform: nodePlatform, ...options, store });
  await server.ready;
  const transport = server.transport(admin);
  const call: TestApi["call"] = async (method, path, body, { headers = {}, as } = {}) => {
    const response = await transport({
      method,
      path,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(as !== undefined && { "impersonate-user": as }),
        ...headers,
      },
      body: body === undefined ? undefined : encoder.encode(typeof body === "string" ? body : JSON.stringify(body)),
      signal: new AbortController().signal,
    });
    const text = response.body instanceof Uint8Array ? decoder.decode(response.body) : "";
    const parsed = (text.startsWith("{") ? JSON.parse(text) : { text }) as Called["body"];
    const warning = response.headers.warning ?? [];
    return {
      status: response.status,
      body: parsed,
      warnings: typeof warning === "string" ? [warning] : warning,
      response,
    };
  };
  return {
    server,
    store,
    call,
    patch: (path, kind, body, rest = {}) =>
      call("PATCH", path, body, { ...rest, headers: { ...rest.headers, "content-type": patchTypes[kind] } }),
    async lines(response) {
      let text = "";
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) text += decoder.decode(chunk);
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { type: string; object: KubeObject });
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (options.store === undefined) await store[Symbol.asyncDispose]();
    },
  };
}
