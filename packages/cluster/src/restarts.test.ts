import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DisposeStack, createRandom } from "@lateen/base";
import { createCache } from "@lateen/client";
import { type Environment, startControllers } from "@lateen/controller";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { describe, expect, it } from "vitest";
import type { Pod } from "./api/pod.ts";
import type { Deployment, Job, ReplicaSet } from "./api/workloads.ts";
import { createClusterControllers } from "./create-cluster-controllers.ts";
import { startNodeAgent } from "./node-agent/index.ts";

/** Controllers and a node with a cache of their own: what dies together when the server is killed. */
async function startPlane(cluster: TestCluster, folder: string) {
  const stack = new DisposeStack();
  const cache = stack.use(createCache({ client: cluster.client, clock: cluster.clock }));
  const environment: Environment = { client: cluster.client, cache, clock: cluster.clock, log: cluster.log };
  const running = stack.use(startControllers({ ...environment, controllers: createClusterControllers(environment) }));
  const agent = stack.use(await startNodeAgent(environment, { folder, bundledImages: [], mode: "simulated" }));
  return { idle: () => running.idle && agent.idle, stop: () => stack[Symbol.asyncDispose]() };
}

const deployment = (image: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "${image}"}]}}
`;
const job = `
apiVersion: batch/v1
kind: Job
metadata: {name: work, namespace: default}
spec: {completions: 4, parallelism: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: "a:1"}]}}}
`;

describe("controllers that are stopped and started at any moment", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("end where undisturbed ones would (seed %i)", async (seed) => {
    const random = createRandom(seed);
    const pick = (n: number): number => Math.floor(random() * n);
    const folder = mkdtempSync(join(tmpdir(), "lateen-node-"));
    const cluster = await startTestCluster();
    let plane = await startPlane(cluster, folder);
    try {
      await cluster.apply(job);
      let last = { image: "a:0", replicas: 1 };
      for (let round = 0; round < 8; round++) {
        last = { image: `a:${pick(3)}`, replicas: 1 + pick(5) };
        await cluster.apply(deployment(last.image, last.replicas));
        // Not settled: somewhere in the middle of it.
        for (let turn = pick(12); turn > 0; turn--) await cluster.clock.advance(pick(3) === 0 ? 10 : 0);
        if (pick(2) === 0) {
          await plane.stop();
          plane = await startPlane(cluster, folder);
        }
      }
      cluster.watchIdle(() => plane.idle());
      await cluster.settled({ withinMs: 9_000 });

      const pods = (await cluster.client.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default" })).items;
      const mine = pods.filter(({ metadata }) => metadata.labels?.app === "web");
      expect(mine.map(({ spec, status }) => [spec?.containers[0]?.image, status?.phase])).toEqual(
        Array(last.replicas).fill([last.image, "Running"]),
      );
      const sets = (
        await cluster.client.list<ReplicaSet>({ apiVersion: "apps/v1", kind: "ReplicaSet", namespace: "default" })
      ).items;
      expect(new Set(sets.map(({ spec }) => spec?.template?.spec?.containers[0]?.image)).size).toBe(sets.length);
      expect(sets.filter(({ spec }) => (spec?.replicas ?? 0) > 0)).toHaveLength(1);
      const { status, metadata } = await cluster.client.get<Deployment>({
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "default",
        name: "web",
      });
      expect(status).toMatchObject({
        replicas: last.replicas,
        availableReplicas: last.replicas,
        updatedReplicas: last.replicas,
        observedGeneration: metadata.generation,
      });
      const work = await cluster.client.get<Job>({
        apiVersion: "batch/v1",
        kind: "Job",
        namespace: "default",
        name: "work",
      });
      expect(work.status).toMatchObject({ succeeded: 4 });
      expect(work.status?.failed).toBeUndefined();
      expect(pods.filter(({ metadata }) => metadata.labels?.["batch.kubernetes.io/job-name"] === "work")).toHaveLength(
        4,
      );
    } finally {
      await plane.stop();
      await cluster[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
