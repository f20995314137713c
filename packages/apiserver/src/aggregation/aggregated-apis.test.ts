import type { JsonObject } from "@lateen/base";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { frontProxyName, prepareTls } from "../listen/node.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

const folders: string[] = [];
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The name in the client's certificate. */
  readonly caller: string | string[] | undefined;
}

const resources = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: "wardle.example.com/v1",
  resources: [
    { name: "flunders", singularName: "flunder", namespaced: true, kind: "Flunder", verbs: ["get", "list"] },
    { name: "flunders/status", singularName: "", namespaced: true, kind: "Flunder", verbs: ["get"] },
  ],
};

const swagger = {
  swagger: "2.0",
  paths: {
    "/apis/wardle.example.com/v1/flunders": {
      get: { responses: { 200: { schema: { $ref: "#/definitions/example.Flunder" } } } },
    },
  },
  definitions: { "example.Flunder": { type: "object", description: "a flunder" } },
};

/** Another API server, whose certificate is for `name.NAMESPACE.svc`. */
async function startBackend(certified = "wardle.default.svc", clientCa?: string) {
  const folder = mkdtempSync(join(tmpdir(), "lateen-aggregated-"));
  folders.push(folder);
  const tls = prepareTls({ folder, host: "127.0.0.1", hosts: [certified] });
  const seen: Seen[] = [];
  const callers = clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: clientCa };
  const server = createServer({ key: tls.serverKey, cert: tls.serverCertificate, ...callers }, (request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push({ method, url, headers, body, caller: subject?.CN });
      response.setHeader("content-type", "application/json");
      if (url === "/apis/wardle.example.com/v1") response.end(JSON.stringify(resources));
      else if (url === "/openapi/v2") response.end(JSON.stringify(swagger));
      else if (url.startsWith("/openapi/v3/")) response.end('{"openapi":"3.0.0"}');
      else if (url.includes("watch=true")) {
        response.write('{"type":"ADDED"}\n');
        response.end('{"type":"DELETED"}\n');
      } else {
        response.statusCode = 418;
        response.end(JSON.stringify({ kind: "Flunder", said: body }));
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.77.7.7", resolve));
  return { seen, ca: tls.ca, port: (server.address() as AddressInfo).port };
}

async function register(api: TestApi, { ca, port }: { readonly ca: string; readonly port: number }): Promise<void> {
  await api.call("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "wardle" },
    spec: { ports: [{ port: 443, name: "https" }] },
  });
  await api.call("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "wardle-1", labels: { "kubernetes.io/service-name": "wardle" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.77.7.7"], conditions: { ready: true } }],
    ports: [{ name: "https", port }],
  });
  await api.call("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {
    metadata: { name: "v1.wardle.example.com" },
    spec: {
      group: "wardle.example.com",
      version: "v1",
      groupPriorityMinimum: 1000,
      versionPriority: 10,
      service: { namespace: "default", name: "wardle", port: 443 },
      caBundle: btoa(ca),
    },
  });
}

