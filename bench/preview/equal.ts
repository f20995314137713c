/**
 * `npm run preview:equal -- --applications 500 [--seed N]`: every example and so many generated Applications, each made and
 * then changed, are previewed by a running server (over HTTPS, on a fork) and then delivered by it. The ends must be equal.
 */
import { setMaxListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createRandom, errorMessage } from "@lateen/base";
import { createClient } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";
import type { KubeObject } from "@lateen/objects";
import type { Preview } from "../../apps/server/src/preview/report.ts";
import { type World, compareWithRun } from "../../apps/server/src/preview/testing/compare-with-run.ts";
import { generateApplication } from "../../apps/server/src/preview/testing/generate-application.ts";
import { definitionExamples } from "../../packages/delivery/src/testing/example-applications.ts";
import { startServerProcess } from "../lib/server-process.ts";

/** Requests of one process share signals. */
setMaxListeners(500);

/** Real time that a delivery has to become what the preview says. */
const patienceMs = 60_000;

export async function runPreviewEqual(args: readonly string[]): Promise<number> {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const applications = Number(option("--applications") ?? 50);
  const seed = Number(option("--seed") ?? 1);
  const only = option("--only");
  const dataDir = mkdtempSync(join(tmpdir(), "lateen-preview-"));
  const tally = { equal: 0, different: 0, skipped: 0, objects: 0, ends: new Map<string, number>() };
  try {
    await using server = await startServerProcess({ dataDir, flags: ["--node", "simulated"], timeoutMs: 120_000 });
    const { client } = server;
    const compare = async (label: string, application: KubeObject): Promise<void> => {
      if (only !== undefined && !label.includes(only)) return;
      // A connection each: one that a busy machine has broken does not end the rest.
      await using own = createNodeTransport(server.kubeconfig);
      const world = worldOf(createClient({ transport: own, fieldManager: "lateen" }));
      const { end, differences, objects, skipped } = await compareWithRun(world, application).catch(
        (error: unknown) => ({
          end: "error",
          differences: [errorMessage(error)],
          objects: 0,
          skipped: undefined,
        }),
      );
      tally.objects += objects;
      tally.ends.set(end, (tally.ends.get(end) ?? 0) + 1);
      if (skipped !== undefined) tally.skipped++;
      else if (differences.length === 0) tally.equal++;
      else {
        tally.different++;
        console.log(`${label}: DIFFERENT`);
        for (const one of differences.slice(0, 6)) console.log(`  ${one.slice(0, 1_500)}`);
      }
    };
    const place = async (namespace: string): Promise<void> => {
      await client
        .create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })
        .catch(() => undefined);
    };
    for (const [index, example] of definitionExamples(resolve("definitions/README.md")).entries()) {
      // A namespace each.
      const title = example.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
      const namespace = `ex-${index}-${title}`.slice(0, 50).replace(/-+$/, "");
      const application = { ...example.application, metadata: { ...example.application.metadata, namespace } };
      await place(namespace);
      const settings = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace },
        data: { a: "1" },
      };
      if (/"ref-objects"/.test(JSON.stringify(application))) await client.create(settings as unknown as KubeObject);
      await compare(`example ${namespace}`, application);
    }
    console.log(`examples: ${summaryOf(tally)}`);
    for (let i = 1; i <= applications; i++) {
      const random = createRandom(seed * 100_003 + i);
      const [name, namespace] = [`app${i}`, `p${i}`];
      await place(namespace);
      await place(`${namespace}-b`);
      await compare(`application ${i}, made`, generateApplication(random, { name, namespace }));
      await compare(`application ${i}, changed`, generateApplication(random, { name, namespace }));
      // What is compared is gone again: the next preview has as little to read as this one.
      await client.deleteCollection({ apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace });
      for (const one of [namespace, `${namespace}-b`])
        await client.delete({ apiVersion: "v1", kind: "Namespace", name: one });
      if (i % 20 === 0) console.log(`${i} applications: ${summaryOf(tally)}`);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  console.log(`seed ${seed}, ${applications} applications: ${summaryOf(tally)}`);
  return tally.different === 0 ? 0 : 1;
}

function worldOf(client: ReturnType<typeof createClient>): World {
  const until = Date.now() + patienceMs;
  return {
    client,
    limitMs: patienceMs / 2,
    async goOn() {
      await new Promise((done) => setTimeout(done, 50));
      return Date.now() < until;
    },
    async preview(options) {
      const { body } = await client.raw({ method: "POST", path: "/lateen.dev/v1/previews", body: options as never });
      const parts: Uint8Array[] = [];
      if (body instanceof Uint8Array) parts.push(body);
      else for await (const part of body) parts.push(part);
      return JSON.parse(Buffer.concat(parts).toString("utf8")) as Preview;
    },
  };
}

function summaryOf({
  equal,
  different,
  skipped,
  objects,
  ends,
}: {
  equal: number;
  different: number;
  skipped: number;
  objects: number;
  ends: ReadonlyMap<string, number>;
}): string {
  const shown = [...ends].map(([end, count]) => `${count} ${end}`).join(", ");
  return `${equal} equal (${objects} objects), ${different} different, ${skipped} not compared (they reach the outside, or take minutes); ends: ${shown}`;
}
