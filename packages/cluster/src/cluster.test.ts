import { DisposeStack } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createEventRecorder } from "@lateen/controller";
import {
  byText,
  deployment,
  getDeployment,
  listPods,
  listSets,
  startSimulatedCluster,
} from "./testing/simulated-cluster.ts";

let stack = new DisposeStack();
afterEach(async () => {
  await stack[Symbol.asyncDispose]();
  stack = new DisposeStack();
});
const startCluster = (): Promise<TestCluster> => startSimulatedCluster(stack);

describe("a namespace", () => {
  it("has its service account and root certificate", async () => {
    const { client } = await startCluster();
    await client.get({ apiVersion: "v1", kind: "ServiceAccount", namespace: "kube-system", name: "default" });
    const root = await client.get({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "default",
      name: "kube-root-ca.crt",
    });
    expect(root.data).toEqual({ "ca.crt": "PEM" });
  });

  it("is emptied and let go when it is deleted", async () => {
    const cluster = await startCluster();
    await cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    await cluster.apply(deployment("a:1").replace("namespace: default", "namespace: shop"));
    await cluster.settled();
    expect(await listPods(cluster, "shop")).toHaveLength(3);

    await cluster.client.delete({ apiVersion: "v1", kind: "Namespace", name: "shop" });
    await cluster.settled({ withinMs: 10_000 });

    expect(await listPods(cluster, "shop")).toHaveLength(0);
    await expect(cluster.client.get({ apiVersion: "v1", kind: "Namespace", name: "shop" })).rejects.toThrow(
      "not found",
    );
  });
});

describe("a Service", () => {
  it("has the addresses of its ready pods in a slice, and in the older Endpoints", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1", { replicas: 2 }));
    await cluster.apply(
      "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}}",
    );
    await cluster.settled();

    const slices = await cluster.client.list<KubeObject>({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      namespace: "default",
    });
    const ips = (await listPods(cluster)).map(({ status }) => status?.podIP).toSorted(byText);
    const mine = slices.items.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "web");
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ ports: [{ port: 8000, protocol: "TCP" }] });
    const endpoints = mine[0]?.endpoints as readonly { readonly addresses: readonly string[] }[];
    expect(endpoints.flatMap(({ addresses }) => addresses).toSorted(byText)).toEqual(ips);
    const old = await cluster.client.get<KubeObject>({
      apiVersion: "v1",
      kind: "Endpoints",
      namespace: "default",
      name: "web",
    });
    expect(old.subsets).toMatchObject([{ addresses: [{}, {}], ports: [{ port: 8000 }] }]);
  });
});

describe("a disruption budget", () => {
  it("tells how many pods may be disrupted", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1", { replicas: 4 }));
    await cluster.apply(
      "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web, namespace: default}, spec: {maxUnavailable: 25%, selector: {matchLabels: {app: web}}}}",
    );
    await cluster.settled();
    const budget = await cluster.client.get({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      namespace: "default",
      name: "web",
    });
    expect(budget.status).toMatchObject({
      disruptionsAllowed: 1,
      currentHealthy: 4,
      desiredHealthy: 3,
      expectedPods: 4,
    });
  });
});

describe("an autoscaler", () => {
  it("keeps a Deployment within its bounds, and says that nobody measures", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1", { replicas: 1 }));
    await cluster.apply(
      "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: default}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4}}",
    );
    await cluster.settled();
    expect((await getDeployment(cluster)).status).toMatchObject({ availableReplicas: 2 });
    await cluster.clock.advance(16_000);
    await cluster.settled();
    const autoscaler = await cluster.client.get({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      namespace: "default",
      name: "web",
    });
    expect(autoscaler.status).toMatchObject({ currentReplicas: 2, desiredReplicas: 2 });
    const { conditions } = autoscaler.status as {
      readonly conditions: readonly { readonly type: string; readonly reason: string }[];
    };
    expect(conditions.find(({ type }) => type === "ScalingActive")?.reason).toBe("FailedGetResourceMetric");
  });
});

describe("an Event", () => {
  it("is one object with a count, however often it is told", async () => {
    const cluster = await startTestCluster();
    stack.use(cluster);
    const recorder = createEventRecorder(cluster, "test");
    const object = await cluster.client.get({ apiVersion: "v1", kind: "Namespace", name: "default" });
    for (const message of ["twice", "once", "twice"])
      recorder.record({ object, type: "Normal", reason: "Tested", message });
    await cluster.settled();
    const { items } = await cluster.client.list<KubeObject>({ apiVersion: "v1", kind: "Event", namespace: "default" });
    expect(items.map(({ message, count }) => [message, count])).toEqual([
      ["twice", 2],
      ["once", 1],
    ]);
  });
});

describe("a quota", () => {
  it("counts what is used, refuses more, and gives back what has ended", async () => {
    const cluster = await startCluster();
    await cluster.apply(
      "{apiVersion: v1, kind: ResourceQuota, metadata: {name: few, namespace: default}, spec: {hard: {pods: '2', services: '5', count/deployments.apps: '3'}}}",
    );
    await cluster.settled();
    await cluster.apply(deployment("a:1", { replicas: 3 }));
    await cluster.settled();
    const used = async () =>
      (await cluster.client.get({ apiVersion: "v1", kind: "ResourceQuota", namespace: "default", name: "few" })).status;
    expect(await used()).toMatchObject({ hard: { pods: "2" }, used: { pods: "2", services: "1" } });
    const [set] = await listSets(cluster);
    expect(set?.status?.conditions?.[0]).toMatchObject({
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: expect.stringContaining("exceeded quota: few") as string,
    });

    await cluster.apply(deployment("a:1", { replicas: 1 }));
    await cluster.settled();
    expect(await used()).toMatchObject({ used: { pods: "1" } });
    await cluster.clock.advance(31_000);
    await cluster.settled();
    expect(await used()).toMatchObject({ used: { "count/deployments.apps": "1" } });
  });
});
