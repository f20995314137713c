/** What people do to an Application's workflow; each is one change of its status, tried again when somebody was faster. */
import { type JsonObject, isConflict, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  OperationError,
  type RunStatus,
  contextFromData,
  contextToData,
  nameSteps,
  restartFromStep,
  resumeRun,
  statusFromJson,
  statusToJson,
  stepOf,
  suspendRun,
  terminateRun,
} from "@lateen/workflow";
import { appOf } from "./application/application.ts";
import { convertStep, workflowPlanOf } from "./application/default-workflow.ts";

export interface WorkflowTarget {
  readonly namespace: string;
  readonly name: string;
  /** Only this step. */
  readonly step?: string;
  readonly signal?: AbortSignal;
}

export const applicationApi = { apiVersion: "core.oam.dev/v1beta1", kind: "Application" } as const;
const fallbackMode = { steps: "StepByStep", subSteps: "DAG" };
const maxTries = 5;

/** The name of the ConfigMap that holds a workflow's variables. */
export const contextName = (name: string): string => `workflow-${name}-context`;

async function changeStatus(
  client: Client,
  target: WorkflowTarget,
  change: (application: KubeObject, status: JsonObject) => Promise<JsonObject> | JsonObject,
): Promise<void> {
  const { namespace, name, signal } = target;
  for (let attempt = 1; ; attempt++) {
    const application = await client.get({ ...applicationApi, namespace, name }, { signal });
    const status = isJsonObject(application.status) ? application.status : {};
    const next = await change(application, status);
    if (next === status) return;
    try {
      await client.updateStatus({ ...application, status: next }, { signal });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= maxTries) throw error;
    }
  }
}

/** The workflow's recorded status. @throws OperationError when there is none, or when it has succeeded. */
function runningStatus(target: WorkflowTarget, status: JsonObject, verb: string): RunStatus {
  if (!isJsonObject(status.workflow)) {
    throw new OperationError(
      `Application ${target.namespace}/${target.name} has no workflow to ${verb}: it has not started yet`,
    );
  }
  const run = statusFromJson(status.workflow, fallbackMode);
  if (run.finished && run.phase === "succeeded") {
    throw new OperationError(`can not ${verb} the workflow of ${target.namespace}/${target.name}: it has succeeded`);
  }
  return run;
}

const withRun = (status: JsonObject, run: RunStatus): JsonObject => ({
  ...status,
  workflow: {
    ...(status.workflow as JsonObject),
    ...statusToJson(run, "application"),
    ...(run.message === "" ? { message: "" } : {}),
  },
});

/** Stops after the steps that run now. @throws OperationError when the state does not allow it, ApiError. */
export async function suspendWorkflow(client: Client, target: WorkflowTarget): Promise<void> {
  await changeStatus(client, target, (_, status) =>
    withRun(status, suspendRun(runningStatus(target, status, "suspend"), target.step)),
  );
}

/** Lets a suspended workflow go on. @throws OperationError when it is not suspended or terminated, ApiError. */
export async function resumeWorkflow(client: Client, target: WorkflowTarget): Promise<void> {
  await changeStatus(client, target, (_, status) => {
    const run = runningStatus(target, status, "resume");
    if (!run.suspend && !run.terminated) throw new OperationError(`workflow ${target.name} is not suspended.`);
    return withRun(status, resumeRun(run, target.step));
  });
}

/** Ends a workflow: what runs fails, the rest is skipped. @throws OperationError when it has succeeded, ApiError. */
export async function terminateWorkflow(client: Client, target: WorkflowTarget): Promise<void> {
  await changeStatus(client, target, (_, status) =>
    withRun(status, terminateRun(runningStatus(target, status, "terminate"))),
  );
}

/**
 * Runs a workflow again from its beginning, or from a failed step.
 * @throws OperationError when the step did not fail, ApiError.
 */
export async function restartWorkflow(client: Client, target: WorkflowTarget): Promise<void> {
  if (target.step !== undefined) return restartStep(client, target, target.step);
  await changeStatus(client, target, (_, status) => {
    const { workflow, ...rest } = status;
    return workflow === undefined ? status : rest;
  });
}

async function restartStep(client: Client, target: WorkflowTarget, step: string): Promise<void> {
  const { namespace, name, signal } = target;
  const reference = { apiVersion: "v1", kind: "ConfigMap", namespace, name: contextName(name) };
  const configMap = await client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const data = valueAt(configMap, "data") as Readonly<Record<string, string>> | undefined;
  let cleaned: Readonly<Record<string, string>> | undefined;
  await changeStatus(client, target, (application, status) => {
    const app = appOf(application);
    const plan = workflowPlanOf(app);
    const steps = nameSteps(plan.steps.map((one) => stepOf(convertStep(one, app.components))));
    const run = statusFromJson(isJsonObject(status.workflow) ? status.workflow : {}, fallbackMode);
    const restarted = restartFromStep({ steps, mode: plan.mode }, run, contextFromData(data), step);
    cleaned = contextToData(restarted.context);
    return withRun(status, restarted.status);
  });
  if (configMap !== undefined && cleaned !== undefined)
    await client.update({ ...configMap, data: cleaned }, { signal });
}
