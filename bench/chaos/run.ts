/**
 * npm run chaos -- --rounds 20 [--seed N] [--kills MS,MS] [--keep]: kills the server with SIGKILL at random moments of a delivery, starts it
 * again, lets it finish, and compares the whole cluster with that of an undisturbed delivery. A second writer makes
 * ConfigMaps all the while: each acknowledged one must be there at the end.
 */
import { setMaxListeners } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRandom, errorMessage, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, readManifests, valueAt } from "@lateen/objects";
import { resumeWorkflow } from "@lateen/delivery/pure";
import { type ServerProcess, startServerProcess } from "../lib/server-process.ts";
import { normalise, orphansOf, readCluster } from "./cluster-state.ts";

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly keep: boolean;
  /** The same two moments in every round, to look at one again. */
  readonly kills: readonly number[] | undefined;
}

const applicationRef = {
  apiVersion: "core.oam.dev/v1beta1",
  kind: "Application",
  namespace: "default",
  name: "first-vela-app",
};

function parseOptions(args: readonly string[]): Options {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  return {
    rounds: Number(value("--rounds") ?? 20),
    seed: Number(value("--seed") ?? Date.now() % 1_000_000),
    keep: args.includes("--keep"),
    kills: value("--kills")?.split(",").map(Number),
  };
}

/** One delivery from beginning to end, with `kills` moments (milliseconds after each phase began) at which the server dies. */
class Delivery {
  readonly dataDir: string;
  readonly acknowledged = new Map<string, string>();
  server: ServerProcess | undefined;
  kills = 0;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  async start(): Promise<ServerProcess> {
    this.server = await startServerProcess({ dataDir: this.dataDir, flags: ["--node", "simulated"] });
    return this.server;
  }

  get client(): Client {
    if (this.server === undefined) throw new Error("the server does not run");
    return this.server.client;
  }

  /** Runs `work` against the server, killing and starting it again after `killAfterMs`; work that the kill broke is done again. */
  async disturbed(killAfterMs: number | undefined, work: () => Promise<void>): Promise<void> {
    if (killAfterMs === undefined) {
      await work();
      return;
    }
    const running = work().catch(() => undefined);
    await new Promise((done) => setTimeout(done, killAfterMs));
    await this.server?.kill();
    this.kills++;
    await running;
    await this.start();
    await work();
  }

  async applyAll(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.client.apply(object, { fieldManager: "chaos", force: true });
  }

