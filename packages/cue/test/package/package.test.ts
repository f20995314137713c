import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack } from "../../package/pack.mjs";

const root = new URL("../../../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "lateen-cue-"));
const modules = join(folder, "node_modules");

const program = `
import { Context, readDocument } from "@lateen/cue";
import { exportSchema } from "@lateen/cue/openapi";
const template = new Context().compile('parameter: {name: string, port: *80 | int}\\nurl: "\\\\(parameter.name):\\\\(parameter.port)"');
const { value, origin } = readDocument("name: web", { source: "app.yaml" });
const filled = template.fillPath("parameter", value, origin);
export const answer = [filled.lookupPath("url").toJSON(), template.verdict().kind, typeof exportSchema];
`;

/** Puts the packages and what they say they depend on, nothing else, where a program finds them. */
function install(archives: readonly string[]): void {
  const wanted: string[] = [];
  for (const archive of archives) {
    const name = archive.includes("lateen-base-") ? "base" : "cue";
    const into = join(modules, "@lateen", name);
    mkdirSync(into, { recursive: true });
    execFileSync("tar", ["-xzf", archive, "-C", into, "--strip-components=1"]);
    wanted.push(...dependenciesOf(into));
  }
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const into = join(modules, name);
    if (existsSync(into)) continue;
    cpSync(join(root, "node_modules", name), into, { recursive: true });
    wanted.push(...dependenciesOf(into));
  }
}

function dependenciesOf(path: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  return Object.keys(dependencies);
}

beforeAll(async () => {
  install(await pack(folder));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  writeFileSync(join(folder, "program.mjs"), `${program}console.log(JSON.stringify(answer));`);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wanted = ["web:80", "unknown", "function"];

describe("the package alone", () => {
  it("runs with its declared dependencies and nothing else", () => {
    const said = execFileSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8" });
    expect(JSON.parse(said)).toEqual(wanted);
    expect(readdirSync(join(modules, "@lateen")).toSorted()).toEqual(["base", "cue"]);
  });

  it("runs on the other versions of Node that are at hand", () => {
    const others = (process.env["LATEEN_NODES"] ?? "").split(":").filter((path) => path !== "");
    for (const node of others) {
      const said = execFileSync(node, ["program.mjs"], { cwd: folder, encoding: "utf8" });
      expect(JSON.parse(said), node).toEqual(wanted);
    }
  });

  it("becomes a bundle for browsers, without anything of Node", async () => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `${program}globalThis.answer = answer;`, resolveDir: folder, loader: "js" },
      bundle: true,
      platform: "browser",
      format: "iife",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    const text = outputFiles[0]!.text;
    const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(imported.filter((path) => path.startsWith("node:"))).toEqual([]);
    // Only what browsers have too is in reach.
    const { runInNewContext } = createRequire(import.meta.url)("node:vm") as typeof import("node:vm");
    const world: Record<string, unknown> = {
      TextEncoder,
      TextDecoder,
      AbortSignal,
      AbortController,
      performance,
      URL,
      btoa,
      atob,
    };
    world["globalThis"] = world;
    runInNewContext(text, world);
    expect(JSON.parse(JSON.stringify(world["answer"]))).toEqual(wanted);
  });

  it("has types for every entry, in terms of what it depends on", () => {
    writeFileSync(
      join(folder, "program.ts"),
      'import { Context, type Value, type Verdict } from "@lateen/cue";\nconst value: Value = new Context().compile("a: 1");\nexport const verdict: Verdict = value.verdict();\n// @ts-expect-error a path is a text\nvalue.lookupPath(1);\n',
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: "NodeNext",
          target: "ES2022",
          types: [],
          lib: ["ES2023", "ESNext.Disposable", "DOM"],
          skipLibCheck: false,
        },
        files: ["program.ts"],
      }),
    );
    execFileSync(process.execPath, [resolve(root, "node_modules/typescript/bin/tsc"), "-p", folder], { stdio: "pipe" });
  });

  // How long it takes is a benchmark's matter (`npm run bench -- cold`); what there is to load is the same everywhere.
  it("loads little: two files of its own, and three libraries", () => {
    const dist = join(modules, "@lateen/cue/dist");
    const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
    const bytes = files.reduce((sum, name) => sum + readFileSync(join(dist, name)).byteLength, 0);
    expect(bytes).toBeLessThan(600_000);
    expect(readdirSync(modules).toSorted()).toEqual(["@lateen", "argparse", "decimal.js", "js-yaml", "re2js"]);
  });
});
