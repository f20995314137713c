/**
 * Keeps a scaled workload within an autoscaler's bounds (pkg/controller/podautoscaler). Nobody measures pods here: beyond its
 * bounds a HorizontalPodAutoscaler scales nothing, and says so in its condition.
 */
import { type JsonValue, errorMessage, isNotFound, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  timestampOf,
  withCondition,
} from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { statusPatch } from "../api/status-patch.ts";

interface Autoscaler extends KubeObject {
  readonly spec?: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly { readonly type: string; readonly resource?: { readonly name: string } }[];
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastScaleTime?: string;
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?: JsonValue;
    readonly conditions?: readonly Condition[];
  };
}

interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

const autoscalerKind = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" } as const;
const syncMs = 15_000;

export function createAutoscalerController(environment: Environment): Controller {
  return {
    name: "horizontal-pod-autoscaler",
    sources: [{ ...autoscalerKind }],
    reconcile: (request, context) => reconcileAutoscaler(environment, request, context),
  };
}

export async function reconcileAutoscaler(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, client, clock } = environment;
  const autoscaler = cache.get<Autoscaler>({ ...autoscalerKind, namespace, name });
  if (autoscaler?.spec === undefined || autoscaler.metadata.deletionTimestamp !== undefined) return {};
  const { apiVersion = "apps/v1", kind, name: targetName } = autoscaler.spec.scaleTargetRef;
  const target = { apiVersion, kind, namespace, name: targetName };
  let scale: Scale | undefined;
  let failure = "";
  try {
    scale = await client.get<Scale>(target, { subresource: "scale", signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    failure = errorMessage(error);
  }
  const plan = planScale(autoscaler, scale);
  if (scale !== undefined && plan.desired !== plan.current) {
    await client.patch(
      target,
      { kind: "merge", value: { spec: { replicas: plan.desired } } },
      { subresource: "scale", signal },
    );
  }
  await writeStatus(environment, autoscaler, { plan, scale, failure, nowMs: clock.now() }, signal);
  return { requeueAfterMs: syncMs };
}

interface ScalePlan {
  readonly current: number;
  readonly desired: number;
  readonly limited: "TooFewReplicas" | "TooManyReplicas" | undefined;
}

/** The bounds alone decide; a workload that stands at zero is left there. */
export function planScale({ spec }: Autoscaler, scale: Scale | undefined): ScalePlan {
  const current = scale?.spec?.replicas ?? 0;
  const least = spec?.minReplicas ?? 1;
  const most = spec?.maxReplicas ?? least;
  if (scale === undefined || current === 0) return { current, desired: current, limited: undefined };
  if (current > most) return { current, desired: most, limited: "TooManyReplicas" };
  if (current < least) return { current, desired: least, limited: "TooFewReplicas" };
  return { current, desired: current, limited: undefined };
}

function conditionsOf(
  autoscaler: Autoscaler,
  { plan, scale, failure }: { readonly plan: ScalePlan; readonly scale: Scale | undefined; readonly failure: string },
): readonly Omit<Condition, "lastTransitionTime">[] {
  if (scale === undefined) {
    return [
      {
        type: "AbleToScale",
        status: "False",
        reason: "FailedGetScale",
        message: `the HPA controller was unable to get the target's current scale: ${failure}`,
      },
    ];
  }
  const rescaled = plan.desired !== plan.current;
  const able: Omit<Condition, "lastTransitionTime"> = rescaled
    ? {
        type: "AbleToScale",
        status: "True",
        reason: "SucceededRescale",
        message: `the HPA controller was able to update the target scale to ${plan.desired}`,
      }
    : {
        type: "AbleToScale",
        status: "True",
        reason: "SucceededGetScale",
        message: "the HPA controller was able to get the target's current scale",
      };
  if (plan.current === 0) {
    return [
      able,
      {
        type: "ScalingActive",
        status: "False",
        reason: "ScalingDisabled",
        message: "scaling is disabled since the replica count of the target is zero",
      },
    ];
  }
  const metric = autoscaler.spec?.metrics?.[0];
  const what = metric?.resource?.name ?? metric?.type ?? "cpu";
  return [
    able,
    {
      type: "ScalingActive",
      status: "False",
      reason: "FailedGetResourceMetric",
      message: `the HPA was unable to compute the replica count: unable to get metrics for resource ${what}: nothing measures pods on this cluster; replicas are kept within the bounds only`,
    },
    plan.limited === undefined
      ? {
          type: "ScalingLimited",
          status: "False",
          reason: "DesiredWithinRange",
          message: "the desired count is within the acceptable range",
        }
      : {
          type: "ScalingLimited",
          status: "True",
          reason: plan.limited,
          message: `the desired replica count is ${plan.limited === "TooManyReplicas" ? "more than the maximum" : "less than the minimum"} replica count`,
        },
  ];
}

async function writeStatus(
  { client }: Environment,
  autoscaler: Autoscaler,
  facts: {
    readonly plan: ScalePlan;
    readonly scale: Scale | undefined;
    readonly failure: string;
    readonly nowMs: number;
  },
  signal: AbortSignal,
): Promise<void> {
  const { plan, scale, nowMs } = facts;
  const previous = autoscaler.status ?? {};
  const conditions = conditionsOf(autoscaler, facts).reduce<readonly Condition[]>(
    (known, condition) => withCondition(known, condition, nowMs),
    previous.conditions ?? [],
  );
  const lastScaleTime = plan.desired === plan.current ? previous.lastScaleTime : timestampOf(nowMs);
  const status: NonNullable<Autoscaler["status"]> = {
    ...(autoscaler.metadata.generation !== undefined && { observedGeneration: autoscaler.metadata.generation }),
    ...(lastScaleTime !== undefined && { lastScaleTime }),
    ...(scale !== undefined && { currentReplicas: scale.status?.replicas ?? plan.current }),
    desiredReplicas: plan.desired,
    currentMetrics: previous.currentMetrics ?? null,
    conditions,
  };
  if (jsonEquals(status as unknown as JsonValue, previous as unknown as JsonValue)) return;
  const { namespace = "", name = "", uid = null } = autoscaler.metadata;
  const value = { metadata: { uid }, status: statusPatch(previous, status) };
  await client
    .patch({ ...autoscalerKind, namespace, name }, { kind: "merge", value }, { subresource: "status", signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
