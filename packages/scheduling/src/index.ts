export type { SchedulingNode, SchedulingPod } from "./objects.ts";
export type { Judgement, Plugin, Rejection } from "./plugin.ts";
export { type Amounts, amountsOf, podAmounts } from "./resources.ts";
export {
  type Assessment,
  type Placement,
  type ScheduleOptions,
  assess,
  bestNodes,
  defaultPlugins,
  schedule,
} from "./schedule.ts";
export { type ClusterObjects, type NodeInfo, type Snapshot, snapshotOf } from "./snapshot.ts";
