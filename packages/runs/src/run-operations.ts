/** What people do to a WorkflowRun (kubevela-workflow.md 2.8 and 2.11); each is a change of its status. */
import { type JsonObject, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  OperationError,
  type RunStatus,
  contextFromData,
  contextToData,
  restartFromStep,
  resumeRun,
  statusFromJson,
  statusToJson,
  suspendRun,
  terminateRun,
} from "@lateen/workflow";
import { readInstance, runApi } from "./run-instance.ts";
import { runContextName } from "./run-records.ts";

export interface RunTarget {
  readonly namespace: string;
  readonly name: string;
  readonly step?: string;
  readonly signal: AbortSignal;
}

const fallbackMode = { steps: "StepByStep", subSteps: "DAG" };

async function change(client: Client, target: RunTarget, apply: (status: RunStatus) => RunStatus): Promise<void> {
  const { namespace, name, signal } = target;
  const run = await client.get({ ...runApi, namespace, name }, { signal });
  const known = isJsonObject(run.status) ? run.status : {};
  const next = apply(statusFromJson(known, fallbackMode));
  await client.updateStatus({ ...run, status: { ...withoutMessage(known), ...statusToJson(next, "run") } }, { signal });
}

const withoutMessage = (status: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(status).filter(([key]) => key !== "message"));

/** @throws OperationError, ApiError. */
export const suspendWorkflowRun = (client: Client, target: RunTarget): Promise<void> =>
  change(client, target, (status) => suspendRun(status, target.step));

/** @throws OperationError, ApiError. */
export const resumeWorkflowRun = (client: Client, target: RunTarget): Promise<void> =>
  change(client, target, (status) => resumeRun(status, target.step));

/** @throws ApiError. */
export const terminateWorkflowRun = (client: Client, target: RunTarget): Promise<void> =>
  change(client, target, terminateRun);

export function rollbackWorkflowRun(): Promise<never> {
  return Promise.reject(new OperationError("can not rollback a WorkflowRun"));
}

/** Runs again from the beginning, or from a failed step. @throws OperationError, ApiError. */
export async function restartWorkflowRun(client: Client, target: RunTarget): Promise<void> {
  const { namespace, name, step, signal } = target;
  const run = await client.get({ ...runApi, namespace, name }, { signal });
  const contextRef = { apiVersion: "v1", kind: "ConfigMap", namespace, name: contextNameOf(run) };
  if (step === undefined) {
    await client.delete(contextRef, { signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    await client.updateStatus({ ...run, status: {} }, { signal });
    return;
  }
  const { plan } = await readInstance({ client, run, systemNamespace: "vela-system", signal });
  const known = isJsonObject(run.status) ? run.status : {};
  const context = await client.get(contextRef, { signal });
  const data = valueAt(context, "data") as Readonly<Record<string, string>> | undefined;
  const restarted = restartFromStep(plan, statusFromJson(known, plan.mode), contextFromData(data), step);
  const rest = Object.fromEntries(Object.entries(withoutMessage(known)).filter(([key]) => key !== "endTime"));
  await client.updateStatus({ ...run, status: { ...rest, ...statusToJson(restarted.status, "run") } }, { signal });
  await client.update({ ...context, data: contextToData(restarted.context) } as KubeObject, { signal });
}

function contextNameOf(run: KubeObject): string {
  const backend = valueAt(run, "status", "contextBackend", "name");
  return typeof backend === "string" ? backend : runContextName(run.metadata.name ?? "");
}
