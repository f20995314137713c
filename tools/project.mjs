// What the project's tools share: where it lies, whether it is installed, how a TypeScript entry becomes a runnable file.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const cache = resolve(root, ".cache");

/** Refuses a Node that is too old with one line. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Lateen needs Node 20.19 or newer; this is ${process.version}. Install a newer one from https://nodejs.org.`,
  );
  process.exit(1);
}

/** Runs `npm ci` when the lock file has changed since the last time (or nothing is installed). */
export function ensureInstalled({ quiet = false } = {}) {
  requireNode();
  const lock = resolve(root, "package-lock.json");
  const stamp = resolve(root, "node_modules", ".lateen-installed");
  const hash = createHash("sha256").update(readFileSync(lock)).update(process.versions.modules).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  if (!quiet) console.log("installing what is missing (npm ci) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const run = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", quiet ? "ignore" : "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (run.status !== 0) {
    console.error("npm ci failed; its message is above.");
    process.exit(1);
  }
  writeFileSync(stamp, hash);
}

const external = ["lmdb", "fsevents", "esbuild", "@kubernetes/client-node"];

/** Bundles a TypeScript entry of the project into one file under `.cache/` and returns its path. */
export async function bundle(entry, name) {
  const { build } = await import("esbuild");
  const outfile = resolve(cache, `${name}.mjs`);
  mkdirSync(cache, { recursive: true });
  await build({ ...bundleOptions, entryPoints: [resolve(root, entry)], outfile });
  return outfile;
}

export const bundleOptions = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
  external,
  keepNames: false,
  loader: { ".cue": "text" },
  // Packages written for CommonJS call `require` inside a bundle.
  banner: {
    js: 'import { createRequire as lateenRequire } from "node:module"; const require = lateenRequire(import.meta.url);',
  },
};

/** Where the shared conformance cases are, or undefined on a user's machine. */
export function conformanceFolder(name) {
  const base = process.env.LATEEN_CONFORMANCE ?? resolve(root, "../shared/conformance");
  const folder = resolve(base, name);
  return existsSync(folder) ? folder : undefined;
}
