import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { JsonObject } from "@lateen/base";
import { prepareTls } from "../../listen/node.ts";
import { startTestApi, type TestApi } from "../../testing/start-test-api.ts";

const folders: string[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A webhook over TLS that never answers `/slow`, answers text at `/text`, 500 at `/fails`, and allows the rest. */
async function startHook() {
  const folder = mkdtempSync(join(tmpdir(), "lateen-hook-"));
  folders.push(folder);
  const tls = prepareTls({ folder, host: "127.0.0.1", hosts: ["hook.default.svc"] });
  const seen: string[] = [];
  const server = createServer({ key: tls.serverKey, cert: tls.serverCertificate }, (request, response) => {
    seen.push(request.url ?? "");
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const path = (request.url ?? "").split("?")[0];
      if (path === "/slow") return;
      if (path === "/fails") response.statusCode = 500;
      if (path === "/text" || path === "/fails") return void response.end("hello");
      const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
      const answer = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response: { uid, allowed: true } };
      response.end(JSON.stringify(answer));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.77.7.9", resolve));
  return { seen, ca: btoa(tls.ca), port: (server.address() as AddressInfo).port };
}

async function start(api: TestApi, hook: { readonly port: number }, webhook: JsonObject): Promise<void> {
  await api.call("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "hook" },
    spec: { ports: [{ port: 8443, name: "https" }] },
  });
  await api.call("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "hook-1", labels: { "kubernetes.io/service-name": "hook" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.77.7.9"] }],
    ports: [{ name: "https", port: hook.port }],
  });
  const made = await api.call("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {
    metadata: { name: "hook" },
    webhooks: [
      {
        name: "hook.example.com",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 1,
        rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
        ...webhook,
      },
    ],
  });
  expect(made.status).toBe(201);
}

const create = (api: TestApi) =>
  api.call("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", { metadata: { name: "c" } });

describe("a webhook behind a service", () => {
  const service = (path: string): JsonObject => ({ name: "hook", namespace: "default", port: 8443, path });

  it("is called at an endpoint, by the certificate of the service's name, and told how long it has", async () => {
    await using api = await startTestApi();
    const hook = await startHook();
    await start(api, hook, { clientConfig: { service: service("/yes"), caBundle: hook.ca } });
    expect((await create(api)).status).toBe(201);
    expect(hook.seen).toEqual(["/yes?timeout=1s"]);
  });

  it.each([
    ["/slow", /Post "https:\/\/hook\.default\.svc:8443\/slow\?timeout=1s": context deadline exceeded$/],
    ["/text", /failed to call webhook: /],
    ["/fails", /an error on the server \("hello"\) has prevented the request from succeeding$/],
  ])(
    "fails by its policy when it answers as %s",
    async (path, text) => {
      await using api = await startTestApi();
      const hook = await startHook();
      await start(api, hook, { clientConfig: { service: service(path), caBundle: hook.ca } });
      const started = performance.now();
      const failed = await create(api);
      expect([failed.status, failed.body.reason]).toEqual([500, "InternalError"]);
      expect(failed.body.message).toMatch(/^Internal error occurred: failed calling webhook "hook\.example\.com": /);
      expect(failed.body.message).toMatch(text);
      expect(performance.now() - started).toBeLessThan(9_000);
      const ignore = [{ op: "replace", path: "/webhooks/0/failurePolicy", value: "Ignore" }];
      await api.patch("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hook", "json", ignore);
      expect((await create(api)).status).toBe(201);
    },
    15_000,
  );

  it("is not believed with a certificate of another authority or of nobody, nor found without endpoints", async () => {
    await using api = await startTestApi();
    const [hook, other] = [await startHook(), await startHook()];
    await start(api, hook, { clientConfig: { service: service("/yes"), caBundle: other.ca } });
    expect((await create(api)).body.message).toMatch(/certificate/);
    await api.call("DELETE", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/hook-1");
    expect((await create(api)).body.message).toMatch(/no endpoints available for service "hook"/);
    expect(hook.seen).toEqual([]);
  });
});
