/** Workflows as lines: what ran, what waits, for what and until when; and the graph of steps. */
import { formatMs } from "@lateen/base";
import { type RunContext, type Step, type StepStatus, isFinished, parseGoDuration, parseTime } from "@lateen/workflow";
import { formatAge } from "../output.ts";
import type { Style, Terminal } from "../terminal.ts";
import { formatTable } from "../terminal.ts";
import { plainMessage } from "../tree.ts";
import type { WorkflowSubject } from "./subject.ts";

type Paint = Terminal["style"];

const marks: Readonly<Record<string, readonly [string, Style]>> = {
  "": ["○", "dim"],
  pending: ["○", "dim"],
  running: ["◐", "cyan"],
  succeeded: ["✔", "green"],
  failed: ["✘", "red"],
  skipped: ["–", "dim"],
  suspending: ["⏸", "yellow"],
};

export const stepMark = (phase: string, paint: Paint): string => {
  const [sign, style] = marks[phase] ?? ["?", "dim"];
  return paint(sign, style);
};

export const phaseText = ({ status }: WorkflowSubject): string => {
  if (status === undefined) return "not started";
  return status.phase === "" ? "initializing" : status.phase;
};

/** The step a run is at: the first that is neither finished nor untouched. */
export function currentStep({ status }: WorkflowSubject): StepStatus | undefined {
  const steps = status?.steps ?? [];
  const open = steps.find((step) => !isFinished(step));
  return open?.subSteps.find((sub) => !isFinished(sub)) ?? open;
}

interface Row {
  readonly step: Step;
  readonly status: StepStatus | undefined;
  readonly indent: string;
}

function rowsOf({ plan, status }: WorkflowSubject): readonly Row[] {
  return plan.steps.flatMap((step): Row[] => {
    const own = status?.steps.find(({ name }) => name === step.name);
    return [
      { step, status: own, indent: "" },
      ...step.subSteps.map((sub) => ({
        step: sub,
        status: own?.subSteps.find(({ name }) => name === sub.name),
        indent: "  ",
      })),
    ];
  });
}

/** One line a step. @param now milliseconds since 1970. */
export function drawSteps(
  subject: WorkflowSubject,
  { paint, context, now }: { readonly paint: Paint; readonly context: RunContext; readonly now: number },
): string[] {
  const rows = rowsOf(subject).map(({ step, status, indent }) => [
    `${indent}${stepMark(status?.phase ?? "", paint)} ${step.name}`,
    step.type,
    status === undefined || status.phase === "" ? "not started" : `${status.phase}${reasonOf(status)}`,
    tookOf(status, now),
    waitOf(step, status, { context, now }),
  ]);
  return formatTable(["STEP", "TYPE", "PHASE", "TOOK", "WHAT IT SAYS OR WAITS FOR"], rows);
}

function reasonOf({ phase, reason }: StepStatus): string {
  if (reason === "" || reason === "Wait" || reason === "Skip" || reason === "Suspend") return "";
  return phase === "failed" ? ` (${reason})` : "";
}

function tookOf(status: StepStatus | undefined, now: number): string {
  const first = parseTime(status?.firstExecuteTime ?? "");
  if (status === undefined || first === undefined) return "";
  const last = isFinished(status) ? parseTime(status.lastExecuteTime) : now;
  return last === undefined ? "" : formatMs(Math.max(0, last - first));
}

/** The message; and for what is open, the timer or the person that it waits for. */
function waitOf(
  step: Step,
  status: StepStatus | undefined,
  { context, now }: { readonly context: RunContext; readonly now: number },
): string {
  if (status === undefined) return "";
  const parts = status.message === "" ? [] : [plainMessage(status.message)];
  if (isFinished(status)) return parts.join("; ");
  const resume = parseTime(context.values[`${status.id}.resumeTimeStamp`] ?? "");
  const first = parseTime(status.firstExecuteTime);
  const timeout = step.timeout === undefined ? undefined : parseGoDuration(step.timeout);
  if (status.phase === "suspending")
    parts.push(
      resume === undefined
        ? "waits for a person (lateen workflow resume)"
        : `goes on by itself in ${formatMs(Math.max(0, resume - now))}`,
    );
  if (first !== undefined && timeout !== undefined)
    parts.push(`times out in ${formatMs(Math.max(0, first + timeout - now))}`);
  if (status.firstExecuteTime !== "") parts.push(`since ${formatAge(status.firstExecuteTime, now)}`);
  return parts.join("; ");
}

/** Who waits for whom, a level a line group; groups hold their own graph. */
export function drawGraph(subject: WorkflowSubject, paint: Paint): string[] {
  const { plan, status } = subject;
  const phase = (name: string): string =>
    status?.steps.flatMap((step) => [step, ...step.subSteps]).find((step) => step.name === name)?.phase ?? "";
  const draw = (steps: readonly Step[], mode: string, indent: string): string[] =>
    steps.flatMap((step, index) => {
      const before = edgesTo(step, steps, { mode, index });
      const after = before.length === 0 ? "" : paint(`  after ${before.join(", ")}`, "dim");
      const condition = step.if === undefined ? "" : paint(`  if ${step.if}`, "dim");
      return [
        `${indent}${stepMark(phase(step.name), paint)} ${step.name} ${paint(step.type, "dim")}${after}${condition}`,
        ...draw(step.subSteps, step.mode ?? plan.mode.subSteps, `${indent}   `),
      ];
    });
  return [
    `${subject.namespace}/${subject.name}  ${paint(`${plan.mode.steps}, sub-steps ${plan.mode.subSteps}`, "dim")}`,
    ...draw(plan.steps, plan.mode.steps, ""),
  ];
}

/** Names of the steps that have to be finished before, among these. */
export function edgesTo(
  step: Step,
  steps: readonly Step[],
  { mode, index }: { readonly mode: string; readonly index: number },
): readonly string[] {
  const outputs = new Map(steps.flatMap((one) => one.outputs.map(({ name }) => [name, one.name] as const)));
  const named = [
    ...step.dependsOn,
    ...step.inputs.flatMap(({ from }) => outputs.get(from) ?? outputs.get(from.split(".")[0]!) ?? []),
  ];
  if (mode !== "DAG" && index > 0) named.unshift(steps[index - 1]!.name);
  return [...new Set(named)].filter((name) => name !== step.name);
}

const quoted = (text: string): string => `"${text.replaceAll('"', "'")}"`;

/** The graph as Mermaid's flowchart, for documents and pull requests. */
export function mermaidGraph({ plan }: WorkflowSubject): string[] {
  const ids = new Map<string, string>();
  const idOf = (name: string): string => {
    const id = ids.get(name) ?? `s${ids.size}`;
    ids.set(name, id);
    return id;
  };
  const draw = (steps: readonly Step[], mode: string, indent: string): string[] =>
    steps.flatMap((step, index) => [
      ...(step.subSteps.length === 0
        ? [`${indent}${idOf(step.name)}[${quoted(`${step.name} (${step.type})`)}]`]
        : [
            `${indent}subgraph ${idOf(step.name)} [${quoted(step.name)}]`,
            ...draw(step.subSteps, step.mode ?? plan.mode.subSteps, `${indent}  `),
            `${indent}end`,
          ]),
      ...edgesTo(step, steps, { mode, index }).map((name) => `${indent}${idOf(name)} --> ${idOf(step.name)}`),
    ]);
  return ["flowchart TD", ...draw(plan.steps, plan.mode.steps, "  ")];
}
