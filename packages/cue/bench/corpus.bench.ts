import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { CueCase } from "../conformance/case.ts";
import { answer } from "../conformance/cue.ts";
import { type Row, anchorFolder, medianMs } from "./inputs.ts";
import { beside } from "./peer.ts";

interface CorpusCase {
  readonly id: string;
  readonly category: string;
  readonly files: Readonly<Record<string, string>>;
  readonly entry: readonly string[];
  readonly expect: { readonly kind: string };
}

/** Anchor (e): the cases of CUE's own suite that end in an export or an error. */
export function bench(): Promise<Row[]> {
  const file = resolve(anchorFolder() ?? "", "../../cue/corpus.jsonl");
  if (anchorFolder() === undefined || !existsSync(file)) return Promise.resolve([]);
  const cases = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as CorpusCase)
    .filter((item) => item.expect.kind === "export" || item.expect.kind === "error");
  const asked: CueCase[] = cases.map(({ id, category, files, entry, expect }) => ({
    id,
    category,
    files,
    entry,
    ask: { kind: expect.kind, texts: [] },
  }));
  let failed = 0;
  const answerAll = (): void => {
    failed = 0;
    for (const item of asked) {
      try {
        void answer(item);
      } catch {
        failed++;
      }
    }
  };
  const figure = medianMs(answerAll, { runs: 5, warmUp: 2 });
  return Promise.resolve([
    {
      what: `(e) ${asked.length} cases of the suite`,
      figure,
      unit: "ms",
      ...beside("e/corpus/export+error"),
      note: `goal ≤ Go${failed > 0 ? `; ${failed} throw` : ""}`,
    },
  ]);
}
