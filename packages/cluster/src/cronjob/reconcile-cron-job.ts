/** Makes Jobs at the times of a schedule (pkg/controller/cronjob). */
import { type JsonValue, errorMessage, isAlreadyExists, isNotFound, jsonEquals } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  conditionOf,
  requestForController,
  timestampOf,
  type EventRecorder,
  createEventRecorder,
} from "@lateen/controller";
import { nextCronTime, parseCron } from "@lateen/objects";
import { type CronJob, type Job, cronJobKind, jobKind } from "../api/workloads.ts";
import { statusPatch } from "../api/status-patch.ts";
import { isFinished } from "../job/reconcile-job.ts";
import { indexOwners, ownedBy } from "../pods/owned.ts";
import { observe, ownerReferenceTo } from "../pods/pod-control.ts";

/** More missed times than this are not looked through; the last is taken. */
const maxMissed = 100;

export function createCronJobController(environment: Environment): Controller {
  indexOwners(environment, jobKind);
  const events = createEventRecorder(environment, "cronjob-controller");
  return {
    name: "cronjob",
    sources: [{ ...cronJobKind }, { ...jobKind, map: requestForController(cronJobKind) }],
    reconcile: (request, context) => reconcileCronJob(environment, events, request, context),
  };
}

async function reconcileCronJob(
  environment: Environment,
  events: EventRecorder,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock } = environment;
  const cronJob = cache.get<CronJob>({ ...cronJobKind, namespace, name });
  if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return {};
  const jobs = ownedBy<Job>(environment, jobKind, cronJob);
  await trimHistory(environment, cronJob, jobs, signal);
  const active = jobs.filter((job) => !isFinished(job));
  const times = dueTimes(cronJob, clock.now());
  if (typeof times === "string") {
    events.record({ object: cronJob, type: "Warning", reason: "UnparseableSchedule", message: times });
    await writeStatus(environment, cronJob, { jobs, active }, signal);
    return {};
  }
  const { due, next } = times;
  const started =
    due === undefined || cronJob.spec?.suspend === true
      ? undefined
      : await startJob(environment, { cronJob, active, dueMs: due }, signal);
  await writeStatus(
    environment,
    cronJob,
    {
      jobs,
      active: started === undefined ? active : [...active, started],
      ...(started !== undefined && due !== undefined && { scheduledMs: due }),
    },
    signal,
  );
  return next === undefined ? {} : { requeueAfterMs: Math.max(100, next - clock.now() + 100) };
}

/** The last time that has come since the schedule was last followed, and the next one; a text when there is none to read. */
export function dueTimes(cronJob: CronJob, nowMs: number): { readonly due?: number; readonly next?: number } | string {
  const { spec, status, metadata } = cronJob;
  try {
    const schedule = parseCron(spec?.schedule ?? "", spec?.timeZone);
    const began = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? "") || nowMs;
    const earliest =
      spec?.startingDeadlineSeconds === undefined
        ? began
        : Math.max(began, nowMs - spec.startingDeadlineSeconds * 1000);
    let due: number | undefined;
    let from = earliest;
    for (let missed = 0; ; missed++) {
      const time = nextCronTime(schedule, from);
      if (time === undefined) return due === undefined ? {} : { due };
      if (time > nowMs) return { ...(due !== undefined && { due }), next: time };
      due = time;
      // Far behind: go on from a little before now.
      from = missed === maxMissed ? Math.max(time, nowMs - 60_000) : time;
    }
  } catch (error) {
    return errorMessage(error);
  }
}

async function startJob(
  { client }: Environment,
  { cronJob, active, dueMs }: { readonly cronJob: CronJob; readonly active: readonly Job[]; readonly dueMs: number },
  signal: AbortSignal,
): Promise<Job | undefined> {
  const { namespace = "", name = "" } = cronJob.metadata;
  if (cronJob.status?.lastScheduleTime !== undefined && Date.parse(cronJob.status.lastScheduleTime) >= dueMs)
    return undefined;
  if (active.length > 0 && cronJob.spec?.concurrencyPolicy === "Forbid") return undefined;
  if (cronJob.spec?.concurrencyPolicy === "Replace") {
    for (const { metadata } of active) await deleteJob(client, metadata.namespace ?? "", metadata.name ?? "", signal);
  }
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
  const job: Job = {
    ...jobKind,
    metadata: {
      namespace,
      name: `${name}-${Math.floor(dueMs / 60_000)}`,
      ...(metadata?.labels !== undefined && { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, "batch.kubernetes.io/cronjob-scheduled-timestamp": timestampOf(dueMs) },
      ownerReferences: [ownerReferenceTo(cronJob)],
    },
    ...(spec !== undefined && { spec }),
  };
  try {
    return await client.create(job, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

async function deleteJob(
  client: Environment["client"],
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  await client
    .delete({ ...jobKind, namespace, name }, { propagationPolicy: "Background", signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}

async function trimHistory(
  { client }: Environment,
  { spec }: CronJob,
  jobs: readonly Job[],
  signal: AbortSignal,
): Promise<void> {
  const limits = [
    ["Complete", spec?.successfulJobsHistoryLimit ?? 3],
    ["Failed", spec?.failedJobsHistoryLimit ?? 1],
  ] as const;
  const born = (job: Job): number => Date.parse(job.status?.startTime ?? job.metadata.creationTimestamp ?? "") || 0;
  for (const [type, limit] of limits) {
    const ended = jobs.filter((job) => conditionOf(job, type)?.status === "True").toSorted((a, b) => born(a) - born(b));
    for (const { metadata } of ended.slice(0, Math.max(0, ended.length - limit)))
      await deleteJob(client, metadata.namespace ?? "", metadata.name ?? "", signal);
  }
}

async function writeStatus(
  environment: Environment,
  cronJob: CronJob,
  {
    jobs,
    active,
    scheduledMs,
  }: { readonly jobs: readonly Job[]; readonly active: readonly Job[]; readonly scheduledMs?: number },
  signal: AbortSignal,
): Promise<void> {
  const succeeded = jobs.flatMap((job) =>
    conditionOf(job, "Complete")?.status === "True" && job.status?.completionTime !== undefined
      ? [job.status.completionTime]
      : [],
  );
  const lastScheduleTime = scheduledMs === undefined ? cronJob.status?.lastScheduleTime : timestampOf(scheduledMs);
  const lastSuccessfulTime = [
    ...succeeded,
    ...(cronJob.status?.lastSuccessfulTime === undefined ? [] : [cronJob.status.lastSuccessfulTime]),
  ]
    .toSorted()
    .at(-1);
  const references = active.map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
  }));
  const known = cronJob.status?.active ?? [];
  const sameActive =
    known.length === references.length &&
    references.every(({ uid }) => known.some((reference) => reference.uid === uid));
  const status: NonNullable<CronJob["status"]> = {
    ...(references.length > 0 && { active: sameActive ? known : references }),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
  };
  if (jsonEquals(status as JsonValue, (cronJob.status ?? {}) as JsonValue)) return;
  const { namespace = "", name = "", uid = null } = cronJob.metadata;
  const written = await environment.client.patch(
    { ...cronJobKind, namespace, name },
    { kind: "merge", value: { metadata: { uid }, status: statusPatch(cronJob.status, status) } },
    { subresource: "status", signal },
  );
  await observe(environment, cronJobKind, written.metadata.resourceVersion, signal);
}
