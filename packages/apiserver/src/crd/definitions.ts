import { codeOf, errorMessage, TaskGroup } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { Core } from "../server/core.ts";
import type { StoreEvent } from "../store/store.ts";
import { decodeStored } from "../object/stored-form.ts";
import { reconcileDefinition } from "./reconcile-definition.ts";

export const definitionsPrefix = "/registry/apiextensions.k8s.io/customresourcedefinitions/";

/**
 * Keeps the table of what is served in step with the definitions in the store: it hears of each change before anybody who
 * watches. Names are accepted and kinds established, and the objects of deleted definitions removed, in the background.
 */
export class Definitions implements AsyncDisposable {
  #table: ResourceTable;
  #tasks = new TaskGroup();
  #core: Core | undefined;
  #end: (() => void) | undefined;
  readonly #running = new Map<string, Promise<void>>();

  constructor(builtin: ResourceTable) {
    this.#table = builtin;
  }

  get table(): ResourceTable {
    return this.#table;
  }

  start(core: Core): void {
    this.#core = core;
    const { entries, revision } = core.store.range(definitionsPrefix);
    this.#table = this.#table.withDefinitions(entries.map(decodeStored));
    this.#end = core.store.subscribe(definitionsPrefix, revision, (event) => this.#receive(event));
    for (const entry of entries) this.#reconcile(entry.key.slice(definitionsPrefix.length));
  }

  /** Resolves when what the latest change of a definition asked for has been done. */
  async settled(name: string): Promise<void> {
    for (let running = this.#running.get(name); running !== undefined; running = this.#running.get(name)) await running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end?.();
    await this.#tasks[Symbol.asyncDispose]();
  }

  #receive(event: StoreEvent): void {
    if (event.kind === "progress") return;
    const name = event.key.slice(definitionsPrefix.length);
    if (event.kind === "delete") this.#table = this.#table.withDefinition(name, undefined);
    else this.#take(decodeStored(event));
    this.#reconcile(name);
  }

  #take(definition: KubeObject): void {
    this.#table = this.#table.withDefinition(definition.metadata.name ?? "", definition);
  }

  /** One run at a time for each name; a change during a run makes another. */
  #reconcile(name: string): void {
    const before = this.#running.get(name);
    const run = (async () => {
      await before;
      await this.#reconcileOnce(name);
    })();
    this.#running.set(name, run);
    this.#tasks.run(async () => {
      await run;
      if (this.#running.get(name) === run) this.#running.delete(name);
    });
  }

  async #reconcileOnce(name: string): Promise<void> {
    const core = this.#core!;
    try {
      await reconcileDefinition(core, name);
    } catch (error) {
      if (codeOf(error) === "closed" || codeOf(error) === "NotFound") return;
      core.log({ level: "error", message: `definition ${name}: ${errorMessage(error)}` });
    }
  }
}
