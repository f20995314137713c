/** What a workflow command is about: an Application's workflow, or a WorkflowRun of its own. */
import { type JsonObject, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { appOf, contextName, convertStep, workflowPlanOf } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { readInstance, runApi } from "@lateen/runs/pure";
import {
  type Plan,
  type RunContext,
  type RunStatus,
  contextFromData,
  nameSteps,
  statusFromJson,
  stepOf,
} from "@lateen/workflow";
import { applicationApi } from "../application-view.ts";

export interface WorkflowSubject {
  readonly kind: "Application" | "WorkflowRun";
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly plan: Plan;
  /** Absent before the first step. */
  readonly status: RunStatus | undefined;
}

export interface SubjectName {
  readonly namespace: string;
  readonly name: string;
  readonly type?: string | undefined;
}

const fallbackMode = { steps: "StepByStep", subSteps: "DAG" };

async function found(promise: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** An Application first, then a WorkflowRun, as `vela workflow` looks. @throws Error when there is neither. */
export async function readSubject(
  client: Client,
  { namespace, name, type }: SubjectName,
  signal: AbortSignal,
): Promise<WorkflowSubject> {
  const kinds = type === undefined ? ["app", "run"] : [type];
  for (const kind of kinds) {
    if (kind === "app") {
      const object = await found(client.get({ ...applicationApi, namespace, name }, { signal }));
      if (object !== undefined) return subjectOfApplication(object);
    } else if (kind === "run") {
      const object = await found(client.get({ ...runApi, namespace, name }, { signal }));
      if (object !== undefined) return subjectOfRun(client, object, signal);
    } else throw new Error(`unknown type "${kind}" of a workflow: app or run`);
  }
  const what = type === "app" ? "Application" : type === "run" ? "WorkflowRun" : "Application or WorkflowRun";
  throw new Error(`no ${what} ${namespace}/${name} (lateen workflow list -A shows all)`);
}

export function subjectOfApplication(object: KubeObject): WorkflowSubject {
  const app = appOf(object);
  const { steps, mode } = workflowPlanOf(app);
  const plan: Plan = { steps: nameSteps(steps.map((step) => stepOf(convertStep(step, app.components)))), mode };
  const recorded = valueAt(object, "status", "workflow");
  return {
    kind: "Application",
    object,
    namespace: app.namespace,
    name: app.name,
    plan,
    status: isJsonObject(recorded) ? statusFromJson(recorded, mode) : undefined,
  };
}

/** @throws Error where the run names a Workflow or a step type that is not there. */
async function subjectOfRun(client: Client, object: KubeObject, signal: AbortSignal): Promise<WorkflowSubject> {
  const { plan } = await readInstance({ client, run: object, systemNamespace: "vela-system", signal });
  return subjectWithPlan(object, plan);
}

/** The steps that a run has itself, without reading what it refers to. */
export function subjectOfRunItself(object: KubeObject): WorkflowSubject {
  const steps = valueAt(object, "spec", "workflowSpec", "steps");
  const plan: Plan = {
    steps: nameSteps(Array.isArray(steps) ? steps.filter(isJsonObject).map((step) => stepOf(step)) : []),
    mode: fallbackMode,
  };
  return subjectWithPlan(object, plan);
}

function subjectWithPlan(object: KubeObject, plan: Plan): WorkflowSubject {
  const { namespace = "default", name = "" } = object.metadata;
  const recorded = isJsonObject(object.status) ? (object.status as JsonObject) : undefined;
  const status = recorded === undefined ? undefined : statusFromJson(recorded, plan.mode);
  return { kind: "WorkflowRun", object, namespace, name, plan, status };
}

/** Variables that steps wrote, and timers. */
export async function readContext(
  client: Client,
  { namespace, name, object }: WorkflowSubject,
  signal: AbortSignal,
): Promise<RunContext> {
  const backend = valueAt(object, "status", "contextBackend", "name");
  const reference = {
    apiVersion: "v1",
    kind: "ConfigMap",
    namespace,
    name: typeof backend === "string" ? backend : contextName(name),
  };
  const map = await found(client.get(reference, { signal }));
  return contextFromData(valueAt(map, "data") as Readonly<Record<string, string>> | undefined);
}
