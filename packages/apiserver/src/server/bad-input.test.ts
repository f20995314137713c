import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api[Symbol.asyncDispose]());

const maps = "/api/v1/namespaces/default/configmaps";
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const widgets = {
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

describe("bad input", () => {
  it.each([
    ["JSON that is none", "POST", maps, "{", 400],
    ["JSON nested a hundred thousand deep", "POST", maps, `{"data":${nested(100_000)}}`, 400],
    ["text after the object", "POST", maps, '{"metadata":{"name":"a"}} x', 400],
    ["a name that leads out of its folder", "POST", maps, '{"metadata":{"name":"../../x"}}', 422],
    ["an encoded slash in a path", "GET", "/api/v1/namespaces/default/configmaps/..%2fx", undefined, 404],
    ["a broken escape in a path", "GET", "/api/v1/namespaces/default/configmaps/%zz", undefined, 404],
    ["a selector that is none", "GET", `${maps}?labelSelector=a%20b%20c`, undefined, 400],
    ["a continue token that is none", "GET", `${maps}?continue=xyz`, undefined, 400],
    ["a version that is none", "GET", `${maps}?resourceVersion=abc`, undefined, 400],
    ["a method that is none", "BREW", maps, undefined, 405],
  ] as const)("%s is refused", async (_name, method, path, body, status) => {
    expect((await api.call(method, path, body)).status).toBe(status);
    expect((await api.call("GET", maps)).status).toBe(200);
  });

  it("names such as __proto__ and constructor are just names", async () => {
    const body = '{"metadata":{"name":"a","labels":{"constructor":"x"}},"data":{"__proto__":"y","toString":"z"}}';
    const created = await api.call("POST", maps, body);
    expect(created.status).toBe(201);
    const text = new TextDecoder().decode((await api.call("GET", `${maps}/a`)).response.body as Uint8Array);
    expect(text).toContain('"__proto__":"y"');
    expect(({} as Record<string, unknown>)["y"]).toBeUndefined();
    await api.patch(`${maps}/a`, "merge", '{"data":{"__proto__":"w"}}');
    expect(new TextDecoder().decode((await api.call("GET", `${maps}/a`)).response.body as Uint8Array)).toContain(
      '"__proto__":"w"',
    );
    const listed = await api.call("GET", `${maps}?labelSelector=constructor%3Dx`);
    expect(listed.body["items"]).toHaveLength(1);
  });

  it("an integer of 64 bits that would come back as another one is refused, however it is sent", async () => {
    await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgets);
    const path = "/apis/example.com/v1/namespaces/default/widgets";
    const widget = (name: string, n: string) =>
      `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"${name}"},"spec":{"n":${n}}}`;
    const yaml = { headers: { "content-type": "application/yaml" } };
    // What a double holds is kept as it is, and what is no int64 is a float in Go too.
    for (const n of ["9007199254740991", "-9007199254740992", "9007199254740994", "1e300"]) {
      expect((await api.call("POST", path, widget(`w${n.length}${n.at(-1)}`, n))).status).toBe(201);
    }
    const kept = await api.call("GET", `${path}/w164`);
    expect(new TextDecoder().decode(kept.response.body as Uint8Array)).toContain('"n":9007199254740994');
    const refused = [
      await api.call("POST", path, widget("x", "9007199254740993")),
      await api.call("POST", path, widget("x", "9223372036854775807")),
      await api.call("POST", path, widget("x", "-9007199254740993"), yaml),
      await api.patch(`${path}/w164`, "merge", '{"spec":{"n":9007199254740993}}'),
      await api.patch(`${path}/w164`, "json", '[{"op":"add","path":"/spec/n","value":9007199254740993}]'),
      await api.patch(`${path}/w164?fieldManager=m&force=true`, "apply", widget("w164", "9007199254740993")),
    ];
    for (const { status, body } of refused) {
      expect([status, String(body.message)]).toEqual([400, expect.stringContaining("cannot be kept exactly")]);
    }
    // In a text it is only a text.
    const text = '{"metadata":{"name":"t"},"data":{"n":"9007199254740993"}}';
    expect((await api.call("POST", maps, text)).status).toBe(201);
  });

  it("custom resources nested too deep are refused, and those just below are kept", async () => {
    await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgets);
    const path = "/apis/example.com/v1/namespaces/default/widgets";
    const widget = (depth: number): string =>
      `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"d${depth}"},"spec":${nested(depth)}}`;
    expect((await api.call("POST", path, widget(50))).status).toBe(201);
    const deep = await api.call("POST", path, widget(50_000));
    expect(deep.status).toBeGreaterThanOrEqual(400);
    expect(deep.status).toBeLessThan(500);
    expect((await api.call("GET", path)).body["items"]).toHaveLength(1);
  });
});
