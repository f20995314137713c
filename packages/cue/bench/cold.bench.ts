import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Row } from "./inputs.ts";

const root = process.env.LATEEN_ROOT ?? process.cwd();

const load =
  'const before = process.cpuUsage(); await import("@lateen/cue"); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);';

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
    const loadMs = (): number =>
      Number.parseFloat(execFileSync(process.execPath, ["load.mjs"], { cwd: folder, encoding: "utf8" }));
    const figure = Math.min(...Array.from({ length: 7 }, loadMs));
    return [{ what: "cold start of the packed package", figure, unit: "ms", note: "processor time; goal ≤ 30 ms" }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(folder: string, archive: string): void {
  const into = join(folder, "node_modules/@lateen", archive.includes("lateen-base-") ? "base" : "cue");
  mkdirSync(into, { recursive: true });
  execFileSync("tar", ["-xzf", archive, "-C", into, "--strip-components=1"]);
}
