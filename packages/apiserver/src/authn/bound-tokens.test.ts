import { describe, expect, it } from "vitest";
import { createManualClock, type JsonObject } from "@lateen/base";
import { textToBase64Url } from "../read/base64.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";

async function start(clock = createManualClock(Date.UTC(2026, 10, 24))) {
  const api = await startTestApi({ clock });
  await api.call("POST", accounts, { metadata: { name: "sa" } });
  await api.call("POST", accounts, { metadata: { name: "default" } });
  const token = async (spec: JsonObject = {}) =>
    ((await api.call("POST", `${accounts}/sa/token`, { spec })).body.status as { token: string }).token;
  return { api, clock, token };
}

/** What the bearer of a token is told about himself: the status, and his extra. */
async function ask(
  api: TestApi,
  token: string,
  headers = { authorization: `Bearer ${token}` } as Record<string, string>,
) {
  const response = await api.server.handle({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    headers,
    body: new TextEncoder().encode("{}"),
    signal: new AbortController().signal,
  });
  const body = JSON.parse(new TextDecoder().decode(response.body as Uint8Array)) as {
    status?: { userInfo?: { username: string; extra: Record<string, string[]> } };
  };
  return { status: response.status, user: body.status?.userInfo };
}

describe("service account tokens", () => {
  it.each(["constructor", "__proto__", "ConfigMap"])("are bound to no object of kind %s", async (kind) => {
    const { api } = await start();
    await using _ = api;
    const spec = { boundObjectRef: { kind, apiVersion: "v1", name: "x" } };
    const refused = await api.call("POST", `${accounts}/sa/token`, { spec });
    expect([refused.status, refused.body.message]).toEqual([
      400,
      `cannot bind token to object of type /v1, Kind=${kind}`,
    ]);
  });

  it("end with their time, their account and its namesake", async () => {
    const { api, clock, token } = await start();
    await using _ = api;
    const bearer = await token({ expirationSeconds: 600 });
    expect((await ask(api, bearer)).user?.username).toBe("system:serviceaccount:default:sa");
    await clock.advance(601_000);
    expect((await ask(api, bearer)).status).toBe(401);
    const second = await token();
    await api.call("DELETE", `${accounts}/sa`);
    expect((await ask(api, second)).status).toBe(401);
    await api.call("POST", accounts, { metadata: { name: "sa" } });
    expect((await ask(api, second)).status).toBe(401);
  });

  it("are no good for another audience", async () => {
    const { api, token } = await start();
    await using _ = api;
    expect((await ask(api, await token({ audiences: ["vault"] }))).status).toBe(401);
  });

  it("end with the pod, secret or node that they are bound to", async () => {
    const { api, token } = await start();
    await using _ = api;
    await api.call("POST", "/api/v1/nodes", { metadata: { name: "n" } });
    await api.call("POST", "/api/v1/namespaces/default/secrets", { metadata: { name: "s" } });
    await api.call("POST", "/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: { nodeName: "n", terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "i" }] },
    });
    const bound = async (kind: string, name: string) => token({ boundObjectRef: { kind, apiVersion: "v1", name } });
    const [pod, secret, node] = [await bound("Pod", "p"), await bound("Secret", "s"), await bound("Node", "n")];
    const { user } = await ask(api, pod);
    expect(user?.extra).toMatchObject({
      "authentication.kubernetes.io/pod-name": ["p"],
      "authentication.kubernetes.io/node-name": ["n"],
    });
    for (const [bearer, path] of [
      [secret, "/api/v1/namespaces/default/secrets/s"],
      [pod, "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0"],
      [node, "/api/v1/nodes/n"],
    ] as const) {
      expect((await ask(api, bearer)).status).toBe(201);
      await api.call("DELETE", path);
      expect((await ask(api, bearer)).status).toBe(401);
    }
  });

  it("come as a WebSocket's protocol too, where browsers must put them", async () => {
    const { api, token } = await start();
    await using _ = api;
    const protocol = `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${textToBase64Url(await token())}`;
    expect((await ask(api, "", { "sec-websocket-protocol": protocol })).status).toBe(201);
    expect((await ask(api, "", {})).status).toBe(401);
  });
});
