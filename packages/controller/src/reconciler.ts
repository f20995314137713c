import type { Clock, Log } from "@lateen/base";
import type { Cache, Client } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";

/** What to reconcile: the name of an object, nothing of its state (level-triggered). */
export interface Request {
  readonly namespace: string;
  readonly name: string;
}

export interface Result {
  /** Come back after so long though nothing changed. */
  readonly requeueAfterMs?: number;
}

export interface ReconcileContext {
  readonly signal: AbortSignal;
}

/**
 * Brings the world nearer to what the object declares: reads all, decides purely, then acts. Running twice equals running
 * once. A thrown error is tried again with back-off; a TerminalError is not.
 */
export type Reconcile = (request: Request, context: ReconcileContext) => Promise<Result | undefined | void>;

/** A kind whose changes lead to requests. Without `map` the object itself is the request. */
export interface Source {
  readonly apiVersion: string;
  readonly kind: string;
  readonly map?: (object: KubeObject, previous?: KubeObject) => readonly Request[];
  /** Skips changes that matter to nobody, before anything is queued. */
  readonly when?: (object: KubeObject, previous: KubeObject | undefined) => boolean;
}

export interface Controller {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly reconcile: Reconcile;
  /**
   * A further origin of requests, for those that no list of kinds can name (every kind that the server serves): runs beside
   * the workers until the signal aborts. Its end without an abort is no failure.
   */
  readonly feed?: (enqueue: (request: Request) => void, context: ReconcileContext) => Promise<void>;
  /** Requests of different names that may run at once; one name never runs twice at once. Default 1. */
  readonly concurrency?: number;
}

/** What a controller is made from. Features export `createXController(environment)`. */
export interface Environment {
  readonly client: Client;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunControllersOptions extends Environment {
  readonly controllers: readonly Controller[];
}
