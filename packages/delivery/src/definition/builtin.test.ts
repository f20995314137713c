import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { writeDefinition } from "./write-definition.ts";
import { readDefinition } from "./read-definition.ts";
import { builtinDefinitions } from "./builtin.ts";

const root = resolve(import.meta.dirname, "../../../..");

describe("the definitions that come with Lateen", () => {
  it("and their reference are those of definitions/, as last generated", async () => {
    const { generatedFiles } = (await import(resolve(root, "tools/definitions.mjs"))) as {
      generatedFiles: () => Promise<readonly { readonly file: string; readonly text: string }[]>;
    };
    for (const { file, text } of await generatedFiles())
      expect(readFileSync(file, "utf8") === text, `${file}: run node tools/definitions.mjs`).toBe(true);
  }, 60_000);

  it("say which file they are from", () => {
    for (const { metadata } of builtinDefinitions())
      expect(metadata.annotations?.["lateen.dev/source"]).toMatch(/^definitions\/\w+\/[\w-]+\.cue#\d+$/);
  });

  it("are the same after being written as a file and read again", () => {
    for (const definition of builtinDefinitions()) {
      const text = writeDefinition(definition);
      const { definition: again, diagnostics } = readDefinition(text, { namespace: "vela-system" });
      expect(diagnostics, definition.metadata.name).toEqual([]);
      expect(again?.kind).toBe(definition.kind);
      expect(again?.metadata.name).toBe(definition.metadata.name);
    }
  });
});
