import { InvariantError, TerminalError } from "@lateen/base";
import { createClient } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { withCondition } from "./conditions.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "./finalizers.ts";
import { runAsLeader } from "./leader-election.ts";
import type { Controller, Request } from "./reconciler.ts";
import { requestForController, startControllers } from "./run-controllers.ts";

const clusters: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster[Symbol.asyncDispose]();
});
const start = async (): Promise<TestCluster> => {
  const cluster = await startTestCluster();
  clusters.push(cluster);
  return cluster;
};

const configMaps = { apiVersion: "v1", kind: "ConfigMap" } as const;
const config = (name: string, rest: object = {}): KubeObject => ({
  ...configMaps,
  metadata: { name, namespace: "default" },
  ...rest,
});
const { signal } = new AbortController();

describe("controllers", () => {
  it("reconcile what was there before, and every change after it", async () => {
    const cluster = await start();
    await cluster.client.create(config("before"));
    const seen: Request[] = [];
    cluster.start([
      { name: "test", sources: [configMaps], reconcile: (request) => Promise.resolve(void seen.push(request)) },
    ]);
    await cluster.settled();
    await cluster.client.create(config("after"));
    await cluster.settled();
    expect(seen.map(({ name }) => name)).toEqual(["before", "after"]);
  });

  it("try again what failed, later each time, and give up what is terminal", async () => {
    const cluster = await start();
    await cluster.client.create(config("sick"));
    await cluster.client.create(config("hopeless"));
    const tries: Record<string, number> = { sick: 0, hopeless: 0 };
    const reconcile: Controller["reconcile"] = ({ name }) => {
      tries[name]!++;
      return Promise.reject(name === "sick" ? new Error("not yet") : new TerminalError("never"));
    };
    cluster.start([{ name: "test", sources: [configMaps], reconcile }]);
    await cluster.settled({ withinMs: 0 });
    expect(tries).toEqual({ sick: 1, hopeless: 1 });
    await cluster.clock.advance(5 + 10 + 20 + 40);
    await cluster.settled({ withinMs: 0 });
    expect(tries).toEqual({ sick: 5, hopeless: 1 });
  });

  it("come back when they asked to, unless something changes before", async () => {
    const cluster = await start();
    await cluster.client.create(config("a"));
    const times: number[] = [];
    const began = cluster.clock.now();
    cluster.start([
      {
        name: "test",
        sources: [configMaps],
        reconcile: () => {
          times.push(cluster.clock.now() - began);
          return Promise.resolve({ requeueAfterMs: 60_000 });
        },
      },
    ]);
    await cluster.settled();
    await cluster.clock.advance(120_000);
    expect(times).toEqual([0, 60_000, 120_000]);
  });

  it("never run one name twice at once, and others side by side", async () => {
    const cluster = await start();
    for (const name of ["a", "b", "c"]) await cluster.client.create(config(name));
    const running = new Map<string, number>();
    let together = 0;
    cluster.start([
      {
        name: "test",
        sources: [configMaps],
        concurrency: 3,
        reconcile: async ({ name }) => {
          expect(running.get(name) ?? 0).toBe(0);
          running.set(name, 1);
          together = Math.max(
            together,
            [...running.values()].reduce((sum, n) => sum + n, 0),
          );
          await cluster.clock.sleep(10);
          running.set(name, 0);
        },
      },
    ]);
    await cluster.settled();
    for (const name of ["a", "b", "c"])
      await cluster.client.patch(
        { ...configMaps, namespace: "default", name },
        { kind: "merge", value: { data: { x: "1" } } },
      );
    await cluster.settled();
    expect(together).toBe(3);
  });

  it("end with a bug of ours, not with an error of the world", async () => {
    const cluster = await start();
    await cluster.client.create(config("a"));
    const running = startControllers({
      ...cluster,
      controllers: [
        { name: "test", sources: [configMaps], reconcile: () => Promise.reject(new InvariantError("cannot be")) },
      ],
    });
    await expect(running.wait()).rejects.toThrow("cannot be");
    await expect(async () => running[Symbol.asyncDispose]()).rejects.toThrow("cannot be");
  });

  it("find the request of an object's controller, before and after a change of it", () => {
    const owned = (name: string | undefined): KubeObject => ({
      ...config("x"),
      metadata: {
        name: "x",
        namespace: "default",
        ...(name !== undefined && {
          ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name, uid: name, controller: true }],
        }),
      },
    });
    const map = requestForController({ apiVersion: "apps/v1", kind: "Deployment" });
    expect(map(owned("new"), owned("old")).map(({ name }) => name)).toEqual(["new", "old"]);
    expect(map(owned(undefined), owned("old")).map(({ name }) => name)).toEqual(["old"]);
    expect(requestForController({ apiVersion: "apps/v1", kind: "ReplicaSet" })(owned("new"))).toEqual([]);
  });
});

