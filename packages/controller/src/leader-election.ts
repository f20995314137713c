/**
 * Leader election over a Lease (coordination.k8s.io/v1), as client-go's: of several processes with one lease name at most
 * one leads. A holder that cannot renew within its deadline stops leading before the lease expires for the others.
 * Other clocks are not trusted: a lease counts as expired when it has not changed for its duration by our own clock.
 */
import {
  type Clock,
  DeadlineError,
  type Log,
  TaskGroup,
  abortable,
  deadline,
  errorMessage,
  isAlreadyExists,
  isConflict,
  isNotFound,
  shielded,
} from "@lateen/base";
import type { Client } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Must differ between processes and between runs of one. */
  readonly identity: string;
  /** Defaults 15 s, 10 s, 2 s: client-go's. */
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

/**
 * Waits until it leads, then runs `lead` under a signal that aborts when leadership is lost. Ends when `lead` does, giving
 * the lease back.
 * @throws what `lead` throws; DeadlineError when leadership was lost; the signal's reason.
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const election = new Election(options);
  await election.acquire(signal);
  const work = new TaskGroup(signal);
  try {
    work.run((stop) => election.keep(stop));
    await lead(work.signal);
    signal.throwIfAborted();
  } finally {
    // Its failure is that leadership was lost: then `lead` was told by its signal, and whatever it made of it, this is why.
    try {
      await work[Symbol.asyncDispose]();
    } finally {
      await election.release();
    }
  }
}

class Election {
  readonly #options: Required<LeaderElectionOptions>;
  /** What we last saw, and when by our own clock. */
  #observed: { readonly version: string; readonly atMs: number } | undefined;
  #lease: Lease | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
  }

  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs, log, name } = this.#options;
    for (;;) {
      const taken = await this.#try(signal).catch((error: unknown) => {
        signal.throwIfAborted();
        log({ level: "warn", message: "the lease could not be taken", object: name, error: errorMessage(error) });
        return false;
      });
      if (taken) return;
      await clock.sleep(retryPeriodMs, { signal });
    }
  }

  /** Renews until the signal aborts. @throws DeadlineError when the deadline passed without a renewal. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs, renewDeadlineMs, name } = this.#options;
    for (;;) {
      await clock.sleep(retryPeriodMs, { signal });
      const limit = deadline(signal, renewDeadlineMs, `renew lease ${name}`, clock);
      try {
        while (!(await abortable(this.#renewed(limit.signal), limit.signal)))
          await clock.sleep(retryPeriodMs, { signal: limit.signal });
      } finally {
        limit[Symbol.dispose]();
      }
    }
  }

  /** @throws DeadlineError when somebody else holds the lease. */
  async #renewed(signal: AbortSignal): Promise<boolean> {
    const { identity, name } = this.#options;
    const done = await this.#try(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      this.#options.log({
        level: "warn",
        message: "the lease could not be renewed",
        object: name,
        error: errorMessage(error),
      });
      return false;
    });
    const holder = this.#lease?.spec?.holderIdentity;
    if (!done && holder !== undefined && holder !== identity)
      throw new DeadlineError(`renew lease ${name}: it is held by ${holder} now`);
    return done;
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    if (lease?.spec?.holderIdentity !== this.#options.identity) return;
    const freed: Lease = { ...lease, spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 } };
    await shielded((signal) => this.#options.client.update(freed, { signal }), {
      ms: 2_000,
      reason: `release lease ${this.#options.name}`,
    }).catch(() => undefined);
  }

  /** Takes or renews the lease; false when another holds it or was faster. */
  async #try(signal: AbortSignal): Promise<boolean> {
    const { client, clock, namespace, name, identity } = this.#options;
    const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name };
    try {
      const current = await client.get<Lease>(ref, { signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (current === undefined) {
        this.#lease = await client.create<Lease>(
          { apiVersion: ref.apiVersion, kind: ref.kind, metadata: { namespace, name }, spec: this.#claim(undefined) },
          { signal },
        );
        return true;
      }
      this.#observe(current);
      const holder = current.spec?.holderIdentity ?? "";
      const durationMs = (current.spec?.leaseDurationSeconds ?? 0) * 1000;
      const expired = clock.now() - this.#observed!.atMs > durationMs;
      if (holder !== "" && holder !== identity && !expired) return false;
      this.#lease = await client.update<Lease>({ ...current, spec: this.#claim(current.spec) }, { signal });
      this.#observe(this.#lease);
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      throw error;
    }
  }

  #observe(lease: Lease): void {
    this.#lease = lease;
    const version = lease.metadata.resourceVersion ?? "";
    if (this.#observed?.version !== version) this.#observed = { version, atMs: this.#options.clock.now() };
  }

  #claim(previous: LeaseSpec | undefined): LeaseSpec {
    const { identity, leaseDurationMs, clock } = this.#options;
    const now = microTimeOf(clock.now());
    const kept = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: kept ? (previous.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (kept || previous === undefined ? 0 : 1),
    };
  }
}

/** MicroTime (meta/v1): exactly six digits of a second. */
export function microTimeOf(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
