/** Restarts that the annotation `app.oam.dev/restart-workflow` asks for: `true`, a time, or a duration (engine 2.6). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { formatTime, parseGoDuration, parseTime } from "@lateen/workflow";
import { appAnnotations, textOf } from "../application/application.ts";
import { applicationApi } from "../workflow-operations.ts";

export type RestartPlan =
  | { readonly kind: "none" }
  /** The restart is recorded for a time; an annotation that counts once goes. */
  | { readonly kind: "record"; readonly at: number; readonly keepAnnotation: boolean }
  | { readonly kind: "fire" }
  | { readonly kind: "wait"; readonly ms: number };

/** What is to be done about a restart now. A running workflow is never restarted. */
export function planRestart(application: KubeObject, now: number): RestartPlan {
  const asked = application.metadata.annotations?.[appAnnotations.restartWorkflow];
  const scheduled = parseTime(textOf(valueAt(application.status, "workflowRestartScheduledAt")));
  const endTime = parseTime(textOf(valueAt(application.status, "workflow", "endTime")));
  const finished = valueAt(application.status, "workflow", "finished") === true;
  if (asked !== undefined) {
    const duration = parseGoDuration(asked);
    const at =
      asked === "true" ? now : (parseTime(asked) ?? (duration === undefined ? undefined : (endTime ?? now) + duration));
    const keepAnnotation = duration !== undefined && asked !== "true";
    if (at !== undefined && !(keepAnnotation && scheduled !== undefined)) return { kind: "record", at, keepAnnotation };
  }
  if (scheduled === undefined) return { kind: "none" };
  if (scheduled > now) return { kind: "wait", ms: scheduled - now };
  return finished ? { kind: "fire" } : { kind: "none" };
}

/** Does what is planned. @returns the Application as it is then. */
export async function scheduleRestart(
  client: Client,
  application: KubeObject,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<{ readonly application: KubeObject; readonly dueMs: number | undefined }> {
  const plan = planRestart(application, now);
  if (plan.kind === "none") return { application, dueMs: undefined };
  if (plan.kind === "wait") return { application, dueMs: plan.ms };
  const {
    workflow,
    workflowRestartScheduledAt: _,
    ...rest
  } = (isJsonObject(application.status) ? application.status : {}) as JsonObject & { readonly workflow?: JsonObject };
  const status: JsonObject =
    plan.kind === "fire"
      ? rest
      : {
          ...rest,
          ...(workflow === undefined ? {} : { workflow }),
          workflowRestartScheduledAt: formatTime(plan.at),
        };
  let current = await client.updateStatus({ ...application, status }, { signal });
  if (plan.kind === "fire") return { application: current, dueMs: undefined };
  if (!plan.keepAnnotation) {
    const value = { metadata: { annotations: { [appAnnotations.restartWorkflow]: null } } };
    const { namespace, name } = application.metadata;
    current = await client.patch(
      { ...applicationApi, namespace: namespace!, name: name! },
      { kind: "merge", value },
      { signal },
    );
  }
  return scheduleRestart(client, current, { now, signal });
}
