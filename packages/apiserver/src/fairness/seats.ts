import { type Clock, createDeferred, type Deferred } from "@lateen/base";

/** How many requests a priority level works on, and what becomes of the others. */
export interface LevelLimits {
  readonly name: string;
  /** Its requests are never held back. */
  readonly exempt: boolean;
  /** Its part of the server's seats, before any are lent or borrowed. */
  readonly shares: number;
  /** Of its seats, those that others may use while it does not. */
  readonly lendablePercent: number;
  /** How far it may go beyond its own seats; undefined for as far as others lend. */
  readonly borrowingLimitPercent: number | undefined;
  /** Undefined for a level that refuses what does not fit. */
  readonly queuing:
    | { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }
    | undefined;
}

/** The requests that a flow schema does not tell apart: those of one user, or of one namespace. */
export interface Flow {
  readonly level: string;
  readonly schema: string;
  readonly distinguisher: string;
}

export type RejectionReason = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** A request was not given a seat. */
export class NoSeat extends Error {
  override readonly name = "NoSeat";
  readonly code = "NoSeat";
  readonly reason: RejectionReason;

  constructor(reason: RejectionReason) {
    super(`no seat: ${reason}`);
    this.reason = reason;
  }
}

export interface SeatOptions {
  /** All seats of the server, divided among the levels by their shares. */
  readonly seats: number;
  /** How long a request waits at most. */
  readonly waitMs: number;
  readonly clock: Clock;
}

interface Waiting {
  readonly turn: Deferred<void>;
  readonly forget: () => void;
}

interface Level {
  limits: LevelLimits;
  nominal: number;
  /** Seats that are never lent. */
  kept: number;
  most: number;
  running: number;
  waiting: number;
  /** The flows that wait, whose turn it is first; a flow that was served comes last. */
  readonly queues: Map<string, Waiting[]>;
  /** No longer there; kept until its last request has left. */
  removed: boolean;
}

