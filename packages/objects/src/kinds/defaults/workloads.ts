/** Defaults of apps, batch and autoscaling (pkg/apis/{apps,batch,autoscaling}, defaults.go, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { record, text } from "../tables/read.ts";
import { childOf, type Draft, ifAbsent, ifUnset, isAbsent, isUnset, listLength } from "./draft.ts";
import type { Defaulters } from "./walk.ts";

function deployment(draft: Draft): void {
  const spec = childOf(draft, "spec");
  ifAbsent(spec, "replicas", 1);
  const strategy = childOf(spec, "strategy");
  ifUnset(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") {
    const rolling = childOf(strategy, "rollingUpdate");
    ifAbsent(rolling, "maxUnavailable", "25%");
    ifAbsent(rolling, "maxSurge", "25%");
  } else if (!isAbsent(strategy, "rollingUpdate")) {
    // The internal version has no pointers here.
    const rolling = childOf(strategy, "rollingUpdate");
    ifAbsent(rolling, "maxUnavailable", 0);
    ifAbsent(rolling, "maxSurge", 0);
  }
  ifAbsent(spec, "revisionHistoryLimit", 10);
  ifAbsent(spec, "progressDeadlineSeconds", 600);
}

function daemonSet(draft: Draft): void {
  const spec = childOf(draft, "spec");
  const strategy = childOf(spec, "updateStrategy");
  ifUnset(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") {
    const rolling = childOf(strategy, "rollingUpdate");
    ifAbsent(rolling, "maxUnavailable", 1);
    ifAbsent(rolling, "maxSurge", 0);
  } else if (!isAbsent(strategy, "rollingUpdate")) {
    const rolling = childOf(strategy, "rollingUpdate");
    ifAbsent(rolling, "maxUnavailable", 0);
    ifAbsent(rolling, "maxSurge", 0);
  }
  ifAbsent(spec, "revisionHistoryLimit", 10);
}

function statefulSet(draft: Draft): void {
  const spec = childOf(draft, "spec");
  ifUnset(spec, "podManagementPolicy", "OrderedReady");
  const strategy = childOf(spec, "updateStrategy");
  if (isUnset(strategy, "type")) {
    strategy["type"] = "RollingUpdate";
    ifAbsent(strategy, "rollingUpdate", {});
  }
  if (strategy["type"] === "RollingUpdate" && !isAbsent(strategy, "rollingUpdate"))
    ifAbsent(childOf(strategy, "rollingUpdate"), "partition", 0);
  const retention = childOf(spec, "persistentVolumeClaimRetentionPolicy");
  ifUnset(retention, "whenDeleted", "Retain");
  ifUnset(retention, "whenScaled", "Retain");
  ifAbsent(spec, "replicas", 1);
  ifAbsent(spec, "revisionHistoryLimit", 10);
}

function job(draft: Draft): void {
  const spec = childOf(draft, "spec");
  if (isAbsent(spec, "completions") && isAbsent(spec, "parallelism")) spec["completions"] = 1;
  ifAbsent(spec, "parallelism", 1);
  ifAbsent(spec, "backoffLimit", isAbsent(spec, "backoffLimitPerIndex") ? 6 : 2 ** 31 - 1);
  const labels = record(spec, "template", "metadata", "labels");
  if (Object.keys(labels).length > 0 && Object.keys(record(draft, "metadata", "labels")).length === 0)
    childOf(draft, "metadata")["labels"] = labels;
  ifAbsent(spec, "completionMode", "NonIndexed");
  ifAbsent(spec, "suspend", false);
  ifAbsent(spec, "podReplacementPolicy", isAbsent(spec, "podFailurePolicy") ? "TerminatingOrFailed" : "Failed");
  ifAbsent(spec, "manualSelector", false);
}

function cronJob(draft: Draft): void {
  const spec = childOf(draft, "spec");
  ifUnset(spec, "concurrencyPolicy", "Allow");
  ifAbsent(spec, "suspend", false);
  ifAbsent(spec, "successfulJobsHistoryLimit", 3);
  ifAbsent(spec, "failedJobsHistoryLimit", 1);
}

const scaleUp: JsonObject = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};

const scaleDown: JsonObject = { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] };

/** Half the processor, or rather 80 % of what was asked for. */
const cpuMetric: JsonValue = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
};

function horizontalPodAutoscaler(draft: Draft): void {
  const spec = childOf(draft, "spec");
  ifAbsent(spec, "minReplicas", 1);
  if (listLength(spec, "metrics") === 0) spec["metrics"] = [cpuMetric];
  if (isAbsent(spec, "behavior")) return;
  const behavior = childOf(spec, "behavior");
  behavior["scaleUp"] = { ...scaleUp, ...present(record(behavior, "scaleUp")) };
  behavior["scaleDown"] = { ...scaleDown, ...present(record(behavior, "scaleDown")) };
}

function present(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
}

export const workloadDefaulters: Defaulters = {
  "api.apps.v1.Deployment": deployment,
  "api.apps.v1.DaemonSet": daemonSet,
  "api.apps.v1.StatefulSet": statefulSet,
  "api.apps.v1.ReplicaSet": (draft) => ifAbsent(childOf(draft, "spec"), "replicas", 1),
  "api.batch.v1.Job": job,
  "api.batch.v1.CronJob": cronJob,
  "api.batch.v1.PodFailurePolicyOnPodConditionsPattern": (draft) => ifUnset(draft, "status", "True"),
  "api.autoscaling.v2.HorizontalPodAutoscaler": horizontalPodAutoscaler,
  "api.autoscaling.v1.HorizontalPodAutoscaler": (draft) => {
    const spec = childOf(draft, "spec");
    ifAbsent(spec, "minReplicas", 1);
    if (text(draft, "metadata", "annotations", "autoscaling.alpha.kubernetes.io/metrics") === "")
      ifAbsent(spec, "targetCPUUtilizationPercentage", 80);
  },
};
