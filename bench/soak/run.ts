/**
 * Endurance: writers that count by compare and swap, readers and watchers that resume, against a server that is killed
 * (SIGKILL) at random moments, round after round on one data directory. At the end each counter's history is checked:
 * nothing acknowledged is lost, revisions grow, no watcher missed an event or saw one twice, reads fit in.
 */
import { setMaxListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type ServerProcess, startServerProcess } from "../lib/server-process.ts";
import { runFanOut } from "./fan-out.ts";
import { runIdle } from "./idle.ts";
import { faultsOf, type History, newHistory } from "./history.ts";

const counters = 4;
const writersEach = 3;
const watchers = 3;
const kind = { apiVersion: "v1", kind: "ConfigMap", namespace: "default" };

interface Options {
  readonly rounds: number;
  readonly seed: number;
}

function parse(args: readonly string[]): Options {
  const value = (name: string, other: number): number => {
    const at = args.indexOf(name);
    const given = at < 0 ? other : Number(args[at + 1]);
    if (!Number.isInteger(given) || given < 0) throw new Error(`soak: ${name} wants a number`);
    return given;
  };
  return { rounds: value("--rounds", 200), seed: value("--seed", Date.now() % 1_000_000) };
}

interface Soak {
  readonly histories: readonly History[];
  /** Where each watcher resumes. */
  readonly resume: Map<string, string>;
  highestRevision: number;
}

const valueOf = (object: KubeObject): number => Number(valueAt(object, "data", "n") ?? 0);
const revisionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion);
const now = (): number => performance.now();

/** Adds one, over and over, until the server is gone. */
async function write(server: ServerProcess, history: History, signal: AbortSignal): Promise<void> {
  const ref = { ...kind, name: history.name };
  while (!signal.aborted) {
    let sent: number | undefined;
    try {
      const live = await server.client.get(ref, { signal });
      sent = valueOf(live) + 1;
      const begunMs = now();
      const made = await server.client.update({ ...live, data: { n: String(sent) } }, { signal });
      history.acknowledged.push({ value: sent, revision: revisionOf(made), begunMs, endedMs: now() });
    } catch (error) {
      const refused = (error as { status?: { code?: number } }).status?.code;
      if (refused === 409) continue;
      if (sent !== undefined) history.unknown.add(sent);
      if (refused === undefined) return;
    }
  }
}

