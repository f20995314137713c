import { ApiError, createManualClock, isExpired, isNotFound } from "@lateen/base";
import type { ApiRequest, ApiResponse, KubeObject, Transport } from "@lateen/objects";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCache } from "./cache/create-cache.ts";
import { createClient } from "./create-client.ts";
import { decodeWatch } from "./watch-stream.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: unknown, status = 200): ApiResponse => ({
  status,
  headers: {},
  body: bytes(JSON.stringify(value)),
});

/** A transport that answers by path and remembers what it was asked. */
function scripted(answers: Readonly<Record<string, (request: ApiRequest) => ApiResponse>>): {
  readonly transport: Transport;
  readonly asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    transport: (request) => {
      asked.push(`${request.method} ${request.path}`);
      const answer = answers[request.path.split("?")[0]!];
      return Promise.resolve(answer?.(request) ?? { status: 404, headers: {}, body: bytes("404 page not found\n") });
    },
  };
}

const apps = {
  "/apis/apps/v1": () =>
    json({
      resources: [
        { name: "deployments", kind: "Deployment", namespaced: true },
        { name: "deployments/scale", kind: "Scale", namespaced: true },
      ],
    }),
};
const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "prod" },
};

describe("the client", () => {
  it("finds a kind's resource by discovery and asks only once", async () => {
    const { transport, asked } = scripted({
      ...apps,
      "/apis/apps/v1/namespaces/prod/deployments/web": () => json(deployment),
    });
    const client = createClient({ transport });
    const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "prod", name: "web" };

    await client.get(ref);
    await client.get(ref);

    expect(asked).toEqual([
      "GET /apis/apps/v1",
      "GET /apis/apps/v1/namespaces/prod/deployments/web",
      "GET /apis/apps/v1/namespaces/prod/deployments/web",
    ]);
  });

  it("names the nearest kind when the server does not serve one", async () => {
    const { transport } = scripted(apps);
    const client = createClient({ transport });

    const error: unknown = await client.resolve("apps/v1", "Deploymnet").catch((thrown: unknown) => thrown);

    expect(isNotFound(error)).toBe(true);
    expect((error as Error).message).toContain("did you mean Deployment?");
  });

  it("says what was attempted on which object", async () => {
    const status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'deployments.apps "web" not found',
      reason: "NotFound",
      code: 404,
    };
    const { transport } = scripted({
      ...apps,
      "/apis/apps/v1/namespaces/prod/deployments/web": () => json(status, 404),
    });
    const client = createClient({ transport });

    const error: unknown = await client
      .delete({ apiVersion: "apps/v1", kind: "Deployment", namespace: "prod", name: "web" })
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ApiError);
    expect((error as Error).message).toBe('delete Deployment prod/web: deployments.apps "web" not found');
  });

  it("sends an apply as such, with manager and force", async () => {
    const requests: ApiRequest[] = [];
    const { transport } = scripted({
      ...apps,
      "/apis/apps/v1/namespaces/prod/deployments/web": (request) => {
        requests.push(request);
        return json(deployment);
      },
    });

    await createClient({ transport }).apply(deployment, { fieldManager: "lateen", force: true });

    expect(requests[0]!.path).toBe("/apis/apps/v1/namespaces/prod/deployments/web?fieldManager=lateen&force=true");
    expect(requests[0]!.headers["content-type"]).toBe("application/apply-patch+yaml");
  });
});

describe("a watch stream", () => {
  it("gives the same events however its bytes are cut", async () => {
    const names = ["a", "ü", "日本", "e\\n"];
    const text = names
      .map(
        (name) =>
          `${JSON.stringify({ type: "ADDED", object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } } })}\n`,
      )
      .join("");
    const whole = bytes(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: whole.length }), { maxLength: 12 }), async (cuts) => {
        const places = [0, ...new Set(cuts), whole.length].toSorted((a, b) => a - b);
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let i = 1; i < places.length; i++) yield await Promise.resolve(whole.subarray(places[i - 1], places[i]));
        }
        const seen: string[] = [];
        for await (const event of decodeWatch(body(), { attempted: "watch" })) seen.push(event.object.metadata.name!);
        expect(seen).toEqual(names);
      }),
      { numRuns: 50 },
    );
  });

  it("turns an ERROR event into the ApiError it carries", async () => {
    const body = bytes(
      `${JSON.stringify({ type: "ERROR", object: { kind: "Status", message: "too old", reason: "Expired", code: 410 } })}\n`,
    );
    const read = async (): Promise<void> => {
      for await (const _ of decodeWatch(body, { attempted: "watch ConfigMap" })) expect.unreachable();
    };
    await expect(read()).rejects.toSatisfy(isExpired);
  });
});

