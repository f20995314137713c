import { type Condition, conditionOf, withCondition } from "@lateen/controller";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../api/workloads.ts";
import { replicasOf, rolloutLimits } from "./rollout.ts";

export interface DeploymentFacts {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
  readonly nowMs: number;
  /** The new ReplicaSet was made in this pass. */
  readonly created?: boolean;
  readonly collisionCount?: number | undefined;
  /** Why the new ReplicaSet could not be made. */
  readonly failure?: string | undefined;
}

/** The status that the ReplicaSets justify; `recheckMs` tells when the progress deadline will have passed. */
export function summarizeDeployment(
  deployment: Deployment,
  facts: DeploymentFacts,
): { readonly status: DeploymentStatus; readonly recheckMs?: number } {
  const counts = countReplicas(facts);
  const previous = deployment.status ?? {};
  let conditions = availableCondition(deployment, counts.availableReplicas, facts.nowMs);
  const progress = progressCondition(deployment, { ...facts, counts });
  if (progress !== undefined) conditions = withProgress(conditions, progress, facts.nowMs);
  const replicaFailure = replicaFailureOf(facts);
  conditions =
    replicaFailure === undefined
      ? conditions.filter(({ type }) => type !== "ReplicaFailure")
      : withCondition(conditions, replicaFailure, facts.nowMs);
  const positive = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  const collisionCount = facts.collisionCount ?? previous.collisionCount;
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...positive,
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions.length > 0 && { conditions }),
  };
  const recheckMs = deadlineLeftMs(deployment, conditions, { counts, nowMs: facts.nowMs });
  return { status, ...(recheckMs !== undefined && { recheckMs }) };
}

type Counts = Readonly<
  Record<
    | "replicas"
    | "updatedReplicas"
    | "readyReplicas"
    | "availableReplicas"
    | "unavailableReplicas"
    | "terminatingReplicas",
    number
  >
>;

function countReplicas({ newSet, oldSets }: DeploymentFacts): Counts {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const sum = (of: (set: ReplicaSet) => number | undefined): number =>
    all.reduce((total, set) => total + (of(set) ?? 0), 0);
  const availableReplicas = sum((set) => set.status?.availableReplicas);
  return {
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(replicasOf) - availableReplicas),
    terminatingReplicas: sum((set) => set.status?.terminatingReplicas),
  };
}

function availableCondition(deployment: Deployment, availableReplicas: number, nowMs: number): readonly Condition[] {
  const { replicas, maxUnavailable } = rolloutLimits(deployment);
  const enough = availableReplicas >= replicas - maxUnavailable;
  return withDeploymentCondition(
    deployment.status?.conditions,
    enough
      ? {
          type: "Available",
          status: "True",
          reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability.",
        }
      : {
          type: "Available",
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
    nowMs,
  );
}

export function isDeploymentComplete(
  deployment: Deployment,
  counts: Pick<Counts, "replicas" | "updatedReplicas" | "availableReplicas">,
): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas;
}

