import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { anchorFolder, generatedFolder } from "./inputs.ts";

const root = process.env.LATEEN_ROOT ?? process.cwd();
const results = new Map<string, ReadonlyMap<string, number>>();

/** The bench program of CUE in Go, built once; undefined where Go or its source is not at hand. */
function peerBinary(): string | undefined {
  if (process.env.LATEEN_BENCH_PEER === "0") return undefined;
  const source = resolve(process.env.LATEEN_PEERS ?? resolve(root, "../shared/peers"), "cue");
  const folder = resolve(root, ".cache/cue-bench-peer");
  const binary = resolve(folder, "benchprog");
  if (existsSync(binary)) return binary;
  if (!existsSync(resolve(source, "go.mod")) || spawnSync("go", ["version"]).status !== 0) return undefined;
  mkdirSync(resolve(folder, "bench"), { recursive: true });
  for (const file of ["go.mod", "go.sum", "bench/main.go"]) cpSync(resolve(source, file), resolve(folder, file));
  const build = spawnSync("go", ["build", "-buildvcs=false", "-mod=mod", "-o", binary, "./bench"], { cwd: folder });
  return build.status === 0 ? binary : undefined;
}

/**
 * Median processor time in milliseconds of one of the peer's measurements (`a/compile`), run now on this machine; the
 * letter's whole group runs once. Undefined where there is no peer.
 */
export function peerMs(name: string): number | undefined {
  const letter = name[0]!;
  let group = results.get(letter);
  if (group === undefined) {
    group = runPeer(letter);
    results.set(letter, group);
  }
  return group.get(name);
}

function runPeer(letter: string): ReadonlyMap<string, number> {
  const binary = peerBinary();
  const anchors = anchorFolder();
  if (binary === undefined || anchors === undefined) return new Map();
  const corpus = resolve(anchors, "../../cue/corpus.jsonl");
  const run = spawnSync(binary, [anchors, generatedFolder(), corpus, letter], {
    encoding: "utf8",
    env: { ...process.env, GOMAXPROCS: "1" },
    maxBuffer: 1 << 26,
  });
  const lines = run.stdout
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  return new Map(
    lines.map((line) => {
      const { name, cpu_median_ms: median } = JSON.parse(line) as { name: string; cpu_median_ms: number };
      return [name, median] as const;
    }),
  );
}

/** The reference of a row, left out where the peer is not at hand. */
export function beside(name: string, figure = peerMs(name)): { readonly reference?: { name: string; figure: number } } {
  return figure === undefined ? {} : { reference: { name: "Go", figure } };
}
