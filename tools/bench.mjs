// npm run bench [-- NAME…] [--write]: runs bench/*.bench.ts and packages/*/bench/*.bench.ts one after the other and prints a table: what, figure, unit,
// ratio to its reference (measured in the same run), growth at 1×, 2×, 4×. `--write` puts it into bench/RESULTS.md with machine and commit.
// A bench exports `bench(): Promise<Row[]>` with Row = { what, figure, unit, reference?: { name, figure }, growth?: [number, number, number], note? }.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled, root } from "./project.mjs";

ensureInstalled();
process.env.LATEEN_ROOT = root;
await (await import("./build.mjs")).buildIfStale();
const args = process.argv.slice(2);
const write = args.includes("--write");
const wanted = args.filter((arg) => !arg.startsWith("--"));
const folders = [
  resolve(root, "bench"),
  ...readdirSync(resolve(root, "packages")).map((name) => resolve(root, "packages", name, "bench")),
];
const files = folders
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".bench.ts"))
      .map((name) => resolve(folder, name)),
  )
  .filter((file) => wanted.length === 0 || wanted.some((name) => relative(root, file).includes(name)));

const format = (value) =>
  value === 0
    ? "0"
    : Math.abs(value) >= 1000
      ? Math.round(value).toLocaleString("en")
      : Number(value.toPrecision(3)).toString();
const rows = [];
for (const file of files) {
  const shown = relative(root, file);
  console.error(`— ${shown}`);
  try {
    const entry = await bundle(shown, `bench-${shown.replaceAll(/[^a-z0-9]+/gi, "-")}`);
    for (const row of await (await import(pathToFileURL(entry).href)).bench()) {
      const ratio = row.reference
        ? `${format(row.figure / row.reference.figure)}× ${row.reference.name} (${format(row.reference.figure)})`
        : "";
      const growth = row.growth ? row.growth.map((value) => format(value / row.growth[0])).join(" / ") : "";
      rows.push([row.what, format(row.figure), row.unit, ratio, growth, row.note ?? ""]);
      console.error(`  ${row.what}: ${format(row.figure)} ${row.unit} ${ratio} ${growth}`);
    }
  } catch (error) {
    rows.push([shown, "failed", "", "", "", error instanceof Error ? error.message : String(error)]);
    console.error(error);
    process.exitCode = 1;
  }
}
const table = [["what", "figure", "unit", "beside its reference", "growth 1× / 2× / 4×", "note"], ...rows];
const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
const text = [line(table[0]), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join(
  "\n",
);
console.log(text);
if (write) {
  const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim();
  const machine = `${cpus().length} cores of ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}, commit ${commit}`;
  const path = resolve(root, "bench/RESULTS.md");
  const head = `# Last figures of \`npm run bench\`\n\nMachine: ${machine}. A shared machine: read as ±30 %. \`npm run bench -- --write\` rewrites this file.\n\n`;
  writeFileSync(
    path,
    wanted.length === 0 || !existsSync(path)
      ? `${head}${text}\n`
      : `${readFileSync(path, "utf8").trimEnd()}\n\n${machine}\n\n${text}\n`,
  );
}
process.exit();
