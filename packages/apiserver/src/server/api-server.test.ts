import { afterEach, describe, expect, it } from "vitest";
import type { ApiResponse, KubeObject } from "@lateen/objects";
import { nodePlatform } from "../platform/node.ts";
import { createMemoryStore } from "../store/memory.ts";
import { createApiServer } from "./api-server.ts";
import type { ApiServer } from "./options.ts";

const admin = { username: "admin", groups: ["system:masters"] };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const servers: ApiServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

interface Called {
  readonly status: number;
  readonly body: Record<string, never> & { readonly [field: string]: unknown };
  readonly response: ApiResponse;
}

function start(options: { readonly customResourceDefinitions?: readonly KubeObject[] } = {}) {
  const store = createMemoryStore();
  const server = createApiServer({ store, platform: nodePlatform, ...options });
  servers.push(server);
  const transport = server.transport(admin);
  const signal = new AbortController();
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Called> => {
    const response = await transport({
      method,
      path,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: body === undefined ? undefined : encoder.encode(typeof body === "string" ? body : JSON.stringify(body)),
      signal: signal.signal,
    });
    const text = response.body instanceof Uint8Array ? decoder.decode(response.body) : "";
    const json = text.startsWith("{") ? (JSON.parse(text) as Called["body"]) : ({ text } as unknown as Called["body"]);
    return { status: response.status, body: json, response };
  };
  return { server, store, call, abort: () => signal.abort() };
}

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
const maps = "/api/v1/namespaces/default/configmaps";

const widgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        subresources: { status: {} },
      },
    ],
  },
};

describe("handle", () => {
  it("keeps an object through its life: created, read, changed, patched, listed, deleted", async () => {
    const { call } = start();
    const created = await call("POST", maps, configMap("a", { x: "1" }));
    expect(created.status).toBe(201);
    expect(created.body.metadata).toMatchObject({ name: "a", namespace: "default" });
    const read = await call("GET", `${maps}/a`);
    expect(read.body).toEqual(created.body);
    const updated = await call("PUT", `${maps}/a`, configMap("a", { x: "2" }));
    expect(updated.body.data).toEqual({ x: "2" });
    const patched = await call(
      "PATCH",
      `${maps}/a`,
      { data: { y: "3" } },
      { "content-type": "application/merge-patch+json" },
    );
    expect(patched.body.data).toEqual({ x: "2", y: "3" });
    const list = await call("GET", maps);
    expect(list.body.kind).toBe("ConfigMapList");
    expect(list.body.items).toHaveLength(1);
    const gone = await call("DELETE", `${maps}/a`);
    expect(gone.body).toMatchObject({ kind: "Status", status: "Success", details: { name: "a", kind: "configmaps" } });
    expect((await call("GET", `${maps}/a`)).status).toBe(404);
  });

  it("keeps the resourceVersion when a write changes nothing", async () => {
    const { call, store } = start();
    const created = await call("POST", maps, configMap("a", { x: "1" }));
    const revision = store.revision;
    const again = await call("PUT", `${maps}/a`, configMap("a", { x: "1" }));
    expect(again.body).toEqual(created.body);
    expect(store.revision).toBe(revision);
  });

  it("refuses a stale write and a second object of the same name", async () => {
    const { call } = start();
    const created = await call("POST", maps, configMap("a"));
    expect((await call("POST", maps, configMap("a"))).body).toMatchObject({ reason: "AlreadyExists", code: 409 });
    await call("PUT", `${maps}/a`, configMap("a", { x: "2" }));
    const stale = { ...configMap("a"), metadata: created.body.metadata };
    expect((await call("PUT", `${maps}/a`, stale)).body).toMatchObject({ reason: "Conflict", code: 409 });
  });

  it("pages a list at one revision", async () => {
    const { call } = start();
    for (let n = 0; n < 5; n++) await call("POST", maps, configMap(`m${n}`));
    const first = await call("GET", `${maps}?limit=2`);
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 3 });
    await call("DELETE", `${maps}/m3`);
    const token = (first.body.metadata as unknown as { continue?: string }).continue!;
    const second = await call("GET", `${maps}?limit=5&continue=${token}`);
    expect((second.body.items as unknown as KubeObject[]).map((item) => item.metadata.name)).toEqual([
      "m2",
      "m3",
      "m4",
    ]);
  });

  it("watches from a version on, and from the state with an end mark", async () => {
    const { call, abort } = start();
    const created = await call("POST", maps, configMap("a"));
    const version = (created.body.metadata as unknown as { resourceVersion?: string }).resourceVersion!;
    const watching = await call("GET", `${maps}?watch=true&resourceVersion=${version}`);
    const initial = await call(
      "GET",
      `${maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await call("PUT", `${maps}/a`, configMap("a", { x: "1" }));
    await call("DELETE", `${maps}/a`);
    abort();
    expect(await eventsOf(watching.response)).toEqual(["MODIFIED a", "DELETED a"]);
    expect(await eventsOf(initial.response)).toEqual(["ADDED a", "BOOKMARK end", "MODIFIED a", "DELETED a"]);
  });

  it("serves the kind of a new definition at once, and forgets it with its objects", async () => {
    const { call, server } = start();
    expect((await call("GET", "/apis/example.com/v1")).status).toBe(404);
    expect((await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgets)).status).toBe(201);
    const resources = await call("GET", "/apis/example.com/v1");
    expect(resources.body.resources).toMatchObject([
      { name: "widgets", shortNames: ["wd"] },
      { name: "widgets/status" },
    ]);
    const path = "/apis/example.com/v1/namespaces/default/widgets";
    const widget = {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "w" },
      spec: { n: 1 },
      status: { no: 1 },
    };
    const created = await call("POST", path, widget);
    expect(created.body).toMatchObject({ metadata: { generation: 1 }, spec: { n: 1 } });
    expect(created.body).not.toHaveProperty("status");
    const status = await call(
      "PATCH",
      `${path}/w/status`,
      { status: { ok: true }, spec: { n: 2 } },
      { "content-type": "application/merge-patch+json" },
    );
    expect(status.body).toMatchObject({ metadata: { generation: 1 }, spec: { n: 1 }, status: { ok: true } });
    await call("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com");
    await server[Symbol.asyncDispose]();
  });

  it("has the definitions that it was given before it answers", async () => {
    const { call } = start({ customResourceDefinitions: [widgets as unknown as KubeObject] });
    const list = await call("GET", "/apis/example.com/v1/widgets");
    expect(list.body).toMatchObject({ kind: "WidgetList", items: [], metadata: { continue: "" } });
  });
});

async function eventsOf(response: ApiResponse): Promise<string[]> {
  let text = "";
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) text += decoder.decode(chunk);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; object: KubeObject })
    .map(
      ({ type, object }) =>
        `${type} ${object.metadata.name ?? (object.metadata.annotations === undefined ? "" : "end")}`,
    );
}
