/**
 * What a fork costs over the objects of 5,000 applications (Application, Deployment, ReplicaSet, Pod and Service each: 25,000
 * objects): the time until a second API server over the fork is ready, and the memory that both keep, measured in a process of
 * its own after garbage collection. Limits: 50 ms and 5 MB.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createApiServer, createMemoryStore, type Store } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { openLmdbStore } from "@lateen/apiserver/store/lmdb";
import { createClient } from "@lateen/client";
import { oamCustomResourceDefinitions } from "../packages/delivery/src/definition/crds.ts";
import type { KubeObject } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { median, type Row } from "./lib/row.ts";

const applications = 5_000;
const rounds = 9;
const marker = "measure-fork";
const drivers = ["memory", "lmdb"] as const;
const admin = { username: "admin", groups: ["system:masters"] };

interface Measured {
  readonly objects: number;
  readonly storeMs: number;
  readonly readyMs: number;
  readonly storeMb: number;
  readonly readyMb: number;
}

export async function bench(): Promise<Row[]> {
  return drivers.flatMap((driver) => {
    const child = spawnSync(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), marker, driver], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.status !== 0) throw new Error(`the measuring process ended with ${child.status}`);
    const measured = JSON.parse(child.stdout) as Measured;
    const row = (what: string, figure: number, unit: string, limit: number): Row => ({
      what: `fork of ${measured.objects.toLocaleString("en")} objects, ${driver}: ${what}`,
      figure,
      unit,
      reference: { name: "of the limit", figure: limit },
    });
    return [
      row("the store alone", measured.storeMs, "ms", 50),
      row("with a second API server that is ready", measured.readyMs, "ms", 50),
      row("memory of the store alone", measured.storeMb, "MB", 5),
      row("memory with a second API server", measured.readyMb, "MB", 5),
    ];
  });
}

const labels = { app: "app-0000" };
const container = {
  name: "web",
  image: "registry.example.com/shop/web:1.2.3",
  ports: [{ containerPort: 8080 }],
  env: [{ name: "LEVEL", value: "info" }],
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
};
const template = { metadata: { labels }, spec: { containers: [container] } };

/** The objects of one application. */
const seed = [
  {
    apiVersion: "core.oam.dev/v1beta1",
    kind: "Application",
    spec: {
      components: [
        { name: "web", type: "webservice", properties: { image: container.image, ports: [{ port: 8080 }] } },
      ],
    },
  },
  { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 1, selector: { matchLabels: labels }, template } },
  { apiVersion: "apps/v1", kind: "ReplicaSet", spec: { replicas: 1, selector: { matchLabels: labels }, template } },
  { apiVersion: "v1", kind: "Pod", spec: template.spec },
  {
    apiVersion: "v1",
    kind: "Service",
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }], clusterIP: "None" },
  },
].map(
  (object) => ({ ...object, metadata: { name: "app-0000", namespace: "default", labels } }) as unknown as KubeObject,
);

/** Makes one application through the API, and the others of what was stored for it. */
async function fill(store: Store): Promise<number> {
  const server = createApiServer({
    store,
    platform: nodePlatform,
    customResourceDefinitions: oamCustomResourceDefinitions(),
  });
  await server.ready;
  const client = createClient({ transport: server.transport(admin), kinds: builtinKinds(), fieldManager: "bench" });
  await client.create({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  const before = new Set(store.range("/registry/").entries.map(({ key }) => key));
  for (const object of seed) await client.create(object);
  const made = store.range("/registry/").entries.filter(({ key }) => !before.has(key));
  for (let from = 1; from < applications; from += 100) {
    const names = Array.from({ length: 100 }, (_, n) => `app-${String(from + n).padStart(4, "0")}`);
    await store.commit(
      names.flatMap((name) =>
        made.map(({ key, bytes }) => ({
          key: key.replaceAll("app-0000", name),
          bytes: Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("app-0000", name), "latin1"),
        })),
      ),
    );
  }
  await server[Symbol.asyncDispose]();
  return store.count("/registry/");
}

/** Bytes that are in use once nothing more can be collected. */
async function usedMb(): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 8; n++) {
    await new Promise((done) => setImmediate(done));
    (globalThis as { gc?: () => void }).gc!();
    const { heapUsed, external } = process.memoryUsage();
    const now = (heapUsed + external) / 1e6;
    if (Math.abs(last - now) < 0.01) return now;
    last = now;
  }
  return last;
}

async function measure(store: Store): Promise<Measured> {
  const objects = await fill(store);
  // The server that the fork is taken beside.
  await using server = createApiServer({ store, platform: nodePlatform });
  await server.ready;
  const storeMs: number[] = [];
  const readyMs: number[] = [];
  const alive: AsyncDisposable[] = [];
  // A first one, so that what is made once is not counted.
  await forkAndServe(store, alive, { storeMs: [], readyMs: [] });
  const before = await usedMb();
  const forks = Array.from({ length: rounds }, () => store.fork());
  const between = await usedMb();
  for (let n = 0; n < rounds; n++) await forkAndServe(store, alive, { storeMs, readyMs });
  const after = await usedMb();
  for (const one of [...alive, ...forks].toReversed()) await one[Symbol.asyncDispose]();
  return {
    objects,
    storeMs: median(storeMs),
    readyMs: median(readyMs),
    storeMb: (between - before) / rounds,
    readyMb: (after - between) / rounds,
  };
}

interface Times {
  readonly storeMs: number[];
  readonly readyMs: number[];
}

async function forkAndServe(store: Store, alive: AsyncDisposable[], { storeMs, readyMs }: Times): Promise<void> {
  const begun = performance.now();
  const fork = store.fork();
  storeMs.push(performance.now() - begun);
  const server = createApiServer({ store: fork, platform: nodePlatform });
  await server.ready;
  readyMs.push(performance.now() - begun);
  alive.push(fork, server);
}

if (process.argv[2] === marker) {
  const folder = mkdtempSync(join(tmpdir(), "lateen-fork-"));
  try {
    const store = process.argv[3] === "lmdb" ? await openLmdbStore({ folder }) : createMemoryStore();
    process.stdout.write(JSON.stringify(await measure(store)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = 0;
}