/** The condition Available, once it is no longer what it was. */
async function available(api: TestApi, wanted: string) {
  for (let n = 0; n < 100; n++) {
    const found = await api.call("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.wardle.example.com");
    const { conditions = [] } = (found.body.status ?? {}) as { conditions?: { reason: string; message: string }[] };
    if (conditions[0]?.reason === wanted) return conditions[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const last = await api.call("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1.wardle.example.com");
  throw new Error(`the condition never became ${wanted}: ${JSON.stringify(last.body)}`);
}

const flunders = "/apis/wardle.example.com/v1/namespaces/default/flunders";

describe("aggregated APIs", () => {
  it("sends requests on as the user, without credentials, and what comes back as it is", async () => {
    await using api = await startTestApi();
    const backend = await startBackend();
    await register(api, backend);
    await available(api, "Passed");
    const answered = await api.call(
      "POST",
      `${flunders}?dryRun=All`,
      { a: 1 },
      {
        headers: { authorization: "Bearer secret", "x-remote-group": "system:masters" },
      },
    );
    expect([answered.status, await textOf(answered.response.body)]).toEqual([
      418,
      JSON.stringify({ kind: "Flunder", said: '{"a":1}' }),
    ]);
    const last = backend.seen.at(-1)!;
    expect([last.method, last.url]).toEqual(["POST", `${flunders}?dryRun=All`]);
    expect(last.headers["x-remote-user"]).toBe("admin");
    expect(last.headers["x-remote-group"]).toBe("system:masters, system:authenticated");
    expect(last.headers.authorization).toBeUndefined();
    const watched = await api.call("GET", `${flunders}?watch=true`);
    expect(await textOf(watched.response.body)).toBe('{"type":"ADDED"}\n{"type":"DELETED"}\n');
  });

  it("shows the certificate of the front proxy, whose authority its ConfigMap tells", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-front-proxy-"));
    folders.push(folder);
    const tls = prepareTls({ folder, host: "127.0.0.1" });
    await using api = await startTestApi({
      proxyIdentity: tls.frontProxy,
      extensionAuthentication: {
        clientCa: tls.ca,
        requestHeaderCa: tls.frontProxyCa,
        allowedNames: [frontProxyName],
      },
    });
    const told = await api.call("GET", "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication");
    const data = told.body.data as Readonly<Record<string, string>>;
    expect(data["client-ca-file"]).toBe(tls.ca);
    const ca = data["requestheader-client-ca-file"]!;
    expect(ca).not.toBe(tls.ca);
    const backend = await startBackend("wardle.default.svc", ca);
    await register(api, backend);
    await available(api, "Passed");
    await api.call("GET", flunders);
    const { headers, caller } = backend.seen.at(-1)!;
    expect(JSON.parse(data["requestheader-allowed-names"]!)).toEqual([caller]);
    const named = (member: string) =>
      (JSON.parse(data[member]!) as string[]).map((name) => headers[name.toLowerCase()]);
    expect(named("requestheader-username-headers")).toEqual(["admin"]);
    expect(named("requestheader-group-headers")).toEqual(["system:masters, system:authenticated"]);
  });

  it("may be told by those who are bound to its role, as metrics servers are", async () => {
    await using api = await startTestApi({
      extensionAuthentication: { clientCa: "a", requestHeaderCa: "b", allowedNames: [] },
    });
    const path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
    expect((await api.call("GET", path, undefined, { as: "metrics" })).status).toBe(403);
    await api.call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings", {
      metadata: { name: "metrics" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Role",
        name: "extension-apiserver-authentication-reader",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "metrics" }],
    });
    expect((await api.call("GET", path, undefined, { as: "metrics" })).status).toBe(200);
  });

  it("asks for leave first", async () => {
    await using api = await startTestApi();
    await register(api, await startBackend());
    await available(api, "Passed");
    const refused = await api.call("GET", flunders, undefined, { as: "bob" });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'flunders.wardle.example.com is forbidden: User "bob" cannot list resource "flunders" in API group "wardle.example.com" in the namespace "default"',
    ]);
  });

  it("is in every discovery document and in the index of OpenAPI", async () => {
    await using api = await startTestApi();
    await register(api, await startBackend());
    await available(api, "Passed");
    const groups = await api.call("GET", "/apis");
    expect(groups.body.groups).toContainEqual({
      name: "wardle.example.com",
      versions: [{ groupVersion: "wardle.example.com/v1", version: "v1" }],
      preferredVersion: { groupVersion: "wardle.example.com/v1", version: "v1" },
    });
    expect((await api.call("GET", "/apis/wardle.example.com")).body.name).toBe("wardle.example.com");
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const merged = await api.call("GET", "/apis", undefined, { headers: { accept } });
    const item = (merged.body.items as { metadata: { name: string }; versions: unknown[] }[]).at(-1)!;
    expect(item.metadata.name).toBe("wardle.example.com");
    expect(item.versions).toMatchObject([
      {
        version: "v1",
        freshness: "Current",
        resources: [
          {
            resource: "flunders",
            responseKind: { group: "wardle.example.com", version: "v1", kind: "Flunder" },
            scope: "Namespaced",
            subresources: [{ subresource: "status", verbs: ["get"] }],
          },
        ],
      },
    ]);
    const index = await api.call("GET", "/openapi/v3");
    const { serverRelativeURL } = (index.body.paths as Record<string, { serverRelativeURL: string }>)[
      "apis/wardle.example.com/v1"
    ]!;
    const document = await api.call("GET", serverRelativeURL);
    expect(await textOf(document.response.body)).toBe('{"openapi":"3.0.0"}');
    const whole = await api.call("GET", "/openapi/v2");
    expect((whole.body.paths as JsonObject)["/apis/wardle.example.com/v1/flunders"]).toEqual(
      swagger.paths["/apis/wardle.example.com/v1/flunders"],
    );
    expect((whole.body.paths as JsonObject)["/api/v1/pods"]).toBeDefined();
    expect((whole.body.definitions as JsonObject)["example.Flunder"]).toEqual(swagger.definitions["example.Flunder"]);
    const protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const bytes = await api.call("GET", "/openapi/v2", undefined, { headers: { accept: protobuf } });
    expect(Buffer.from(bytes.response.body as Uint8Array).includes("example.Flunder")).toBe(true);
  });

  it("is unavailable, with the reason, while its service, its endpoints or the right certificate are missing", async () => {
    await using api = await startTestApi();
    const backend = await startBackend("another.default.svc");
    await register(api, backend);
    const failed = await available(api, "FailedDiscoveryCheck");
    expect(failed.message).toContain("wardle.default.svc");
    const refused = await api.call("GET", flunders);
    expect([refused.status, refused.body.text]).toEqual([503, "service unavailable\n"]);
    await api.call("DELETE", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/wardle-1");
    expect((await available(api, "MissingEndpoints")).message).toBe(
      'endpointslices for service/wardle in "default" have no addresses with port name "https"',
    );
    await api.call("DELETE", "/api/v1/namespaces/default/services/wardle");
    expect((await available(api, "ServiceNotFound")).message).toBe('service/wardle in "default" is not present');
  });
});

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  let text = "";
  for await (const part of body) text += new TextDecoder().decode(part);
  return text;
}
