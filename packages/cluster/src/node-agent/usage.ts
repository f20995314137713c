/** What the processes of this node use, from /proc: for `kubectl top` (metrics.k8s.io). Linux only; elsewhere nothing is told. */
import { readFileSync, readdirSync } from "node:fs";
import type { NodeContext } from "./node-context.ts";

export interface Usage {
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

export interface ContainerUsage extends Usage {
  readonly podUid: string;
  readonly container: string;
}

export interface NodeUsage {
  readonly nodeName: string;
  /** Of the server itself and all containers. */
  readonly node: Usage;
  readonly containers: readonly ContainerUsage[];
  readonly atMs: number;
  readonly windowMs: number;
}

interface Group {
  readonly cpuTicks: number;
  readonly memoryBytes: number;
}

interface Sample {
  readonly atMs: number;
  readonly groups: ReadonlyMap<number, Group>;
  readonly ownCpuMicros: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on, and the size of a page. */
const tickNanos = 1e9 / 100;
const pageBytes = 4096;
/** Two looks must lie so far apart to say anything of a rate. */
const shortestMs = 500;
/** An older look would tell of a time that is past. */
const longestMs = 60_000;

/** Looks when it is asked, and remembers the last look: a rate is what lies between two. */
export class UsageReader {
  readonly #context: NodeContext;
  #last: Sample | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  async read(): Promise<NodeUsage> {
    const { clock } = this.#context;
    let before = this.#last;
    const age = before === undefined ? Number.POSITIVE_INFINITY : clock.now() - before.atMs;
    if (before === undefined || age > longestMs) {
      before = takeSample(clock.now());
      await clock.sleep(shortestMs);
    } else if (age < shortestMs) await clock.sleep(shortestMs - age);
    const now = takeSample(clock.now());
    this.#last = now;
    return this.#between(before, now);
  }

  #between(before: Sample, now: Sample): NodeUsage {
    const windowMs = Math.max(1, now.atMs - before.atMs);
    const rate = (nanos: number): number => Math.max(0, Math.round((nanos / windowMs) * 1000));
    const containers = [...this.#context.running].map(([key, { process }]): ContainerUsage => {
      const slash = key.indexOf("/");
      const group = now.groups.get(process.pid) ?? { cpuTicks: 0, memoryBytes: 0 };
      const earlier = before.groups.get(process.pid)?.cpuTicks ?? 0;
      return {
        podUid: key.slice(0, slash),
        container: key.slice(slash + 1),
        cpuNanocores: rate((group.cpuTicks - earlier) * tickNanos),
        memoryBytes: group.memoryBytes,
      };
    });
    const own = rate((now.ownCpuMicros - before.ownCpuMicros) * 1000);
    const node = {
      cpuNanocores: containers.reduce((sum, one) => sum + one.cpuNanocores, own),
      memoryBytes: containers.reduce((sum, one) => sum + one.memoryBytes, process.memoryUsage.rss()),
    };
    return { nodeName: this.#context.nodeName, node, containers, atMs: now.atMs, windowMs };
  }
}

function takeSample(atMs: number): Sample {
  const { user, system } = process.cpuUsage();
  return { atMs, groups: processGroups(), ownCpuMicros: user + system };
}

/** Every process group of the machine with what its processes use together. */
function processGroups(): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>();
  if (process.platform !== "linux") return groups;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name in parentheses may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const group = Number(fields[2]);
      const known = groups.get(group) ?? { cpuTicks: 0, memoryBytes: 0 };
      groups.set(group, {
        cpuTicks: known.cpuTicks + Number(fields[11]) + Number(fields[12]),
        memoryBytes: known.memoryBytes + Number(fields[21]) * pageBytes,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return groups;
}
