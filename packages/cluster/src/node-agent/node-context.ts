import type { Clock, Log } from "@lateen/base";
import type { Client } from "@lateen/client";
import type { EventRecorder } from "@lateen/controller";
import type { AddressBook } from "./addresses.ts";
import type { LogFile } from "./log-file.ts";
import type { NodeMode } from "./plan-container.ts";
import type { ProcessHost, RunningProcess } from "./process-host.ts";

/** What the parts of a node agent share. */
export interface NodeContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly mode: NodeMode;
  readonly nodeName: string;
  readonly processes: ProcessHost;
  readonly addresses: AddressBook;
  /** Holds `logs/` and `work/`. */
  readonly folder: string;
  /** Variables that tell a program of a namespace where its Services are. */
  readonly serviceEnvironment: (namespace: string) => Readonly<Record<string, string>>;
  /** Logs that are being written, by path. */
  readonly openLogs: Map<string, LogFile>;
  /** Containers whose processes run, by `POD UID/CONTAINER`. */
  readonly running: Map<string, RunningContainer>;
}

/** What another process in a container needs to be like its first. */
export interface RunningContainer {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly process: RunningProcess;
}
