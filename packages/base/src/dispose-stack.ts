/** What `AsyncDisposableStack` does, for Node 20: resources are let go in reverse order, each whatever the others do. */
export class DisposeStack implements AsyncDisposable {
  #entries: (() => void | Promise<void>)[] = [];

  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(() =>
      Symbol.asyncDispose in resource
        ? Promise.resolve(resource[Symbol.asyncDispose]())
        : (resource as Disposable)[Symbol.dispose](),
    );
    return resource;
  }

  defer(release: () => void | Promise<void>): void {
    this.#entries.push(release);
  }

  /** Hands everything to a new stack: for constructors that may fail half-way. */
  move(): DisposeStack {
    const moved = new DisposeStack();
    moved.#entries = this.#entries;
    this.#entries = [];
    return moved;
  }

  /** @throws the one failure, or an AggregateError of several. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let release = this.#entries.pop(); release !== undefined; release = this.#entries.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} resources could not be released`);
  }
}
