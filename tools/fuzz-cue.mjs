// npm run fuzz:cue [-- --minutes N --seed N]: feeds generated CUE programs, and texts damaged byte by byte, to the parser, the formatter and the
// evaluator. Nothing may throw or take long; a formatted text must mean the same; the order of declarations must not matter. Prints each finding.
import { pathToFileURL } from "node:url";
import { createRandom, generateProgram } from "./cue-programs.mjs";
import { bundle, ensureInstalled } from "./project.mjs";

const options = { minutes: "1", seed: "1", slow: "2000" };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

ensureInstalled({ quiet: true });
const { answer } = await import(
  pathToFileURL(await bundle("packages/cue/conformance/cue-programs.ts", "fuzz-cue")).href
);
const cue = await import(pathToFileURL(await bundle("packages/cue/src/index.ts", "fuzz-cue-package")).href);

const end = Date.now() + Number(options.minutes) * 60_000;
const findings = new Map();
let programs = 0;

function report(kind, source, detail) {
  const known = findings.get(kind) ?? { count: 0 };
  known.count++;
  findings.set(kind, known);
  if (known.count <= 3) console.log(`\n## ${kind}\n${source}\n${detail}`);
}

/** Runs `work`; what throws or takes long is a finding. */
function guarded(kind, source, work) {
  const started = performance.now();
  try {
    return work();
  } catch (error) {
    report(`${kind} throws`, source, String(error?.stack ?? error).slice(0, 600));
    return undefined;
  } finally {
    const ms = performance.now() - started;
    if (ms > Number(options.slow)) report(`${kind} takes long`, source, `${Math.round(ms)} ms`);
  }
}

const evaluate = (source) => guarded("evaluation", source, () => answer({ id: "fuzz", kind: "random", source }));

const sortKeys = (value) =>
  Array.isArray(value)
    ? value.map(sortKeys)
    : value === null || typeof value !== "object"
      ? value
      : Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, sortKeys(value[key])]),
        );

/** What must not depend on the order in which things are written. */
function meaning(outcome) {
  if (outcome === undefined) return "";
  const json = outcome.json === undefined ? "" : JSON.stringify(sortKeys(JSON.parse(outcome.json)));
  return `${outcome.status} ${json}`;
}

function damage(random, text) {
  const pieces = [
    '"',
    "{",
    "}",
    "[",
    "(",
    ")",
    "\\(",
    "#",
    ":",
    "|",
    "&",
    "*",
    "...",
    "\n",
    "'",
    "_|_",
    "\u0000",
    "é",
    "if ",
    "for x in ",
    "let ",
    "@a(",
    "1e9",
    "0x",
    "?",
    "!",
  ];
  let result = text;
  for (let i = 0; i < 1 + random() * 3; i++) {
    const at = Math.floor(random() * (result.length + 1));
    const until = random() < 0.6 ? at : Math.min(result.length, at + Math.floor(random() * 12));
    const piece = random() < 0.7 ? pieces[Math.floor(random() * pieces.length)] : result.slice(until, until + 8);
    result = result.slice(0, at) + piece + result.slice(until);
  }
  return result;
}

function shuffled(random, source) {
  const lines = source.trimEnd().split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const rest = lines.filter((line) => !line.startsWith("import "));
  for (let i = rest.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rest[i], rest[j]] = [rest[j], rest[i]];
  }
  return `${[...imports, ...rest].join("\n")}\n`;
}

for (let seed = Number(options.seed) * 1_000_003; Date.now() < end; seed++) {
  const random = createRandom(seed ^ 0x5eed);
  const source = generateProgram(seed);
  const outcome = evaluate(source);
  programs++;

  const parsed = guarded("parser", source, () => cue.parseFile(source, { filename: "in.cue" }));
  const formatted = guarded("formatter", source, () => parsed && cue.formatFile(parsed.file));
  if (formatted !== undefined && formatted !== source) {
    const again = evaluate(formatted);
    if (meaning(again) !== meaning(outcome))
      report("formatting changes the meaning", source, `${formatted}\n${meaning(outcome)}\n${meaning(again)}`);
  }

  const other = shuffled(random, source);
  if (other !== source && meaning(evaluate(other)) !== meaning(outcome))
    report("the order of declarations matters", source, `${other}\n${meaning(outcome)}\n${meaning(evaluate(other))}`);

  for (let i = 0; i < 4; i++) {
    const broken = damage(random, source);
    const file = guarded("parser", broken, () => cue.parseFile(broken, { filename: "in.cue" }));
    if (file !== undefined) guarded("formatter", broken, () => cue.formatFile(file.file));
    evaluate(broken);
  }
}

let total = 0;
for (const [kind, { count }] of findings) {
  console.log(`${kind}: ${count}`);
  total += count;
}
console.log(`${programs} programs, ${total} findings`);
process.exit(total > 0 ? 1 : 0);
