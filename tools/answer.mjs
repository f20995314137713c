// npm run -s answer:NAME -- CASES RESULTS [further arguments]
// Finds packages/P/conformance/NAME.ts, which exports `answer(case)` (the result's fields without `id`, or a promise of them), and writes one result a line.
import { createReadStream, createWriteStream, existsSync, readdirSync } from "node:fs";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { bundle, ensureInstalled, root } from "./project.mjs";

const [name, casesPath, resultsPath, ...rest] = process.argv.slice(2);
if (!name || !casesPath || !resultsPath) {
  console.error("usage: npm run -s answer:NAME -- CASES RESULTS");
  process.exit(2);
}
ensureInstalled({ quiet: true });
const cwd = process.env.INIT_CWD ?? process.cwd();
const owner = readdirSync(resolve(root, "packages")).find((folder) =>
  existsSync(resolve(root, "packages", folder, "conformance", `${name}.ts`)),
);
if (!owner) {
  console.error(`answer: no packages/*/conformance/${name}.ts`);
  process.exit(2);
}
const entry = await bundle(`packages/${owner}/conformance/${name}.ts`, `answer-${name}`);
const module = await import(pathToFileURL(entry).href);
const question = ({ kind, opts, simplify, texts, steps }) => ({
  kind,
  opts,
  simplify,
  texts: Object.keys(texts ?? {}),
  ...(steps !== undefined && { steps: steps.map(({ argv, cmp }) => ({ argv, cmp })) }),
});
const out = createWriteStream(resolve(cwd, resultsPath));
const lines = createInterface({
  input: createReadStream(resolve(cwd, casesPath)),
  crlfDelay: Number.POSITIVE_INFINITY,
});
for await (const line of lines) {
  if (line.trim() === "") continue;
  const { expect, ...given } = JSON.parse(line);
  // What is asked stands beside what is expected in `cue`; only the question is handed on.
  const item = expect?.kind === undefined ? given : { ...given, ask: question(expect) };
  let result;
  try {
    result = { id: item.id, ...(await module.answer(item, rest)) };
  } catch (error) {
    result = { id: item.id, error: error instanceof Error ? error.message : String(error) };
    if (process.env.LATEEN_DEBUG) console.error(item.id, error);
  }
  if (!out.write(`${JSON.stringify(result)}\n`)) await once(out, "drain");
}
out.end();
await once(out, "finish");
process.exit(0);
