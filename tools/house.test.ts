/** The house itself: what is generated is fresh, what is promised in words is there, nothing names the machine that it was made on. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
// @ts-expect-error a tool without types
import { verbsText } from "./generate.mjs";

const root = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(resolve(root, path), "utf8");
const tracked = spawnSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
  .stdout.split("\n")
  .filter((path) => path !== "");

describe("the house", () => {
  it("has a fresh list of the command's verbs", () => {
    const plain = (text: string): string => text.replaceAll(/[\s;,]/g, "");
    expect(plain(read("apps/cli/src/generated/verbs.ts"))).toBe(plain((verbsText as () => string)()));
  });

  it("has a README of at most 60 lines for each package", () => {
    for (const name of readdirSync(resolve(root, "packages"))) {
      const path = `packages/${name}/README.md`;
      expect(existsSync(resolve(root, path)), path).toBe(true);
      expect(read(path).split("\n").length, path).toBeLessThanOrEqual(61);
    }
  });

  it("keeps its decisions short and numbered without gaps", () => {
    const names = readdirSync(resolve(root, "docs/adr")).sort((a, b) => (a < b ? -1 : 1));
    names.forEach((name, i) => {
      expect(name).toMatch(new RegExp(`^${String(i + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
      expect(read(`docs/adr/${name}`).split("\n").length, name).toBeLessThanOrEqual(60);
    });
  });

  it("links only to what exists", () => {
    for (const path of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]) {
      for (const [, target = ""] of read(path).matchAll(
        /`((?:docs|packages|apps|tools|bench|examples|definitions)\/[\w./-]*)`/g,
      )) {
        expect(existsSync(resolve(root, target)), `${path}: ${target}`).toBe(true);
      }
    }
  });

  it("names no path of the machine that it was made on", () => {
    const found = tracked.filter(
      (path) =>
        /\.(ts|mjs|md|json|cue|yaml)$/.test(path) &&
        existsSync(resolve(root, path)) &&
        /\/work\/(main|shared|\.library)|\/root\//.test(read(path)),
    );
    expect(found.filter((path) => path !== "tools/house.test.ts")).toEqual([]);
  });

  it("takes every dependency from npm, by version", () => {
    const lock = JSON.parse(read("package-lock.json")) as {
      readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>;
    };
    for (const [name, { resolved, link }] of Object.entries(lock.packages)) {
      if (link === true || resolved === undefined) continue;
      expect(resolved, name).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });
});