function progressCondition(
  deployment: Deployment,
  { newSet, counts, created, failure, nowMs }: DeploymentFacts & { readonly counts: Counts },
): Omit<Condition, "lastTransitionTime"> | undefined {
  if (progressDeadlineSeconds(deployment) === undefined) return undefined;
  const current = conditionOf(deployment, "Progressing");
  const subject =
    newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  const progressing = (status: "True" | "False" | "Unknown", reason: string, message: string) => ({
    type: "Progressing",
    status,
    reason,
    message,
  });
  if (failure !== undefined) return progressing("False", "ReplicaSetCreateError", failure);
  if (deployment.spec?.paused === true) {
    return current?.reason === "DeploymentPaused"
      ? current
      : progressing("Unknown", "DeploymentPaused", "Deployment is paused");
  }
  if (current?.reason === "DeploymentPaused")
    return progressing("Unknown", "DeploymentResumed", "Deployment is resumed");
  if (created === true)
    return progressing("True", "NewReplicaSetCreated", `Created new replica set "${newSet?.metadata.name}"`);
  const known = deployment.status ?? {};
  const wasComplete =
    known.observedGeneration === deployment.metadata.generation && current?.reason === "NewReplicaSetAvailable";
  if (isDeploymentComplete(deployment, counts)) {
    return progressing("True", "NewReplicaSetAvailable", `${subject} has successfully progressed.`);
  }
  if (wasComplete) return current;
  const progressed =
    counts.updatedReplicas > (known.updatedReplicas ?? 0) ||
    (known.replicas ?? 0) - (known.updatedReplicas ?? 0) > counts.replicas - counts.updatedReplicas ||
    counts.readyReplicas > (known.readyReplicas ?? 0) ||
    counts.availableReplicas > (known.availableReplicas ?? 0);
  if (progressed || current === undefined || current.reason === "NewReplicaSetAvailable") {
    return { ...progressing("True", "ReplicaSetUpdated", `${subject} is progressing.`), lastUpdateTime: stamp(nowMs) };
  }
  const left = timeLeftMs(deployment, current, nowMs);
  if (left !== undefined && left <= 0)
    return progressing("False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`);
  return current;
}

function replicaFailureOf({ newSet, oldSets }: DeploymentFacts): Omit<Condition, "lastTransitionTime"> | undefined {
  for (const set of newSet === undefined ? oldSets : [newSet, ...oldSets]) {
    const failure = conditionOf(set, "ReplicaFailure");
    if (failure?.status === "True") {
      const { lastTransitionTime: _, ...rest } = failure;
      return rest;
    }
  }
  return undefined;
}

/** Milliseconds until the rollout counts as stuck; undefined when it is complete, paused or stuck already. */
function deadlineLeftMs(
  deployment: Deployment,
  conditions: readonly Condition[],
  { counts, nowMs }: { readonly counts: Counts; readonly nowMs: number },
): number | undefined {
  const progress = conditions.find(({ type }) => type === "Progressing");
  if (progress === undefined || deployment.spec?.paused === true || isDeploymentComplete(deployment, counts))
    return undefined;
  if (progress.reason === "ProgressDeadlineExceeded" || progress.reason === "NewReplicaSetAvailable") return undefined;
  const left = timeLeftMs(deployment, progress, nowMs);
  return left === undefined ? undefined : Math.max(1_000, left + 1_000);
}

function timeLeftMs(deployment: Deployment, progress: Condition, nowMs: number): number | undefined {
  const seconds = progressDeadlineSeconds(deployment);
  const since = Date.parse(
    typeof progress.lastUpdateTime === "string" ? progress.lastUpdateTime : (progress.lastTransitionTime ?? ""),
  );
  return seconds === undefined || Number.isNaN(since) ? undefined : since + seconds * 1000 - nowMs;
}

/** The greatest int32 says that there is no deadline. */
function progressDeadlineSeconds({ spec }: Deployment): number | undefined {
  const seconds = spec?.progressDeadlineSeconds ?? 600;
  return seconds === 2_147_483_647 ? undefined : seconds;
}

const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Conditions of Deployments also tell when they were last written. */
function withDeploymentCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, "lastTransitionTime">,
  nowMs: number,
): readonly Condition[] {
  const { lastUpdateTime, ...plain } = condition;
  const next = withCondition(conditions, plain as Condition, nowMs);
  if (next === conditions && lastUpdateTime === undefined) return next;
  const { type } = condition as Condition;
  const before = conditions?.find((known) => known.type === type);
  const after = next.find((known) => known.type === type)!;
  const updated =
    typeof lastUpdateTime === "string" ? lastUpdateTime : after === before ? before.lastUpdateTime : stamp(nowMs);
  return next.map((known) => (known === after ? { ...known, lastUpdateTime: updated } : known));
}

function withProgress(
  conditions: readonly Condition[],
  progress: Omit<Condition, "lastTransitionTime">,
  nowMs: number,
): readonly Condition[] {
  const same = conditions.find((condition) => condition === progress);
  return same === undefined ? withDeploymentCondition(conditions, progress, nowMs) : conditions;
}
