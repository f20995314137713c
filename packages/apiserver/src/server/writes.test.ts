import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Admitter } from "../admission/admitter.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
});
afterEach(() => api[Symbol.asyncDispose]());

const core = "/api/v1/namespaces/default";
const maps = `${core}/configmaps`;
const deployment = (replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
  },
});
const deployments = "/apis/apps/v1/namespaces/default/deployments";

describe("server-side apply", () => {
  it("needs a name where it makes the object, and none where it is about one that is there", async () => {
    await using api = await startTestApi();
    const maps = "/api/v1/namespaces/default/configmaps";
    const nameless = { apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } };
    const refused = await api.patch(`${maps}/a?fieldManager=m`, "apply", nameless);
    expect([refused.status, refused.body.message]).toEqual([
      400,
      "the name of the object (a based on URL) was undeterminable: name must be provided",
    ]);
    await api.call("POST", maps, { metadata: { name: "a" } });
    expect((await api.patch(`${maps}/a?fieldManager=m`, "apply", nameless)).body.data).toEqual({ a: "1" });
  });

  it("says of what its type cannot hold which object that was, as kube-apiserver does", async () => {
    await using api = await startTestApi();
    const { status, body } = await api.patch("/api/v1/namespaces/default/configmaps/a?fieldManager=m", "apply", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", creationTimestamp: "x" },
    });
    expect([status, body.message]).toEqual([
      500,
      'failed to convert new object (/a; /v1, Kind=ConfigMap) to proper version: unable to convert unstructured object to /v1, Kind=ConfigMap: parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ]);
  });

  it("creates, tells conflicts by their owner, and takes fields by force", async () => {
    const created = await api.patch(`${deployments}/web?fieldManager=ann`, "apply", deployment(1));
    expect(created.status).toBe(201);
    const conflict = await api.patch(`${deployments}/web?fieldManager=bob`, "apply", deployment(2));
    expect(conflict.body).toMatchObject({
      code: 409,
      reason: "Conflict",
      details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.replicas" }] },
    });
    const forced = await api.patch(`${deployments}/web?fieldManager=bob&force=true`, "apply", deployment(2));
    expect(forced.body).toMatchObject({ spec: { replicas: 2 }, metadata: { generation: 2 } });
    const again = await api.patch(`${deployments}/web?fieldManager=bob&force=true`, "apply", deployment(2));
    expect(again.body.metadata.resourceVersion).toBe(forced.body.metadata.resourceVersion);
  });
});

describe("deletion", () => {
  it("waits for finalizers and goes with the write that removes the last", async () => {
    await api.call("POST", maps, { metadata: { name: "a", finalizers: ["example.com/hold"] } });
    const kept = await api.call("DELETE", `${maps}/a`);
    expect(kept.body.metadata.deletionTimestamp).toBeDefined();
    const refused = await api.patch(`${maps}/a`, "merge", {
      metadata: { finalizers: ["example.com/hold", "example.com/more"] },
    });
    expect(refused.status).toBe(422);
    await api.patch(`${maps}/a`, "merge", { metadata: { finalizers: null } });
    expect((await api.call("GET", `${maps}/a`)).status).toBe(404);
  });

  it("leaves a pod its grace period where a node has it", async () => {
    const pod = { metadata: { name: "p" }, spec: { nodeName: "n1", containers: [{ name: "c", image: "nginx" }] } };
    await api.call("POST", `${core}/pods`, pod);
    const going = await api.call("DELETE", `${core}/pods/p`);
    expect(going.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    await api.call("DELETE", `${core}/pods/p?gracePeriodSeconds=0`);
    expect((await api.call("GET", `${core}/pods/p`)).status).toBe(404);
  });

  it("keeps a namespace until it is finalized, and lets nothing new in", async () => {
    await api.call("POST", "/api/v1/namespaces", { metadata: { name: "n" } });
    const going = await api.call("DELETE", "/api/v1/namespaces/n");
    expect(going.body).toMatchObject({ status: { phase: "Terminating" } });
    const late = await api.call("POST", "/api/v1/namespaces/n/configmaps", { metadata: { name: "late" } });
    expect(late.body).toMatchObject({ code: 403, details: { causes: [{ reason: "NamespaceTerminating" }] } });
    await api.call("PUT", "/api/v1/namespaces/n/finalize", { metadata: { name: "n" }, spec: { finalizers: [] } });
    expect((await api.call("GET", "/api/v1/namespaces/n")).status).toBe(404);
  });
});

describe("services", () => {
  it("get an address of their own, which is free again when they are gone", async () => {
    const service = (name: string, clusterIP?: string) => ({
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) },
    });
    const first = await api.call("POST", `${core}/services`, service("a", "10.96.7.7"));
    expect(first.status).toBe(201);
    const taken = await api.call("POST", `${core}/services`, service("b", "10.96.7.7"));
    expect(taken.body).toMatchObject({ code: 422, details: { causes: [{ field: "spec.clusterIPs" }] } });
    await api.call("DELETE", `${core}/services/a`);
    expect((await api.call("POST", `${core}/services`, service("b", "10.96.7.7"))).status).toBe(201);
  });

  it("never share an address, however many are made at once", async () => {
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        api.call("POST", `${core}/services`, {
          metadata: { name: `s${n}` },
          spec: { type: "NodePort", ports: [{ port: 80 }] },
        }),
      ),
    );
    const specs = made.map(({ body }) => body["spec"] as { clusterIP: string; ports: { nodePort: number }[] });
    expect(new Set(specs.map(({ clusterIP }) => clusterIP)).size).toBe(100);
    expect(new Set(specs.map(({ ports }) => ports[0]!.nodePort)).size).toBe(100);
  });
});

