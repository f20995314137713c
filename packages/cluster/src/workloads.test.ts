import { DisposeStack } from "@lateen/base";
import type { TestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { Pod } from "./api/pod.ts";
import type { CronJob, DaemonSet, Job, StatefulSet } from "./api/workloads.ts";
import {
  byText,
  deployment,
  getDeployment,
  imagesOf,
  inDefault,
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

describe("a Deployment", () => {
  it("becomes available when its pods run", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1"));
    await cluster.settled();

    const { status, metadata } = await getDeployment(cluster);
    expect(metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
    expect(status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    });
    expect(status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`).toSorted()).toEqual([
      "Available=True MinimumReplicasAvailable",
      "Progressing=True NewReplicaSetAvailable",
    ]);
    const pods = await listPods(cluster);
    expect(pods.map(({ status }) => [status?.phase, status?.reason])).toEqual(Array(3).fill(["Running", "Simulated"]));
    expect(pods[0]?.spec?.nodeName).toBe("lateen");
  });

  it("rolls a new template out, never below its minimum nor above its surge", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1", { replicas: 4 }));
    await cluster.settled();
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    cluster.cache.onChange({ apiVersion: "v1", kind: "Pod" }, () => {
      const pods = cluster.cache.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default" });
      const active = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      least = Math.min(
        least,
        active.filter(({ status }) =>
          status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
        ).length,
      );
      most = Math.max(most, active.length);
    });

    await cluster.apply(deployment("a:2", { replicas: 4 }));
    await cluster.settled();

    expect(imagesOf(await listPods(cluster))).toEqual(Array(4).fill("a:2"));
    expect(least).toBeGreaterThanOrEqual(3);
    expect(most).toBe(5);
    const sets = await listSets(cluster);
    expect(
      sets
        .map(({ spec, metadata }) => [spec?.replicas, metadata.annotations?.["deployment.kubernetes.io/revision"]])
        .toSorted(byText),
    ).toEqual([
      [0, "1"],
      [4, "2"],
    ]);
    expect((await getDeployment(cluster)).status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4 });
  });

  it("goes back to an earlier template under a new revision, with its ReplicaSet", async () => {
    const cluster = await startCluster();
    for (const image of ["a:1", "a:2", "a:1"]) {
      await cluster.apply(deployment(image));
      await cluster.settled();
    }
    const sets = await listSets(cluster);
    expect(sets).toHaveLength(2);
    const current = sets.find(({ spec }) => spec?.replicas === 3);
    expect(current?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect((await getDeployment(cluster)).metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
  });

  it("keeps no more old ReplicaSets than its history limit", async () => {
    const cluster = await startCluster();
    for (const image of ["a:1", "a:2", "a:3", "a:4"]) {
      await cluster.apply(deployment(image, { extra: "revisionHistoryLimit: 1" }));
      await cluster.settled();
    }
    expect(await listSets(cluster)).toHaveLength(2);
  });

  it("waits for the old pods to be gone when it recreates", async () => {
    const cluster = await startCluster();
    const strategy = "strategy: {type: Recreate}";
    await cluster.apply(deployment("a:1", { strategy }));
    await cluster.settled();
    let mixed = false;
    cluster.cache.onChange({ apiVersion: "v1", kind: "Pod" }, () => {
      const images = new Set(
        imagesOf(cluster.cache.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default" })),
      );
      mixed ||= images.size > 1;
    });

    await cluster.apply(deployment("a:2", { strategy }));
    await cluster.settled();

    expect(mixed).toBe(false);
    expect(imagesOf(await listPods(cluster))).toEqual(["a:2", "a:2", "a:2"]);
  });

  it("is scaled up and down, and takes everything with it when deleted", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1", { replicas: 5 }));
    await cluster.settled();
    await cluster.apply(deployment("a:1", { replicas: 2 }));
    await cluster.settled();
    expect(await listPods(cluster)).toHaveLength(2);
    expect(await listSets(cluster)).toHaveLength(1);

    await cluster.client.delete({ ...inDefault, kind: "Deployment", name: "web" }, { propagationPolicy: "Background" });
    await cluster.settled();

    expect(await listSets(cluster)).toHaveLength(0);
    expect(await listPods(cluster)).toHaveLength(0);
  });

  it("leaves its ReplicaSet to itself when deleted as orphan, and goes last in the foreground", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1"));
    await cluster.settled();
    await cluster.client.delete({ ...inDefault, kind: "Deployment", name: "web" }, { propagationPolicy: "Orphan" });
    await cluster.settled();
    const [set] = await listSets(cluster);
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    expect(await listPods(cluster)).toHaveLength(3);

    // The same Deployment again adopts what matches, and ends it before itself.
    await cluster.apply(deployment("a:1"));
    await cluster.settled();
    expect((await listSets(cluster)).map(({ metadata }) => metadata.name)).toEqual([set?.metadata.name]);
    const ends: string[] = [];
    for (const kind of ["Deployment", "ReplicaSet"])
      cluster.cache.onChange({ apiVersion: "apps/v1", kind }, ({ object }) => {
        if (object === undefined) ends.push(kind);
      });
    await cluster.client.delete({ ...inDefault, kind: "Deployment", name: "web" }, { propagationPolicy: "Foreground" });
    await cluster.settled();
    expect(ends).toEqual(["ReplicaSet", "Deployment"]);
    expect(await listPods(cluster)).toHaveLength(0);
  });

  it("tells when its progress deadline has passed", async () => {
    const cluster = await startCluster();
    await cluster.apply(
      `${deployment("a:1", { extra: "progressDeadlineSeconds: 60" }).trimEnd().slice(0, -1)}, nodeSelector: {no: where}}\n`.replace(
        "}], nodeSelector",
        "}], nodeSelector",
      ),
    );
    await cluster.settled();
    await cluster.clock.advance(62_000);
    await cluster.settled();
    const { status } = await getDeployment(cluster);
    expect(status?.conditions?.find(({ type }) => type === "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
    const [pod] = await listPods(cluster);
    expect(pod?.status?.conditions?.find(({ type }) => type === "PodScheduled")).toMatchObject({
      status: "False",
      reason: "Unschedulable",
      message: expect.stringContaining(
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
      ) as string,
    });
  });
});

describe("a ReplicaSet", () => {
  it("replaces a pod that is deleted", async () => {
    const cluster = await startCluster();
    await cluster.apply(deployment("a:1"));
    await cluster.settled();
    const [first] = await listPods(cluster);
    await cluster.client.delete({
      apiVersion: "v1",
      kind: "Pod",
      namespace: "default",
      name: first?.metadata.name ?? "",
    });
    await cluster.settled();
    const pods = await listPods(cluster);
    expect(pods).toHaveLength(3);
    expect(pods.some(({ metadata }) => metadata.uid === first?.metadata.uid)).toBe(false);
  });
});

describe("a Job", () => {
  const job = (spec: string): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: work, namespace: default}
spec:
  ${spec}
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: "a:1"}]}}
`;
  const getJob = ({ client }: TestCluster): Promise<Job> =>
    client.get<Job>({ apiVersion: "batch/v1", kind: "Job", namespace: "default", name: "work" });

  it("completes when enough pods have succeeded, no more at once than its parallelism", async () => {
    const cluster = await startCluster();
    let most = 0;
    cluster.cache.onChange({ apiVersion: "v1", kind: "Pod" }, () => {
      const pods = cluster.cache.list<Pod>({ apiVersion: "v1", kind: "Pod", namespace: "default" });
      most = Math.max(most, pods.filter(({ status }) => status?.phase !== "Succeeded").length);
    });
    await cluster.apply(job("{completions: 5, parallelism: 2}".slice(1, -1).split(", ").join("\n  ")));
    await cluster.settled({ withinMs: 9_000 });

    const { status } = await getJob(cluster);
    expect(status).toMatchObject({ succeeded: 5, ready: 0 });
    expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "SuccessCriteriaMet=True",
      "Complete=True",
    ]);
    expect(most).toBe(2);
    expect((await listPods(cluster)).every(({ metadata }) => (metadata.finalizers ?? []).length === 0)).toBe(true);
  });

  it("numbers its pods when it is indexed", async () => {
    const cluster = await startCluster();
    await cluster.apply(job("completions: 3\n  parallelism: 3\n  completionMode: Indexed"));
    await cluster.settled({ withinMs: 9_000 });
    expect((await getJob(cluster)).status).toMatchObject({ succeeded: 3, completedIndexes: "0-2" });
  });

  it("is deleted when its time to live is over", async () => {
    const cluster = await startCluster();
    await cluster.apply(job("ttlSecondsAfterFinished: 5"));
    await cluster.settled({ withinMs: 4_000 });
    expect((await getJob(cluster)).status).toMatchObject({ succeeded: 1 });
    await cluster.clock.advance(7_000);
    await cluster.settled({ withinMs: 4_000 });
    await expect(getJob(cluster)).rejects.toThrow("not found");
    expect(await listPods(cluster)).toHaveLength(0);
  });
});

describe("a StatefulSet", () => {
  const set = (image: string, extra = ""): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: default}
spec:
  replicas: 3
  serviceName: db
  ${extra}
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: "${image}"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
`;
  const getSet = ({ client }: TestCluster) =>
    client.get<StatefulSet>({ ...inDefault, kind: "StatefulSet", name: "db" });

  it("makes its pods one after the other, with names and volumes of their own", async () => {
    const cluster = await startCluster();
    const order: string[] = [];
    cluster.cache.onChange({ apiVersion: "v1", kind: "Pod" }, ({ object, previous }) => {
      if (previous === undefined) order.push(object?.metadata.name ?? "");
    });
    await cluster.apply(set("a:1"));
    await cluster.settled();
    expect(order).toEqual(["db-0", "db-1", "db-2"]);
    expect((await getSet(cluster)).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      observedGeneration: 1,
    });
    const claims = await cluster.client.list({ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "default" });
    expect(claims.items.map(({ metadata, status }) => [metadata.name, (status as { phase?: string }).phase])).toEqual([
      ["data-db-0", "Bound"],
      ["data-db-1", "Bound"],
      ["data-db-2", "Bound"],
    ]);
  });

  it("rolls from the last pod to the first, and stops at its partition", async () => {
    const cluster = await startCluster();
    await cluster.apply(set("a:1"));
    await cluster.settled();
    const ended: string[] = [];
    cluster.cache.onChange({ apiVersion: "v1", kind: "Pod" }, ({ object, previous }) => {
      if (object === undefined) ended.push(previous?.metadata.name ?? "");
    });
    await cluster.apply(set("a:2", "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}"));
    await cluster.settled();
    expect(ended).toEqual(["db-2", "db-1"]);
    expect(imagesOf((await listPods(cluster)).toSorted((a, b) => byText(a.metadata.name, b.metadata.name)))).toEqual([
      "a:1",
      "a:2",
      "a:2",
    ]);

    await cluster.apply(set("a:2"));
    await cluster.settled();
    const { status } = await getSet(cluster);
    expect(status?.currentRevision).toBe(status?.updateRevision);
    expect(status).toMatchObject({ updatedReplicas: 3, currentReplicas: 3 });
  });
});

describe("a DaemonSet", () => {
  it("has one pod on each node that suits, and rolls", async () => {
    const cluster = await startCluster();
    const daemon = (image: string): string => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: default}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: "${image}"}]}}
`;
    await cluster.apply(daemon("a:1"));
    await cluster.settled();
    expect((await listPods(cluster)).map(({ spec }) => spec?.nodeName)).toEqual(["lateen"]);
    await cluster.apply(daemon("a:2"));
    await cluster.settled();
    expect(imagesOf(await listPods(cluster))).toEqual(["a:2"]);
    const set = await cluster.client.get<DaemonSet>({ ...inDefault, kind: "DaemonSet", name: "agent" });
    expect(set.status).toMatchObject({
      desiredNumberScheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      updatedNumberScheduled: 1,
    });
  });
});

describe("a CronJob", () => {
  it("makes a Job at each time of its schedule, and keeps a few", async () => {
    const cluster = await startCluster();
    await cluster.apply(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: default}
spec:
  schedule: "*/5 * * * *"
  successfulJobsHistoryLimit: 2
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "a:1"}]}}}}
`);
    for (let i = 0; i < 4; i++) {
      await cluster.clock.advance(300_000);
      await cluster.settled({ withinMs: 5_000 });
    }
    const jobs = await cluster.client.list<Job>({ apiVersion: "batch/v1", kind: "Job", namespace: "default" });
    expect(jobs.items.map(({ status }) => status?.succeeded)).toEqual([1, 1]);
    const cron = await cluster.client.get<CronJob>({
      apiVersion: "batch/v1",
      kind: "CronJob",
      namespace: "default",
      name: "tick",
    });
    expect(cron.status?.lastScheduleTime).toBe("2026-01-01T00:20:00Z");
  });
});
