/** An Application or WorkflowRun of a preview: how it stands, and how it came there. */
import { type JsonObject, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { contextName } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { contextFromData, parseGoDuration, variableAt } from "@lateen/workflow";
import type { PreviewEnd, PreviewOptions, StepMoment } from "./report.ts";

export interface SubjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const runOfSubject = ({ kind, namespace, name }: SubjectRef): string => `${kind}/${namespace}/${name}`;

export function isSubject({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): boolean {
  return apiVersion.startsWith("core.oam.dev/") && (kind === "Application" || kind === "WorkflowRun");
}

export interface Subject extends SubjectRef {
  /** As it was asked for. */
  readonly object: KubeObject;
}

export function subjectsOf({ objects, namespace = "default" }: PreviewOptions): readonly Subject[] {
  return objects.filter(isSubject).map((object) => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? namespace,
    name: object.metadata.name ?? "",
    object,
  }));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const objectsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** The status of the workflow, whose steps it has. */
export function runStatusOf({ kind, status }: KubeObject): JsonObject {
  const run = kind === "WorkflowRun" ? status : valueAt(status, "workflow");
  return isJsonObject(run) ? run : {};
}

/** Phases of steps to which nothing happens any more. */
export const settledPhases: ReadonlySet<string> = new Set(["succeeded", "failed", "skipped"]);

export interface RecordedStep {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly group: string | undefined;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since 1970; NaN before its first visit. */
  readonly firstMs: number;
}

/** Steps as the status has them, sub-steps after their group. */
export function recordedSteps(object: KubeObject): readonly RecordedStep[] {
  return objectsOf(runStatusOf(object).steps).flatMap((step) => {
    const one = (json: JsonObject, group: string | undefined): RecordedStep => ({
      id: textOf(json.id),
      name: textOf(json.name),
      type: textOf(json.type),
      group,
      phase: textOf(json.phase),
      reason: textOf(json.reason),
      message: textOf(json.message).trimEnd(),
      firstMs: Date.parse(textOf(json.firstExecuteTime)),
    });
    return [one(step, undefined), ...objectsOf(step.subSteps).map((sub) => one(sub, textOf(step.name)))];
  });
}

/** Steps as they are declared, where they are: inputs and outputs by step. */
export function declaredSteps(object: KubeObject): readonly JsonObject[] {
  const steps =
    object.kind === "WorkflowRun"
      ? valueAt(object.spec, "workflowSpec", "steps")
      : valueAt(object.spec, "workflow", "steps");
  return objectsOf(steps).flatMap((step) => [step, ...objectsOf(step.subSteps)]);
}

export type Standing = { readonly end: PreviewEnd; readonly message: string } | undefined;

/** How it has come to rest; undefined while something is still to happen by itself. */
export function standingOf(object: KubeObject | undefined): Standing {
  if (object === undefined) return { end: "deleted", message: "" };
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  const run = runStatusOf(object);
  if (object.kind === "WorkflowRun") {
    if (run.finished === true || ["succeeded", "failed", "terminated"].includes(textOf(run.status ?? run.phase)))
      return textOf(run.status ?? run.phase) === "succeeded"
        ? { end: "healthy", message: "" }
        : { end: "failed", message: failureOf(object) };
    return run.suspend === true ? { end: "suspended", message: suspensionOf(object) } : undefined;
  }
  const observed = valueAt(object, "status", "observedGeneration");
  if (typeof observed !== "number" || observed < (object.metadata.generation ?? 0)) return undefined;
  switch (textOf(valueAt(object, "status", "status"))) {
    case "running":
      return { end: "healthy", message: "" };
    case "workflowSuspending":
      return run.suspend === true ? { end: "suspended", message: suspensionOf(object) } : undefined;
    case "workflowFailed":
    case "workflowTerminated":
      return { end: "failed", message: failureOf(object) };
    default:
      return undefined;
  }
}

function suspensionOf(object: KubeObject): string {
  const step = recordedSteps(object).find(({ phase }) => phase === "suspending");
  return `held at step ${step?.name ?? "?"} until somebody resumes it`;
}

function failureOf(object: KubeObject): string {
  const failed = recordedSteps(object).filter(({ phase }) => phase === "failed");
  // A group fails for a step in it.
  const step = failed.find(({ message }) => message !== "") ?? failed[0];
  return step === undefined ? conditionText(object) : `step ${step.name}: ${step.message || step.reason}`;
}

/** What is said of a condition that does not hold. */
export function conditionText({ status }: KubeObject): string {
  const condition = objectsOf(valueAt(status, "conditions")).find(
    (one) => one.status === "False" && textOf(one.message) !== "",
  );
  return condition === undefined ? "" : `${textOf(condition.type)}: ${textOf(condition.message)}`;
}

/** What it still waits for. */
export function waitingText(object: KubeObject): string {
  const step = recordedSteps(object).find(
    ({ phase }) => phase === "running" || phase === "pending" || phase === "failed",
  );
  if (step !== undefined) return `step ${step.name} ${step.phase}: ${step.message || step.reason || "no reason given"}`;
  const service = objectsOf(valueAt(object.status, "services")).find((one) => one.healthy !== true);
  if (service !== undefined) return `component ${textOf(service.name)} is not healthy: ${textOf(service.message)}`;
  return conditionText(object);
}

/** Milliseconds since 1970 when a step is known to go on by itself: a suspension or a time-out ends. */
export async function nextDeadline(client: Client, object: KubeObject): Promise<number | undefined> {
  const open = recordedSteps(object).filter(({ phase }) => !settledPhases.has(phase));
  if (open.length === 0) return undefined;
  const { values } = await contextOf(client, object);
  const declared = declaredSteps(object);
  const times = open.flatMap(({ id, name, firstMs }) => {
    const timeout = textOf(declared.find((step) => step.name === name)?.timeout);
    const limit = timeout === "" ? undefined : parseGoDuration(timeout);
    return [Date.parse(values[`${id}.resumeTimeStamp`] ?? ""), limit === undefined ? Number.NaN : firstMs + limit];
  });
  const known = times.filter((time) => !Number.isNaN(time));
  // Both end after their second has passed.
  return known.length === 0 ? undefined : Math.min(...known) + 1_000;
}

async function contextOf(client: Client, object: KubeObject): Promise<ReturnType<typeof contextFromData>> {
  const { namespace = "default", name = "" } = object.metadata;
  const map = await client
    .get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: contextName(name) })
    .catch(() => undefined);
  const data = isJsonObject(map?.data as never) ? (map?.data as unknown as Record<string, string>) : {};
  return contextFromData(data);
}

