/** For tests of this package: a cluster with all controllers and one simulated node, and what they look at most. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DisposeStack } from "@lateen/base";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import type { Pod } from "../api/pod.ts";
import type { Deployment, ReplicaSet } from "../api/workloads.ts";
import { createClusterControllers } from "../create-cluster-controllers.ts";
import { startNodeAgent } from "../node-agent/index.ts";

/** Disposing the stack ends the cluster. */
export async function startSimulatedCluster(stack: DisposeStack): Promise<TestCluster> {
  const cluster = await startTestCluster({
    controllers: (environment) => createClusterControllers(environment, { rootCertificate: "PEM" }),
  });
  stack.use(cluster);
  const folder = mkdtempSync(join(tmpdir(), "lateen-node-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const agent = stack.use(await startNodeAgent(cluster, { folder, bundledImages: [], mode: "simulated" }));
  cluster.watchIdle(() => agent.idle);
  await cluster.settled();
  return cluster;
}

/** A Deployment `web` of three replicas. */
export const deployment = (
  image: string,
  options: { readonly replicas?: number; readonly strategy?: string; readonly extra?: string } = {},
): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: ${options.replicas ?? 3}
  ${options.strategy ?? ""}
  ${options.extra ?? ""}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}", ports: [{containerPort: 8000}]}]}
`;

export const inDefault = { apiVersion: "apps/v1", namespace: "default" } as const;

export const getDeployment = ({ client }: TestCluster): Promise<Deployment> =>
  client.get<Deployment>({ ...inDefault, kind: "Deployment", name: "web" });

export const listSets = async ({ client }: TestCluster): Promise<readonly ReplicaSet[]> =>
  (await client.list<ReplicaSet>({ ...inDefault, kind: "ReplicaSet" })).items;

export const listPods = async ({ client }: TestCluster, namespace = "default"): Promise<readonly Pod[]> =>
  (await client.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace })).items;

export const byText = (a: unknown, b: unknown): number => String(a).localeCompare(String(b));

export const imagesOf = (pods: readonly Pod[]): readonly (string | undefined)[] =>
  pods.map(({ spec }) => spec?.containers[0]?.image);
