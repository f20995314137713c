/**
 * What the command says of 200 and more Applications with one fault each, kept in testdata/fix/mutations.txt, which a
 * person has read. UPDATE=1 rewrites it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Diagnostic, type JsonValue, formatPath, jsonEquals } from "@lateen/base";
import { readManifests } from "@lateen/objects";
import { builtinDefinitionSet } from "../definition/builtin.ts";
import { definitionExamples, documentExamples } from "../testing/example-applications.ts";
import { checkText, fixText } from "./fix-text.ts";
import { type Mutated, mutations } from "./mutations.ts";

const folder = resolve(import.meta.dirname, "../../testdata/fix");
const golden = resolve(folder, "mutations.txt");
const options = { source: "app.yaml", definitions: builtinDefinitionSet() };

const own = ["shop.yaml", "pipeline.yaml"].map((name) => ({ name, text: readFileSync(resolve(folder, name), "utf8") }));
// What documentation shows changes with it; the golden file is not to.
const shown = documentExamples().filter(({ name }) => !name.startsWith("docs/"));
const examples = [...own, ...shown, ...definitionExamples()].filter(
  ({ text }) => checkText(text, options).diagnostics.length === 0,
);

/** Cases of one mutation, at most. */
const mostOfOne = 9;

interface Case extends Mutated {
  readonly mutation: string;
  readonly example: string;
}

/** Types whose parameters are what anybody likes. */
const free = new Set(["raw", "annotations", "labels", "envbinding"]);

/** Another layout of the same, or a name where any name is right. */
function isGood(text: string, example: { readonly name: string; readonly text: string }): boolean {
  const [now, before] = [text, example.text].map((one) => readManifests(one, { source: "" }));
  if (now!.diagnostics.length === 0 && jsonEquals(now!.objects as never, before!.objects as never)) return true;
  return free.has(example.name) && checkText(text, options).diagnostics.length === 0;
}

const cases: readonly Case[] = mutations.flatMap(({ name, mutate }) =>
  examples
    .flatMap((example) => {
      const mutated = mutate(example.text);
      return mutated === undefined || isGood(mutated.text, example)
        ? []
        : [{ ...mutated, mutation: name, example: example.name }];
    })
    .slice(0, mostOfOne),
);

function suggestionOf({ fix, message }: Diagnostic): JsonValue | undefined {
  if (fix !== undefined) return fix.kind === "rename" ? fix.name : fix.value;
  const said = /\(did you mean ("(?:[^"\\]|\\.)*"|[^)]*)\?\)/.exec(message)?.[1];
  return said === undefined ? undefined : (JSON.parse(said) as JsonValue);
}

const valueText = (value: JsonValue | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value));

interface Judged {
  readonly row: string;
  readonly isRight: boolean;
  readonly hasPlace: boolean;
}

function judge({ text, line, meant, mutation, example }: Case, index: number): Judged {
  const { diagnostics } = checkText(text, options);
  const errors = diagnostics.filter(({ severity }) => severity !== "warning");
  const [first] = errors;
  const number = String(index + 1).padStart(3, "0");
  const head = `${number} ${mutation} in ${example}`;
  if (first === undefined) return { row: `${head}\n    accepted: not seen`, isRight: false, hasPlace: false };
  const suggested = suggestionOf(first);
  const pos = first.pos;
  const isNear = pos !== undefined && Math.abs(pos.line - line) <= 1;
  const isRight =
    meant === undefined || suggested === undefined ? suggested === meant && isNear : jsonEquals(suggested, meant);
  const after = fixText(text, options);
  const left = after.diagnostics.filter(({ severity }) => severity !== "warning").length;
  const outcome =
    left > 0
      ? `${after.applied.length} fixed, ${left} left`
      : `${after.applied.length} fixed, renders ${after.objects}`;
  const place = pos === undefined ? "nowhere" : `${pos.line}:${pos.column}`;
  const message = first.message.split("\n")[0]!;
  const lines = [
    head,
    `    ${place} (line ${line} was changed) ${formatPath(first.path)} ${first.code}${errors.length > 1 ? `, ${errors.length} in all` : ""}`,
    `    ${message.length > 150 ? `${message.slice(0, 149)}…` : message}`,
    `    suggests ${valueText(suggested)}, meant ${valueText(meant)}: ${isRight ? "right" : "WRONG"}; ${outcome}`,
  ];
  return { row: lines.join("\n"), isRight, hasPlace: pos !== undefined && pos.line > 0 };
}

describe("Applications with one fault each", () => {
  const judged = cases.map(judge);

  it("are at least 200, all with a place in the file", () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect(judged.filter(({ hasPlace }) => !hasPlace).map(({ row }) => row)).toEqual([]);
  });

  it("get a first suggestion that is right in nine of ten", () => {
    const right = judged.filter(({ isRight }) => isRight).length;
    expect(right / judged.length).toBeGreaterThanOrEqual(0.9);
  });

  it("are judged as the golden file says", () => {
    const right = judged.filter(({ isRight }) => isRight).length;
    const text = `${judged.map(({ row }) => row).join("\n")}\n\n${judged.length} cases, ${right} first suggestions right\n`;
    if (process.env.UPDATE === "1") writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, "utf8"));
  });
});
