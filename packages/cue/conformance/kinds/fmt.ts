import { formatFile } from "../../src/format/format.ts";
import { parseFile } from "../../src/syntax/parser.ts";
import type { Answer, CueCase, ProgramCase } from "../case.ts";

export function answerFmt(item: CueCase): Answer {
  const name = item.entry[0] ?? "in.cue";
  const { file, diagnostics } = parseFile(item.files[name] ?? "", { filename: name });
  if (diagnostics.length > 0) return { ok: false, error: { class: "compile", msg: diagnostics[0]?.message } };
  const houseStyle = /#houseStyle: true/.test(item.ask.opts ?? "");
  return { ok: true, text: formatFile(file, { simplify: item.ask.simplify ?? false, houseStyle }) };
}

export function answerProgramFmt(item: ProgramCase): Answer {
  const { file, diagnostics } = parseFile(item.source ?? "", { filename: "in.cue" });
  if (diagnostics.length > 0) return { status: "error", class: "compile", msg: diagnostics[0]?.message };
  return { status: "ok", text: formatFile(file, { simplify: item.simplify ?? false }) };
}
