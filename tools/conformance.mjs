// npm run conformance:NAME [-- --only REGEX --failures FILE …]: runs the folder's judge over answer:NAME, prints a line a kind, and exits by
// the golden counts in packages/P/conformance.golden.json. UPDATE=1 rewrites the golden.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cache, conformanceFolder, root } from "./project.mjs";

const [name, ...rest] = process.argv.slice(2);
const folder = conformanceFolder(name);
if (!folder) {
  console.log(
    `conformance:${name}: skipped, not found: the cases are not part of the project (set LATEEN_CONFORMANCE).`,
  );
  console.log("0 passed, 0 failed");
  process.exit(0);
}
mkdirSync(cache, { recursive: true });
const failuresAt = rest.indexOf("--failures");
const failures = failuresAt >= 0 ? rest[failuresAt + 1] : resolve(cache, `failures-${name}.txt`);
const args = [resolve(folder, "run.mjs"), "--batch", `npm run -s answer:${name} -- {cases} {results}`];
// The judge of `cue` names its placeholder {corpus}.
if (name === "cue") args[2] = `npm run -s answer:${name} -- {corpus} {results}`;
// The judges write to fixed names in the folder for temporary files: two runs at once would read each other's results.
const scratch = mkdtempSync(join(tmpdir(), "judge-"));
const run = spawnSync(process.execPath, [...args, ...(failuresAt >= 0 ? [] : ["--failures", failures]), ...rest], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 1 << 28,
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, TMPDIR: scratch },
});
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(run.stdout);
const last = /(\d+) passed, (\d+) failed/.exec(run.stdout.trim().split("\n").at(-1) ?? "");
if (!last) {
  console.error(`conformance:${name}: the judge ended without its closing line`);
  process.exit(1);
}
if (rest.includes("--only") || rest.includes("--limit")) process.exit(run.status ?? 1);

const owner = readdirSync(resolve(root, "packages")).find((p) =>
  existsSync(resolve(root, "packages", p, "conformance", `${name}.ts`)),
);
const goldenPath = resolve(root, "packages", owner, "conformance.golden.json");
const golden = existsSync(goldenPath) ? JSON.parse(readFileSync(goldenPath, "utf8")) : {};
const counts = { passed: Number(last[1]), failed: Number(last[2]) };
const known = golden[name];
if (process.env.UPDATE || !known) {
  golden[name] = counts;
  writeFileSync(goldenPath, `${JSON.stringify(golden, null, 2)}\n`);
  process.exit(0);
}
// Other cases than the golden's (a further folder of the same form): as good as there, give or take two in a hundred.
const share = ({ passed, failed }) => failed / (passed + failed);
if (known.passed + known.failed !== counts.passed + counts.failed) {
  console.log(
    `other cases than the golden's: ${(100 * share(counts)).toFixed(1)} % failed, there ${(100 * share(known)).toFixed(1)} %`,
  );
  process.exit(share(counts) <= share(known) + 0.02 ? 0 : 1);
}
if (counts.failed > known.failed) {
  console.error(`conformance:${name}: ${counts.failed} failed, the golden allows ${known.failed} (${failures})`);
  process.exit(1);
}
if (counts.failed < known.failed) console.log(`better than the golden (${known.failed} failed): UPDATE=1 records it`);
process.exit(0);
