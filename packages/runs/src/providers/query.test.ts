import type { JsonObject } from "@lateen/base";
import { builtinDefinitions, oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createRunControllers } from "../run-controllers.ts";
import { endpointsOf } from "./query-endpoints.ts";

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster[Symbol.asyncDispose]();
});

const labels = { "app.oam.dev/component": "web", "app.oam.dev/appRevision": "shop-v1" };

async function control(template: string) {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  const { client } = cluster;
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "vela-system" } });
  await client.create(builtinDefinitions().find(({ metadata }) => metadata.name === "collect-service-endpoints")!);
  await client.create({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "WorkflowStepDefinition",
    metadata: { name: "look", namespace: "default" },
    spec: { schematic: { cue: { template } } },
  } as unknown as KubeObject);
  await client.create({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  const service = await client.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", labels },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] },
  } as unknown as KubeObject);
  const replicas = await client.create({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", labels },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  } as unknown as KubeObject);
  await client.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1",
      namespace: "default",
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: replicas.metadata.uid!, controller: true },
      ],
    },
    spec: { containers: [{ name: "c", image: "i" }] },
  } as unknown as KubeObject);
  const application = await client.create({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name: "shop", namespace: "default" },
    spec: { components: [] },
  } as unknown as KubeObject);
  const appliedResources = [service, replicas].map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    name: metadata.name!,
    namespace: "default",
  }));
  await client.updateStatus({ ...application, status: { appliedResources } } as unknown as KubeObject);
  cluster.start(createRunControllers(cluster));
  const run = async (
    step: JsonObject,
  ): Promise<{ readonly status: string; readonly steps: unknown; readonly vars: JsonObject }> => {
    await client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "WorkflowRun",
      metadata: { name: "ask", namespace: "default" },
      spec: { workflowSpec: { steps: [{ name: "s", ...step }] } },
    } as unknown as KubeObject);
    await cluster.settled();
    const ref = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun", namespace: "default", name: "ask" };
    const made = await client.get(ref);
    const map = await client.get({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "default",
      name: "workflow-ask-context",
    });
    return {
      status: valueAt(made, "status", "status") as string,
      steps: valueAt(made, "status", "steps"),
      vars: JSON.parse(valueAt(map, "data", "vars") as string) as JsonObject,
    };
  };
  return { run };
}

describe("questions of steps about an Application", () => {
  it("collects its pods through their owners, and its resources by filter, in the new style and the old", async () => {
    const { run } = await control(`import ("vela/query"
"vela/ql")

pods: query.#CollectPods & {$params: app: {name: "shop", namespace: "default"}}
services: query.#ListResourcesInApp & {$params: app: {name: "shop", namespace: "default", filter: kind: "Service"}}
old: ql.#ListAppliedResources & {app: {name: "shop", namespace: "default", filter: components: ["other"]}}
none: query.#CollectPods & {$params: app: {name: "nobody", namespace: "default"}}
result: {
	names: [for p in pods.$returns.list {p.object.metadata.name}]
	made: [for s in services.$returns.list {"\\(s.component)/\\(s.revision)/\\(s.object.metadata.name)"}]
	others: len(old.list)
	err: none.$returns.err
}
parameter: {}
`);
    const { status, vars } = await run({ type: "look", outputs: [{ name: "found", valueFrom: "result" }] });
    expect(status).toBe("succeeded");
    expect(vars.found).toEqual({
      names: ["web-1"],
      made: ["web/shop-v1/web"],
      others: 0,
      err: 'get Application default/nobody: applications.core.oam.dev "nobody" not found',
    });
  });

  it("lets the built-in step find the address of a Service", async () => {
    const { run } = await control("parameter: {}\n");
    const { status, vars, steps } = await run({
      type: "collect-service-endpoints",
      properties: { name: "shop", namespace: "default" },
      outputs: [{ name: "url", valueFrom: "value.url" }],
    });
    expect([status, steps]).toEqual(["succeeded", expect.anything()]);
    expect(vars.url).toBe("http://web.default:80");
  });
});

describe("the addresses that an object gives", () => {
  it("are those of its load balancer, its rules and its host names", () => {
    const balancer = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a", namespace: "n" },
      spec: { type: "LoadBalancer", ports: [{ port: 443, protocol: "TCP" }] },
      status: { loadBalancer: { ingress: [{ ip: "10.1.2.3" }] } },
    } as unknown as KubeObject;
    expect(endpointsOf(balancer)).toEqual([
      { protocol: "TCP", appProtocol: "https", host: "10.1.2.3", port: 443, inner: false },
    ]);
    const ingress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "i" },
      spec: {
        tls: [{ hosts: ["b.test"] }],
        rules: [
          { host: "a.test", http: { paths: [{ path: "/x" }, {}] } },
          { host: "b.test", http: { paths: [] } },
        ],
      },
    } as unknown as KubeObject;
    expect(endpointsOf(ingress).map(({ host, port, path }) => `${host}:${port}${path}`)).toEqual([
      "a.test:80/x",
      "a.test:80/",
      "b.test:443/",
    ]);
    expect(endpointsOf({ apiVersion: "v1", kind: "ConfigMap", metadata: {} } as KubeObject)).toEqual([]);
  });
});
