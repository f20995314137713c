/** Starts a server on the memory store, as the recorded exchanges assume (profile kube) or as the product is: `npm run serve:conformance`. */
import type { KubeObject } from "@lateen/objects";
import { createApiServer, createMemoryStore, staticTokens } from "../src/index.ts";
import { listen, prepareTls } from "../src/listen/node.ts";
import { nodePlatform } from "../src/platform/node.ts";

export interface ServeOptions {
  readonly port: number;
  readonly token: string;
  readonly users: readonly (readonly [name: string, token: string])[];
  /** Folder for certificates; without it plain HTTP. */
  readonly tlsFolder?: string;
  readonly profile?: "kube" | "lateen";
  /** Custom resources that are there from the start. */
  readonly definitions?: readonly KubeObject[];
}

export async function serve({
  port,
  token,
  users,
  tlsFolder,
  profile = "kube",
  definitions = [],
}: ServeOptions): Promise<AsyncDisposable & { readonly url: string }> {
  const store = createMemoryStore();
  const server = createApiServer({
    store,
    platform: nodePlatform,
    anonymous: profile === "kube",
    aggregateClusterRoles: profile !== "kube",
    customResourceDefinitions: definitions,
    tokenAuthenticators: [
      staticTokens([
        { token, username: "admin", groups: ["system:masters"] },
        ...users.map(([username, userToken]) => ({ token: userToken, username, groups: [] })),
      ]),
    ],
    log: ({ level, message, error }) => {
      if (level === "error" || process.env.LATEEN_DEBUG)
        console.error(`${level}: ${message}${error === undefined ? "" : `: ${error}`}`);
    },
  });
  await server.ready;
  const host = "127.0.0.1";
  const tls = tlsFolder === undefined ? undefined : prepareTls({ folder: tlsFolder, host });
  const listening = await listen({ server, host, port, ...(tls && { tls }), maxBodyBytes: 3 * 1024 * 1024 });
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${listening.port}`,
    [Symbol.asyncDispose]: async () => {
      await listening[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
