// Makes the packages that are published: `@lateen/base` and `@lateen/cue` as JavaScript with types, nothing of Node in them.
// `node packages/cue/package/pack.mjs FOLDER` writes FOLDER/lateen-base-VERSION.tgz and FOLDER/lateen-cue-VERSION.tgz.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The entries of each package: names of `exports` and their sources. */
const packages = [
  { folder: "base", entries: { ".": "index" }, uses: [] },
  {
    folder: "cue",
    entries: { ".": "index", "./command": "command/index", "./openapi": "openapi/index" },
    uses: ["base"],
  },
];

/** Builds and packs both into a folder. @returns the paths of the archives, in the order to install them in. */
export async function pack(folder) {
  const archives = [];
  for (const one of packages) {
    const stage = join(folder, "stage", one.folder);
    rmSync(stage, { recursive: true, force: true });
    mkdirSync(join(stage, "dist"), { recursive: true });
    await compile(one, stage);
    declare(one, stage, folder);
    describe(one, stage);
    archives.push(archive(stage, folder));
  }
  return archives;
}

/** One file an entry, and one for what entries share: a cold start reads few files. */
async function compile({ folder, entries }, stage) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: Object.values(entries).map((entry) => ({
      in: resolve(root, "packages", folder, "src", `${entry}.ts`),
      out: entry,
    })),
    outdir: join(stage, "dist"),
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "neutral",
    format: "esm",
    target: "es2022",
    minify: true,
    chunkNames: "shared-[hash]",
    logLevel: "warning",
  });
}

/** Declarations of all sources, by the compiler. */
function declare({ folder, uses }, stage, target) {
  const source = resolve(root, "packages", folder, "src");
  const config = {
    extends: resolve(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rewriteRelativeImportExtensions: true,
      rootDir: source,
      outDir: join(stage, "dist"),
      // What browsers and Node share, nothing of Node alone.
      types: [],
      lib: ["ES2023", "ESNext.Disposable", "DOM"],
      paths: Object.fromEntries(
        uses.map((name) => [`@lateen/${name}`, [join(target, "stage", name, "dist/index.d.ts")]]),
      ),
    },
    include: [`${source}/**/*.ts`],
    exclude: [`${source}/**/*.test.ts`],
  };
  const file = join(stage, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config));
  execFileSync(process.execPath, [resolve(root, "node_modules/typescript/bin/tsc"), "-p", file], { stdio: "pipe" });
  rmSync(file);
}

/** The published package.json: entries lead to what was built, versions of the house's own packages are exact. */
function describe({ folder, entries }, stage) {
  const source = resolve(root, "packages", folder);
  const { exports: _, ...manifest } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const built = Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [
      name,
      { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
    ]),
  );
  const published = { ...manifest, exports: built, files: ["dist", "README.md", "LICENSE"], sideEffects: false };
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
  for (const file of [join(source, "README.md"), resolve(root, "LICENSE")])
    if (existsSync(file)) cpSync(file, join(stage, file.endsWith("LICENSE") ? "LICENSE" : "README.md"));
}

function archive(stage, folder) {
  const name = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: stage,
    encoding: "utf8",
  });
  return join(folder, name.trim().split("\n").at(-1));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = resolve(process.argv[2] ?? join(root, "dist/packages"));
  mkdirSync(folder, { recursive: true });
  for (const path of await pack(folder)) console.log(path);
}
