import { describe, expect, it } from "vitest";
import { withAggregatedSwagger } from "./merge-swagger.ts";

const api = { group: "wardle.example.com", version: "v1" };
const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const own = {
  swagger: "2.0",
  paths: { "/api/v1/pods": { get: {} } },
  definitions: { Meta: { type: "object" }, Same: { type: "string" } },
};

describe("OpenAPI v2 of several servers", () => {
  it("has the paths of the other API and what they refer to, under free names where contents differ", () => {
    const merged = withAggregatedSwagger(own, [
      {
        api,
        swagger: {
          paths: {
            "/apis/wardle.example.com/v1/flunders": { get: { schema: ref("Flunder") } },
            "/apis/wardle.example.com/v1": { get: {} },
            "/apis/wardle.example.com/v10/x": { get: {} },
            "/api/v1/pods": { get: { foreign: true } },
          },
          definitions: {
            Flunder: { properties: { meta: ref("Meta"), same: ref("Same"), self: ref("Flunder"), none: ref("None") } },
            Meta: { type: "object", properties: { inner: ref("__proto__") } },
            Same: { type: "string" },
            ["__proto__"]: { type: "integer" },
            Unused: {},
          },
        },
      },
    ]);
    expect(merged.paths).toEqual({
      "/api/v1/pods": { get: {} },
      "/apis/wardle.example.com/v1/flunders": { get: { schema: ref("Flunder") } },
      "/apis/wardle.example.com/v1": { get: {} },
    });
    expect(merged.definitions).toEqual({
      Meta: { type: "object" },
      Same: { type: "string" },
      Flunder: { properties: { meta: ref("Meta_v2"), same: ref("Same"), self: ref("Flunder"), none: ref("None") } },
      Meta_v2: { type: "object", properties: { inner: ref("__proto__") } },
      ["__proto__"]: { type: "integer" },
    });
  });

  it("is this server's own document where nobody else answers", () => {
    expect(withAggregatedSwagger(own, [])).toBe(own);
  });
});
