/** Runs pods to completion (batch/v1 Job; k8s.io/kubernetes pkg/controller/job), counting what ended by the tracking finalizer. */
import { type JsonValue, isNotFound, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  conditionOf,
  requestForController,
  timestampOf,
  withCondition,
} from "@lateen/controller";
import { labelSelectorOf } from "@lateen/objects";
import { type Pod, podKind } from "../api/pod.ts";
import { type Job, type JobStatus, jobKind } from "../api/workloads.ts";
import { statusPatch } from "../api/status-patch.ts";
import { claimObjects, settleClaim } from "../pods/adopt.ts";
import { candidatesOf, indexOwners, ownedBy } from "../pods/owned.ts";
import { createPods, deletePods, newerVersion, observe, podFromTemplate } from "../pods/pod-control.ts";
import { isPodFinished, isPodReady, isPodTerminating } from "../pods/pod-state.ts";
import { compressIndexes, expandIndexes } from "./indexes.ts";

export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
const indexAnnotation = "batch.kubernetes.io/job-completion-index";

/** Back-off between failed pods: 10 s doubling to 10 min. */
const failureBackoffMs = { base: 10_000, max: 600_000 };

export function createJobController(environment: Environment): Controller {
  indexOwners(environment, podKind);
  return {
    name: "job",
    sources: [{ ...jobKind }, { ...podKind, map: requestForController(jobKind) }],
    concurrency: 4,
    reconcile: (request, context) => reconcileJob(environment, request, context),
  };
}

/** Everything that one pass knows and finds out. */
interface Pass {
  readonly environment: Environment;
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

export async function reconcileJob(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock } = environment;
  const job = cache.get<Job>({ ...jobKind, namespace, name });
  if (job === undefined) return {};
  const nowMs = clock.now();
  if (isFinished(job)) {
    await releasePods({ environment, job, pods: ownedBy<Pod>(environment, podKind, job), nowMs, signal });
    return expire(environment, job, signal);
  }
  const claim = claimObjects(job, candidatesOf<Pod>(environment, podKind, job), labelSelectorOf(job.spec?.selector));
  if (await settleClaim(environment, job, claim, { signal })) return { requeueAfterMs: 1 };
  const pass: Pass = { environment, job, pods: claim.mine, nowMs, signal };
  if (job.metadata.deletionTimestamp !== undefined) {
    await releasePods(pass);
    return {};
  }
  return advanceJob(pass);
}

export function isFinished(job: Job): boolean {
  return conditionOf(job, "Complete")?.status === "True" || conditionOf(job, "Failed")?.status === "True";
}

interface Counts {
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: readonly number[];
  /** Pods counted in this pass: their finalizer may go once the status is written. */
  readonly counted: readonly Pod[];
}

/** What has ended: the status's numbers, and the pods that still carry the finalizer. */
function countEnded({ job, pods }: Pass): Counts {
  const { status = {} } = job;
  const indexed = job.spec?.completionMode === "Indexed";
  const completed = new Set(expandIndexes(status.completedIndexes));
  let succeeded = status.succeeded ?? 0;
  let failed = status.failed ?? 0;
  const counted: Pod[] = [];
  const alreadyCounted = new Set([
    ...(status.uncountedTerminatedPods?.succeeded ?? []),
    ...(status.uncountedTerminatedPods?.failed ?? []),
  ]);
  for (const pod of pods) {
    // A pod that is being deleted before it ended will not succeed any more.
    const ended = isPodFinished(pod) || (isPodTerminating(pod) && !isPodFinished(pod));
    if (!ended || pod.metadata.finalizers?.includes(trackingFinalizer) !== true) continue;
    counted.push(pod);
    if (alreadyCounted.has(pod.metadata.uid ?? "")) continue;
    const index = indexOf(pod);
    if (pod.status?.phase === "Succeeded") {
      if (indexed && index !== undefined) completed.add(index);
      else succeeded++;
    } else failed++;
  }
  const completedIndexes = [...completed].toSorted((a, b) => a - b);
  return { succeeded: indexed ? completedIndexes.length : succeeded, failed, completedIndexes, counted };
}

function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text === undefined ? undefined : Number(text);
}

