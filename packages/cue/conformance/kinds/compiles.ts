import { parseFile } from "../../src/syntax/parser.ts";
import type { Answer, CueCase } from "../case.ts";

/** The front half: every file of the instance parses. */
export function answerCompiles(item: CueCase): Answer {
  for (const name of item.entry) {
    const [error] = parseFile(item.files[name] ?? "", { filename: name }).diagnostics;
    if (error !== undefined) return { ok: false, error: { class: "compile", msg: error.message } };
  }
  return { ok: true };
}
