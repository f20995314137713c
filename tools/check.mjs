// npm run check [-- format|layers|lint|types|conformance|tests …]: every check that CI makes, cheap ones first. All run; the exit code is that of the worst.
import { spawnSync } from "node:child_process";
import { root } from "./project.mjs";

const windows = process.platform === "win32";
const bin = (name) => (windows ? `node_modules\\.bin\\${name}.cmd` : `node_modules/.bin/${name}`);
// The recorded cases that are answered within seconds; each says that it was skipped where they are not at hand.
const conformance = ["objects", "apply", "crd", "scheduler", "applications", "workflow"];
const checks = [
  { name: "format", command: bin("biome"), args: ["format", "."] },
  { name: "layers", command: process.execPath, args: ["tools/layers.mjs"] },
  { name: "lint", command: bin("oxlint"), args: ["--type-aware", "--quiet", "packages", "apps", "tools", "bench"] },
  { name: "types", command: bin("tsc"), args: ["-p", "tsconfig.json"] },
  ...conformance.map((name) => ({
    name: `conformance:${name}`,
    command: process.execPath,
    args: ["tools/conformance.mjs", name],
    summarize: true,
  })),
  { name: "tests", command: bin("vitest"), args: ["run"] },
];

/** Of a judge only the closing lines matter: the counts, and what it says against the golden. */
function summaryOf(output) {
  const lines = output.trim().split("\n");
  const last = lines.findLastIndex((line) => /^\d+ passed, \d+ failed/.test(line));
  return lines
    .slice(Math.max(0, last))
    .join("; ")
    .replace(/^(\d+) passed, (\d+) failed/, "$1 cases equal, $2 not");
}

const only = process.argv.slice(2);
let failed = false;
for (const { name, command, args, summarize = false } of checks) {
  if (only.length > 0 && !only.includes(name.split(":")[0])) continue;
  const start = Date.now();
  console.log(`— ${name}`);
  const run = spawnSync(command, args, {
    cwd: root,
    stdio: summarize ? ["ignore", "pipe", "inherit"] : "inherit",
    encoding: "utf8",
    shell: windows,
  });
  if (summarize) console.log(`  ${summaryOf(run.stdout)}`);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  if (run.status !== 0) failed = true;
  if (run.status !== 0) console.log(`  ${name} FAILED (${seconds} s)`);
  else if (name !== "tests") console.log(`  ${name} ok (${seconds} s)`);
}
process.exit(failed ? 1 : 0);
