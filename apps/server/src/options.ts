import type { Log } from "@lateen/base";
import type { SecurityOptions } from "./security-options.ts";

/** How the node agent treats containers. */
export type NodeMode =
  /** Known images run as processes, others are simulated. */
  | "process"
  /** As `process`, and a manifest's command may run on the host. */
  | "process-shell"
  /** As `process`, but an unknown image is `ImagePullBackOff`. */
  | "strict"
  /** Nothing runs; every pod is simulated. */
  | "simulated";

export const nodeModes: readonly NodeMode[] = ["process", "process-shell", "strict", "simulated"];

/** An image that stands for a person's own folder and command. */
export interface ImageMapping {
  readonly image: string;
  readonly folder: string;
  /** A command line, run by the shell: it is the person's own word. */
  readonly run: string;
}

export interface ServerOptions extends SecurityOptions {
  /** Holds the store, keys, kubeconfig and logs of pods. Made when it does not exist. */
  readonly dataDir: string;
  /** Address to listen on. Default loopback only. */
  readonly host?: string;
  /** Default 6443; 0 takes a free one. */
  readonly port?: number;
  /** `bare`: the API server alone. */
  readonly parts?: "all" | "bare";
  readonly nodeMode?: NodeMode;
  readonly images?: readonly ImageMapping[];
  /**
   * Where requests of workflow steps may go: `local` = everywhere but link-local addresses, `shared` = public addresses only.
   * Default `local` on a loopback host, else `shared`.
   */
  readonly stepNetwork?: "local" | "shared";
  /** Port for requests that start runs (Triggers with a webhook); closed without it. */
  readonly triggerPort?: number;
  /** Endpoints of an etcd v3 (`127.0.0.1:2379`) that keeps the objects instead of the data directory; servers may share it. */
  readonly etcdEndpoints?: readonly string[];
  readonly log: Log;
}

/** Why a server did not start, for a person: what was tried, what was found, what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code = "StartError";
}
