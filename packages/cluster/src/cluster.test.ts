import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { Pod } from "./api/pod.ts";
import type { Deployment, ReplicaSet } from "./api/workloads.ts";
import { createClusterControllers } from "./create-cluster-controllers.ts";

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.[Symbol.asyncDispose]();
  cluster = undefined;
});

async function startCluster(): Promise<TestCluster> {
  cluster = await startTestCluster({
    controllers: (environment) => createClusterControllers(environment, { rootCertificate: "PEM" }),
  });
  await cluster.settled();
  return cluster;
}

const deployment = (image: string, replicas = 3): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`;

describe("the cluster's controllers", () => {
  it("give every namespace its service account and root certificate", async () => {
    const { client } = await startCluster();
    await client.get({ apiVersion: "v1", kind: "ServiceAccount", namespace: "kube-system", name: "default" });
    await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "kube-root-ca.crt" });
  });

  it("make a ReplicaSet and its pods for a Deployment", async () => {
    const { apply, settled, client } = await startCluster();
    await apply(deployment("a:1"));
    await settled();
    const sets = await client.list<ReplicaSet>({ apiVersion: "apps/v1", kind: "ReplicaSet", namespace: "default" });
    const pods = await client.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default" });
    const { status, metadata } = await client.get<Deployment>({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "default",
      name: "web",
    });
    expect(sets.items.map(({ status }) => status?.replicas)).toEqual([3]);
    expect(pods.items).toHaveLength(3);
    expect(metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, unavailableReplicas: 3, observedGeneration: 1 });
  });
});
