export { type ClusterOptions, createClusterControllers } from "./create-cluster-controllers.ts";
