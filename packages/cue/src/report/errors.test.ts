import { describe, expect, it } from "vitest";
import { checkGolden, readGolden } from "../../test/golden.ts";
import { readScenario, show, valueOf } from "../../test/scenario.ts";

const golden = new URL("../../testdata/errors.txt", import.meta.url).pathname;

const diagnosticsOf = (text: string) => valueOf(readScenario(text)).validate({ concrete: true });

describe("errors of wrong inputs", () => {
  it("are told as the golden file says (UPDATE=1 rewrites it; read what changes)", () => {
    checkGolden(golden, (input) => show(diagnosticsOf(input), readScenario(input)));
  });

  it("are found in each of at least 120 inputs, with a place and something to do", () => {
    const cases = readGolden(golden);
    expect(cases.length).toBeGreaterThanOrEqual(120);
    for (const { name, input } of cases) {
      const diagnostics = diagnosticsOf(input);
      expect(diagnostics, name).not.toEqual([]);
      for (const { pos, help, code, message } of diagnostics) {
        expect(pos, `${name}: ${message}`).toBeDefined();
        if (code !== "user") expect(help, `${name}: ${message}`).toBeDefined();
        expect(message, name).not.toMatch(/errors in empty disjunction/);
      }
    }
  });

  it("are the same, in the same order, when asked again", () => {
    for (const { input } of readGolden(golden)) expect(diagnosticsOf(input)).toEqual(diagnosticsOf(input));
  });
});
