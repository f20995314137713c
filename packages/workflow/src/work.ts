/** What one advance of a run works on: statuses by name, variables, and the writing of both. */
import { formatTime } from "./duration.ts";
import type { RunMemory, WaitLimits } from "./memory.ts";
import { defaultWaitLimits } from "./memory.ts";
import { type RunContext, type RunStatus, type Step, type StepStatus, type WorkflowMode, isFinished } from "./model.ts";
import type { RunVariables, StepRunner, Visit } from "./step-runner.ts";

export interface Plan {
  readonly steps: readonly Step[];
  /** The mode as written now: groups read `subSteps` from here, the run itself from its status. */
  readonly mode: WorkflowMode;
}

export interface EngineLimits extends WaitLimits {
  /** Retries of a step whose run fails. */
  readonly maxRetries: number;
}

export const defaultEngineLimits: EngineLimits = { ...defaultWaitLimits, maxRetries: 10 };

export interface AdvanceOptions {
  readonly plan: Plan;
  readonly status: RunStatus;
  readonly context: RunContext;
  readonly memory: RunMemory;
  readonly runner: StepRunner;
  readonly now: number;
  readonly newId: () => string;
  readonly signal: AbortSignal;
  readonly suspendOnFailure?: boolean;
  readonly limits?: EngineLimits;
  /** Called after each step that changed something: a crash then repeats one step at most. */
  readonly save?: (status: RunStatus, context: RunContext) => Promise<void>;
}

/** State of one advance; it lives no longer than the call. */
export interface Work {
  readonly options: AdvanceOptions;
  readonly limits: EngineLimits;
  readonly steps: StepStatus[];
  /** Where in `steps` a step stands. */
  readonly places: Map<string, number>;
  /** Aliases by the name of their step. */
  readonly aliasOf: ReadonlyMap<string, string>;
  /** Statuses by name, sub-steps too; `aliases` are properties.name and properties.component of steps. */
  readonly byName: Map<string, StepStatus>;
  readonly aliases: Map<string, string>;
  readonly aliasesBefore: Readonly<Record<string, StepStatus>>;
  readonly ids: Map<string, string>;
  readonly dependsOn: Map<string, readonly string[]>;
  readonly variables: RunVariables;
  suspend: boolean;
  terminated: boolean;
  failedAfterRetries: boolean;
  waiting: boolean;
  message: string;
}

export function workOf(options: AdvanceOptions): Work {
  const { plan, status, context, newId } = options;
  const byName = new Map<string, StepStatus>();
  for (const step of status.steps) {
    byName.set(step.name, step);
    for (const sub of step.subSteps) byName.set(sub.name, sub);
  }
  const ids = new Map<string, string>();
  const dependsOn = new Map<string, readonly string[]>();
  const aliases = new Map<string, string>();
  const aliasByName = new Map<string, string>();
  const aliasesBefore: Record<string, StepStatus> = {};
  for (const step of plan.steps.flatMap((one) => [one, ...one.subSteps])) {
    ids.set(step.name, byName.get(step.name)?.id || newId());
    dependsOn.set(step.name, step.dependsOn);
    const alias = aliasOf(step);
    if (alias !== undefined) aliasByName.set(step.name, alias);
    const recorded = byName.get(step.name);
    if (alias === undefined || recorded === undefined || byName.has(alias)) continue;
    aliases.set(alias, step.name);
    aliasesBefore[alias] = recorded;
  }
  return {
    options,
    limits: options.limits ?? defaultEngineLimits,
    steps: [...status.steps],
    places: new Map(status.steps.map(({ name }, index) => [name, index])),
    aliasOf: aliasByName,
    byName,
    aliases,
    aliasesBefore,
    ids,
    dependsOn,
    variables: { vars: context.vars, values: { ...context.values } },
    suspend: status.suspend,
    terminated: status.terminated,
    failedAfterRetries: false,
    waiting: false,
    message: status.message,
  };
}

function aliasOf(step: Step): string | undefined {
  const { name, component } = step.properties ?? {};
  if (typeof name === "string") return name;
  return typeof component === "string" ? component : undefined;
}

export function statusOf(work: Work): RunStatus {
  return {
    ...work.options.status,
    steps: [...work.steps],
    suspend: work.suspend,
    terminated: work.terminated,
    message: work.message,
  };
}

export const contextOf = (work: Work): RunContext => ({
  vars: work.variables.vars,
  values: { ...work.variables.values },
});

export function isDone(work: Work, { name }: Step): boolean {
  const recorded = work.byName.get(name);
  return recorded !== undefined && isFinished(recorded, work.options.suspendOnFailure);
}

export function visitOf(work: Work, step: Step, parent: Step | undefined): Visit {
  return {
    step,
    id: work.ids.get(step.name)!,
    recorded: work.byName.get(step.name),
    groupName: parent?.name,
    variables: work.variables,
    now: work.options.now,
    signal: work.options.signal,
    checkpoint: async () => work.options.save?.(statusOf(work), contextOf(work)),
  };
}

export const blank = ({ name, type }: Step, id: string): StepStatus => ({
  id,
  name,
  type,
  phase: "",
  message: "",
  reason: "",
  firstExecuteTime: "",
  lastExecuteTime: "",
  subSteps: [],
});

/** Writes a status where it belongs; times of the first and this visit are kept. */
export function record(work: Work, status: StepStatus, parent: Step | undefined): void {
  const time = formatTime(work.options.now);
  const old = work.byName.get(status.name);
  const first = old === undefined || old.firstExecuteTime === "" ? time : old.firstExecuteTime;
  const own = parent === undefined ? recorded(work, status.name) : undefined;
  const next: StepStatus = {
    ...status,
    firstExecuteTime: first,
    lastExecuteTime: time,
    subSteps: own?.subSteps ?? status.subSteps,
  };
  work.byName.set(status.name, next);
  registerAlias(work, next);
  if (parent === undefined) place(work, next);
  else recordSubStep(work, next, parent);
}

/** A step of the first level, as it stands in the status. */
function recorded({ places, steps }: Work, name: string): StepStatus | undefined {
  const index = places.get(name);
  return index === undefined ? undefined : steps[index];
}

function place({ places, steps }: Work, status: StepStatus): void {
  const index = places.get(status.name);
  if (index !== undefined) {
    steps[index] = status;
    return;
  }
  places.set(status.name, steps.length);
  steps.push(status);
}

function recordSubStep(work: Work, status: StepStatus, parent: Step): void {
  const time = formatTime(work.options.now);
  const group =
    recorded(work, parent.name) ??
    ({
      ...blank(parent, work.ids.get(parent.name)!),
      firstExecuteTime: time,
      lastExecuteTime: time,
    } satisfies StepStatus);
  const subSteps = [...group.subSteps];
  const index = subSteps.findIndex(({ name }) => name === status.name);
  if (index < 0) subSteps.push(status);
  else subSteps[index] = status;
  const next = { ...group, subSteps };
  place(work, next);
  const known = work.byName.get(parent.name);
  work.byName.set(
    parent.name,
    known === undefined ? next : { ...known, firstExecuteTime: next.firstExecuteTime, subSteps },
  );
}

function registerAlias(work: Work, status: StepStatus): void {
  if (!isFinished(status)) return;
  const alias = work.aliasOf.get(status.name);
  if (alias !== undefined && !work.byName.has(alias) && !work.aliases.has(alias)) work.aliases.set(alias, status.name);
}
