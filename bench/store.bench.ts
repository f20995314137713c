/**
 * The store alone: durable creates by 1, 32 and 128 writers, a range of 10,000 keys, one write to 1,000 watchers, and how each
 * grows with what is there; beside a real etcd in the same run (through our own driver for it, its client included) where
 * `LATEEN_ETCD` names its program.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@lateen/apiserver";
import { openEtcdStore } from "@lateen/apiserver/store/etcd";
import { openLmdbStore } from "@lateen/apiserver/store/lmdb";
import { startEtcd } from "./lib/etcd-process.ts";
import { median, type Row } from "./lib/row.ts";

const value = new TextEncoder().encode(`{"d":"${"x".repeat(1024)}"}`);
const milliseconds = 1_500;
const writers = [1, 32, 128] as const;
const sizes = [2_500, 5_000, 10_000] as const;
const watchers = [250, 500, 1_000] as const;

interface Figures {
  /** Creates a second, by writers. */
  readonly creates: readonly number[];
  /** Milliseconds of a range, by size. */
  readonly ranges: readonly number[];
  /** Milliseconds from a write until the last watcher has it, by watchers. */
  readonly fanOuts: readonly number[];
  /** Milliseconds of a create with 32 writers, by how many keys are there. */
  readonly growth: readonly number[];
}

async function createsPerSecond(store: Store, prefix: string, count: number): Promise<number> {
  let made = 0;
  const begun = performance.now();
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; performance.now() - begun < milliseconds; n++) {
      await store.commit([{ key: `${prefix}${writer}-${n}`, bytes: value, ifRevision: 0 }]);
      made++;
    }
  };
  await Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  return (made * 1_000) / (performance.now() - begun);
}

/** Makes so many keys, and says what one cost. */
async function fill(store: Store, prefix: string, { from, to }: { from: number; to: number }): Promise<number> {
  const begun = performance.now();
  let next = from;
  const write = async (): Promise<void> => {
    while (next < to) {
      const key = `${prefix}${String(next++).padStart(6, "0")}`;
      await store.commit([{ key, bytes: value, ifRevision: 0 }]);
    }
  };
  await Promise.all(Array.from({ length: 32 }, write));
  return (performance.now() - begun) / (to - from);
}

function timeRange(store: Store, prefix: string): number {
  const times = Array.from({ length: 7 }, () => {
    const begun = performance.now();
    let bytes = 0;
    for (const entry of store.range(prefix).entries) bytes += entry.bytes.length;
    if (bytes === 0) throw new Error("the range is empty");
    return performance.now() - begun;
  });
  return median(times);
}

async function fanOut(store: Store, prefix: string, count: number): Promise<number> {
  const times: number[] = [];
  const ends: (() => void)[] = [];
  let left = 0;
  let arrived = (): void => undefined;
  for (let n = 0; n < count; n++) {
    ends.push(
      store.subscribe(prefix, store.revision, (event) => {
        if (event.kind === "put" && --left === 0) arrived();
      }),
    );
  }
  for (let n = 0; n < 9; n++) {
    left = count;
    const all = new Promise<void>((done) => (arrived = done));
    const begun = performance.now();
    await Promise.all([store.commit([{ key: `${prefix}${count}-${n}`, bytes: value }]), all]);
    times.push(performance.now() - begun);
  }
  for (const end of ends) end();
  return median(times);
}

async function measure(store: Store): Promise<Figures> {
  const creates: number[] = [];
  for (const count of writers) creates.push(await createsPerSecond(store, `/creates/${count}/`, count));
  const ranges: number[] = [];
  const growth: number[] = [];
  let there = 0;
  for (const size of sizes) {
    growth.push(await fill(store, "/range/", { from: there, to: size }));
    there = size;
    ranges.push(timeRange(store, "/range/"));
  }
  const fanOuts: number[] = [];
  for (const count of watchers) fanOuts.push(await fanOut(store, "/watch/", count));
  return { creates, ranges, fanOuts, growth };
}

export async function bench(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-store-"));
  try {
    const own = await measured(await openLmdbStore({ folder: join(folder, "lmdb") }));
    const etcd = await startEtcd(join(folder, "etcd"), 27_379);
    if (etcd === undefined) return rowsOf(own, undefined);
    try {
      return rowsOf(own, await measured(await openEtcdStore({ endpoints: [etcd.endpoint] })));
    } finally {
      await etcd[Symbol.asyncDispose]();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(store: Store): Promise<Figures> {
  try {
    return await measure(store);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

function rowsOf(own: Figures, etcd: Figures | undefined): Row[] {
  const reference = (figure: number | undefined) =>
    figure === undefined ? {} : { reference: { name: "etcd through our driver", figure } };
  const growthOf = ([one = 0, two = 0, four = 0]: readonly number[]) => [one, two, four] as const;
  return [
    ...writers.map((count, i) => ({
      what: `store: durable creates of 1 KiB, ${count} writers`,
      figure: own.creates[i]!,
      unit: "/s",
      ...reference(etcd?.creates[i]),
    })),
    {
      what: "store: a create among 2,500, 5,000, 10,000 keys, 32 writers",
      figure: own.growth[2]!,
      unit: "ms",
      ...reference(etcd?.growth[2]),
      growth: growthOf(own.growth),
    },
    {
      what: "store: range of 10,000 keys",
      figure: own.ranges[2]!,
      unit: "ms",
      ...reference(etcd?.ranges[2]),
      growth: growthOf(own.ranges),
      note: "the etcd driver keeps what is there in memory",
    },
    {
      what: "store: one write to 1,000 watchers",
      figure: own.fanOuts[2]!,
      unit: "ms",
      ...reference(etcd?.fanOuts[2]),
      growth: growthOf(own.fanOuts),
    },
  ];
}
