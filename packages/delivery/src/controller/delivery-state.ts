import type { Environment, EventRecorder, Metrics } from "@lateen/controller";
import type { RunMemory } from "@lateen/workflow";
import type { DefinitionSource } from "../definition/definition-set.ts";
import type { ApplicationCounts } from "./delivery-metrics.ts";
import type { DeliveryPorts } from "./ports.ts";

/** What the rounds of all Applications share. */
export interface DeliveryState {
  readonly environment: Environment;
  readonly ports: DeliveryPorts;
  readonly definitions: () => DefinitionSource;
  /** Counters of running workflows, by application. */
  readonly memories: Map<string, RunMemory>;
  /** Revision and limit that an application's revisions were last trimmed for, by application. */
  readonly trimmed: Map<string, string>;
  /** The version of the tracker that was written last, by application: what a cache must have seen to be believed. */
  readonly trackerVersions: Map<string, string>;
  readonly newId: () => string;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly counts: ApplicationCounts;
}
