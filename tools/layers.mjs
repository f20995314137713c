// The layer table of ARCHITECTURE.md as a check: who may import whom, and that layers 0–3 use nothing of Node's but in files that are drivers by name.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { root } from "./project.mjs";

const layers = {
  base: [],
  cue: ["base"],
  objects: ["base"],
  cel: ["base", "objects"],
  scheduling: ["base", "objects"],
  cost: ["base", "objects"],
  apiserver: ["base", "objects", "cel"],
  client: ["base", "objects"],
  controller: ["base", "objects", "client"],
  workflow: ["base", "objects", "cue"],
  runs: ["base", "objects", "cue", "client", "controller", "workflow"],
  delivery: ["base", "objects", "cue", "client", "controller", "workflow"],
  rollout: ["base", "objects", "client", "controller"],
  federation: ["base", "objects", "client", "controller", "scheduling"],
  cluster: ["base", "objects", "client", "controller", "scheduling"],
  datasets: ["base", "objects", "client", "controller", "scheduling"],
  assistant: ["base", "objects", "client", "cue"],
  platform: ["base", "objects", "client"],
  server: "all",
  cli: [
    "base",
    "objects",
    "client",
    "cue",
    "workflow",
    "delivery/pure",
    "runs/pure",
    "cost/pure",
    "server/embedded",
    "server/preview",
  ],
  console: ["base", "objects", "client", "cost/pure"],
  testkit: "all",
};
const portable = new Set([
  "base",
  "cue",
  "objects",
  "cel",
  "scheduling",
  "cost",
  "apiserver",
  "client",
  "controller",
  "workflow",
]);
const driver = /(^|\/)(node|lmdb|etcd)\.ts$|(^|\/)(node|lmdb|etcd)\//;
const problems = [];

function* sources(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name === "node_modules" || name === "dist") continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

for (const base of ["packages", "apps"]) {
  for (const name of readdirSync(resolve(root, base))) {
    const allowed = layers[name];
    if (allowed === undefined) problems.push(`${base}/${name}: not in the layer table of tools/layers.mjs`);
    for (const path of sources(resolve(root, base, name, "src"))) {
      const shown = relative(root, path).split(sep).join("/");
      const isTest = /\.test\.tsx?$/.test(path) || shown.includes("/testing");
      const text = readFileSync(path, "utf8");
      for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
        if (/^@lateen\/[^/]+\/src\//.test(specifier)) problems.push(`${shown}: imports ${specifier}, past its exports`);
        const match = /^@lateen\/([^/]+)(?:\/(.*))?$/.exec(specifier);
        if (match && !isTest && allowed !== "all" && allowed !== undefined) {
          const [, target, entry] = match;
          const ok = allowed.includes(target) || allowed.includes(`${target}/${entry}`) || target === name;
          if (!ok) problems.push(`${shown}: ${name} may not import ${specifier}`);
        }
        if (specifier.startsWith("node:") && portable.has(name) && !isTest && !driver.test(shown)) {
          problems.push(
            `${shown}: ${specifier} in a package that runs everywhere; only a driver file (node.ts, lmdb.ts) may`,
          );
        }
      }
      if (portable.has(name) && !isTest && !driver.test(shown)) {
        for (const [global] of text.matchAll(
          /\b(?:Buffer\.(?:from|alloc|concat|isBuffer)|process\.(?:env|nextTick|hrtime|memoryUsage|exit|cwd)|setImmediate\()/g,
        )) {
          problems.push(`${shown}: ${global} is Node's own; this package runs everywhere`);
        }
      }
    }
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
