export {
  type ImageMapping,
  type NodeMode,
  type RunningServer,
  type ServerOptions,
  StartError,
  nodeModes,
  startServer,
} from "./embedded.ts";
