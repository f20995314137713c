import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { JsonValue } from "@lateen/base";

/** A line of the table that `npm run bench` prints. */
export interface Row {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  readonly reference?: { readonly name: string; readonly figure: number };
  readonly growth?: readonly [number, number, number];
  readonly note?: string;
}

const root = process.env.LATEEN_ROOT ?? process.cwd();
const cache = resolve(root, ".cache");

/** Multiplies the number of records and objects; 1 is the size that the goals are stated for. */
const scale = Number(process.env.LATEEN_BENCH_SCALE ?? 1);

/** The folder of the recorded anchors, undefined where the shared cases are not at hand. */
export function anchorFolder(): string | undefined {
  const conformance = process.env.LATEEN_CONFORMANCE ?? resolve(root, "../shared/conformance");
  const folder = resolve(conformance, "cue-programs/bench");
  return existsSync(folder) ? folder : undefined;
}

export function anchorText(name: string): string {
  return readFileSync(resolve(anchorFolder() ?? "", name), "utf8");
}

/** The folder with the generated inputs; made once a scale. */
export function generatedFolder(): string {
  const folder = resolve(cache, `cue-bench-${scale}`);
  if (!existsSync(resolve(folder, "large.cue"))) {
    mkdirSync(folder, { recursive: true });
    spawnSync(process.execPath, [resolve(anchorFolder() ?? "", "gen.mjs"), folder, String(scale)], { stdio: "ignore" });
  }
  return folder;
}

export function generatedText(name: string): string {
  return readFileSync(resolve(generatedFolder(), name), "utf8");
}

export function parseJson(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

/** Milliseconds of processor time that `work` takes: the median of `runs`, after as many warm-up runs as asked for. */
export function medianMs(work: () => void, { runs, warmUp = 0 }: { readonly runs: number; readonly warmUp?: number }) {
  for (let i = 0; i < warmUp; i++) work();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    const wall = performance.now() - start;
    // The processor's clock is coarse: for short work only the wall's is fine enough.
    return wall < 5 ? wall : (used.user + used.system) / 1000;
  });
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
