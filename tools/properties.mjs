// npm run properties [-- --rounds 10] [--seed N] [PATH…]: the files with property tests, each round with another seed.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
  allowPositionals: true,
});

const places = positionals.length > 0 ? positionals : ["packages", "apps", "tools"];
const files = places
  .flatMap((place) => readdirSync(join(root, place), { recursive: true }).map((name) => join(place, String(name))))
  .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules"))
  .filter((path) => readFileSync(join(root, path), "utf8").includes('from "fast-check"'));

let failed = 0;
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round;
  const run = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot", ...files], {
    cwd: root,
    env: { ...process.env, LATEEN_SEED: String(seed) },
    encoding: "utf8",
  });
  console.log(`seed ${seed}: ${run.status === 0 ? "held" : "FAILED"}`);
  if (run.status === 0) continue;
  failed++;
  console.log(run.stdout);
}
console.log(`${Number(values.rounds) - failed} passed, ${failed} failed (${files.length} files)`);
process.exit(failed === 0 ? 0 : 1);
