/** Start to ready on an existing data directory (median of 10), and resident memory 5 s after ready: the whole server, and the bare API server. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerProcess } from "./lib/server-process.ts";
import { type Row, median } from "./lib/row.ts";

async function measure(
  flags: readonly string[],
): Promise<{ readonly readyMs: number; readonly residentMb: number; readonly stopMs: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), "lateen-bench-"));
  try {
    await (await startServerProcess({ dataDir, flags })).stop();
    const ready: number[] = [];
    const stops: number[] = [];
    let residentMb = 0;
    for (let i = 0; i < 10; i++) {
      const server = await startServerProcess({ dataDir, flags });
      ready.push(server.readyMs);
      if (i === 9) {
        await new Promise((done) => setTimeout(done, 5_000));
        residentMb = residentOf(server.pid);
      }
      const begun = performance.now();
      await server.stop();
      stops.push(performance.now() - begun);
    }
    return { readyMs: median(ready), residentMb, stopMs: median(stops) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function residentOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return line === null ? Number.NaN : Number(line[1]) / 1024;
}

export async function bench(): Promise<Row[]> {
  const whole = await measure([]);
  const bare = await measure(["--bare"]);
  return [
    {
      what: "server: start to ready",
      figure: whole.readyMs,
      unit: "ms",
      reference: { name: "of the limit", figure: 1000 },
    },
    {
      what: "server: resident 5 s after ready",
      figure: whole.residentMb,
      unit: "MB",
      reference: { name: "of the limit", figure: 150 },
    },
    {
      what: "server: SIGTERM to exit",
      figure: whole.stopMs,
      unit: "ms",
      reference: { name: "of the limit", figure: 2000 },
    },
    {
      what: "bare API server: start to ready",
      figure: bare.readyMs,
      unit: "ms",
      reference: { name: "of the limit", figure: 1000 },
    },
    {
      what: "bare API server: resident 5 s after ready",
      figure: bare.residentMb,
      unit: "MB",
      reference: { name: "of the limit", figure: 100 },
    },
  ];
}
