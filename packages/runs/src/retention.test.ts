import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { startTestCluster } from "@lateen/testkit";
import { describe, expect, it } from "vitest";
import { retentionOf } from "./retention.ts";
import { createRunControllers, createStepProviders } from "./run-controllers.ts";
import { createRunMetrics } from "./run-metrics.ts";

const hourMs = 3_600_000;
const runs = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" } as const;

async function control() {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  const metrics = createRunMetrics();
  cluster.start(createRunControllers(cluster, createStepProviders(cluster), metrics));
  const make = (name: string, metadata: object, steps: readonly object[] = []): Promise<KubeObject> =>
    cluster.client.create({
      ...runs,
      metadata: { name, namespace: "default", ...metadata },
      spec: { workflowSpec: { steps } },
    } as unknown as KubeObject);
  const names = async (): Promise<readonly string[]> =>
    (await cluster.client.list(runs)).items.map(({ metadata }) => metadata.name ?? "").toSorted();
  const later = async (hours: number): Promise<void> => {
    await cluster.clock.advance(hours * hourMs);
    await cluster.settled();
  };
  await cluster.settled();
  return { cluster, metrics, make, names, later };
}

describe("runs that are over", () => {
  it("go when their time to live is over, all in virtual time", async () => {
    const { cluster, make, names, later } = await control();
    await using _ = cluster;
    await make("short", { annotations: { "lateen.dev/ttl-after-finished": "1h" } });
    await make("for-ever", {});
    await make("waiting", { annotations: { "lateen.dev/ttl-after-finished": "1h" } }, [{ name: "a", type: "suspend" }]);
    await cluster.settled();
    await later(0.9);
    expect(await names()).toEqual(["for-ever", "short", "waiting"]);
    await later(0.2);
    expect(await names()).toEqual(["for-ever", "waiting"]);
  });

  it("go after thirty days when a newer one of their pipeline is there", () => {
    const runOf = (name: string, day: number): KubeObject =>
      ({
        ...runs,
        metadata: { name, uid: name, labels: { "pipeline.oam.dev/name": "nightly" } },
        status: { finished: true, endTime: new Date(day * 24 * hourMs).toISOString() },
      }) as unknown as KubeObject;
    const [first, second] = [runOf("first", 100), runOf("second", 101)];
    const kindOn = (run: KubeObject, day: number, group = [first, second]) =>
      retentionOf(run, () => group, day * 24 * hourMs);
    expect(kindOn(first, 129)).toEqual({ kind: "later", afterMs: 24 * hourMs });
    expect(kindOn(first, 130)).toMatchObject({ kind: "goes" });
    expect(kindOn(first, 130, [first])).toEqual({ kind: "later", afterMs: 24 * hourMs });
    expect(kindOn(second, 200)).toEqual({ kind: "later", afterMs: 24 * hourMs });
    const underWay = { ...second, status: { finished: false } } as unknown as KubeObject;
    expect(kindOn(first, 130, [first, underWay])).toMatchObject({ kind: "goes" });
    expect(kindOn(underWay, 900)).toEqual({ kind: "stays" });
  });
});

describe("figures and events of runs", () => {
  it("say how many are in which phase, and what became of each", async () => {
    const { cluster, metrics, make } = await control();
    await using _ = cluster;
    await make("done", {});
    await make("waiting", {}, [{ name: "a", type: "suspend" }]);
    await make("wrong", {}, [{ name: "a", type: "no-such-step" }]);
    await cluster.settled();
    expect(metrics.value("workflowrun_phase_number", { phase: "succeeded" })).toBe(1);
    expect(metrics.value("workflowrun_phase_number", { phase: "suspending" })).toBe(1);
    expect(metrics.value("workflowrun_finished_time_seconds", { phase: "succeeded" })).toBe(1);
    expect(metrics.value("workflowrun_initialized_num", {})).toBe(2);
    const { items } = await cluster.client.list({ apiVersion: "v1", kind: "Event", namespace: "default" });
    const told = items.map((event) => {
      const { involvedObject, type, reason, message } = event as unknown as Record<string, string> & {
        involvedObject: { name: string };
      };
      return [involvedObject.name, type, reason, message].join(" | ");
    });
    expect(told).toContain("done | Normal | Execute | WorkflowRun finished successfully");
    expect(told).toContainEqual(
      expect.stringMatching(/^wrong \| Warning \| Generate \| fail to generate workflow runners: .*no-such-step/),
    );
    await cluster.client.delete({ ...runs, namespace: "default", name: "waiting" });
    await cluster.settled();
    expect(metrics.value("workflowrun_phase_number", { phase: "suspending" })).toBe(0);
  });
});
