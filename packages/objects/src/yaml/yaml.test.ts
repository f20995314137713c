import type { JsonValue } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readManifests } from "./manifests.ts";
import { YamlError, readYaml } from "./read-yaml.ts";
import { toYaml } from "./write-yaml.ts";

const trees = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;

describe("YAML", () => {
  it("reads back what it writes", () => {
    fc.assert(
      fc.property(trees, (value) => {
        expect(readYaml(toYaml(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300 },
    );
  });

  it("reads back texts of any letters", () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from(" \n\t:#-'\"ayn0.1&*!|>%@`{}[],?é\u0085\u2028\u0007")),
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(readYaml(toYaml({ [text]: text }))).toEqual({ [text]: text });
      }),
      {
        numRuns: 500,
      },
    );
  });

  it("quotes what YAML reads as a time", () => {
    const text = toYaml([
      "2026-11-24T14:00:00Z",
      "2026-1-2",
      "2026-01-02 10:00:00",
      "2026-01-02T10:00:00",
      "2026-02-30",
    ]);
    expect(text).toBe(
      '- "2026-11-24T14:00:00Z"\n- "2026-1-2"\n- "2026-01-02 10:00:00"\n- 2026-01-02T10:00:00\n- 2026-02-30\n',
    );
    expect(readYaml(text)).toHaveLength(5);
  });

  it("writes lists at the indentation of their key, as kubectl does", () => {
    const text = toYaml({ b: [{ name: "x", on: "yes" }, []], a: {}, c: "two\nlines\n", d: null });
    expect(text).toBe('a: {}\nb:\n- name: x\n  "on": "yes"\n- []\nc: |\n  two\n  lines\nd: null\n');
  });

  it("folds a long text behind column 80", () => {
    const long = "word ".repeat(30).trim();
    const lines = toYaml({ description: long }).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    expect(readYaml(lines.join("\n"))).toEqual({ description: long });
  });

  it("refuses a text that grows by its aliases", () => {
    const lines = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let i = 0; i < 9; i++) {
      const [name, before] = [String.fromCharCode(98 + i), String.fromCharCode(97 + i)];
      lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`);
    }
    expect(() => readYaml(lines.join("\n"))).toThrow("excessive aliasing");
  });

  it("refuses an anchor that contains itself and nesting without end", () => {
    expect(() => readYaml("a: &a [*a]")).toThrow("contains itself");
    expect(() => readYaml("[".repeat(100_000))).toThrow(YamlError);
  });
});

describe("manifests", () => {
  const text = [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata: {name: a}",
    "data:",
    '  key: "value"',
    "---",
    "# nothing here",
    "---",
    "apiVersion: v1",
    "kind: List",
    "items:",
    "- apiVersion: v1",
    "  kind: Secret",
    "  metadata:",
    "    name: b",
  ].join("\n");

  it("are the objects of all documents and lists", () => {
    const { objects, diagnostics } = readManifests(text, { source: "x.yaml" });
    expect(diagnostics).toEqual([]);
    expect(objects.map((object) => `${object.kind} ${object.metadata.name}`)).toEqual(["ConfigMap a", "Secret b"]);
  });

  it("know where each field stands", () => {
    const { positionOf } = readManifests(text, { source: "x.yaml" });
    expect(positionOf(0, ["data", "key"])).toMatchObject({ source: "x.yaml", line: 5, column: 8 });
    expect(positionOf(0, ["data"])).toMatchObject({ line: 4, column: 1 });
    expect(positionOf(1, ["metadata", "name"])).toMatchObject({ line: 15, column: 11 });
    expect(positionOf(1, ["spec", "missing"])).toMatchObject({ line: 12 });
  });

  it("give what stands before a syntax error, and the error with its place", () => {
    const { objects, diagnostics } = readManifests(`${text}\n---\na:\n\tb: 1\n`, { source: "x.yaml" });
    expect(objects).toHaveLength(2);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.pos).toMatchObject({ source: "x.yaml", line: 18 });
  });

  it("report a key that stands twice", () => {
    const { diagnostics } = readManifests("apiVersion: v1\nkind: A\nkind: B\n", { source: "x.yaml" });
    expect(diagnostics[0]).toMatchObject({ message: 'key "kind" already set in map', pos: { line: 3, column: 1 } });
  });

  it("are refused when they are no objects", () => {
    const { objects, diagnostics } = readManifests("just text\n---\nkind: A\n", { source: "x.yaml" });
    expect(objects).toEqual([]);
    expect(diagnostics.map((item) => item.message)).toEqual([
      "is not an object with apiVersion, kind and metadata",
      "apiVersion is missing",
    ]);
  });
});
