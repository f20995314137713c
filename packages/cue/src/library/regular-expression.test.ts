import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { compileRegex } from "./regular-expression.ts";

describe("regular expressions", () => {
  it.each([
    ["a(b", "missing closing )"],
    [String.raw`\1`, "invalid escape sequence"],
    ["a{1001}", "invalid repeat count"],
    ["(?=a)", "invalid or unsupported Perl syntax"],
    [String.raw`\C`, "invalid escape sequence"],
  ])("refuses %s as RE2 does", (pattern, message) => {
    expect(() => compileRegex(pattern)).toThrow(message);
  });

  it.each([
    ["^a.c$", "a\nc", false],
    ["a.c", "a\u2028c", true],
    ["(?i)ſ", "S", true],
    [String.raw`^\s$`, "\u00a0", false],
    [String.raw`[[:alpha:]]+`, "é1", false],
    ["(?m)^b$", "a\nb", true],
    [String.raw`\Qa.b\E`, "a.b", true],
    ["(?P<a>x)(?P<a>y)", "xy", true],
    ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "my-app", true],
    ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "my-app-", false],
    [String.raw`^[^a-z]$`, "😀", true],
  ])("matches %s against %j: %s", (pattern, text, expected) => {
    expect(compileRegex(pattern).matches(text)).toBe(expected);
  });

  it("gives groups by name, the last of a doubled name last", () => {
    expect(compileRegex("(?P<a>x)(y)(?<b>z)[(](?:q)[)(](])").groupNames).toEqual(["", "a", "", "b", ""]);
  });

  it("ends in linear time on patterns that explode elsewhere", () => {
    expect(compileRegex("(a+)+b").matches("a".repeat(50_000))).toBe(false);
    expect(compileRegex("^(a|aa)+$").matches(`${"a".repeat(50_000)}b`)).toBe(false);
  });

  it("agrees with RE2 wherever the host's matcher stands in", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "-",
      "[ab]",
      "[^a]",
      "[a-c-]",
      "[-b]",
      String.raw`\.`,
      "c",
      "[a.]",
      ".",
      "a|b",
    );
    const repeat = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,2}", "{2,}");
    const piece = fc.tuple(atom, repeat).map(([a, r]) => a + r);
    const pieces = fc.array(piece, { maxLength: 4 }).map((list) => list.join(""));
    const pattern = fc.tuple(pieces, pieces, fc.boolean(), fc.boolean()).map(([head, tail, group, end]) => {
      return `^${head}${group ? `(${tail})?` : tail}${end ? "$" : ""}`;
    });
    const text = fc.array(fc.constantFrom("a", "b", "c", "-", ".", "\n", "é"), { maxLength: 8 }).map((c) => c.join(""));
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(compileRegex(p).matches(t)).toBe(RE2JS.compile(p).re2().match(t));
      }),
      { numRuns: 2000 },
    );
  });
});