/**
 * The step that cannot go on because of what a preview does not know: an input of it comes from an operation that was not
 * done.
 */
export async function unknownInput(
  client: Client,
  object: KubeObject,
  sourceOf: (variable: string) => string | undefined,
): Promise<{ readonly step: string; readonly input: string; readonly from: string } | undefined> {
  const declared = declaredSteps(object);
  for (const { name, phase } of recordedSteps(object)) {
    // A condition over what is unknown skips a step, too.
    if (phase === "succeeded") continue;
    for (const input of objectsOf(declared.find((step) => step.name === name)?.inputs)) {
      const from = sourceOf(textOf(input.from));
      if (from === undefined) continue;
      const { vars } = await contextOf(client, object);
      if ((variableAt(vars, textOf(input.from)) ?? null) === null)
        return { step: name, input: textOf(input.from), from };
    }
  }
  return undefined;
}

/** Notes each change of what is known of the steps. */
export class Timeline {
  readonly #moments = new Map<string, StepMoment[]>();
  #newsMs = 0;

  /** When something new was known last. */
  get newsMs(): number {
    return this.#newsMs;
  }

  note(object: KubeObject, atMs: number): void {
    for (const { name, phase, reason, message } of recordedSteps(object)) {
      const moments = this.#moments.get(name) ?? [];
      this.#moments.set(name, moments);
      const last = moments.at(-1);
      if (last?.phase === phase && last.reason === reason && last.message === message) continue;
      moments.push({ atMs, phase, reason, message });
      this.#newsMs = atMs;
    }
  }

  momentsOf(step: string): readonly StepMoment[] {
    return this.#moments.get(step) ?? [];
  }
}