describe("a cache", () => {
  /** A server of ConfigMaps whose watches the test feeds, one body a connection. */
  function feed(connections: readonly (readonly unknown[])[]): Transport {
    let connection = 0;
    return (request) => {
      if (request.path === "/api/v1")
        return Promise.resolve(json({ resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] }));
      const events = connections[connection++];
      const { signal } = request;
      async function* body(): AsyncGenerator<Uint8Array> {
        for (const event of events ?? []) yield bytes(`${JSON.stringify(event)}\n`);
        // The last connection stays open until the reader goes.
        if (connection >= connections.length) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      }
      return Promise.resolve({ status: 200, headers: {}, body: body() });
    };
  }
  const kind = { apiVersion: "v1", kind: "ConfigMap" };
  const config = (name: string, resourceVersion: string, value = "x"): KubeObject => ({
    ...kind,
    metadata: { name, namespace: "default", uid: name, resourceVersion, labels: { value } },
  });
  const added = (object: KubeObject): unknown => ({ type: "ADDED", object });
  const end = (resourceVersion: string): unknown => ({
    type: "BOOKMARK",
    object: { ...kind, metadata: { resourceVersion, annotations: { "k8s.io/initial-events-end": "true" } } },
  });

  it("holds frozen objects, finds them by index and tells of changes", async () => {
    const transport = feed([
      [
        added(config("a", "1")),
        added(config("b", "2", "y")),
        end("2"),
        { type: "MODIFIED", object: config("a", "3", "y") },
      ],
    ]);
    const clock = createManualClock();
    const cache = createCache({ client: createClient({ transport }), clock });
    cache.addIndex(kind, "value", (object) => [object.metadata.labels?.value ?? ""]);
    const changes: string[] = [];
    cache.onChange(kind, ({ object, previous }) =>
      changes.push(`${previous?.metadata.resourceVersion ?? "-"}>${object?.metadata.resourceVersion ?? "-"}`),
    );

    await cache.synced({ kinds: [kind] });
    await clock.advance(0);

    expect(cache.byIndex(kind, "value", "y").map((object) => object.metadata.name)).toEqual(["b", "a"]);
    expect(Object.isFrozen(cache.get({ ...kind, namespace: "default", name: "a" })?.metadata.labels)).toBe(true);
    expect(cache.list({ ...kind, namespace: "default" })).toHaveLength(2);
    expect(changes).toEqual(["->1", "->2", "1>3"]);
    await cache[Symbol.asyncDispose]();
  });

  it("takes the state in anew when its version has expired, and tells what was deleted meanwhile", async () => {
    const transport = feed([
      [added(config("a", "1")), added(config("b", "2")), end("2")],
      [{ type: "ERROR", object: { kind: "Status", message: "too old", reason: "Expired", code: 410 } }],
      [added(config("b", "7")), added(config("c", "8")), end("9")],
    ]);
    const clock = createManualClock();
    const cache = createCache({ client: createClient({ transport }), clock });
    const gone: string[] = [];
    cache.onChange(kind, ({ object, previous }) => {
      if (object === undefined) gone.push(previous!.metadata.name!);
    });

    await cache.synced({ kinds: [kind] });
    await clock.advance(60_000);

    expect(gone).toEqual(["a"]);
    expect(cache.list(kind).map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`)).toEqual([
      "b@7",
      "c@8",
    ]);
    await cache[Symbol.asyncDispose]();
  });
});