describe("quotas", () => {
  it("let through exactly what they have, however many ask at once", async () => {
    const quotas = `${core}/resourcequotas`;
    await api.call("POST", quotas, { metadata: { name: "q" }, spec: { hard: { "count/configmaps": "5" } } });
    await api.patch(`${quotas}/q/status`, "merge", {
      status: { hard: { "count/configmaps": "5" }, used: { "count/configmaps": "0" } },
    });
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => api.call("POST", maps, { metadata: { name: `m${n}` } })),
    );
    expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(made.filter(({ status }) => status === 403)).toHaveLength(15);
  });
});

describe("admitters", () => {
  it("may change an object, warn, and refuse in their own words", async () => {
    const admitter: Admitter = (question) => {
      if (question.kind !== "ConfigMap" || question.object === undefined) return Promise.resolve({ kind: "allowed" });
      if (question.name === "bad") {
        const details = { causes: [{ field: "data", message: "must not be bad" }] };
        const status = {
          kind: "Status",
          apiVersion: "v1",
          metadata: {},
          status: "Failure",
          message: "no",
          reason: "Invalid",
          code: 422,
          details,
        } as const;
        return Promise.resolve({ kind: "denied", status });
      }
      return Promise.resolve({
        kind: "allowed",
        object: { ...question.object, data: { added: "yes" } },
        warnings: ["careful"],
      });
    };
    await using own = await startTestApi({ admitters: [admitter] });
    const good = await own.call("POST", maps, { metadata: { name: "good" } });
    expect(good.body).toMatchObject({ data: { added: "yes" } });
    expect(good.warnings).toEqual(['299 - "careful"']);
    const bad = await own.call("POST", maps, { metadata: { name: "bad" } });
    expect(bad.body).toMatchObject({
      code: 422,
      message: "no",
      details: { causes: [{ field: "data", message: "must not be bad" }] },
    });
  });
});

describe("many writers of one object", () => {
  it("lose no change that says which version it is based on", async () => {
    await api.call("POST", maps, { metadata: { name: "n" }, data: { count: "0" } });
    const increment = async (): Promise<void> => {
      for (;;) {
        const { body } = await api.call("GET", `${maps}/n`);
        const count = Number((body["data"] as { count: string }).count) + 1;
        const { status } = await api.call("PUT", `${maps}/n`, { ...body, data: { count: String(count) } });
        if (status === 200) return;
        expect(status).toBe(409);
      }
    };
    await Promise.all(Array.from({ length: 30 }, increment));
    expect((await api.call("GET", `${maps}/n`)).body).toMatchObject({ data: { count: "30" } });
  });
});
