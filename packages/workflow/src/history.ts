/**
 * Histories: what one advance after another was asked and what its steps came to. From the same history the engine decides
 * the same for ever: a change of its rules that would decide otherwise gets a number, and old histories keep theirs.
 */
import { type JsonObject, type JsonValue, canonicalJson } from "@lateen/base";
import { advance } from "./engine.ts";
import { createRunMemory, type RunMemory } from "./memory.ts";
import type { RunContext, Step, WorkflowMode } from "./model.ts";
import { type RunStatusJson, contextFromData, contextToData, statusFromJson, statusToJson } from "./records.ts";
import { type Evaluated, type Outcome, StepError, type StepRunner, type Visit } from "./step-runner.ts";
import type { AdvanceOptions, EngineLimits, Plan } from "./work.ts";

/** The rules of today. A history of another number is replayed by the rules of its time, or refused. */
export const engineBehaviour = 1;

/** What one visit of a step came to, with the values that its outputs were looked up in. */
export interface RecordedVisit {
  readonly step: string;
  readonly outcome: JsonObject;
  readonly error?: { readonly reason: string; readonly message: string };
  /** By `valueFrom`; null where the look-up found nothing or failed. */
  readonly outputs: Readonly<Record<string, JsonValue>>;
  /** What the visit wrote of variables and timers. */
  readonly context: Readonly<Record<string, string>>;
}

export interface RecordedAdvance {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** As it was asked: with what people did to it since. */
  readonly status: RunStatusJson;
  readonly context: Readonly<Record<string, string>>;
  readonly visits: readonly RecordedVisit[];
  /** Results of `if`s in their order; an error as its text. */
  readonly conditions: readonly (boolean | string)[];
  readonly inputs: Readonly<Record<string, JsonValue | null>>;
  /** Outputs of steps that were skipped, and of groups, by step. */
  readonly idle: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
  /** Names of steps that were made in this advance. */
  readonly ids: readonly string[];
  readonly decided: { readonly phase: string; readonly status: RunStatusJson; readonly requeueAfterMs: number | null };
}

export interface History {
  readonly behaviour: number;
  readonly steps: readonly Step[];
  readonly mode: WorkflowMode;
  readonly limits?: EngineLimits;
  readonly suspendOnFailure?: boolean;
  readonly advances: readonly RecordedAdvance[];
}

/** Keeps what advances are asked and decide. */
export class HistoryRecorder {
  readonly #advances: RecordedAdvance[] = [];
  readonly #facts: Omit<History, "behaviour" | "advances">;

  constructor(plan: Plan, options: Pick<AdvanceOptions, "limits" | "suspendOnFailure"> = {}) {
    this.#facts = {
      steps: plan.steps,
      mode: plan.mode,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.suspendOnFailure === undefined ? {} : { suspendOnFailure: options.suspendOnFailure }),
    };
  }

  get history(): History {
    return { behaviour: engineBehaviour, ...this.#facts, advances: [...this.#advances] };
  }

  /** `advance`, recorded. */
  async advance(options: AdvanceOptions): ReturnType<typeof advance> {
    const visits: RecordedVisit[] = [];
    const conditions: (boolean | string)[] = [];
    const inputs: Record<string, JsonValue | null> = {};
    const idle: Record<string, Record<string, JsonValue>> = {};
    const runner = recordingRunner(options.runner, { visits, conditions, inputs, idle });
    const ids: string[] = [];
    const newId = (): string => {
      const id = options.newId();
      ids.push(id);
      return id;
    };
    const advanced = await advance({ ...options, runner, newId });
    this.#advances.push({
      now: options.now,
      status: statusToJson(options.status, "run"),
      context: contextToData(options.context),
      visits,
      conditions,
      inputs,
      idle,
      ids,
      decided: decisionOf(advanced),
    });
    return advanced;
  }
}

const decisionOf = ({
  phase,
  status,
  requeueAfterMs,
}: Awaited<ReturnType<typeof advance>>): RecordedAdvance["decided"] => ({
  phase,
  status: statusToJson(status, "run"),
  requeueAfterMs: requeueAfterMs ?? null,
});

interface Recording {
  readonly visits: RecordedVisit[];
  readonly conditions: (boolean | string)[];
  readonly inputs: Record<string, JsonValue | null>;
  readonly idle: Record<string, Record<string, JsonValue>>;
}

