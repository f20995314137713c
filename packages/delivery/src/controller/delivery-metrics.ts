/** Figures of deliveries under the names that KubeVela's dashboards ask for (kubevela-engine.md 2.9). */
import { type MetricFacts, type Metrics, createMetrics } from "@lateen/controller";
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { textOf } from "../application/application.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export const deliveryMetrics: Readonly<Record<string, MetricFacts>> = {
  kubevela_app_reconcile_time_seconds: {
    help: "Time of each stage of an Application's reconcile.",
    type: "histogram",
    buckets: seconds,
  },
  application_reconcile_time_seconds: {
    help: "Time of an Application's reconcile by the phases it begins and ends in.",
    type: "histogram",
    buckets: seconds,
  },
  workflow_finished_time_seconds: {
    help: "Time from a workflow's start to its end, by the phase it ends in.",
    type: "histogram",
    buckets: seconds,
  },
  application_phase_number: { help: "Applications in each phase.", type: "gauge" },
  workflow_step_phase_number: { help: "Workflow steps by type and phase.", type: "gauge" },
  list_resourcetracker_num: { help: "Lists of ResourceTrackers.", type: "counter" },
  kubevela_application_health_status: { help: "1 healthy, 0 not.", type: "gauge" },
  kubevela_application_phase: { help: "1 for the phase that the Application is in.", type: "gauge" },
  kubevela_application_workflow_phase: { help: "1 for the phase that its workflow is in.", type: "gauge" },
};

export const createDeliveryMetrics = (): Metrics => createMetrics(deliveryMetrics);

interface Seen {
  readonly phase: string;
  readonly workflow: string;
  readonly steps: readonly { readonly step_type: string; readonly phase: string }[];
}

/** Counts Applications by what their statuses say; one Application counts once, whatever is told of it. */
export class ApplicationCounts {
  readonly #metrics: Metrics;
  readonly #each: boolean;
  readonly #seen = new Map<string, Seen>();

  /** @param each also tells a series for every Application (KubeVela's gate EnableApplicationStatusMetrics). */
  constructor(metrics: Metrics, { each }: { readonly each: boolean }) {
    this.#metrics = metrics;
    this.#each = each;
  }

  tell(application: KubeObject, status: JsonObject): void {
    const { namespace = "", name = "" } = application.metadata;
    const workflow = valueAt(status, "workflow");
    const steps = isJsonObject(workflow) && Array.isArray(workflow.steps) ? workflow.steps.filter(isJsonObject) : [];
    const healthy = Array.isArray(status.services) && status.services.every((one) => valueAt(one, "healthy") === true);
    this.#replace(
      { app_name: name, namespace },
      {
        phase: textOf(status.status),
        workflow: textOf(valueAt(workflow, "status")),
        steps: steps.map((step) => ({ step_type: textOf(step.type), phase: textOf(step.phase) })),
      },
      healthy,
    );
  }

  forget(namespace: string, name: string): void {
    this.#replace({ app_name: name, namespace }, undefined, false);
  }

  #replace(
    labels: { readonly app_name: string; readonly namespace: string },
    next: Seen | undefined,
    healthy: boolean,
  ): void {
    const key = `${labels.namespace}/${labels.app_name}`;
    const before = this.#seen.get(key);
    const metrics = this.#metrics;
    if (before !== undefined) {
      metrics.add("application_phase_number", { phase: before.phase }, -1);
      for (const step of before.steps) metrics.add("workflow_step_phase_number", step, -1);
      if (this.#each) {
        metrics.forget("kubevela_application_health_status", labels);
        metrics.forget("kubevela_application_phase", { ...labels, phase: before.phase });
        metrics.forget("kubevela_application_workflow_phase", { ...labels, phase: before.workflow });
      }
    }
    if (next === undefined) {
      this.#seen.delete(key);
      return;
    }
    this.#seen.set(key, next);
    metrics.add("application_phase_number", { phase: next.phase });
    for (const step of next.steps) metrics.add("workflow_step_phase_number", step);
    if (!this.#each) return;
    metrics.set("kubevela_application_health_status", labels, healthy ? 1 : 0);
    metrics.set("kubevela_application_phase", { ...labels, phase: next.phase }, 1);
    metrics.set("kubevela_application_workflow_phase", { ...labels, phase: next.workflow }, 1);
  }
}
