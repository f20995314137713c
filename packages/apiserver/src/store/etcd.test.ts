import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeStore } from "../testing/describe-store.ts";
import { openEtcdStore } from "./etcd.ts";
import type { Store, StoreEvent } from "./store.ts";

/** A real etcd: `LATEEN_ETCD` names the program. */
const program = process.env["LATEEN_ETCD"] ?? "/usr/bin/etcd";
const present = existsSync(program);

let folder = "";
let etcd: ChildProcess | undefined;
let port = 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port: found } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return found;
}

function startEtcd(): void {
  const clients = `http://127.0.0.1:${port}`;
  const peers = `http://127.0.0.1:${port + 1}`;
  etcd = spawn(
    program,
    [
      `--data-dir=${join(folder, "data")}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      "--log-level=error",
    ],
    { stdio: "ignore" },
  );
}

async function stopEtcd(): Promise<void> {
  const gone = new Promise((done) => etcd?.once("exit", done));
  etcd?.kill("SIGKILL");
  await gone;
}

beforeAll(async () => {
  if (!present) return;
  folder = mkdtempSync(join(tmpdir(), "lateen-etcd-"));
  port = await freePort();
  startEtcd();
});
afterAll(async () => {
  if (!present) return;
  await stopEtcd();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
const open = (prefix = `/test-${count++}`): Promise<Store> =>
  openEtcdStore({ endpoints: [`127.0.0.1:${port}`], prefix });
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const seen = async (store: Store, key: string, value: string): Promise<void> => {
  const signal = AbortSignal.timeout(10_000);
  for await (const event of store.watch(key, { from: store.revision, signal })) {
    const entry = store.get(key);
    if (entry !== undefined && new TextDecoder().decode(entry.bytes) === value) return;
    if (event.kind === "progress") continue;
  }
};

if (present) describeStore("the etcd store", () => open());
else
  describe.skip("the etcd store keeps the store contract (no etcd: LATEEN_ETCD names none)", () =>
    it("", () => undefined));

describe.skipIf(!present)("several servers on one etcd", () => {
  it("see each other's writes at the same revisions, and one of two that race wins", async () => {
    const [one, two] = [await open("/shared"), await open("/shared")];
    const revision = await one.commit([{ key: "/a", bytes: text("1") }]);
    await seen(two, "/a", "1");
    expect(two.get("/a")?.revision).toBe(revision);
    const race = await Promise.allSettled(
      [one, two].map((store, i) => store.commit([{ key: "/a", bytes: text(`by ${i}`), ifRevision: revision }])),
    );
    expect(race.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(one.get("/a")).toEqual(two.get("/a"));
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
  });

  it("resume a watch that began at another server, as far as etcd's compaction lets them", async () => {
    const one = await open("/resumed");
    const first = await one.commit([{ key: "/a", bytes: text("1") }]);
    const second = await one.commit([{ key: "/a", bytes: text("2") }]);
    const last = await one.commit([{ key: "/a", bytes: undefined }]);
    const two = await open("/resumed");
    const events: StoreEvent[] = [];
    two.subscribe("/", first, (event) => events.push(event))();
    expect(events.map((event) => [event.kind, event.revision])).toEqual([
      ["put", second],
      ["delete", last],
      ["progress", two.revision],
    ]);
    await two.compact(second);
    const three = await open("/resumed");
    expect(() => three.get("/a", { at: first })).toThrow(expect.objectContaining({ code: "compacted" }));
    expect(new TextDecoder().decode(three.get("/a", { at: second })!.bytes)).toBe("2");
    // The lease to compact is two's.
    await three.compact(last);
    const four = await open("/resumed");
    expect(four.get("/a", { at: second })).toBeDefined();
    for (const store of [one, two, three, four]) await store[Symbol.asyncDispose]();
  });

  it("go on after etcd was killed and has come back", async () => {
    const store = await open("/restarted");
    await store.commit([{ key: "/a", bytes: text("1") }]);
    await stopEtcd();
    expect(store.get("/a")).toBeDefined();
    await store.commit([{ key: "/lost", bytes: text("?") }]).catch((error: { code: string }) => {
      expect(error.code).toBe("unwritable");
    });
    startEtcd();
    await store.commit([{ key: "/a", bytes: text("2") }]);
    expect(new TextDecoder().decode(store.get("/a")!.bytes)).toBe("2");
    await store[Symbol.asyncDispose]();
  });
});
