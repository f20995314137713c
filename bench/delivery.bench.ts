/** `apply` → healthy for 1, 50 and 200 applications of one webservice with a scaler; the pods are simulated. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type Row } from "./lib/row.ts";
import { startServerProcess } from "./lib/server-process.ts";

function application(name: string): KubeObject {
  return {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    metadata: { name, namespace: "default" },
    spec: {
      components: [
        {
          name: `${name}-web`,
          type: "webservice",
          properties: {
            image: "example.org/shop",
            ports: [{ port: 8080, expose: true }],
            env: [{ name: "A", value: "b" }],
          },
          traits: [{ type: "scaler", properties: { replicas: 1 } }],
        },
      ],
    },
  };
}

/** Milliseconds from the first apply until every one is `running`. */
async function deliver(client: Client, count: number, prefix: string): Promise<number> {
  const begun = performance.now();
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  await Promise.all(names.map((name) => client.apply(application(name), { fieldManager: "bench" })));
  const waiting = new Set(names);
  const stop = new AbortController();
  const limit = setTimeout(
    () => stop.abort(new Error(`${waiting.size} of ${count} applications are not running after 120 s`)),
    120_000,
  );
  try {
    for await (const event of client.watch(
      { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default" },
      { sendInitialEvents: true, signal: stop.signal },
    )) {
      if (event.type === "BOOKMARK") continue;
      if (valueAt(event.object, "status", "status") === "running") waiting.delete(event.object.metadata.name ?? "");
      if (waiting.size === 0) break;
    }
  } finally {
    clearTimeout(limit);
  }
  return performance.now() - begun;
}

export async function bench(): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  const rows: Row[] = [];
  try {
    await using server = await startServerProcess({ dataDir, flags: ["--node", "simulated"] });
    await deliver(server.client, 1, "warm");
    const one = await deliver(server.client, 1, "one");
    const fifty = await deliver(server.client, 50, "fifty");
    const hundred = await deliver(server.client, 100, "hundred");
    const twoHundred = await deliver(server.client, 200, "many");
    rows.push({ what: "apply → healthy, 1 application", figure: one, unit: "ms", note: "pods simulated" });
    rows.push({ what: "apply → healthy, 50 applications", figure: fifty, unit: "ms", note: "pods simulated" });
    rows.push({
      what: "apply → healthy, 200 applications",
      figure: twoHundred,
      unit: "ms",
      growth: [fifty, hundred, twoHundred],
      note: "growth: 50, 100, 200",
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  return rows;
}
