import { type Answer, type CueCase, refuse } from "./case.ts";
import { answerCli } from "./kinds/cli.ts";
import { answerCompiles } from "./kinds/compiles.ts";
import { answerCueText } from "./kinds/cuetext.ts";
import { answerEvaluation } from "./kinds/evaluation.ts";
import { answerInline } from "./kinds/inline.ts";
import { answerFmt } from "./kinds/fmt.ts";
import { answerJsonSchema, answerOpenApi } from "./kinds/schema.ts";
import { answerText } from "./kinds/text.ts";

// One line a kind; how a kind is answered stands in kinds/.
const kinds: Readonly<Record<string, (item: CueCase) => Answer>> = {
  cli: answerCli,
  compiles: answerCompiles,
  cuetext: answerCueText,
  error: answerEvaluation,
  export: answerEvaluation,
  fmt: answerFmt,
  "import-error": answerCueText,
  incomplete: answerEvaluation,
  jsonschema: answerJsonSchema,
  openapi: answerOpenApi,
  inline: answerInline,
  paths: answerEvaluation,
  text: answerText,
};

export function answer(item: CueCase): Answer {
  return (kinds[item.ask.kind] ?? (() => refuse(item.ask.kind)))(item);
}
