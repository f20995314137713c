// npm run check [-- format|lint|types|layers|tests …]: every check that CI makes, in the order of their cost. All run; the exit code is that of the worst.
import { spawnSync } from "node:child_process";
import { root } from "./project.mjs";

const bin = (name) => (process.platform === "win32" ? `node_modules\\.bin\\${name}.cmd` : `node_modules/.bin/${name}`);
const checks = [
  ["format", bin("biome"), ["format", "."]],
  ["layers", process.execPath, ["tools/layers.mjs"]],
  ["lint", bin("oxlint"), ["--type-aware", "--quiet", "packages", "apps", "tools", "bench"]],
  ["types", bin("tsc"), ["-p", "tsconfig.json"]],
  ["tests", bin("vitest"), ["run"]],
];
const only = process.argv.slice(2);
let failed = false;
for (const [name, command, args] of checks) {
  if (only.length > 0 && !only.includes(name)) continue;
  const start = Date.now();
  console.log(`— ${name}`);
  const run = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: process.env,
    shell: process.platform === "win32",
  });
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  if (run.status !== 0) {
    failed = true;
    console.log(`  ${name} FAILED (${seconds} s)`);
  } else if (name !== "tests") console.log(`  ${name} ok (${seconds} s)`);
}
process.exit(failed ? 1 : 0);
