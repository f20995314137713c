import { formatFile, parseFile } from "../src/index.ts";
import { type Row, anchorFolder, generatedText, medianMs } from "./inputs.ts";
import { beside } from "./peer.ts";

/** Anchor (d): a file of 2,000 lines is parsed and formatted. */
export function bench(): Promise<Row[]> {
  if (anchorFolder() === undefined) return Promise.resolve([]);
  const text = generatedText("large.cue");
  const parse = medianMs(() => void parseFile(text), { runs: 50, warmUp: 30 });
  const both = medianMs(() => void formatFile(parseFile(text).file), { runs: 50, warmUp: 30 });
  return Promise.resolve([
    { what: "(d) parse 2,000 lines", figure: parse, unit: "ms", ...beside("d/parse") },
    {
      what: "(d) parse and format 2,000 lines",
      figure: both,
      unit: "ms",
      ...beside("d/parse+format"),
      note: "goal ≤ Go",
    },
  ]);
}
