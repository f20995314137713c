export { type ClusterOptions, createClusterControllers } from "./create-cluster-controllers.ts";
export { addSimulatedNode, createSimulatedNode } from "./simulated-node/simulated-node.ts";
