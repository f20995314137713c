import { describe, expect, it } from "vitest";
import { Context } from "../../src/index.ts";
import { outcomeOf } from "./table.ts";

const quotes = '"""';

/** Programs of several lines, and what becomes of them. */
const table: readonly (readonly [name: string, source: string, wanted: string])[] = [
  ["line breaks separate declarations", "a: 1\nb: 2", '{"a":1,"b":2}'],
  ["an operator at the end of a line goes on", "a: 1 +\n\t2", '{"a":3}'],
  ["an operator at the start of a line does not", "a: 1\n\t+ 2", "! "],
  ["elements may stand on lines of their own", "a: [\n\t1,\n\t2,\n]", '{"a":[1,2]}'],
  ["line breaks separate elements too", "a: [\n\t1\n\t2\n]", '{"a":[1,2]}'],
  ["a comment ends a line", "a: 1 // one\nb: 2", '{"a":1,"b":2}'],
  ["a multi-line string", `a: ${quotes}\n\tone\n\ttwo\n\t${quotes}`, '{"a":"one\\ntwo"}'],
  ["an empty multi-line string", `a: ${quotes}\n\t${quotes}`, '{"a":""}'],
  ["a multi-line string keeps deeper indentation", `a: ${quotes}\n\tone\n\t  two\n\t${quotes}`, '{"a":"one\\n  two"}'],
  ["a multi-line string keeps empty lines", `a: ${quotes}\n\tone\n\n\ttwo\n\t${quotes}`, '{"a":"one\\n\\ntwo"}'],
  ["a multi-line string may hold quotes", `a: ${quotes}\n\tsay "hi"\n\t${quotes}`, '{"a":"say \\"hi\\""}'],
  ["a backslash joins lines", `a: ${quotes}\n\tone \\\n\ttwo\n\t${quotes}`, '{"a":"one two"}'],
  ["a multi-line string interpolates", `x: 1\na: ${quotes}\n\tx is \\(x)\n\t${quotes}`, '{"x":1,"a":"x is 1"}'],
  ["multi-line bytes", "a: '''\n\tab\n\t'''", '{"a":"YWI="}'],
  ["a raw multi-line string", `a: #${quotes}\n\t\\n\n\t${quotes}#`, '{"a":"\\\\n"}'],
  ["a line that is indented less is refused", `a: ${quotes}\n\tone\n two\n\t${quotes}`, "!!"],
  ["text behind the opening quotes is refused", `a: ${quotes}one\n\t${quotes}`, "!!"],
  ["a missing end is refused", `a: ${quotes}\n\tone\n`, "!!"],
  ["a carriage return is no part of a text", `a: ${quotes}\r\n\tone\r\n\ttwo\r\n\t${quotes}`, '{"a":"one\\ntwo"}'],
  ["a byte order mark may come first", "\ufeffa: 1", '{"a":1}'],
  ["a byte order mark elsewhere is refused", "a: 1\n\ufeffb: 2", "!!"],
  ["NUL is refused", "a: 1\n\u0000", "!!"],
  ["a package clause and imports stand first", 'package p\n\nimport "strings"\n\na: strings.ToUpper("x")', '{"a":"X"}'],
  [
    "imports in parentheses",
    'import (\n\t"strings"\n\tl "list"\n)\n\na: strings.ToUpper("x")\nb: l.Max([1, 2])',
    '{"a":"X","b":2}',
  ],
  ["an import after a field is refused", 'a: 1\nimport "strings"\nb: strings.ToUpper("x")', "!!"],
  ["two package clauses are refused", "package p\npackage q\na: 1", "!!"],
  ["a closing brace on its own line", "a: {\n\tb: 1\n}\nc: 2", '{"a":{"b":1},"c":2}'],
  ["a brace that is not closed is refused", "a: {\n\tb: 1\n", "!!"],
  ["an else that nothing asks for is refused", "a: {\n\tif true {b: 1}\n} else {c: 1}", "!!"],
  ["fields of one struct in two places", "a: b: 1\na: c: 2", '{"a":{"b":1,"c":2}}'],
];

describe("programs of several lines", () => {
  for (const [name, source, wanted] of table)
    it(name, () => {
      const outcome = outcomeOf(new Context().compile(source, { filename: "in.cue" }));
      if (wanted === "! ") expect(outcome).toMatch(/^!/);
      else expect(outcome).toBe(wanted);
    });
});
