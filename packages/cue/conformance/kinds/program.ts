import { Context, type Value } from "../../src/index.ts";
import type { Answer, ProgramCase } from "../case.ts";
import { patience } from "../patience.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** How long a case may take. */
const patienceMs = 5000;

/** The value of a case: its files, filled in order. */
export function valueOf(item: ProgramCase, context = new Context()): Value {
  const files = item.files ?? [{ name: "in.cue", text: item.source ?? "" }];
  return filled(context.buildInstance(files, { budget: patience(patienceMs) }), item, context);
}

/** A value with the fills of a case, in order. */
export function filled(given: Value, item: ProgramCase, context: Context): Value {
  let value = given;
  for (const { path, json } of item.fills ?? [])
    value = value.fillPath(path, context.compile(json, { filename: "fill.json" }));
  return value;
}

export function answerProgram(item: ProgramCase): Answer {
  const value = valueOf(item);
  return { ...outcomeOf(item.out === undefined ? value : lookup(value, item.out)) };
}

function lookup(value: Value, path: string): Value {
  const compileErrors = value.validate().filter((error) => error.code === "compile");
  return compileErrors.length > 0 ? value : value.lookupPath(path);
}

export function answerLibrary(item: ProgramCase): Answer {
  const imports = (item.imports ?? []).map((path) => `import ${JSON.stringify(path)}\n`).join("");
  const value = new Context().compile(`${imports}result: ${item.expr}\n`, { filename: "in.cue" });
  const errors = value.validate().filter((error) => error.code === "compile");
  return { ...outcomeOf(errors.length > 0 ? value : value.lookupPath("result")) };
}

/** With each top-level field exported alone. */
function withFields(value: Value): Outcome & { readonly fields?: readonly object[] } {
  const whole = outcomeOf(value);
  if (whole.status === "ok" || whole.class === "compile") return whole;
  const fields = value.fields().map((field) => {
    const { status, json, class: worst } = outcomeOf(field.value);
    return { path: field.selector, status, json, class: worst };
  });
  return { ...whole, fields };
}

export function answerRandom(item: ProgramCase): Answer {
  return { ...withFields(valueOf(item)) };
}

export function answerLaw(item: ProgramCase): Answer {
  const context = new Context();
  return {
    given: withFields(context.compile(item.source ?? "", { filename: "in.cue" })),
    swapped: withFields(context.compile(item.swapped ?? "", { filename: "in.cue" })),
  };
}

export function answerLimit(item: ProgramCase): Answer {
  const started = performance.now();
  const outcome = outcomeOf(valueOf(item));
  return { ...outcome, ms: performance.now() - started };
}
