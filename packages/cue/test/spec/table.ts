import { describe, expect, it } from "vitest";
import { Context, type Value } from "../../src/index.ts";

/**
 * A section of the language specification as a table. Each line is a program, `=>`, and what must become of it:
 *
 * - JSON: exactly this, field order included (`{…}`, or a scalar where the program is one);
 * - `! a b.c`: wrong, whatever is added, at these paths;
 * - `? a`: not yet known, at these paths (what only waits for them is not listed);
 * - `!!`: wrong before anything is evaluated.
 *
 * A program is one line: commas separate its declarations. Lines that begin with `#` are comments.
 */
export function section(title: string, table: string): void {
  describe(title, () => {
    const lines = table.split("\n").filter((line) => line.includes(" => "));
    for (const line of lines) {
      const at = line.lastIndexOf(" => ");
      const source = line.slice(0, at).trim();
      const wanted = line.slice(at + 4).trim();
      it(`${source} → ${wanted}`, () => {
        expect(outcomeOf(new Context().compile(source, { filename: "in.cue" }))).toBe(wanted);
      });
    }
  });
}

/** What becomes of a value, in the words of the tables. */
export function outcomeOf(value: Value): string {
  const wrong = value.validate();
  if (wrong.some(({ code }) => code === "compile")) return "!!";
  if (wrong.length > 0) return `! ${pathsOf(wrong)}`.trim();
  const open = value.validate({ concrete: true });
  return open.length > 0 ? `? ${pathsOf(open)}`.trim() : value.toJSONText();
}

function pathsOf(diagnostics: readonly { readonly path: readonly (string | number)[] }[]): string {
  return [...new Set(diagnostics.map(({ path }) => path.join(".")))].toSorted().join(" ");
}