async function advanceJob(pass: Pass): Promise<Result> {
  const { job, pods, nowMs, environment } = pass;
  const counts = countEnded(pass);
  const active = pods.filter((pod) => !isPodFinished(pod) && !isPodTerminating(pod));
  const suspended = job.spec?.suspend === true;
  const startTime = suspended ? undefined : (job.status?.startTime ?? timestampOf(nowMs));
  const verdict = judge(job, { ...counts, active: active.length, startTime, nowMs });
  let created = 0;
  let deleted: readonly Pod[] = [];
  let waitMs: number | undefined;
  if (verdict !== undefined || suspended) deleted = active;
  else ({ created, deleted, waitMs } = await manageActive(pass, active, counts));
  if (deleted.length > 0) await deletePods(environment, deleted, { signal: pass.signal });

  await writeStatus(pass, {
    counts,
    verdict,
    suspended,
    startTime,
    active: active.length + created - deleted.length,
    ready: active.filter(isPodReady).length,
  });
  await releasePods({ ...pass, pods: counts.counted });
  const deadlineMs =
    job.spec?.activeDeadlineSeconds === undefined || startTime === undefined
      ? undefined
      : Date.parse(startTime) + job.spec.activeDeadlineSeconds * 1000 - nowMs;
  const waits = [waitMs, deadlineMs].filter((ms): ms is number => ms !== undefined && ms > 0);
  return waits.length === 0 || verdict !== undefined ? {} : { requeueAfterMs: Math.min(...waits) };
}

interface Verdict {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

function judge(
  job: Job,
  {
    succeeded,
    failed,
    active,
    startTime,
    nowMs,
  }: Counts & { readonly active: number; readonly startTime: string | undefined; readonly nowMs: number },
): Verdict | undefined {
  const { spec = {} } = job;
  if (failed > (spec.backoffLimit ?? 6))
    return { type: "Failed", reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  if (
    spec.activeDeadlineSeconds !== undefined &&
    startTime !== undefined &&
    nowMs >= Date.parse(startTime) + spec.activeDeadlineSeconds * 1000
  ) {
    return { type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  }
  if (spec.suspend === true) return undefined;
  const complete = spec.completions === undefined ? succeeded > 0 && active === 0 : succeeded >= spec.completions;
  return complete
    ? { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" }
    : undefined;
}

/** Makes what is missing and ends what is too much. */
async function manageActive(
  pass: Pass,
  active: readonly Pod[],
  counts: Counts,
): Promise<{ readonly created: number; readonly deleted: readonly Pod[]; readonly waitMs?: number }> {
  const { job } = pass;
  const { parallelism = 1, completions } = job.spec ?? {};
  const wanted =
    completions === undefined
      ? counts.succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - counts.succeeded);
  const surplus = active.length - Math.max(0, wanted);
  if (surplus > 0)
    return {
      created: 0,
      deleted: active
        .filter((pod) => !isPodReady(pod))
        .concat(active.filter(isPodReady))
        .slice(0, surplus),
    };
  if (surplus === 0) return { created: 0, deleted: [] };
  const waitMs = backoffLeftMs(pass, counts);
  if (waitMs > 0) return { created: 0, deleted: [], waitMs };
  const missing = newPods(job, { count: -surplus, active, completed: counts.completedIndexes });
  await createPods(pass.environment, missing, { signal: pass.signal });
  return { created: missing.length, deleted: [] };
}

/** After a failure the next pod waits, longer with each. */
function backoffLeftMs({ pods, nowMs }: Pass, { failed }: Counts): number {
  const failedAt = pods.flatMap((pod) => (pod.status?.phase === "Failed" ? [finishedMs(pod)] : []));
  if (failed === 0 || failedAt.length === 0) return 0;
  const delay = Math.min(failureBackoffMs.max, failureBackoffMs.base * 2 ** Math.min(failed - 1, 20));
  return Math.max(0, Math.max(...failedAt) + delay - nowMs);
}

function finishedMs(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ""),
  );
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? Math.max(...known) : Date.parse(pod.metadata.creationTimestamp ?? "") || 0;
}

function newPods(
  job: Job,
  {
    count,
    active,
    completed,
  }: { readonly count: number; readonly active: readonly Pod[]; readonly completed: readonly number[] },
): readonly Pod[] {
  const tracked = (pod: Pod): Pod => ({
    ...pod,
    metadata: { ...pod.metadata, finalizers: [...(pod.metadata.finalizers ?? []), trackingFinalizer] },
  });
  if (job.spec?.completionMode !== "Indexed")
    return Array.from({ length: count }, () => tracked(podFromTemplate(job.spec?.template, job)));
  const taken = new Set([...completed, ...active.map(indexOf)]);
  const free: number[] = [];
  for (let index = 0; free.length < count && index < (job.spec.completions ?? 0); index++)
    if (!taken.has(index)) free.push(index);
  return free.map((index) => indexedPod(job, index, tracked));
}

function indexedPod(job: Job, index: number, tracked: (pod: Pod) => Pod): Pod {
  const { name = "" } = job.metadata;
  const pod = podFromTemplate(job.spec?.template, job, {
    labels: { [indexAnnotation]: String(index) },
    annotations: { [indexAnnotation]: String(index) },
  });
  const fieldRef = { fieldPath: `metadata.annotations['${indexAnnotation}']` };
  const withIndex = pod.spec?.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []), { name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef } }],
  }));
  return tracked({
    ...pod,
    metadata: { ...pod.metadata, generateName: `${name}-${index}-` },
    spec: { ...pod.spec, hostname: `${name}-${index}`, containers: withIndex ?? [] },
  });
}

