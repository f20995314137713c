import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Context } from "../src/index.ts";
import { troubles } from "../test/trouble.ts";
import { type Row, medianMs } from "./inputs.ts";

const peer = resolve(process.env.LATEEN_ROOT ?? process.cwd(), ".cache/cue-peer/cue-peer");
const size = 1000;

/** Programs that made CUE's evaluators explode, at a size where that would show; growth at 250, 500, 1,000. */
export function bench(): Promise<Row[]> {
  return Promise.resolve(
    troubles.map(({ what, text }): Row => {
      // Doubling references have no result to write out: they are only validated.
      const evaluate = (source: string): number =>
        medianMs(() => void new Context().compile(source).validate({ concrete: true }), { runs: 5, warmUp: 3 });
      const growth = [size / 4, size / 2, size].map((n) => evaluate(text(n))) as [number, number, number];
      const reference = what.includes("double") ? undefined : peerMs(text(size));
      return {
        what,
        figure: growth[2],
        unit: "ms",
        growth,
        ...(reference === undefined ? {} : { reference: { name: "Go", figure: reference } }),
      };
    }),
  );
}

/** Milliseconds of an evaluation in Go, its start left out: many in one process less one alone. */
function peerMs(source: string): number | undefined {
  if (process.env.LATEEN_BENCH_PEER === "0" || !existsSync(peer)) return undefined;
  const line = `${JSON.stringify({ id: "t", source })}\n`;
  const timed = (count: number): number => {
    const start = performance.now();
    spawnSync(peer, { input: line.repeat(count), env: { ...process.env, GOMAXPROCS: "1" }, timeout: 20_000 });
    return performance.now() - start;
  };
  const alone = timed(1);
  return Math.max(0, timed(4) - alone) / 3;
}
