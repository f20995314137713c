import { type JsonObject, type JsonValue, errorMessage, isJsonObject } from "@lateen/base";
import { CueError, type Value } from "@lateen/cue";
import { type Evaluated, type Outcome, StepError, type StepRunner, type Visit } from "../step-runner.ts";
import { variableAt } from "../variables.ts";
import { evaluateExpression, expressionJson, scopeOf, stepContext } from "./expressions.ts";
import type { StepCall } from "../journal.ts";
import { type OperationRun, runOperations } from "./operations.ts";
import { SecretTexts } from "./secret-texts.ts";
import { closeCalls, openCalls } from "./outbox.ts";
import { lookupPath, parseKeyPath, setByPath } from "./paths.ts";
import type { Providers } from "./providers.ts";

export interface CueStepRunnerOptions {
  /** The CUE text of a step type. The caller has made sure that each type of the plan has one. */
  readonly template: (type: string) => { readonly text: string; readonly source: string } | undefined;
  readonly providers: Providers;
  /** `context` without what belongs to the step: name, namespace, … */
  readonly fields: JsonObject;
  /** A name for one visit, for tracing. */
  readonly newSpanId?: () => string;
  /** Sees the final CUE text of each visit: debug mode. */
  readonly debug?: (visit: Visit, text: string) => void;
  /** Told of each operation, with secrets covered: the journal. */
  readonly observe?: (call: StepCall) => void;
}

const compiled = new Map<string, Value>();
const maxTemplates = 500;

