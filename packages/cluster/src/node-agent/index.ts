export { type ImageCatalog, type ImageMapping, type RunnableImage, imageName, loadImageCatalog } from "./images.ts";
export type { NodeMode } from "./plan-container.ts";
export { simulatedReason } from "./pod-status.ts";
export type { ConnectRequest, LogRequest, PodConnection, PodStreamsOfNode } from "./pod-streams.ts";
export { serviceAddressAnnotation } from "./service-proxy.ts";
export { type NodeAgent, type NodeAgentOptions, startNodeAgent } from "./start-node-agent.ts";
