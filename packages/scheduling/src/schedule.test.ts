import { createRandom } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SchedulingNode, SchedulingPod } from "./objects.ts";
import { amountsOf, podAmounts } from "./resources.ts";
import { schedule } from "./schedule.ts";
import { snapshotOf } from "./snapshot.ts";

const nodeOf = (name: string, allocatable: Readonly<Record<string, string>>, rest: object = {}): SchedulingNode => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name } },
  status: { allocatable: { pods: "110", ...allocatable } },
  ...rest,
});
const podOf = (name: string, requests: Readonly<Record<string, string>>, spec: object = {}): SchedulingPod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", uid: name },
  spec: { containers: [{ name: "c", image: "a:1", resources: { requests } }], ...spec },
});

describe("a placement", () => {
  it("never gives a node more than it has, and never a pod a place twice", () => {
    const sizes = fc.record({ cpu: fc.integer({ min: 1, max: 4_000 }), memory: fc.integer({ min: 1, max: 8_000 }) });
    fc.assert(
      fc.property(
        fc.array(sizes, { minLength: 1, maxLength: 4 }),
        fc.array(sizes, { maxLength: 25 }),
        fc.integer(),
        (nodeSizes, podSizes, seed) => {
          const random = createRandom(seed);
          const quantities = ({ cpu, memory }: { readonly cpu: number; readonly memory: number }) => ({
            cpu: `${cpu}m`,
            memory: `${memory}Mi`,
          });
          const nodes = nodeSizes.map((size, i) => nodeOf(`n${i}`, quantities(size)));
          const placed: SchedulingPod[] = [];
          for (const [i, size] of podSizes.entries()) {
            const pod = podOf(`p${i}`, quantities(size));
            const placement = schedule(pod, snapshotOf({ nodes, pods: placed }), { random });
            if (placement.kind === "placed") placed.push({ ...pod, spec: { ...pod.spec, nodeName: placement.node } });
          }
          for (const { metadata, status } of nodes) {
            const has = amountsOf(status?.allocatable);
            for (const name of ["cpu", "memory"]) {
              const used = placed
                .filter(({ spec }) => spec?.nodeName === metadata.name)
                .reduce((sum, pod) => sum + (podAmounts(pod).requests.get(name) ?? 0), 0);
              expect(used).toBeLessThanOrEqual(has.get(name) ?? 0);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("says for each reason how many nodes gave it", () => {
    const nodes = [
      nodeOf("a", { cpu: "1", memory: "1Gi" }),
      nodeOf("b", { cpu: "1", memory: "1Gi" }, { spec: { unschedulable: true } }),
    ];
    expect(schedule(podOf("p", { cpu: "2" }), snapshotOf({ nodes, pods: [] }))).toMatchObject({
      kind: "unschedulable",
      reasons: ["1 Insufficient cpu", "1 node(s) were unschedulable"],
    });
    expect(schedule(podOf("p", {}), snapshotOf({ nodes: [], pods: [] }))).toMatchObject({
      message: "no nodes available to schedule pods",
    });
  });

  it("waits for the gates of a pod to open", () => {
    const pod = podOf("p", {}, { schedulingGates: [{ name: "later" }] });
    expect(schedule(pod, snapshotOf({ nodes: [nodeOf("a", { cpu: "1" })], pods: [] }))).toEqual({
      kind: "gated",
      gates: ["later"],
    });
  });

  it("names the least important pods that would have to go", () => {
    const running = (name: string, priority: number): SchedulingPod =>
      podOf(name, { cpu: "1" }, { nodeName: "a", priority });
    const placement = schedule(
      podOf("p", { cpu: "1" }, { priority: 10 }),
      snapshotOf({ nodes: [nodeOf("a", { cpu: "2" })], pods: [running("low", 1), running("high", 5)] }),
    );
    expect(
      placement.kind === "unschedulable" && placement.preemption?.victims.map(({ metadata }) => metadata.name),
    ).toEqual(["low"]);
  });
});

describe("a pod's requests", () => {
  it("are the larger of its containers together and each init container with the sidecars before it", () => {
    const container = (cpu: string, rest: object = {}) => ({ resources: { requests: { cpu } }, ...rest });
    const pod: SchedulingPod = {
      ...podOf("p", {}),
      spec: {
        initContainers: [container("2"), container("500m", { restartPolicy: "Always" }), container("3")],
        containers: [container("1"), { resources: { limits: { cpu: "1" } } }],
        overhead: { cpu: "100m" },
      },
    };
    expect(podAmounts(pod).requests.get("cpu")).toBe(3_600);
  });
});
