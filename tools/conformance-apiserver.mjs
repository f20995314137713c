// npm run conformance:apiserver [-- --only REGEX --failures FILE --messages FILE …]: starts the server in profile kube, replays the
// recorded exchanges with their judge, and exits by the golden count in packages/apiserver/conformance.golden.json.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { conformanceFolder, root } from "./project.mjs";

const folder = conformanceFolder("apiserver");
if (!folder) {
  console.log(
    "conformance:apiserver: skipped, not found: the cases are not part of the project (set LATEEN_CONFORMANCE).",
  );
  console.log("0 passed, 0 failed");
  process.exit(0);
}
const rest = process.argv.slice(2);
const token = "conformance";
const child = spawn(process.execPath, [resolve(root, "tools/serve-conformance.mjs"), "--port", "0", "--token", token], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});
const url = await new Promise((done, fail) => {
  createInterface({ input: child.stdout }).on("line", (line) => {
    const match = /^ready (\S+)/.exec(line);
    if (match) done(match[1]);
  });
  child.once("exit", (code) => fail(new Error(`the server ended with ${code} before it was ready`)));
});
const judge = spawnSync(process.execPath, [resolve(folder, "run.mjs"), "--server", url, "--token", token, ...rest], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 1 << 28,
  stdio: ["ignore", "pipe", "inherit"],
});
child.kill("SIGTERM");
process.stdout.write(judge.stdout);
const last = /(\d+) passed, (\d+) failed/.exec(judge.stdout.trim().split("\n").at(-1) ?? "");
if (!last) {
  console.error("conformance:apiserver: the judge ended without its closing line");
  process.exit(1);
}
if (rest.includes("--only") || rest.includes("--limit")) process.exit(judge.status ?? 1);
const goldenPath = resolve(root, "packages/apiserver/conformance.golden.json");
const golden = existsSync(goldenPath) ? JSON.parse(readFileSync(goldenPath, "utf8")) : {};
const counts = { passed: Number(last[1]), failed: Number(last[2]) };
const known = golden.apiserver;
if (process.env.UPDATE || !known) {
  writeFileSync(goldenPath, `${JSON.stringify({ ...golden, apiserver: counts }, null, 2)}\n`);
  process.exit(0);
}
if (known.passed + known.failed !== counts.passed + counts.failed) process.exit(counts.failed === 0 ? 0 : 1);
if (counts.failed > known.failed) {
  console.error(`conformance:apiserver: ${counts.failed} failed, the golden allows ${known.failed}`);
  process.exit(1);
}
if (counts.failed < known.failed) console.log(`better than the golden (${known.failed} failed): UPDATE=1 records it`);
process.exit(0);
