import type { JsonObject, JsonValue } from "@lateen/base";
import { registerVelaPackages } from "../packages/vela.ts";
import { Context, CueError, type Value, parseFile } from "@lateen/cue";

let shared: Context | undefined;

/** The CUE context that step values of this process live in. */
export function stepContext(): Context {
  if (shared === undefined) {
    shared = new Context();
    registerVelaPackages(shared);
  }
  return shared;
}

/** Data as a value whose fields texts can refer to. */
export function scopeOf(data: JsonObject): Value {
  return stepContext().encode(data);
}

const wrapper = "lateenResult";

/**
 * An expression, or several fields, evaluated where the fields of `scope` are visible; imports may stand before it.
 * @throws CueError when it is wrong or not there.
 */
export function evaluateExpression(text: string, scope: Value): Value {
  const { file, diagnostics } = parseFile(text, { filename: "expression" });
  const imports = diagnostics.length > 0 ? [] : file.decls.filter(({ kind }) => kind === "import");
  const end = imports.at(-1)?.end ?? 0;
  const program = `${text.slice(0, end)}\n${wrapper}: {\n${text.slice(end)}\n}\n`;
  const compiled = stepContext().compile(program, { filename: "expression", scope });
  const faults = compiled.err?.code === "compile" ? compiled.validate() : [];
  if (faults.length > 0) throw new CueError(faults);
  const value = compiled.lookupPath(wrapper);
  if (value.err !== undefined) throw new CueError([value.err]);
  return value;
}

/** The data of an expression. @throws CueError when it is wrong, missing or not concrete. */
export function expressionJson(text: string, scope: Value): JsonValue {
  return evaluateExpression(text, scope).toJSON();
}
