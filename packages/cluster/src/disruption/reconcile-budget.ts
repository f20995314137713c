/** Tells how many of a budget's pods may be disrupted now (pkg/controller/disruption); evictions ask its status. */
import { type JsonValue, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  withCondition,
} from "@lateen/controller";
import { type KubeObject, type MetaLabelSelector, labelSelectorOf, matchesLabels } from "@lateen/objects";
import { type Pod, podKind } from "../api/pod.ts";
import {
  type IntOrString,
  type ReplicaSet,
  deploymentKind,
  replicaSetKind,
  statefulSetKind,
} from "../api/workloads.ts";
import { statusPatch } from "../api/status-patch.ts";
import { controllerOf, isPodActive, isPodReady } from "../pods/pod-state.ts";

interface Budget extends KubeObject {
  readonly spec?: {
    readonly minAvailable?: IntOrString;
    readonly maxUnavailable?: IntOrString;
    readonly selector?: MetaLabelSelector;
  };
  readonly status?: {
    readonly disruptedPods?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
  };
}

const budgetKind = { apiVersion: "policy/v1", kind: "PodDisruptionBudget" } as const;
/** An eviction that has not ended its pod within this time is forgotten. */
const evictionMs = 120_000;

export function createDisruptionController(environment: Environment): Controller {
  const ofPod = (pod: KubeObject): readonly Request[] => {
    const namespace = pod.metadata.namespace ?? "";
    return environment.cache
      .list<Budget>({ ...budgetKind, namespace })
      .filter(({ spec }) => matchesLabels(labelSelectorOf(spec?.selector), pod.metadata.labels ?? {}))
      .map(({ metadata }) => ({ namespace, name: metadata.name ?? "" }));
  };
  return {
    name: "disruption",
    sources: [{ ...budgetKind }, { ...podKind, map: ofPod }],
    reconcile: (request, context) => reconcileBudget(environment, request, context),
  };
}

async function reconcileBudget(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock, client } = environment;
  const budget = cache.get<Budget>({ ...budgetKind, namespace, name });
  if (budget === undefined) return {};
  const selector = labelSelectorOf(budget.spec?.selector);
  const pods = cache
    .list<Pod>({ ...podKind, namespace })
    .filter((pod) => isPodActive(pod) && matchesLabels(selector, pod.metadata.labels ?? {}));
  const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(
    ([pod, time]) => pods.some(({ metadata }) => metadata.name === pod) && Date.parse(time) + evictionMs > clock.now(),
  );
  const expected = expectedPods(environment, pods);
  const healthy = pods.filter(
    (pod) => isPodReady(pod) && !disrupted.some(([disruptedName]) => disruptedName === pod.metadata.name),
  ).length;
  const desired = desiredHealthy(budget, expected);
  const disruptionsAllowed = Math.max(0, expected === 0 ? 0 : healthy - desired);
  const conditions = withCondition(
    budget.status?.conditions,
    {
      type: "DisruptionAllowed",
      status: disruptionsAllowed > 0 ? "True" : "False",
      reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
      message: "",
      ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    },
    clock.now(),
  );
  const status = {
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    ...(disrupted.length > 0 && { disruptedPods: Object.fromEntries(disrupted) }),
    disruptionsAllowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions,
  };
  if (!jsonEquals(status as unknown as JsonValue, (budget.status ?? {}) as unknown as JsonValue)) {
    const { uid = null, resourceVersion = null } = budget.metadata;
    const value = { metadata: { uid, resourceVersion }, status: statusPatch(budget.status, status) };
    await client.patch({ ...budgetKind, namespace, name }, { kind: "merge", value }, { subresource: "status", signal });
  }
  return disrupted.length > 0 ? { requeueAfterMs: evictionMs } : {};
}

/** How many pods the workloads behind these want: for percentages and maxUnavailable. */
function expectedPods({ cache }: Environment, pods: readonly Pod[]): number {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) owners.set(pod.metadata.uid ?? "", 1);
    else if (!owners.has(owner.uid))
      owners.set(
        owner.uid,
        replicasOf(cache, { namespace: pod.metadata.namespace ?? "", kind: owner.kind, name: owner.name }),
      );
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, 0);
}

function replicasOf(
  cache: Environment["cache"],
  { namespace, kind, name }: { readonly namespace: string; readonly kind: string; readonly name: string },
): number {
  const kindOf = kind === "StatefulSet" ? statefulSetKind : replicaSetKind;
  const workload = cache.get<ReplicaSet>({ ...kindOf, namespace, name });
  const deployment = workload === undefined ? undefined : controllerOf(workload);
  const top =
    deployment?.kind === "Deployment"
      ? cache.get<ReplicaSet>({ ...deploymentKind, namespace, name: deployment.name })
      : workload;
  return top?.spec?.replicas ?? 1;
}

function desiredHealthy({ spec }: Budget, expected: number): number {
  const scaled = (value: IntOrString): number => {
    if (typeof value === "number") return value;
    const percent = /^(\d+)%$/.exec(value)?.[1];
    return percent === undefined ? 0 : Math.ceil((Number(percent) * expected) / 100);
  };
  if (spec?.maxUnavailable !== undefined) return Math.max(0, expected - scaled(spec.maxUnavailable));
  return scaled(spec?.minAvailable ?? 1);
}