async function read(server: ServerProcess, history: History, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const begunMs = now();
      const value = valueOf(await server.client.get({ ...kind, name: history.name }, { signal }));
      history.reads.push({ value, begunMs, endedMs: now() });
    } catch {
      return;
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Follows all counters from where it was. */
async function follow(
  server: ServerProcess,
  { soak, watcher, signal }: { readonly soak: Soak; readonly watcher: string; readonly signal: AbortSignal },
): Promise<void> {
  const resourceVersion = soak.resume.get(watcher)!;
  try {
    for await (const event of server.client.watch(kind, { resourceVersion, signal })) {
      const { object } = event;
      if (event.type === "BOOKMARK") continue;
      soak.resume.set(watcher, object.metadata.resourceVersion!);
      const history = soak.histories.find(({ name }) => name === object.metadata.name);
      if (history === undefined) continue;
      const seen = history.watched.get(watcher) ?? [];
      history.watched.set(watcher, seen);
      seen.push({ value: valueOf(object), revision: revisionOf(object) });
    }
  } catch {
    // The server was killed: the next round goes on from `resume`.
  }
}

async function begin(server: ServerProcess): Promise<Soak> {
  const histories = Array.from({ length: counters }, (_, i) => newHistory(`counter-${i}`));
  const { resourceVersion } = await server.client.list(kind);
  for (const { name } of histories) {
    await server.client.create({
      ...kind,
      metadata: { name, namespace: kind.namespace },
      data: { n: "0" },
    } as KubeObject);
  }
  const resume = new Map(Array.from({ length: watchers }, (_, i) => [String(i), resourceVersion]));
  return { histories, resume, highestRevision: 0 };
}

/** `--fan-out`: watchers instead of rounds. */
async function fanOut(): Promise<number> {
  const [watchers, events] = [1_000, 10_000];
  const begun = now();
  const faults = await runFanOut({ watchers, events });
  for (const fault of faults.slice(0, 10)) console.error(fault);
  console.log(`${watchers} watchers, ${events} events each in ${Math.round(now() - begun)} ms`);
  console.log(`${watchers - faults.length} passed, ${faults.length} failed`);
  return faults.length === 0 ? 0 : 1;
}

/** `--idle`: connections instead of rounds. */
async function idle(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), "lateen-soak-"));
  try {
    const { open, openMs, bytesEach, slowestAnswerMs, faults } = await runIdle(dataDir, 10_000);
    for (const fault of faults) console.error(fault);
    console.log(
      `${open} idle TLS connections, opened in ${Math.round(openMs)} ms: ${(bytesEach / 1024).toFixed(1)} KiB each, ${Math.round((bytesEach * open) / 1e6)} MB in all; the slowest of 50 answers meanwhile ${Math.round(slowestAnswerMs)} ms`,
    );
    console.log(`${faults.length === 0 ? 1 : 0} passed, ${faults.length === 0 ? 0 : 1} failed`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export async function runSoak(args: readonly string[]): Promise<number> {
  if (args.includes("--fan-out")) return fanOut();
  if (args.includes("--idle")) return idle();
  const { rounds, seed } = parse(args);
  const random = createRandom(seed);
  const dataDir = mkdtempSync(join(tmpdir(), "lateen-soak-"));
  console.log(`soak: ${rounds} rounds, seed ${seed}`);
  let soak: Soak | undefined;
  let passed = 0;
  let failed = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      const server = await startServerProcess({ dataDir, flags: ["--bare"], timeoutMs: 60_000 });
      soak ??= await begin(server);
      const stop = new AbortController();
      const { signal } = stop;
      // Every request of every writer listens to it.
      setMaxListeners(0, signal);
      const work = soak.histories.flatMap((history) => [
        ...Array.from({ length: writersEach }, () => write(server, history, signal)),
        read(server, history, signal),
      ]);
      for (const watcher of soak.resume.keys()) work.push(follow(server, { soak, watcher, signal }));
      await new Promise((done) => setTimeout(done, 100 + random() * 700));
      await server.kill();
      stop.abort();
      await Promise.all(work);
      const faults = await check(soak, dataDir, round === rounds);
      if (faults.length === 0) passed++;
      else failed++;
      for (const fault of faults.slice(0, 10)) console.error(`round ${round}: ${fault}`);
      if (round % 20 === 0 || faults.length > 0) console.log(`round ${round}: ${told(soak)}`);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  if (soak !== undefined) console.log(told(soak));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function told({ histories }: Soak): string {
  const sum = (count: (history: History) => number): number => histories.reduce((all, one) => all + count(one), 0);
  return [
    `${sum(({ acknowledged }) => acknowledged.length)} writes acknowledged`,
    `${sum(({ unknown }) => unknown.size)} unanswered`,
    `${sum(({ reads }) => reads.length)} reads`,
    `${sum(({ watched }) => [...watched.values()].reduce((all, seen) => all + seen.length, 0))} events`,
  ].join(", ");
}

/** Starts the server again and looks at what is there; at the end at the whole history. */
async function check(soak: Soak, dataDir: string, whole: boolean): Promise<string[]> {
  await using server = await startServerProcess({ dataDir, flags: ["--bare"], timeoutMs: 60_000 });
  const faults: string[] = [];
  const { items, resourceVersion } = await server.client.list(kind);
  const latest = Number(resourceVersion);
  const acknowledged = Math.max(
    0,
    ...soak.histories.flatMap((one) => one.acknowledged.slice(-50).map(({ revision }) => revision)),
  );
  if (latest < Math.max(acknowledged, soak.highestRevision))
    faults.push(`the store is at revision ${latest}, but was at ${Math.max(acknowledged, soak.highestRevision)}`);
  soak.highestRevision = latest;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const following = [...soak.resume.keys()].map((watcher) => follow(server, { soak, watcher, signal: stop.signal }));
  const until = now() + 10_000;
  const isBehind = (): boolean => [...soak.resume.values()].some((at) => Number(at) < highestOf(items));
  while (isBehind() && now() < until) await new Promise((done) => setTimeout(done, 10));
  stop.abort();
  await Promise.all(following);
  for (const history of soak.histories) {
    const live = items.find(({ metadata }) => metadata.name === history.name);
    if (live === undefined) faults.push(`${history.name}: it is gone`);
    else if (whole) faults.push(...faultsOf(history, valueOf(live)));
    else faults.push(...faultsOf(recent(history), valueOf(live)).filter((fault) => !fault.includes("made by nobody")));
  }
  return faults;
}

function highestOf(items: readonly KubeObject[]): number {
  return Math.max(0, ...items.map(revisionOf));
}

/** The end of a history: the whole is checked once. */
function recent(history: History): History {
  return { ...history, acknowledged: history.acknowledged.slice(-200), reads: history.reads.slice(-50) };
}
