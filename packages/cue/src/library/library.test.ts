import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Context } from "../index.ts";
import { builtinPackage, builtinPackagePaths } from "./index.ts";

const folder = join(import.meta.dirname, "../../testdata/library");

/** Cases in which we differ on purpose or where the reference is loose; each with the reason. */
const differs = new Map<string, string>([
  [String.raw`yaml.Unmarshal("- \t1")`, "a tab after the dash is legal in YAML 1.2"],
  [`uuid.Parse("(6ba7b810-9dad-11d1-80b4-00c04fd430c8)")`, "only braces are brackets of a UUID"],
  [`math.Pow10(2147483648)`, "the reference wraps the exponent around"],
  [`math.Floor(123456789012345678901234567890123456789.5)`, "the reference answers 0"],
  [`time.FormatDuration(9223372036854775808)`, "more than 64 bits are refused"],
  [`time.Unix(9223372036854775808, 0)`, "more than 64 bits are refused"],
]);

function outcome(path: string, expr: string): string {
  const name = path === "core" ? "" : `import ${JSON.stringify(path)}\n`;
  const value = new Context().compile(`${name}result: ${expr}\n`).lookupPath("result");
  const wrong = value.validate().filter((error) => error.code !== "incomplete" && error.code !== "cycle");
  if (wrong.length > 0) return "error";
  if (value.validate({ concrete: true }).length > 0) return "incomplete";
  return value.toJSONText();
}

/** Equal up to the last digits of floats: of special functions the last one or two are not the same everywhere. */
function isClose(actual: string, expected: string): boolean {
  if (actual === expected) return true;
  const [a, b] = [Number(actual), Number(expected)];
  return Number.isFinite(a) && Math.abs(a - b) <= Math.abs(b) * 4e-15;
}

function normal(json: string): string {
  return json.replaceAll(/\\u[0-9a-f]{4}/g, (escape) => JSON.parse(`"${escape}"`) as string);
}

describe.each(readdirSync(folder))("%s", (file) => {
  const lines = readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
  const path = /import "([^"]*)"/.exec(lines[0]!)?.[1] ?? "core";
  const cases = Array.from({ length: (lines.length - 1) / 2 }, (_, i) => [lines[2 * i + 1]!, lines[2 * i + 2]!.trim()]);
  it.each(cases.filter(([expr]) => !differs.has(expr!)))("%s", (expr, expected) => {
    const actual = outcome(path, expr!);
    if (path === "math" && isClose(actual, expected!)) return;
    expect(normal(actual)).toBe(normal(expected!));
  });
});

describe("the standard library", () => {
  it("has each function once, with its parameters and what is left out last", () => {
    for (const path of builtinPackagePaths()) {
      const { functions, constants } = builtinPackage(path)!;
      const names = [...functions.map((builtin) => builtin.name), ...Object.keys(constants)];
      expect(new Set(names).size).toBe(names.length);
      for (const { params, defaults } of functions) {
        expect(defaults === undefined || defaults.length === params.length).toBe(true);
        const first = defaults?.findIndex((value) => value !== undefined) ?? -1;
        if (first >= 0) expect(defaults!.slice(first).every((value) => value !== undefined)).toBe(true);
      }
    }
  });

  it("refuses a package that is not there by name", () => {
    const [error] = new Context().compile(`import "encoding/xml"\nx: xml.Marshal(1)\n`).validate();
    expect(error?.code).toBe("compile");
    expect(error?.message).toContain("encoding/xml");
  });
});
