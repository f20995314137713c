export { type Condition, conditionOf, timestampOf, withCondition } from "./conditions.ts";
export { type EventRecorder, type ObjectEvent, createEventRecorder } from "./event-recorder.ts";
export { type FinalizerOptions, addFinalizer, hasFinalizer, isBeingDeleted, removeFinalizer } from "./finalizers.ts";
export { type LeaderElectionOptions, type Lease, type LeaseSpec, microTimeOf, runAsLeader } from "./leader-election.ts";
export { type MetricFacts, type MetricLabels, type Metrics, createMetrics, defaultBuckets } from "./metrics.ts";
export type {
  Controller,
  Environment,
  Reconcile,
  ReconcileContext,
  Request,
  Result,
  RunControllersOptions,
  Source,
} from "./reconciler.ts";
export {
  type RunningControllers,
  requestFor,
  requestForController,
  runControllers,
  startControllers,
} from "./run-controllers.ts";
export { type WorkQueue, type WorkQueueOptions, createWorkQueue } from "./work-queue.ts";
export { type ConfigMapData, OwnedConfigMap, type OwnedConfigMapOptions } from "./owned-config-map.ts";
