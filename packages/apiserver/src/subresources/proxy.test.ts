import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";
import type { PodStreams } from "./pod-streams.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function startWeb(): Promise<number> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      response.setHeader("x-own", "yes");
      response.end([request.method, request.url, request.headers.authorization ?? "no credentials", body].join(" "));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.77.7.8", resolve));
  return (server.address() as AddressInfo).port;
}

async function service(api: TestApi, port: number): Promise<void> {
  await api.call("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "web" },
    spec: { ports: [{ port: 80, name: "http" }] },
  });
  await api.call("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.77.7.8"] }],
    ports: [{ name: "http", port }],
  });
}

async function text(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  let all = "";
  for await (const part of body) all += new TextDecoder().decode(part);
  return all;
}

const services = "/api/v1/namespaces/default/services";

describe("proxy", () => {
  it.each(["web:80", "web:http", "http:web:80"])(
    "sends a request on to an endpoint of the service %s",
    async (name) => {
      await using api = await startTestApi();
      await service(api, await startWeb());
      const headers = { authorization: "Bearer secret" };
      const answered = await api.call("PUT", `${services}/${name}/proxy/a%20b/c?d=e`, "body", { headers });
      expect(answered.status).toBe(200);
      expect(answered.response.headers["x-own"]).toBe("yes");
      expect(await text(answered.response.body)).toBe("PUT /a%20b/c?d=e no credentials body");
    },
  );

  it("leads to the folder, and says what is not there", async () => {
    await using api = await startTestApi();
    await service(api, 1);
    const bare = await api.call("GET", `${services}/web:80/proxy?x=1`);
    expect([bare.status, bare.response.headers.location]).toEqual([301, `${services}/web:80/proxy/?x=1`]);
    const messages = [];
    for (const name of ["web:80", "web:81", "web", "none", "ftp:web:80"]) {
      const { status, body } = await api.call("GET", `${services}/${name}/proxy/`);
      messages.push([status, body.message]);
    }
    expect(messages).toEqual([
      [503, "error trying to reach service: dial tcp 127.77.7.8:1: connect: connection refused"],
      [503, 'no service port 81 found for service "web"'],
      [503, 'no endpoints available for service "web"'],
      [404, 'services "none" not found'],
      [400, 'invalid service request "ftp:web:80"'],
    ]);
  });

  it("reaches a pod's port where its node says", async () => {
    const port = await startWeb();
    const asked: number[] = [];
    const podStreams = {
      connect: ({ port: wanted }) => {
        asked.push(wanted);
        const socket = connect({ host: "127.77.7.8", port });
        return Promise.resolve({
          readable: socket,
          write: (bytes) =>
            new Promise((done, failed) => socket.write(bytes, (error) => (error ? failed(error) : done()))),
          end: () => void socket.end(),
          close: () => void socket.destroy(),
        });
      },
    } as Partial<PodStreams> as PodStreams;
    await using api = await startTestApi({ podStreams });
    await api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await api.call("POST", "/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: {
        containers: [{ name: "c", image: "i", ports: [{ containerPort: 8080 }, { name: "x", containerPort: 9090 }] }],
      },
    });
    await api.patch("/api/v1/namespaces/default/pods/p/status", "merge", {
      status: { podIP: "127.77.1.1", podIPs: [{ ip: "127.77.1.1" }] },
    });
    for (const name of ["p", "p:x", "p:7"]) {
      const answered = await api.call("GET", `/api/v1/namespaces/default/pods/${name}/proxy/y`);
      expect(await text(answered.response.body)).toBe("GET /y no credentials ");
    }
    expect(asked).toEqual([8080, 9090, 7]);
  });

  it("reaches a port of a node by its address, over TLS where that is asked for", async () => {
    const port = await startWeb();
    await using api = await startTestApi();
    const nodes = "/api/v1/nodes";
    await api.call("POST", nodes, { metadata: { name: "n1" } });
    const unknown = await api.call("GET", `${nodes}/n1:${port}/proxy/`);
    expect([unknown.status, unknown.body.message]).toEqual([503, "node n1 names no port of an agent that serves HTTP"]);
    await api.patch(`${nodes}/n1/status`, "merge", {
      status: {
        addresses: [
          { type: "Hostname", address: "n1" },
          { type: "InternalIP", address: "127.77.7.8" },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    });
    const answered = await api.call("GET", `${nodes}/n1:${port}/proxy/stats?x=1`);
    expect([answered.status, await text(answered.response.body)]).toEqual([200, "GET /stats?x=1 no credentials "]);
    // The agent's own port speaks TLS, which this one does not.
    const agent = await api.call("GET", `${nodes}/n1/proxy/stats`);
    expect([agent.status, agent.body.message]).toEqual([503, expect.stringContaining("error trying to reach service")]);
    expect((await api.call("GET", `${nodes}/none:1/proxy/`)).status).toBe(404);
    expect((await api.call("GET", `${nodes}/n1:1/proxy/`, undefined, { as: "bob" })).status).toBe(403);
  });

  it("asks for leave by the method", async () => {
    await using api = await startTestApi();
    await service(api, 1);
    const refused = await api.call("POST", `${services}/web:80/proxy/`, "x", { as: "bob" });
    expect(refused.body.message).toBe(
      'services "web:80" is forbidden: User "bob" cannot create resource "services/proxy" in API group "" in the namespace "default"',
    );
  });
});
