/**
 * `npm run endurance:workflow -- [--runs 5000] [--suspended 50000]`: runs of five steps from creation to their end on the LMDB
 * store, and what runs cost that wait for a person: memory each, and processor time of a minute.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@lateen/base";
import { createApiServer } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { openLmdbStore } from "@lateen/apiserver/store/lmdb";
import { type Client, createCache, createClient } from "@lateen/client";
import { startControllers } from "@lateen/controller";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { createRunControllers, resumeWorkflowRun } from "@lateen/runs";

const runs = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" } as const;
const together = 64;
const signal = new AbortController().signal;

interface Step {
  readonly name: string;
  readonly type: string;
}

async function create(client: Client, prefix: string, count: number, steps: readonly Step[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count)
      await client.create({
        ...runs,
        metadata: { name: `${prefix}${next++}`, namespace: "default" },
        spec: { workflowSpec: { steps } },
      } as unknown as KubeObject);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

/** Waits until `count` runs of the prefix are in the phase. */
async function reached(
  phases: Map<string, string>,
  { prefix, phase, count }: { prefix: string; phase: string; count: number },
): Promise<void> {
  for (;;) {
    let found = 0;
    for (const [name, at] of phases) if (name.startsWith(prefix) && at === phase) found++;
    if (found >= count) return;
    await systemClock.sleep(50);
  }
}

const memoryMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

export async function runWorkflowEndurance(args: readonly string[]): Promise<number> {
  const option = (name: string, otherwise: number): number =>
    args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise;
  const counts = { finished: option("--runs", 5_000), suspended: option("--suspended", 50_000) };
  const folder = mkdtempSync(join(tmpdir(), "lateen-endurance-"));
  try {
    await using store = await openLmdbStore({ folder, log: silentLog });
    await using server = createApiServer({
      store,
      platform: nodePlatform,
      customResourceDefinitions: oamCustomResourceDefinitions(),
    });
    await server.ready;
    const client = createClient({
      transport: server.transport({ username: "bench", groups: ["system:masters"] }),
      kinds: builtinKinds(),
    });
    await client.create({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "WorkflowStepDefinition",
      metadata: { name: "note", namespace: "default" },
      spec: { schematic: { cue: { template: "parameter: {}\n" } } },
    } as unknown as KubeObject);
    await using cache = createCache({ client, clock: systemClock, log: silentLog });
    const environment = { client, cache, clock: systemClock, log: silentLog };
    const phases = new Map<string, string>();
    cache.onChange(runs, ({ object }) => {
      if (object !== undefined)
        phases.set(object.metadata.name ?? "", String((object.status as { status?: string } | undefined)?.status));
    });
    await using _ = startControllers({ ...environment, controllers: createRunControllers(environment) });

    let begun = performance.now();
    const five = Array.from({ length: 5 }, (_step, i) => ({ name: `s${i}`, type: "note" }));
    await create(client, "f", counts.finished, five);
    await reached(phases, { prefix: "f", phase: "succeeded", count: counts.finished });
    let seconds = (performance.now() - begun) / 1000;
    console.log(`${counts.finished} runs of 5 steps, durable: ${seconds.toFixed(1)} s (goal 60 s for 5,000)`);

    const before = memoryMb();
    begun = performance.now();
    await create(client, "w", counts.suspended, [{ name: "wait", type: "suspend" }]);
    await reached(phases, { prefix: "w", phase: "suspending", count: counts.suspended });
    seconds = (performance.now() - begun) / 1000;
    const each = ((memoryMb() - before) * 1024) / counts.suspended;
    console.log(
      `${counts.suspended} runs suspended after ${seconds.toFixed(1)} s: ${each.toFixed(1)} kB each (goal 10 kB)`,
    );
    const cpu = process.cpuUsage();
    await systemClock.sleep(60_000);
    const { user, system } = process.cpuUsage(cpu);
    console.log(`a minute of waiting: ${((user + system) / 1e6).toFixed(2)} s of a processor`);

    begun = performance.now();
    await resumeWorkflowRun(client, { namespace: "default", name: "w7", signal });
    while (phases.get("w7") !== "succeeded") await systemClock.sleep(1);
    console.log(`resumed, and at its end after ${(performance.now() - begun).toFixed(0)} ms (goal 50 ms)`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
