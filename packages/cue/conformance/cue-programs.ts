import { type Answer, type ProgramCase, refuse } from "./case.ts";
import { answerApi } from "./kinds/api.ts";
import { answerProgramFmt } from "./kinds/fmt.ts";
import { answerLaw, answerLibrary, answerLimit, answerProgram, answerRandom } from "./kinds/program.ts";

// One line a kind; how a kind is answered stands in kinds/.
const kinds: Readonly<Record<string, (item: ProgramCase) => Answer>> = {
  api: answerApi,
  fmt: answerProgramFmt,
  law: answerLaw,
  library: answerLibrary,
  limit: answerLimit,
  program: answerProgram,
  random: answerRandom,
};

export function answer(item: ProgramCase): Answer {
  return (kinds[item.kind] ?? (() => refuse(item.kind)))(item);
}
