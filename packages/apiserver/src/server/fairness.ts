import { createDeferred, type Deferred } from "@lateen/base";
import { statusError } from "../status/errors.ts";

export interface FairnessOptions {
  /** Requests that are worked on at once; watches and logs count only until their stream is open. */
  readonly inFlight?: number;
  /** Requests of one user that may wait. */
  readonly queuedPerUser?: number;
}

/**
 * Who asks much waits behind itself, not before others: each user has a queue of its own, and the queues are served in
 * turn. A full queue is answered with 429 and when to come back. (kube-apiserver's priority and fairness, with one level.)
 */
export class Fairness {
  readonly #inFlight: number;
  readonly #queuedPerUser: number;
  readonly #queues = new Map<string, Deferred<void>[]>();
  #running = 0;

  constructor({ inFlight = 600, queuedPerUser = 2_000 }: FairnessOptions = {}) {
    this.#inFlight = inFlight;
    this.#queuedPerUser = queuedPerUser;
  }

  /** Waits for a place. The answer gives it back. @throws TooManyRequests. */
  async enter(user: string): Promise<() => void> {
    if (this.#running < this.#inFlight) this.#running++;
    else await this.#wait(user);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  #wait(user: string): Promise<void> {
    let queue = this.#queues.get(user);
    if (queue === undefined) this.#queues.set(user, (queue = []));
    if (queue.length >= this.#queuedPerUser) {
      throw statusError(429, "TooManyRequests", "Too many requests, please try again later.", { retryAfterSeconds: 1 });
    }
    const turn = createDeferred<void>();
    queue.push(turn);
    return turn.promise;
  }

  /** The place goes to the next user's first; that user then comes last. */
  #leave(): void {
    for (const [user, queue] of this.#queues) {
      this.#queues.delete(user);
      const next = queue.shift();
      if (queue.length > 0) this.#queues.set(user, queue);
      if (next === undefined) continue;
      next.resolve();
      return;
    }
    this.#running--;
  }
}
