/** Figures of WorkflowRuns under the names that KubeVela's dashboards ask for (kubevela-workflow.md 6). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type MetricFacts, type Metrics, createMetrics } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { textOf } from "./text-of.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

const runMetrics: Readonly<Record<string, MetricFacts>> = {
  workflowrun_reconcile_time_seconds: {
    help: "Time of a WorkflowRun's reconcile by the phases it begins and ends in.",
    type: "histogram",
    buckets: seconds,
  },
  generate_task_runners_time_seconds: {
    help: "Time to read a run's steps and their definitions.",
    type: "histogram",
    buckets: seconds,
  },
  workflowrun_phase_number: { help: "WorkflowRuns in each phase.", type: "gauge" },
  workflowrun_finished_time_seconds: {
    help: "Time from a run's start to its end, by the phase it ends in.",
    type: "histogram",
    buckets: seconds,
  },
  workflowrun_initialized_num: { help: "WorkflowRuns that have begun.", type: "counter" },
  workflowrun_step_phase_number: { help: "Steps by type, phase and reason.", type: "gauge" },
  workflowrun_step_duration_ms: {
    help: "Time from a step's first visit to its last, of steps that have ended.",
    type: "histogram",
    buckets: [1, 5, 10, 50, 100, 500, 1_000, 5_000, 30_000, 60_000, 300_000, 1_800_000],
  },
};

export const createRunMetrics = (): Metrics => createMetrics(runMetrics);

interface Seen {
  readonly phase: string;
  readonly steps: readonly { readonly step_type: string; readonly phase: string }[];
}

/** The gauges: each run counts once, as its status last said. */
export class RunCounts {
  readonly #metrics: Metrics;
  readonly #seen = new Map<string, Seen>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** @param status undefined when the run is gone. */
  tell(key: string, status: JsonObject | undefined): void {
    this.#count(this.#seen.get(key), -1);
    if (status === undefined) {
      this.#seen.delete(key);
      return;
    }
    const steps = Array.isArray(status.steps) ? status.steps.filter(isJsonObject) : [];
    const seen: Seen = {
      phase: textOf(status.status) || "-",
      steps: steps.map((step) => ({
        step_type: textOf(step.type),
        phase: `${textOf(step.phase)}#${textOf(step.reason)}`,
      })),
    };
    this.#seen.set(key, seen);
    this.#count(seen, 1);
  }

  #count(seen: Seen | undefined, by: number): void {
    if (seen === undefined) return;
    this.#metrics.add("workflowrun_phase_number", { phase: seen.phase }, by);
    for (const step of seen.steps) this.#metrics.add("workflowrun_step_phase_number", step, by);
  }
}

/** What one round adds to the histograms. */
export function observeRound(
  metrics: Metrics,
  { run, status, tookMs, now }: { run: KubeObject; status: JsonObject; tookMs: number; now: number },
): void {
  const before = isJsonObject(run.status) ? run.status : {};
  const phase = textOf(status.status) || "-";
  metrics.observe(
    "workflowrun_reconcile_time_seconds",
    { begin_phase: textOf(before.status) || "-", end_phase: phase },
    tookMs / 1000,
  );
  if (before.startTime === undefined && status.startTime !== undefined) metrics.add("workflowrun_initialized_num", {});
  if (status.finished === true && before.finished !== true)
    metrics.observe(
      "workflowrun_finished_time_seconds",
      { phase },
      (now - Date.parse(textOf(status.startTime))) / 1000,
    );
  const ended = new Set(
    stepsOf(before)
      .filter(hasEnded)
      .map(({ id }) => id),
  );
  for (const step of stepsOf(status)) {
    if (!hasEnded(step) || ended.has(step.id)) continue;
    const took = Date.parse(textOf(step.lastExecuteTime)) - Date.parse(textOf(step.firstExecuteTime));
    const labels = { controller: "workflowrun", step_type: textOf(step.type) };
    if (took >= 0) metrics.observe("workflowrun_step_duration_ms", labels, took);
  }
}

const stepsOf = ({ steps }: JsonObject): readonly JsonObject[] =>
  Array.isArray(steps) ? steps.filter(isJsonObject) : [];
const hasEnded = ({ phase }: JsonObject): boolean => phase === "succeeded" || phase === "failed" || phase === "skipped";
