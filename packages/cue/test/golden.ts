import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/** Inputs by name, each with what is expected of it: `-- name --`, the input, `=>`, the answer. */
export interface GoldenCase {
  readonly name: string;
  readonly input: string;
  readonly answer: string;
}

export function readGolden(path: string): GoldenCase[] {
  const blocks = readFileSync(path, "utf8").split(/^-- (.*) --\n/m);
  const cases: GoldenCase[] = [];
  for (let i = 1; i < blocks.length; i += 2) {
    const [input = "", answer = ""] = (blocks[i + 1] ?? "").split(/^=>\n/m);
    cases.push({ name: blocks[i] ?? "", input, answer });
  }
  return cases;
}

/** Compares each answer with the golden one; with UPDATE=1 the file is written anew instead. */
export function checkGolden(path: string, answerOf: (input: string) => string): void {
  const cases = readGolden(path);
  const actual = cases.map(({ name, input }) => ({ name, input, answer: `${answerOf(input)}\n` }));
  if (process.env["UPDATE"]) {
    const head = readFileSync(path, "utf8").split(/^-- /m, 1)[0] ?? "";
    const blocks = actual.map(({ name, input, answer }) => `-- ${name} --\n${input}=>\n${answer}`);
    writeFileSync(path, head + blocks.join(""));
    return;
  }
  expect(actual).toEqual(cases);
}
