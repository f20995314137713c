import { describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { nodePlatform } from "../platform/node.ts";
import type { OutgoingCall } from "../platform/platform.ts";
import { textOf } from "../object/text.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

interface Review {
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly (JsonObject & { readonly metadata: JsonObject })[];
  };
}

type Convert = (object: JsonObject & { readonly metadata: JsonObject }, apiVersion: string) => unknown;

/** v1 says `host` and `port`, v2 `address`. */
const convert: Convert = (object, apiVersion) => {
  // An apply also converts objects that lack what was let go.
  const spec = (object.spec ?? {}) as JsonObject;
  const labels = { ...(object.metadata.labels as JsonObject), converted: "yes" };
  const metadata = { ...object.metadata, labels };
  if (apiVersion.endsWith("/v2")) {
    return { ...object, apiVersion, metadata, spec: { address: `${textOf(spec.host)}:${textOf(spec.port)}` } };
  }
  const [host, port] = textOf(spec.address).split(":");
  return { ...object, apiVersion, metadata, spec: { host, port } };
};

function platformOf(convertOne: Convert, over: (response: JsonObject) => JsonObject = (response) => response) {
  const reviews: Review[] = [];
  const post = ({ url, body }: OutgoingCall) => {
    expect(url).toBe("https://convert.test/");
    const review = JSON.parse(new TextDecoder().decode(body)) as Review;
    reviews.push(review);
    const { uid, desiredAPIVersion, objects } = review.request;
    const convertedObjects = objects.map((object) => convertOne(object, desiredAPIVersion)) as JsonObject[];
    const response = over({ uid, result: { status: "Success" }, convertedObjects });
    const answer = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response };
    return Promise.resolve({ status: 200, body: new TextEncoder().encode(JSON.stringify(answer)) });
  };
  return { platform: { ...nodePlatform, post }, reviews };
}

const text = { type: "string" };
const versionOf = (name: string, properties: JsonObject, storage: boolean): JsonObject => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
  ...(name === "v2" && { selectableFields: [{ jsonPath: ".spec.address" }] }),
  subresources: { status: {} },
});

const definition = (storage = "v1"): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "hosts.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "hosts", kind: "Host" },
    versions: [
      versionOf("v1", { host: text, port: text }, storage === "v1"),
      versionOf("v2", { address: text }, storage === "v2"),
    ],
    conversion: {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://convert.test/" } },
    },
  },
});

const path = (version: string, name = "") =>
  `/apis/example.com/${version}/namespaces/default/hosts${name === "" ? "" : `/${name}`}`;

const v1 = (name: string, host = "a", port = "1"): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Host",
  metadata: { name },
  spec: { host, port },
});

async function start(api: TestApi): Promise<void> {
  const made = await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition());
  expect(made.status).toBe(201);
}

