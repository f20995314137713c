/**
 * Background work that somebody waits for. The first failure aborts the others; closing aborts all, waits for each and
 * then rethrows that failure. Nothing started here outlives the group.
 */
export class TaskGroup implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(parent?: AbortSignal) {
    if (parent === undefined) return;
    if (parent.aborted) this.#controller.abort(parent.reason);
    else {
      const onAbort = (): void => this.#controller.abort(parent.reason);
      parent.addEventListener("abort", onAbort, { once: true });
      this.signal.addEventListener("abort", () => parent.removeEventListener("abort", onAbort), { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Number of tasks that have not ended. */
  get size(): number {
    return this.#running.size;
  }

  /** Starts `task` at once. An abort of the group is no failure. */
  run(task: (signal: AbortSignal) => Promise<void>): void {
    const running: Promise<void> = (async () => {
      try {
        await task(this.signal);
      } catch (error) {
        if (this.signal.aborted) return;
        this.#failure ??= { error };
        this.#controller.abort(error);
      }
    })().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all tasks have ended by themselves. @throws the first failure. */
  async wait(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new DOMException("the task group was closed", "AbortError"));
    await this.wait();
  }
}
