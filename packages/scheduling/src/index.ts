export type { SchedulingNode, SchedulingPod } from "./objects.ts";
export type { Judgement, Plugin, Rejection } from "./plugin.ts";
export { type Preemption, priorityOf } from "./preemption.ts";
export { type Amounts, amountsOf, podAmounts } from "./resources.ts";
export { type Assessment, assess, assessNode, bestNodes, totalOf } from "./assess.ts";
export { type Placement, type ScheduleOptions, daemonPlugins, defaultPlugins, schedule } from "./schedule.ts";
export { type ClusterObjects, type NodeInfo, type Snapshot, snapshotOf, withPlacedPod } from "./snapshot.ts";