async function writeStatus(
  { environment, job, nowMs, signal }: Pass,
  facts: {
    readonly counts: Counts;
    readonly verdict: Verdict | undefined;
    readonly suspended: boolean;
    readonly startTime: string | undefined;
    readonly active: number;
    readonly ready: number;
  },
): Promise<void> {
  const { counts, verdict } = facts;
  let conditions: readonly Condition[] | undefined = job.status?.conditions;
  if (verdict !== undefined) {
    const { type, reason, message } = verdict;
    // The interim condition tells the outcome before the last pods are gone (KEP-3998).
    const interim = type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
    for (const each of [interim, type])
      conditions = withCondition(conditions, { type: each, status: "True", reason, message }, nowMs);
  } else if (facts.suspended) {
    conditions = withCondition(
      conditions,
      { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" },
      nowMs,
    );
  } else if (conditions?.some(({ type, status }) => type === "Suspended" && status === "True")) {
    conditions = withCondition(
      conditions,
      { type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" },
      nowMs,
    );
  }
  const active = verdict === undefined ? Math.max(0, facts.active) : 0;
  const ready = verdict === undefined ? facts.ready : 0;
  const status: JobStatus = {
    ...(active > 0 && { active }),
    ready,
    ...(counts.succeeded > 0 && { succeeded: counts.succeeded }),
    ...(counts.failed > 0 && { failed: counts.failed }),
    ...(facts.startTime !== undefined && { startTime: facts.startTime }),
    ...(verdict?.type === "Complete" && { completionTime: timestampOf(nowMs) }),
    ...(counts.completedIndexes.length > 0 && { completedIndexes: compressIndexes(counts.completedIndexes) }),
    uncountedTerminatedPods: {},
    ...(conditions !== undefined && conditions.length > 0 && { conditions }),
  };
  if (jsonEquals(status as JsonValue, (job.status ?? {}) as JsonValue)) return;
  const { namespace = "", name = "", uid = null, resourceVersion = null } = job.metadata;
  const written = await environment.client.patch(
    { ...jobKind, namespace, name },
    // The version matters: counting twice what was counted once must conflict.
    { kind: "merge", value: { metadata: { uid, resourceVersion }, status: statusPatch(job.status, status) } },
    { subresource: "status", signal },
  );
  await observe(environment, jobKind, written.metadata.resourceVersion, signal);
}

/** Takes the tracking finalizer from pods whose end is counted, or whose Job is over. */
async function releasePods({ environment, pods, signal }: Pass): Promise<void> {
  let latest = "";
  for (const pod of pods) {
    if (pod.metadata.finalizers?.includes(trackingFinalizer) !== true) continue;
    const { namespace = "", name = "", uid = null } = pod.metadata;
    const finalizers = pod.metadata.finalizers.filter((finalizer) => finalizer !== trackingFinalizer);
    try {
      const written = await environment.client.patch(
        { ...podKind, namespace, name },
        { kind: "merge", value: { metadata: { uid, finalizers } } },
        { signal },
      );
      latest = newerVersion(latest, written.metadata.resourceVersion);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  await observe(environment, podKind, latest, signal);
}

/** Deletes a finished Job when its time to live is over. */
async function expire({ client, clock }: Environment, job: Job, signal: AbortSignal): Promise<Result> {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return {};
  const finished = conditionOf(job, "Complete") ?? conditionOf(job, "Failed");
  const leftMs = Date.parse(finished?.lastTransitionTime ?? "") + ttl * 1000 - clock.now();
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  const { namespace = "", name = "", uid = "" } = job.metadata;
  try {
    await client.delete(
      { ...jobKind, namespace, name },
      { propagationPolicy: "Foreground", preconditions: { uid }, signal },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return {};
}
