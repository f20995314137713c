// npm run differential:cue [-- --programs N --seed N --show N --peer FILE]: generates programs, runs CUE in Go and ours on them, and reports the
// differences by class, each with its smallest example. The peer is built once under .cache from tools/cue-peer and the go.mod of shared/peers/cue.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { generateProgram } from "./cue-programs.mjs";
import { bundle, cache, ensureInstalled, root } from "./project.mjs";

const options = { programs: "2000", seed: "1", show: "3", peer: "", report: "" };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

const peerPath = options.peer || buildPeer();
if (peerPath === undefined) {
  console.log("differential:cue: skipped, not found: Go or the peer's module (set LATEEN_PEERS).");
  console.log("0 programs, 0 differences");
  process.exit(0);
}
ensureInstalled({ quiet: true });
const entry = await bundle("packages/cue/conformance/cue-programs.ts", "differential-cue");
const { answer } = await import(pathToFileURL(entry).href);
const peer = startPeer(peerPath);

const classes = new Map();
const count = Number(options.programs);
let different = 0;
let skipped = 0;
for (let start = 0; start < count; start += 200) {
  const batch = Array.from({ length: Math.min(200, count - start) }, (_, i) => {
    const seed = Number(options.seed) * 1_000_003 + start + i;
    return { id: String(seed), source: generateProgram(seed) };
  });
  const theirs = await Promise.all(batch.map((program) => peer.ask(program)));
  for (const [i, program] of batch.entries()) {
    const verdict = compare(theirs[i], ours(program));
    if (verdict === "skipped") skipped++;
    else if (verdict !== undefined) {
      different++;
      const known = classes.get(verdict) ?? { count: 0, examples: [] };
      known.count++;
      if (known.examples.length < Number(options.show)) known.examples.push(program);
      classes.set(verdict, known);
    }
  }
}

let report = "";
for (const [verdict, { count: times, examples }] of [...classes].sort((a, b) => b[1].count - a[1].count)) {
  report += `\n## ${verdict}: ${times}\n`;
  for (const example of examples) report += await show(example, verdict);
}
await peer.close();
if (options.report) writeFileSync(options.report, report);
else console.log(report);
console.log(
  `${count} programs, ${different} differences in ${classes.size} classes, ${skipped} on which the peer gave no answer`,
);
process.exit(0);

function buildPeer() {
  const module = resolve(process.env.LATEEN_PEERS ?? resolve(root, "../shared/peers"), "cue");
  const folder = resolve(cache, "cue-peer");
  const binary = resolve(folder, "cue-peer");
  if (existsSync(binary)) return binary;
  if (!existsSync(resolve(module, "go.mod")) || spawnSync("go", ["version"]).status !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  for (const file of ["go.mod", "go.sum"]) cpSync(resolve(module, file), resolve(folder, file), { mode: 0 });
  cpSync(resolve(root, "tools/cue-peer/main.go"), resolve(folder, "main.go"));
  console.error("building the peer (once, about a minute) …");
  const build = spawnSync("go", ["build", "-buildvcs=false", "-mod=mod", "-o", binary, "."], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return build.status === 0 ? binary : undefined;
}

/** The peer as a process that answers line by line; after a program that it could not end it is started anew. */
function startPeer(path) {
  const waiting = [];
  let child;
  const start = () => {
    child = spawn(path, { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, GOMAXPROCS: "2" } });
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => waiting.shift().done(JSON.parse(line)));
    child.on("close", (code) => {
      if (code === 0) return;
      // A crash answers nothing for the program that caused it.
      if (code !== 3) waiting.shift()?.done({ status: "panic" });
      start();
      for (const { program } of waiting) send(program);
    });
  };
  const send = (program) => child.stdin.write(`${JSON.stringify(program)}\n`);
  start();
  return {
    ask: (program) =>
      new Promise((done) => {
        waiting.push({ program, done });
        send(program);
      }),
    close: () => new Promise((done) => child.on("close", done).stdin.end()),
  };
}

function ours({ id, source }) {
  try {
    return answer({ id, kind: "random", source });
  } catch (error) {
    return { status: "crash", message: String(error?.stack ?? error) };
  }
}