/** What a level has at this moment. */
export interface LevelFigures {
  readonly name: string;
  readonly nominal: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Gives requests their seats: each level has seats of its own, and the flows of a level are served in turn, so that who asks
 * much waits behind itself, not before others.
 *
 * kube-apiserver's priority and fairness in a simple form. A level's seats are `⌈seats × shares ÷ all shares⌉`. The lendable ones
 * of all levels make a pool: a level takes its own kept seats first, then seats of the pool, up to its borrowing limit. A seat that comes
 * back goes to levels below their kept seats, then to levels below their nominal ones, then to borrowers; so seats that are lent
 * come back as their requests end. Each flow has a queue of its own, instead of a hand of shared ones: it may hold as many requests
 * as its hand could, and all flows together what all queues could; when those are full, the longest queue makes room for a shorter one.
 * A level that runs nothing may always run one request, even with no seat.
 */
export class Seats {
  readonly #options: SeatOptions;
  readonly #levels = new Map<string, Level>();
  #pool = 0;
  #borrowed = 0;
  #waiting = 0;

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  /** Takes the levels that there are from now on. Who runs or waits stays. */
  configure(limits: readonly LevelLimits[]): void {
    const sum = limits.reduce((all, { shares }) => all + shares, 0);
    for (const level of this.#levels.values()) level.removed = true;
    this.#pool = 0;
    for (const one of limits) {
      const nominal = sum === 0 ? 0 : Math.ceil((this.#options.seats * one.shares) / sum);
      const lendable = Math.round((nominal * one.lendablePercent) / 100);
      const { borrowingLimitPercent: percent } = one;
      const borrowing = percent === undefined ? this.#options.seats : Math.round((nominal * percent) / 100);
      const known = this.#levels.get(one.name);
      const figures = { limits: one, nominal, kept: nominal - lendable, most: nominal + borrowing, removed: false };
      if (known === undefined) {
        this.#levels.set(one.name, { ...figures, running: 0, waiting: 0, queues: new Map() });
      } else Object.assign(known, figures);
      this.#pool += lendable;
    }
    this.#borrowed = 0;
    for (const level of this.#levels.values()) {
      if (level.removed && level.running + level.waiting === 0) this.#levels.delete(level.limits.name);
      else if (!level.limits.exempt) this.#borrowed += Math.max(0, level.running - level.kept);
    }
    this.#serve();
  }

  /** What each level may use, for the metrics. */
  get figures(): readonly LevelFigures[] {
    return [...this.#levels.values()]
      .filter(({ removed }) => !removed)
      .map(({ limits: { name }, nominal, kept, most }) => ({ name, nominal, lower: kept, upper: most }));
  }

  /**
   * A seat, at once where there is one: the answer gives it back.
   * @throws NoSeat when there is none and no room to wait, when it took too long, or when the signal is aborted.
   */
  enter(flow: Flow, signal: AbortSignal): (() => void) | Promise<() => void> {
    const level = this.#levels.get(flow.level);
    if (level === undefined) return nothing;
    if (level.limits.exempt || this.#mayRun(level)) return this.#run(level);
    return this.#wait(level, flow, signal).then(() => this.#leaving(level));
  }

  #mayRun(level: Level): boolean {
    if (level.running < Math.max(1, level.kept)) return true;
    return level.running < level.most && this.#borrowed < this.#pool;
  }

  #run(level: Level): () => void {
    this.#seat(level);
    return this.#leaving(level);
  }

  #seat(level: Level): void {
    if (!level.limits.exempt && level.running >= level.kept) this.#borrowed++;
    level.running++;
  }

  #leaving(level: Level): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      level.running--;
      if (!level.limits.exempt && level.running >= level.kept) this.#borrowed--;
      if (level.removed && level.running + level.waiting === 0) this.#levels.delete(level.limits.name);
      if (this.#waiting > 0) this.#serve();
    };
  }

  #wait(level: Level, { schema, distinguisher }: Flow, signal: AbortSignal): Promise<void> {
    const { queuing } = level.limits;
    if (queuing === undefined) return Promise.reject(new NoSeat("concurrency-limit"));
    const name = `${schema}\u0000${distinguisher}`;
    const length = level.queues.get(name)?.length ?? 0;
    const full = level.waiting >= queuing.queues * queuing.queueLengthLimit;
    if (length >= queuing.handSize * queuing.queueLengthLimit || (full && !this.#makeRoom(level, length))) {
      return Promise.reject(new NoSeat("queue-full"));
    }
    const turn = createDeferred<void>();
    const drop = (reason: RejectionReason): void => {
      this.#remove(level, name, waiting);
      turn.reject(new NoSeat(reason));
    };
    const cancelled = (): void => drop("cancelled");
    const stop = this.#options.clock.timer(this.#options.waitMs, () => drop("time-out"));
    const waiting: Waiting = {
      turn,
      forget: () => {
        stop();
        signal.removeEventListener("abort", cancelled);
      },
    };
    const queue = level.queues.get(name);
    if (queue === undefined) level.queues.set(name, [waiting]);
    else queue.push(waiting);
    level.waiting++;
    this.#waiting++;
    if (signal.aborted) cancelled();
    else signal.addEventListener("abort", cancelled, { once: true });
    return turn.promise;
  }

  /** The last of the longest queue goes, if that is longer than one that wants to grow. */
  #makeRoom(level: Level, length: number): boolean {
    let longest: readonly [string, Waiting[]] | undefined;
    for (const entry of level.queues) if (entry[1].length > (longest?.[1].length ?? length + 1)) longest = entry;
    if (longest === undefined) return false;
    const last = longest[1].at(-1)!;
    this.#remove(level, longest[0], last);
    last.turn.reject(new NoSeat("queue-full"));
    return true;
  }

  #remove(level: Level, name: string, waiting: Waiting): void {
    waiting.forget();
    const queue = level.queues.get(name)!;
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length === 0) level.queues.delete(name);
    level.waiting--;
    this.#waiting--;
  }

  /** Seats whoever may run now. */
  #serve(): void {
    for (let level = this.#next(); level !== undefined; level = this.#next()) {
      const [name, queue] = level.queues.entries().next().value!;
      const first = queue[0]!;
      this.#remove(level, name, first);
      if (queue.length > 0) {
        level.queues.delete(name);
        level.queues.set(name, queue);
      }
      this.#seat(level);
      first.turn.resolve();
    }
  }

  /** The level that is served next: the one that has the least of what is its own. */
  #next(): Level | undefined {
    let best: Level | undefined;
    let bestNeed = Number.POSITIVE_INFINITY;
    for (const level of this.#levels.values()) {
      if (level.waiting === 0 || !this.#mayRun(level)) continue;
      const need = needOf(level);
      if (need < bestNeed) [best, bestNeed] = [level, need];
    }
    return best;
  }
}

const nothing = (): void => undefined;

/** 0 to 1 below the kept seats, 1 to 2 below the nominal ones, then by how much is borrowed. */
function needOf({ running, kept, nominal }: Level): number {
  if (running < kept) return running / kept;
  if (running < nominal) return 1 + running / nominal;
  return 2 + (running - nominal) / Math.max(1, nominal);
}
