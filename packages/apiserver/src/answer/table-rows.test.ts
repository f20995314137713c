import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { canonicalJson, type JsonValue, systemClock } from "@lateen/base";
import type { ApiRequest } from "@lateen/objects";
import { createApiServer, createMemoryStore } from "../index.ts";
import { nodePlatform } from "../platform/node.ts";
import { endOfMetadata } from "./table-rows.ts";

const admin = { username: "admin", groups: ["system:masters"] };
const signal = new AbortController().signal;
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

async function start() {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = { ...systemClock, now: () => now };
  const server = createApiServer({ store: createMemoryStore(), platform: nodePlatform, clock });
  await server.ready;
  const send = async (method: string, path: string, more: Partial<ApiRequest> & { json?: unknown } = {}) => {
    const { json, ...rest } = more;
    const body = json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(json));
    const answer = await server.handle({ method, path, headers: {}, body, signal, ...rest }, { user: admin });
    return JSON.parse(new TextDecoder().decode(answer.body as Uint8Array)) as Record<string, unknown>;
  };
  const rows = async (path: string, accept = asTable) =>
    (await send("GET", path, { headers: { accept } })).rows as { cells: unknown[]; object: unknown }[];
  const advance = (ms: number): void => {
    now += ms;
  };
  return { advance, send, rows, server };
}

describe("the table of a list", () => {
  it("says what the table of each object alone says, and grows older with the clock", async () => {
    const { advance, send, rows, server } = await start();
    for (const name of ["a", 'quote"d']) {
      const json = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: name.replace(/\W/g, "-"), annotations: { text: `${name} } { \\" \\\\` } },
        data: { k: "v" },
      };
      await send("POST", "/api/v1/namespaces/default/configmaps", { json });
    }
    for (const later of [0, 5_000, 3_600_000, 400 * 86_400_000]) {
      advance(later);
      const whole = await rows("/api/v1/namespaces/default/configmaps");
      const single = [];
      for (const name of ["a", "quote-d"])
        single.push(...(await rows(`/api/v1/namespaces/default/configmaps/${name}`)));
      expect(whole.filter(({ cells }) => cells[0] !== "kube-root-ca.crt")).toEqual(single);
    }
    await server[Symbol.asyncDispose]();
  });

  it("shows a changed object anew", async () => {
    const { send, rows, server } = await start();
    const path = "/api/v1/namespaces/default/configmaps";
    const json = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } };
    await send("POST", path, { json });
    expect((await rows(path))[0]!.cells.slice(0, 2)).toEqual(["a", 1]);
    await send("PUT", `${path}/a`, { json: { ...json, data: { k: "v", l: "w" } } });
    expect((await rows(path))[0]!.cells.slice(0, 2)).toEqual(["a", 2]);
    await server[Symbol.asyncDispose]();
  });
});

describe("the end of the metadata in stored bytes", () => {
  it("is found whatever the texts in it hold", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (metadata, rest) => {
        const meta = canonicalJson({ name: "x", ...metadata } as JsonValue).slice(1);
        const body = new TextEncoder().encode(`${meta},"spec":${JSON.stringify(rest)}}`);
        const cut = new TextDecoder().decode(body.subarray(0, endOfMetadata(body)));
        expect(cut).toBe(meta);
      }),
    );
  });
});
