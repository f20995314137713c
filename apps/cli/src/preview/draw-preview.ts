/** A preview in lines: how each subject ends, and when each of its steps would start, what it waits for and changes. */
import type { Preview, PreviewedStep, PreviewedSubject, StepWrite } from "@lateen/server/preview";

/** `+0s`, `+1h30m`, `+500ms`. */
export function formatElapsed(ms: number): string {
  if (ms > 0 && ms < 1_000) return `+${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return `+${shown.length === 0 ? "0s" : shown.join("")}`;
}

const endings: Readonly<Record<PreviewedSubject["end"], string>> = {
  healthy: "healthy",
  suspended: "suspended",
  failed: "fails",
  stopped: "the preview stops",
  waiting: "still waits",
  deleted: "deleted",
  refused: "refused",
};

export function headOf({ kind, namespace, name, end, endMs, message }: PreviewedSubject): string {
  const why = message === "" ? "" : `: ${oneLine(message)}`;
  return `${kind} ${namespace}/${name}: ${endings[end]}${end === "refused" ? "" : ` at ${formatElapsed(endMs)}`}${why}`;
}

/** The timeline of a subject, a line a moment. */
export function timelineOf(subject: PreviewedSubject): readonly string[] {
  return subject.steps.flatMap((step) => [...stepLines(step), ...outsideLines(subject, step)]);
}

function stepLines(step: PreviewedStep): readonly string[] {
  const indent = step.group === undefined ? "" : "  ";
  const name = `${indent}${step.name} (${step.type})`;
  if (step.startMs === undefined) return [`${" ".repeat(8)} ${name}: ${step.message}`];
  const moments = step.moments.map(({ atMs, phase, reason, message }, index) => {
    const shown = index === 0 ? name : `${indent}${" ".repeat(2)}`;
    const text = message === "" ? (reason === "" ? "" : `: ${reason}`) : `: ${oneLine(message)}`;
    return `${formatElapsed(atMs).padStart(8)} ${shown} ${phase === "running" ? "waits" : phase}${text}`;
  });
  return [...moments, ...step.writes.map((write) => `${" ".repeat(10)}${indent}${writeText(write)}`)];
}

const verbs: Readonly<Record<StepWrite["action"], string>> = {
  created: "would create",
  changed: "would change",
  unchanged: "leaves as it is",
  deleted: "would delete",
};

const writeText = ({ action, kind, namespace, name, cluster }: StepWrite): string =>
  `${verbs[action]} ${kind} ${namespace === "" ? "" : `${namespace}/`}${name}${cluster === "local" ? "" : ` in ${cluster}`}`;

function outsideLines({ outside }: PreviewedSubject, { name }: PreviewedStep): readonly string[] {
  return outside
    .filter(({ step }) => step === name)
    .map(({ what, request, assumed }) => `${" ".repeat(10)}would send ${what} ${JSON.stringify(request)} (${assumed})`);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/** What the whole preview takes for granted. */
export const assumptionsOf = ({ warnings }: Preview): readonly string[] => [
  ...warnings,
  "containers start at once, and Jobs succeed",
];