function recordingRunner(inner: StepRunner, { visits, conditions, inputs, idle }: Recording): StepRunner {
  return {
    evaluateIf(text, visit, scope) {
      try {
        const result = inner.evaluateIf(text, visit, scope);
        conditions.push(result);
        return result;
      } catch (error) {
        conditions.push(error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
    lookupInput(from, visit) {
      const value = inner.lookupInput(from, visit);
      inputs[inputKey(from, visit)] = value ?? null;
      return value;
    },
    async run(visit, outcome) {
      const note = (evaluated: Evaluated | undefined, error?: StepError): void => {
        visits.push({
          step: visit.step.name,
          outcome: { ...outcome },
          ...(error === undefined ? {} : { error: { reason: error.reason, message: error.message } }),
          outputs: outputsOf(visit, evaluated),
          context: contextToData(visit.variables),
        });
      };
      try {
        const evaluated = await inner.run(visit, outcome);
        note(evaluated);
        return evaluated;
      } catch (error) {
        if (error instanceof StepError) note(undefined, error);
        throw error;
      }
    },
    idle: (visit) => {
      const evaluated = inner.idle(visit);
      idle[visit.step.name] = outputsOf(visit, evaluated);
      return evaluated;
    },
  };
}

/** The same input may be looked for before and after another step has written it. */
const inputKey = (from: string, { step, variables }: Visit): string =>
  `${step.name} ${from} ${Object.keys(variables.vars).length}`;

function outputsOf({ step }: Visit, evaluated: Evaluated | undefined): Record<string, JsonValue> {
  return Object.fromEntries(
    step.outputs.map(({ valueFrom }) => {
      try {
        return [valueFrom, evaluated?.lookup(valueFrom) ?? null];
      } catch {
        return [valueFrom, null];
      }
    }),
  );
}

export interface ReplayFault {
  /** Which advance, from 0. */
  readonly advance: number;
  readonly decided: RecordedAdvance["decided"];
  readonly recorded: RecordedAdvance["decided"];
}

/**
 * Lets the engine decide again from what was recorded.
 * @returns the first advance that is decided otherwise, or undefined.
 * @throws Error for a history of other rules, or one whose visits do not fit its plan.
 */
export async function replay(history: History): Promise<ReplayFault | undefined> {
  if (history.behaviour !== engineBehaviour)
    throw new Error(`this history follows the rules ${history.behaviour}; this engine knows ${engineBehaviour}`);
  const memory: RunMemory = createRunMemory();
  const plan: Plan = { steps: history.steps, mode: history.mode };
  for (const [index, recorded] of history.advances.entries()) {
    const ids = [...recorded.ids];
    const advanced = await advance({
      plan,
      status: statusFromJson(recorded.status, history.mode),
      context: contextFromData(recorded.context),
      memory,
      runner: replayingRunner(recorded),
      now: recorded.now,
      newId: () => ids.shift() ?? "beyond-the-history",
      signal: new AbortController().signal,
      ...(history.limits === undefined ? {} : { limits: history.limits }),
      ...(history.suspendOnFailure === undefined ? {} : { suspendOnFailure: history.suspendOnFailure }),
    });
    const decided = decisionOf(advanced);
    if (canonicalJson(decided as unknown as JsonObject) !== canonicalJson(recorded.decided as unknown as JsonObject))
      return { advance: index, decided, recorded: recorded.decided };
  }
  return undefined;
}

function replayingRunner({ visits, conditions, inputs, idle }: RecordedAdvance): StepRunner {
  const left = [...visits];
  const results = [...conditions];
  return {
    evaluateIf() {
      const result = results.shift();
      if (typeof result === "boolean") return result;
      throw new Error(result ?? "the history holds no result of this condition");
    },
    lookupInput: (from, visit) => inputs[inputKey(from, visit)] ?? undefined,
    run: async (visit, outcome) => {
      const next = left.shift();
      if (next === undefined || next.step !== visit.step.name)
        throw new Error(`the history visits ${next?.step ?? "nothing"} where the engine visits ${visit.step.name}`);
      Object.assign(outcome, next.outcome as Partial<Outcome>);
      const { vars, values }: RunContext = contextFromData(next.context);
      visit.variables.vars = vars;
      visit.variables.values = { ...values };
      if (next.error !== undefined) throw new StepError(next.error.reason as StepError["reason"], next.error.message);
      return { lookup: (valueFrom) => next.outputs[valueFrom] };
    },
    idle: ({ step }) => ({ lookup: (valueFrom) => idle[step.name]?.[valueFrom] ?? null }),
  };
}