function compileStep(text: string, source: string): Value {
  const key = `${source}\n${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= maxTemplates) compiled.delete(compiled.keys().next().value!);
  const value = stepContext().compile(`${text}\nparameter: _\ncontext: _\n`, { filename: source });
  compiled.set(key, value);
  return value;
}

/** Steps written in CUE: templates of step definitions, with operations of providers. */
export function createCueStepRunner(options: CueStepRunnerOptions): StepRunner {
  const secrets = new SecretTexts();
  return {
    evaluateIf: (text, visit, scope) => evaluateIf(text, scopeOf({ ...scope, ...basicOf(options, visit) })),
    lookupInput: (from, visit) => lookupInput(from, visit, () => basicOf(options, visit)),
    run: async (visit, outcome) => {
      try {
        return await runStep(options, { visit, outcome, secrets });
      } catch (error) {
        throw error instanceof StepError ? new StepError(error.reason, secrets.cover(error.message)) : error;
      } finally {
        outcome.message = secrets.cover(outcome.message);
      }
    },
    idle: (visit) => evaluatedOf(scopeOf({ context: contextOf(options, visit) })),
  };
}

function contextOf({ fields, newSpanId }: CueStepRunnerOptions, { step, id, groupName }: Visit): JsonObject {
  return {
    ...fields,
    stepName: step.name,
    stepSessionID: id,
    spanID: newSpanId?.() ?? id,
    ...(groupName === undefined ? {} : { stepGroupName: groupName }),
    ...(step.type === "step-group" ? { stepGroupName: step.name } : {}),
  };
}

const basicOf = (options: CueStepRunnerOptions, visit: Visit): { context: JsonObject; parameter: JsonObject } => ({
  context: contextOf(options, visit),
  parameter: visit.step.properties ?? {},
});

function evaluateIf(text: string, scope: Value): boolean {
  let json: JsonValue;
  try {
    json = expressionJson(text, scope);
  } catch (error) {
    throw new Error(`invalid if value: ${errorMessage(error)}`, { cause: error });
  }
  if (typeof json === "boolean") return json;
  throw new Error(`invalid if value: if: cannot use value ${JSON.stringify(json)} (type ${typeName(json)}) as bool`);
}

function typeName(json: JsonValue): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "list";
  if (typeof json === "number") return Number.isInteger(json) ? "int" : "float";
  return typeof json === "object" ? "struct" : typeof json;
}

function lookupInput(from: string, visit: Visit, basic: () => JsonObject): JsonValue | undefined {
  const variable = variableAt(visit.variables.vars, from);
  if (variable !== undefined) return variable;
  const parts = parseKeyPath(from);
  if (parts !== undefined) return lookupPath(basic(), parts);
  try {
    return expressionJson(from, scopeOf(basic()));
  } catch {
    return undefined;
  }
}

function parameterOf(options: CueStepRunnerOptions, visit: Visit): JsonObject {
  let parameter: JsonValue = visit.step.properties ?? {};
  for (const { from, parameterKey } of visit.step.inputs) {
    const value = lookupInput(from, visit, () => basicOf(options, visit));
    if (value === undefined) throw new StepError("Input", `get input from [${from}]: not found`);
    const parts = parameterKey === undefined ? undefined : parseKeyPath(parameterKey);
    if (parts === undefined || parts.length === 0) continue;
    try {
      parameter = setByPath(parameter, parts, value);
    } catch (error) {
      throw new StepError("Input", errorMessage(error), { cause: error });
    }
  }
  return isJsonObject(parameter) ? parameter : {};
}

async function runStep(
  options: CueStepRunnerOptions,
  { visit, outcome, secrets }: Pick<OperationRun, "visit" | "outcome" | "secrets">,
): Promise<Evaluated> {
  const parameter = parameterOf(options, visit);
  const template = options.template(visit.step.type);
  if (template === undefined) throw new StepError("Rendering", `step type ${visit.step.type} has no template`);
  const context = contextOf(options, visit);
  const base = compileStep(template.text, template.source);
  const faults = base.err?.code === "compile" ? base.validate() : [];
  if (faults.length > 0) throw new StepError("Execute", faults.map(({ message }) => message).join("\n"));
  const filled = base.fillPath("", { parameter, context });
  const value = await runAndClose({
    value: filled,
    visit,
    outcome,
    providers: options.providers,
    fields: context,
    secrets,
    observe: options.observe,
  });
  options.debug?.(visit, secrets.cover(value.syntax()));
  refuseFaults(value, outcome);
  return evaluatedOf(value);
}

/** What a visit has sent counts for this visit only; what it could not send keeps its key for the next try. */
async function runAndClose(run: OperationRun): Promise<Value> {
  openCalls(run.visit);
  try {
    const value = await runOperations(run);
    closeCalls(run.visit, { keepsIntents: run.outcome.waiting });
    return value;
  } catch (error) {
    // A process that is ending closes nothing: its next life finds the records.
    if (!run.visit.signal.aborted) closeCalls(run.visit, { keepsIntents: true });
    throw error;
  }
}

/** A wrong value fails the step also where no operation has met it, and at every visit. */
function refuseFaults(value: Value, outcome: Outcome): void {
  if (outcome.waiting || outcome.suspend || outcome.terminated) return;
  const faults = value.validate();
  if (faults.length > 0) throw new StepError("Execute", faults.map(({ message }) => message).join("\n"));
}

export function evaluatedOf(value: Value): Evaluated {
  return {
    lookup(valueFrom) {
      try {
        return lookupOutput(valueFrom, value);
      } catch (error) {
        if (!(error instanceof CueError) || valueFrom.includes("$returns.")) throw error;
        const again = valueFrom.includes("output.")
          ? valueFrom.replace("output.", "output.$returns.")
          : `${valueFrom}.$returns`;
        try {
          return lookupOutput(again, value);
        } catch (second) {
          // What the author wrote is what is wrong, not the short cut.
          throw second instanceof CueError ? error : second;
        }
      }
    },
  };
}

function lookupOutput(text: string, value: Value): JsonValue {
  if (/^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/.test(text)) {
    const found = value.lookupPath(text);
    if (found.exists) return found.toJSON();
  }
  return evaluateExpression(text, value).toJSON();
}