describe("a finalizer", () => {
  it("holds an object back until it is taken away", async () => {
    const { client } = await start();
    const finalizer = "lateen.dev/test";
    const ref = { ...configMaps, namespace: "default", name: "held" };
    const held = await addFinalizer(await client.create(config("held")), { client, finalizer, signal });
    expect(hasFinalizer(held, finalizer)).toBe(true);
    await client.delete(ref);
    await removeFinalizer(await client.get(ref), { client, finalizer, signal });
    await expect(client.get(ref)).rejects.toThrow("not found");
    await removeFinalizer(held, { client, finalizer, signal });
  });
});

describe("a condition", () => {
  it("keeps its transition time while its status stays, and the list while nothing changes", () => {
    const first = withCondition(undefined, { type: "Ready", status: "False", reason: "A" }, 0);
    const second = withCondition(first, { type: "Ready", status: "False", reason: "B" }, 60_000);
    const third = withCondition(second, { type: "Ready", status: "True", reason: "B" }, 120_000);
    expect([first, second, third].map(([condition]) => condition?.lastTransitionTime)).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:02:00Z",
    ]);
    expect(withCondition(third, { type: "Ready", status: "True", reason: "B" }, 200_000)).toBe(third);
  });
});

describe("leader election", () => {
  const ended = (stop: AbortSignal): Promise<void> =>
    new Promise((resolve) => stop.addEventListener("abort", () => resolve()));
  const candidate = (cluster: TestCluster, identity: string) => ({
    client: cluster.client,
    clock: cluster.clock,
    log: cluster.log,
    namespace: "kube-system",
    name: "lead",
    identity,
  });

  it("lets one lead at a time, and the next when it goes", async () => {
    const cluster = await start();
    const leaders: string[] = [];
    const stops = { a: new AbortController(), b: new AbortController() };
    const runs = (["a", "b"] as const).map((identity) =>
      runAsLeader(
        candidate(cluster, identity),
        async (stop) => {
          leaders.push(identity);
          await ended(stop);
        },
        { signal: stops[identity].signal },
      ).catch(() => undefined),
    );
    await cluster.clock.advance(30_000);
    expect(leaders).toHaveLength(1);
    const first = leaders[0] as "a" | "b";
    stops[first].abort(new Error("enough"));
    await cluster.clock.advance(5_000);
    expect(leaders).toEqual([first, first === "a" ? "b" : "a"]);
    stops.a.abort(new Error("enough"));
    stops.b.abort(new Error("enough"));
    await cluster.clock.advance(5_000);
    await Promise.all(runs);
  });

  it("ends a leader that cannot renew before another may lead", async () => {
    const cluster = await start();
    let cut = false;
    const transport: typeof cluster.transport = (request) =>
      cut ? Promise.reject(new Error("no route")) : cluster.transport(request);
    const client = createClient({ transport });
    const began = cluster.clock.now();
    let lostAt = 0;
    let ledAt = 0;
    const stop = new AbortController();
    const first = runAsLeader({ ...candidate(cluster, "a"), client }, ended, { signal: stop.signal }).catch(
      () => void (lostAt = cluster.clock.now() - began),
    );
    await cluster.clock.advance(4_000);
    const second = runAsLeader(
      candidate(cluster, "b"),
      (signal) => {
        ledAt = cluster.clock.now() - began;
        return ended(signal);
      },
      { signal: stop.signal },
    ).catch(() => undefined);
    cut = true;
    await cluster.clock.advance(60_000);
    expect(lostAt).toBeGreaterThan(0);
    expect(ledAt).toBeGreaterThan(lostAt);
    stop.abort(new Error("enough"));
    await cluster.clock.advance(5_000);
    await Promise.all([first, second]);
  });
});
