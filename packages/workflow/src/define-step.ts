/** Steps in TypeScript. Each is an operation with a template of its own, so that everything that holds for steps in CUE holds for it. */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type ProviderContext, type ProviderTable, StepStop } from "./cue/providers.ts";
import { sendOnce } from "./cue/outbox.ts";

/** The provider that operations of steps in TypeScript belong to. */
export const definedProvider = "step";

/** What a step in TypeScript can do beside returning. */
export interface StepTools {
  readonly stepName: string;
  /** The run's or Application's name, namespace and further fields, as `context` of a template. */
  readonly context: JsonObject;
  /** Aborts when the process ends or the step is taken from it. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970, by the run's clock. */
  readonly now: number;
  /** Ends this visit: the step is visited again, with the back-off of every waiting step. */
  readonly wait: (message: string) => never;
  /** Ends the step and the run as failed, without another try. An error that is thrown is tried again instead. */
  readonly fail: (message: string) => never;
  /** What the step's status says. */
  readonly message: (text: string) => void;
  /**
   * Does something outside at most once for each time the step means it, wherever the process dies. `name` tells several
   * apart; `act` gets a key that is the same when it has to be tried again, for the other side to tell. Its answer is JSON
   * of at most 128 KiB; a longer one is not kept.
   */
  readonly once: (name: string, act: (key: string) => Promise<JsonObject>) => Promise<JsonObject>;
}

export interface StepDefinition<P extends JsonObject = JsonObject> {
  /** As it is named in workflows. */
  readonly type: string;
  readonly description?: string;
  /** Fields of `parameter`, in CUE: `"url: string\nretries: *3 | int"`. Defaults are filled in before `run`. */
  readonly parameter: string;
  /** @returns what outputs refer to, as `valueFrom: output.NAME`. */
  readonly run: (parameter: P, tools: StepTools) => Promise<JsonObject | void>;
}

export interface DefinedStep {
  readonly type: string;
  readonly description: string;
  /** For the WorkflowStepDefinition of this name. */
  readonly template: string;
  readonly providers: ProviderTable;
}

/** @throws Error for a type that is no name. */
export function defineStep<P extends JsonObject = JsonObject>(definition: StepDefinition<P>): DefinedStep {
  const { type, description = "", parameter, run } = definition;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(type))
    throw new Error(`defineStep: "${type}" is no name of a step type: lower-case letters, digits and "-"`);
  const template = `output: {
	#do:       ${JSON.stringify(type)}
	#provider: "${definedProvider}"
	$params:   parameter
	$returns?: {...}
}
parameter: {
${parameter}
}
`;
  return {
    type,
    description,
    template,
    providers: {
      [definedProvider]: {
        [type]: async (params, context) => {
          const result = await run(params as P, toolsOf(context));
          return isJsonObject(result) ? result : {};
        },
      },
    },
  };
}

function toolsOf({ visit, outcome, fields, path, signal }: ProviderContext): StepTools {
  return {
    stepName: visit.step.name,
    context: fields,
    signal,
    now: visit.now,
    wait(message) {
      outcome.waiting = true;
      if (outcome.phase !== "failed" && outcome.phase !== "suspending")
        Object.assign(outcome, { phase: "running", reason: "Wait", message });
      throw new StepStop();
    },
    fail(message) {
      Object.assign(outcome, { phase: "failed", reason: "Action", message, terminated: true });
      throw new StepStop();
    },
    message(text) {
      outcome.message = text;
    },
    once: async (name, act) => (await sendOnce(visit, `${path}.${name}`, act)) ?? {},
  };
}