describe("conversion by webhook", () => {
  it("reads and lists in every version, and asks once for a list", async () => {
    const { platform, reviews } = platformOf(convert);
    await using api = await startTestApi({ platform });
    await start(api);
    for (const name of ["a", "b", "c"]) await api.call("POST", path("v1"), v1(name, name));
    expect(reviews).toEqual([]);
    const one = await api.call("GET", path("v2", "a"));
    expect(one.body).toMatchObject({ apiVersion: "example.com/v2", spec: { address: "a:1" } });
    expect(one.body.metadata.labels).toEqual({ converted: "yes" });
    const list = await api.call("GET", path("v2"));
    const items = list.body.items as { spec: unknown }[];
    expect(items.map(({ spec }) => spec)).toEqual([{ address: "a:1" }, { address: "b:1" }, { address: "c:1" }]);
    expect(reviews.map(({ request }) => request.objects.length)).toEqual([1, 3]);
    const chosen = await api.call("GET", `${path("v2")}?fieldSelector=spec.address%3Db:1`);
    expect((chosen.body.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });

  it("writes in another version than the stored one: create, update, patch, apply, status, delete", async () => {
    const { platform } = platformOf(convert);
    await using api = await startTestApi({ platform });
    await start(api);
    const v2 = { apiVersion: "example.com/v2", kind: "Host", metadata: { name: "a" }, spec: { address: "h:7" } };
    const created = await api.call("POST", path("v2"), v2);
    expect([created.status, created.body.spec]).toEqual([201, { address: "h:7" }]);
    expect((await api.call("GET", path("v1", "a"))).body.spec).toEqual({ host: "h", port: "7" });
    const patched = await api.patch(path("v2", "a"), "merge", { spec: { address: "h:8" } });
    expect(patched.body.spec).toEqual({ address: "h:8" });
    const put = { ...patched.body, spec: { address: "h:9" } };
    expect((await api.call("PUT", path("v2", "a"), put)).body.spec).toEqual({ address: "h:9" });
    expect((await api.call("GET", path("v1", "a"))).body.spec).toEqual({ host: "h", port: "9" });
    const applied = await api.patch(`${path("v1", "a")}?fieldManager=m&force=true`, "apply", v1("a", "x", "2"));
    expect([applied.status, applied.body.spec]).toEqual([200, { host: "x", port: "2" }]);
    const again = await api.patch(`${path("v2", "a")}?fieldManager=m`, "apply", {
      ...v2,
      spec: { address: "y:3" },
    });
    expect([again.status, again.body.spec, again.body.message]).toEqual([200, { address: "y:3" }, undefined]);
    expect((await api.call("DELETE", path("v2", "a"))).status).toBe(200);
    expect((await api.call("GET", path("v1", "a"))).status).toBe(404);
  });

  it("shows a watch every event in its version, in order, the end of the initial ones after them", async () => {
    const { platform } = platformOf(convert);
    await using api = await startTestApi({ platform });
    await start(api);
    await api.call("POST", path("v1"), v1("a"));
    const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watching = await api.call("GET", `${path("v2")}?${query}&timeoutSeconds=1`);
    await api.call("POST", path("v1"), v1("b", "b"));
    await api.patch(path("v1", "a"), "merge", { spec: { port: "2" } });
    await api.call("DELETE", path("v1", "b"));
    const lines = await api.lines(watching.response);
    const seen = lines.filter(({ object }) => object.kind === "Host" && object["spec"] !== undefined);
    expect(seen.map(({ type, object }) => [type, (object["spec"] as JsonObject).address])).toEqual([
      ["ADDED", "a:1"],
      ["ADDED", "b:1"],
      ["MODIFIED", "a:2"],
      ["DELETED", "b:1"],
    ]);
    expect(lines[1]?.type).toBe("BOOKMARK");
  });

  it("reads objects that were stored in the version before", async () => {
    const { platform } = platformOf(convert);
    await using api = await startTestApi({ platform });
    await start(api);
    await api.call("POST", path("v1"), v1("old"));
    const crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/hosts.example.com";
    const changed = await api.patch(crd, "merge", { spec: definition("v2").spec as JsonObject });
    expect(changed.status).toBe(200);
    expect((await api.call("GET", path("v2", "old"))).body.spec).toEqual({ address: "a:1" });
    expect((await api.call("GET", path("v1", "old"))).body.spec).toEqual({ host: "a", port: "1" });
    await api.patch(path("v1", "old"), "merge", { spec: { port: "5" } });
    expect((await api.call("GET", path("v2", "old"))).body.spec).toEqual({ address: "a:5" });
    expect((await api.call("DELETE", crd)).status).toBe(200);
  });

  it.each<[string, Convert, ((response: JsonObject) => JsonObject) | undefined, string]>([
    [
      "says why it failed",
      convert,
      (response) => ({ ...response, result: { status: "Failure", message: "no idea" } }),
      "conversion webhook for example.com/v1, Kind=Host failed: no idea",
    ],
    [
      "returns too few",
      convert,
      (response) => ({ ...response, convertedObjects: [] }),
      "conversion webhook for example.com/v1, Kind=Host returned 0 objects, expected 1",
    ],
    [
      "renames the object",
      (object, apiVersion) => ({ ...(convert(object, apiVersion) as JsonObject), metadata: { name: "z" } }),
      undefined,
      "conversion webhook for example.com/v1, Kind=Host returned invalid object: must have the same name: a != z",
    ],
    [
      "answers in another version",
      (object) => object,
      undefined,
      "conversion webhook for example.com/v1, Kind=Host returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)",
    ],
  ])("answers 500 when the webhook %s", async (_, convertOne, over, message) => {
    const { platform } = platformOf(convertOne, over);
    await using api = await startTestApi({ platform });
    await start(api);
    await api.call("POST", path("v1"), v1("a"));
    const failed = await api.call("GET", path("v2", "a"));
    expect(failed.body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      code: 500,
    });
    expect((await api.call("GET", path("v1", "a"))).status).toBe(200);
    expect((await api.call("POST", path("v2"), { ...v1("b"), apiVersion: "example.com/v2" })).status).toBe(500);
  });
});
