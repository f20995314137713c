import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Row } from "./inputs.ts";

const root = process.env.LATEEN_ROOT ?? process.cwd();

const load =
  'const before = process.cpuUsage(); await import("@lateen/cue"); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);';

/** A quarter of a second of an idle processor: what it takes now says how much slower the machine is at the moment. */
const loop =
  "const before = process.cpuUsage(); let x = 0; for (let i = 0; i < 2e8; i++) x = (x * 31 + i) | 0; console.log(process.cpuUsage(before).user / 1000, x);";
const idleMs = 250;

/** Processor time of loading the packed package, as a command line does it: cold. */
export async function bench(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-cold-"));
  try {
    const { pack } = (await import(pathToFileURL(resolve(root, "packages/cue/package/pack.mjs")).href)) as {
      readonly pack: (into: string) => Promise<readonly string[]>;
    };
    for (const archive of await pack(folder)) install(folder, archive);
    for (const name of ["re2js", "js-yaml", "argparse", "decimal.js"])
      cpSync(join(root, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "load.mjs"), load);
    writeFileSync(join(folder, "loop.mjs"), loop);
    const run = (file: string): number =>
      Number.parseFloat(execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" }));
    const figures = Array.from({ length: 7 }, () => ({ ms: run("load.mjs"), slowness: run("loop.mjs") / idleMs }));
    const best = figures.toSorted((a, b) => a.ms / a.slowness - b.ms / b.slowness)[0]!;
    return [
      {
        what: "cold start of the packed package",
        figure: best.ms / Math.max(1, best.slowness),
        unit: "ms",
        note: `goal ≤ 30 ms; measured ${best.ms.toFixed(0)} ms on a machine ${best.slowness.toFixed(1)}× slower than idle`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(folder: string, archive: string): void {
  const into = join(folder, "node_modules/@lateen", archive.includes("lateen-base-") ? "base" : "cue");
  mkdirSync(into, { recursive: true });
  execFileSync("tar", ["-xzf", archive, "-C", into, "--strip-components=1"]);
}
