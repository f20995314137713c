/** The workflow engine: bare, with steps in CUE, and with durable runs through controllers and the API server in memory. */
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { createRunControllers } from "@lateen/runs";
import { startTestCluster } from "@lateen/testkit";
import {
  type Plan,
  type RunContext,
  type RunStatus,
  type StepRunner,
  advance,
  builtinProviders,
  createCueStepRunner,
  createProviders,
  createRunMemory,
  emptyContext,
  nameSteps,
  statusFromJson,
  stepOf,
} from "@lateen/workflow";
import type { Row } from "./lib/row.ts";

const signal = new AbortController().signal;
const idle: StepRunner = {
  evaluateIf: () => true,
  lookupInput: () => undefined,
  run: async () => ({ lookup: () => undefined }),
  idle: () => ({ lookup: () => undefined }),
};
const cueRunner = createCueStepRunner({
  providers: createProviders(builtinProviders),
  fields: { name: "bench", namespace: "default" },
  template: () => ({
    text: `import "vela/builtin"\n\nsay: builtin.#Message & {$params: message: "step \\(context.stepName)"}\nparameter: {}\n`,
    source: "note",
  }),
});

const chain = (count: number, mode: "StepByStep" | "DAG"): Plan => ({
  steps: nameSteps(
    Array.from({ length: count }, (_, i) =>
      stepOf({ name: `s${i}`, type: "note", ...(mode === "DAG" && i > 0 ? { dependsOn: [`s${i - 1}`] } : {}) }),
    ),
  ),
  mode: { steps: mode, subSteps: "DAG" },
});

let ids = 0;

async function run(plan: Plan, runner: StepRunner): Promise<void> {
  let status: RunStatus = { ...statusFromJson(undefined, plan.mode), startTime: "2026-01-01T00:00:00Z" };
  let context: RunContext = emptyContext;
  const memory = createRunMemory();
  for (let visits = 0; !status.finished; visits++) {
    if (visits > 5) throw new Error(`the run does not end: ${status.phase}`);
    ({ status, context } = await advance({
      plan,
      status,
      context,
      memory,
      runner,
      now: 0,
      newId: () => `id${++ids}`,
      signal,
    }));
  }
}

/** Runs a second: the best of five. */
async function rate(plan: Plan, runner: StepRunner, count: number): Promise<number> {
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    for (let i = 0; i < count; i++) await run(plan, runner);
    best = Math.max(best, (count * 1000) / (performance.now() - started));
  }
  return best;
}

/** Milliseconds a step of one graph of `count` steps, each waiting for the one before. */
async function graphMs(count: number): Promise<number> {
  const plan = chain(count, "DAG");
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    await run(plan, idle);
    best = Math.min(best, (performance.now() - started) / count);
  }
  return best;
}

/** Seconds for `count` runs of five steps, from creation to their end, through API server, controllers and records. */
async function durableSeconds(count: number): Promise<number> {
  await using cluster = await startTestCluster({
    customResourceDefinitions: oamCustomResourceDefinitions(),
    time: "system",
  });
  await cluster.client.create({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "WorkflowStepDefinition",
    metadata: { name: "note", namespace: "default" },
    spec: { schematic: { cue: { template: "parameter: {}\n" } } },
  } as unknown as KubeObject);
  cluster.start(createRunControllers(cluster));
  const steps = Array.from({ length: 5 }, (_, i) => ({ name: `s${i}`, type: "note" }));
  const started = performance.now();
  for (let i = 0; i < count; i += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, count - i) }, (_, j) =>
        cluster.client.create({
          apiVersion: "core.oam.dev/v1alpha1",
          kind: "WorkflowRun",
          metadata: { name: `r${i + j}`, namespace: "default" },
          spec: { workflowSpec: { steps } },
        } as unknown as KubeObject),
      ),
    );
  }
  for (;;) {
    const { items } = await cluster.client.list({ apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" });
    if (items.every(({ status }) => (status as { finished?: boolean } | undefined)?.finished === true)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return (performance.now() - started) / 1000;
}

export async function bench(): Promise<Row[]> {
  const bare = await rate(chain(5, "StepByStep"), idle, 2_000);
  const inCue = await rate(chain(5, "StepByStep"), cueRunner, 200);
  const graph: [number, number, number] = [await graphMs(250), await graphMs(500), await graphMs(1_000)];
  const durable: [number, number, number] = [
    await durableSeconds(100),
    await durableSeconds(200),
    await durableSeconds(400),
  ];
  return [
    {
      what: "runs of 5 steps, engine alone",
      figure: bare,
      unit: "/s",
      reference: { name: "KubeVela's engine with trivial steps, in memory", figure: 100 },
    },
    {
      what: "runs of 5 steps in CUE, in memory",
      figure: inCue,
      unit: "/s",
      reference: { name: "KubeVela's engine with trivial steps, in memory", figure: 100 },
    },
    { what: "a step of a chain of 1,000 in a graph", figure: graph[2], unit: "ms", growth: graph },
    {
      what: "400 runs of 5 steps, API server, controllers and records in memory",
      figure: durable[2],
      unit: "s",
      growth: durable,
    },
  ];
}
