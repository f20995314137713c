import type { Answer, CueCase } from "../case.ts";
import { instanceOf } from "./evaluation.ts";

/** The instance parses and its names resolve; what evaluation says of it does not count. */
export function answerCompiles(item: CueCase): Answer {
  const { err } = instanceOf(item);
  return err?.code === "compile" ? { ok: false, error: { class: "compile", msg: err.message } } : { ok: true };
}