  async writeOne(n: number): Promise<void> {
    const name = `chaos-${n}`;
    await this.client.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      data: { n: String(n) },
    });
    this.acknowledged.set(name, String(n));
  }

  async reach(phase: string, timeoutMs = 30_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    let last: KubeObject | undefined;
    while (Date.now() < end) {
      last = await this.client
        .get(applicationRef)
        .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error as Error)));
      const generation = valueAt(last, "metadata", "generation");
      if (valueAt(last, "status", "status") === phase && valueAt(last, "status", "observedGeneration") === generation)
        return;
      if (valueAt(last, "status", "status") === "workflowFailed") break;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(
      `the application did not become ${phase} within ${timeoutMs} ms: ${JSON.stringify(last?.["status"], undefined, 1)}`,
    );
  }

  async podsReady(namespace: string, count: number, timeoutMs = 20_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const { items } = await this.client.list({ apiVersion: "v1", kind: "Pod", namespace });
      const ready = items.filter((pod) =>
        ((valueAt(pod, "status", "conditions") ?? []) as readonly { type: string; status: string }[]).some(
          (one) => one.type === "Ready" && one.status === "True",
        ),
      );
      if (ready.length === count && items.length === count) return;
      if (Date.now() > end)
        throw new Error(`${namespace} has ${ready.length} ready of ${items.length} pods, not ${count}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

async function deliver(
  delivery: Delivery,
  objects: readonly KubeObject[],
  kills: readonly (number | undefined)[],
): Promise<KubeObject[]> {
  await delivery.start();
  await delivery.client.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } },
    { fieldManager: "chaos", force: true },
  );
  let n = 0;
  const writer = new AbortController();
  const writing = (async () => {
    while (!writer.signal.aborted) {
      await delivery.writeOne(n).catch(() => undefined);
      n++;
      await new Promise((done) => setTimeout(done, 5));
    }
  })();
  await delivery.disturbed(kills[0], async () => {
    await delivery.applyAll(objects);
    await delivery.reach("workflowSuspending");
  });
  await delivery.disturbed(kills[1], async () => {
    const application = await delivery.client.get(applicationRef);
    // A resume that was acknowledged before the kill stands: it must not be needed again.
    if (valueAt(application, "status", "workflow", "suspend") === true)
      await resumeWorkflow(delivery.client, { namespace: "default", name: "first-vela-app" });
    await delivery.reach("running");
  });
  await delivery.podsReady("default", 1);
  await delivery.podsReady("prod", 2);
  writer.abort();
  await writing;
  return readCluster(delivery.client);
}

async function missingWrites(delivery: Delivery): Promise<string[]> {
  const { items } = await delivery.client.list({ apiVersion: "v1", kind: "ConfigMap", namespace: "default" });
  const there = new Map(items.map((item) => [item.metadata.name, valueAt(item, "data", "n")]));
  return [...delivery.acknowledged].filter(([name, value]) => there.get(name) !== value).map(([name]) => name);
}

/** Requests of one process share signals; see apps/cli/src/main.ts. */
setMaxListeners(200);

export async function runChaos(args: readonly string[]): Promise<number> {
  const { rounds, seed, keep, kills: fixed } = parseOptions(args);
  const random = createRandom(seed);
  const root = process.env["LATEEN_ROOT"] ?? ".";
  const { objects } = readManifests(readFileSync(resolve(root, "examples/first-vela-app.yaml"), "utf8"), {
    source: "first-vela-app.yaml",
  });
  const folder = mkdtempSync(join(tmpdir(), "lateen-chaos-"));
  console.log(`chaos: ${rounds} rounds, seed ${seed}`);
  const calm = new Delivery(join(folder, "calm"));
  const begun = Date.now();
  const expected = normalise(await deliver(calm, objects, []));
  const calmMs = Date.now() - begun;
  await calm.server?.stop();
  console.log(`undisturbed delivery: ${expected.length} objects in ${calmMs} ms`);
  let failed = 0;
  for (let round = 1; round <= rounds; round++) {
    // A delivery phase takes a few hundred milliseconds: most kills hit it, some the time around it.
    const kills = fixed ?? [Math.floor(random() * 700), Math.floor(random() * 700)];
    const delivery = new Delivery(join(folder, `round-${round}`));
    try {
      const objectsAfter = await deliver(delivery, objects, kills);
      const problems = [
        ...differences(expected, normalise(objectsAfter)),
        ...orphansOf(objectsAfter),
        ...(await missingWrites(delivery)).map((name) => `acknowledged ConfigMap ${name} is missing`),
      ];
      if (problems.length > 0) failed++;
      console.log(
        `round ${round}: killed at ${kills.join(" and ")} ms, ${delivery.acknowledged.size} acknowledged writes: ${problems.length === 0 ? "equal" : "DIFFERENT"}`,
      );
      for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
    } catch (error) {
      failed++;
      console.log(`round ${round}: killed at ${kills.join(" and ")} ms: ${errorMessage(error)}`);
    } finally {
      await delivery.server?.stop().catch(() => undefined);
      if (!keep) rmSync(delivery.dataDir, { recursive: true, force: true });
    }
  }
  if (!keep) rmSync(folder, { recursive: true, force: true });
  console.log(`${rounds - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function differences(expected: readonly string[], actual: readonly string[]): string[] {
  const left = new Set(expected);
  const right = new Set(actual);
  return [
    ...expected.filter((text) => !right.has(text)).map((text) => `missing: ${text.slice(0, 400)}`),
    ...actual.filter((text) => !left.has(text)).map((text) => `extra:   ${text.slice(0, 400)}`),
  ];
}
