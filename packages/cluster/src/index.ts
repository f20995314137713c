export { type ClusterOptions, createClusterControllers } from "./create-cluster-controllers.ts";
export { type EventRecorder, type ObjectEvent, createEventRecorder } from "./events/event-recorder.ts";
