/**
 * A bounded queue between one writer and one reader, pulled as an AsyncIterable. When the reader lags by more than
 * `limit` items the stream fails with the error that `onOverflow` makes: nobody's memory grows because somebody sleeps.
 */
export class Channel<T> implements AsyncIterable<T>, Disposable {
  readonly #items: T[] = [];
  #head = 0;
  #waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void } | undefined;
  #ended: { readonly error?: unknown } | undefined;
  readonly #limit: number;
  readonly #onOverflow: () => Error;
  readonly #onClose: (() => void) | undefined;

  constructor(
    options: { readonly limit?: number; readonly onOverflow?: () => Error; readonly onClose?: () => void } = {},
  ) {
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.#onOverflow = options.onOverflow ?? (() => new Error("the reader is too slow"));
    this.#onClose = options.onClose;
  }

  get closed(): boolean {
    return this.#ended !== undefined;
  }

  /** False when the channel is closed already. */
  push(item: T): boolean {
    if (this.#ended !== undefined) return false;
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting.resolve({ value: item, done: false });
      return true;
    }
    if (this.#items.length - this.#head >= this.#limit) {
      this.fail(this.#onOverflow());
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** Ends the stream after what is queued has been read. */
  end(): void {
    this.#end({});
  }

  /** Ends the stream with an error after what is queued has been read. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  #end(ended: { readonly error?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) {
      if ("error" in ended) waiting.reject(ended.error);
      else waiting.resolve({ value: undefined, done: true });
    }
    this.#onClose?.();
  }

  [Symbol.dispose](): void {
    this.#items.length = 0;
    this.#head = 0;
    this.end();
  }

  #next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#items.length) {
      const value = this.#items[this.#head]!;
      this.#head++;
      // What was read is let go of, at once when nothing waits: a quiet stream must not hold what it began with.
      if (this.#head === this.#items.length) {
        this.#items.length = 0;
        this.#head = 0;
      } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
        this.#items.splice(0, this.#head);
        this.#head = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended !== undefined) {
      return "error" in this.#ended
        ? Promise.reject(this.#ended.error)
        : Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.#next(),
      return: () => {
        this[Symbol.dispose]();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}

/** One writer, any number of readers: each listener is called in order of subscription; a failing one does not stop the others. */
export class Broadcast<T> {
  readonly #listeners = new Set<(item: T) => void>();

  subscribe(listener: (item: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** @throws the first listener's error, after all have been called. */
  publish(item: T): void {
    let failure: { readonly error: unknown } | undefined;
    for (const listener of this.#listeners) {
      try {
        listener(item);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