/** The class of a difference, undefined when there is none. */
function compare(theirs, mine) {
  if (theirs.status === "panic" || theirs.status === "timeout") return "skipped";
  if (mine.status === "crash") return `crash: ${mine.message.split("\n")[0]}`;
  const status = mine.class === "compile" ? "compile" : mine.status;
  const theirStatus = /^(?:.*: )?(?:reference|package) ".*" not found/.test(theirs.message ?? "")
    ? "compile"
    : theirs.status;
  // The peer tells errors of the compiler from others only by their text.
  if (status === "compile" && theirStatus === "error") return undefined;
  if (status !== theirStatus) return `${theirStatus} there, ${status} here`;
  if (status === "ok") return compareJson(theirs.json, mine.json);
  if (status === "compile") return undefined;
  const mineByPath = new Map((mine.fields ?? []).map((field) => [field.path, field]));
  for (const field of theirs.fields ?? []) {
    const own = mineByPath.get(field.path);
    if (own === undefined) return `${status}: a field is missing`;
    if (own.status !== field.status) return `${status}: a field is ${field.status} there, ${own.status} here`;
    const difference = field.status === "ok" ? compareJson(field.json, own.json) : undefined;
    if (difference !== undefined) return `${status}: a field's ${difference}`;
  }
  const wanted = [...new Set(theirs.paths)].sort((a, b) => (a < b ? -1 : 1)).join(" ");
  const got = [...new Set(mine.paths)].sort((a, b) => (a < b ? -1 : 1)).join(" ");
  return wanted === got ? undefined : `${status}: paths of errors`;
}

function compareJson(theirs, mine) {
  // The peer writes a negative zero (`0 * -1`), which is no CUE number.
  const [wanted, got] = [theirs, mine].map((text) => text.replaceAll(/(?<=[[:,]|^)-0(?=[\],}]|$)/g, "0"));
  if (wanted === got) return undefined;
  try {
    const sorted = (text) => JSON.stringify(sortKeys(JSON.parse(text.replaceAll(/-?Infinity|NaN/g, '"$&"'))));
    return sorted(wanted) === sorted(got) ? "key order or number text" : "json";
  } catch {
    return "json";
  }
}

function sortKeys(value) {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}

async function verdictOf(source) {
  const program = { id: "m", source };
  return compare(await peer.ask(program), ours(program));
}

/** Leaves out lines and bracketed parts as long as the same difference shows. */
async function minimise(source, verdict) {
  let best = source;
  for (let progress = true; progress; ) {
    progress = false;
    for (const candidate of smaller(best)) {
      if ((await verdictOf(candidate)) !== verdict) continue;
      best = candidate;
      progress = true;
      break;
    }
  }
  return best;
}

function* smaller(source) {
  const lines = source.split("\n").filter((line) => line !== "");
  for (const i of lines.keys()) yield lines.filter((_, j) => j !== i).join("\n");
  // Members between commas, operands around operators.
  const cuts =
    /, (?=[^,{}[\]]*[,}\]])|(?<=[{[])[^,{}[\]]+, | [&|+] [^ ,(){}[\]]+|[^ ,(){}[\]]+ [&|+] | & \{[^{}]*\}|\{[^{}]*\} & /g;
  for (const match of source.matchAll(cuts)) {
    const rest = source.slice(match.index + match[0].length);
    if (match[0] === ", ") yield source.slice(0, match.index) + rest.replace(/^[^,{}[\]]*/, "");
    else yield source.slice(0, match.index) + rest;
  }
}

async function show({ id, source }, verdict) {
  const least = await minimise(source, verdict);
  const program = { id, source: least };
  const theirs = await peer.ask(program);
  const mine = ours(program);
  const brief = (outcome) =>
    `${outcome.status} ${outcome.json ?? outcome.errors?.[0]?.msg ?? outcome.message ?? ""} ${(outcome.paths ?? []).join(" ")}`;
  let text = `\nseed ${id}\n${least.trimEnd()}\n  there: ${brief(theirs)}\n  here:  ${brief(mine)}\n`;
  for (const field of theirs.fields ?? []) {
    const own = mine.fields?.find((candidate) => candidate.path === field.path);
    if (own?.status === field.status && (own.status !== "ok" || own.json === field.json)) continue;
    text += `    ${field.path}: there ${brief(field)}, here ${own === undefined ? "missing" : brief(own)}\n`;
  }
  return text;
}
