// npm run build: bundles the `lateen` command into dist/lateen/, split so that each verb loads only what it needs. `buildIfStale` is what `npm start` and `npm run lateen` use.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleOptions, ensureInstalled, root } from "./project.mjs";
import { generateVerbs } from "./generate.mjs";

export const outdir = resolve(root, "dist/lateen");
export const mainFile = resolve(outdir, "main.mjs");
const stampFile = resolve(outdir, ".built");

/** Newest modification below the sources, in milliseconds. */
function newestSource() {
  let newest = 0;
  const look = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (
        entry.name === "node_modules" ||
        entry.name === "dist" ||
        entry.name === "testdata" ||
        entry.name.endsWith(".test.ts")
      )
        continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) look(child);
      else newest = Math.max(newest, statSync(child).mtimeMs);
    }
  };
  for (const base of ["packages", "apps"]) {
    for (const name of readdirSync(resolve(root, base))) {
      const source = resolve(root, base, name, "src");
      if (existsSync(source)) look(source);
    }
  }
  look(resolve(root, "packages/cluster/images"));
  for (const file of ["package-lock.json", "tools/build.mjs", "tools/project.mjs"])
    newest = Math.max(newest, statSync(resolve(root, file)).mtimeMs);
  return newest;
}

/** Builds when a source is newer than the last build. Says so through `say`. */
export async function buildIfStale(say = () => undefined) {
  const built = existsSync(stampFile) ? Number(readFileSync(stampFile, "utf8")) : 0;
  const newest = newestSource();
  if (built === newest && existsSync(mainFile)) return;
  const start = Date.now();
  await build();
  writeFileSync(stampFile, String(newestSource()));
  say(`built in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

export async function build() {
  generateVerbs();
  const esbuild = await import("esbuild");
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  await esbuild.build({
    ...bundleOptions,
    entryPoints: [{ in: resolve(root, "apps/cli/src/main.ts"), out: "main" }],
    outdir,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    sourcemap: "linked",
    minifySyntax: true,
    chunkNames: "[name]-[hash]",
    define: { LATEEN_VERSION: JSON.stringify(JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")).version) },
  });
  cpSync(resolve(root, "packages/cluster/images"), resolve(outdir, "images"), { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  ensureInstalled();
  await buildIfStale((line) => console.log(line));
}
