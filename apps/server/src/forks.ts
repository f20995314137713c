import { mkdirSync, rmSync } from "node:fs";
import { type Clock, type Log } from "@lateen/base";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  type Entry,
  parseStored,
  type Store,
} from "@lateen/apiserver";
import type { KubeObject } from "@lateen/objects";
import { listen, type TlsMaterial, writeKubeconfig } from "@lateen/apiserver/listen/node";

export interface Fork {
  readonly name: string;
  /** Revision of the base that it began at. */
  readonly revision: number;
  /** `https://127.0.0.1:PORT`. */
  readonly address: string;
  readonly kubeconfig: string;
  readonly createdMs: number;
}

/** An object that a fork has changed: as its base had it, and as the fork has it. */
export interface ForkChange {
  readonly action: "created" | "changed" | "deleted";
  readonly before?: KubeObject;
  readonly after?: KubeObject;
}

export interface ForksOptions {
  readonly store: Store;
  /** What a server over a fork is made of, its store apart. */
  readonly server: Omit<ApiServerOptions, "store">;
  readonly tls: TlsMaterial;
  readonly host: string;
  /** Where kubeconfigs of forks are written. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly fork: Fork;
  readonly store: Store;
  readonly server: ApiServer;
  readonly ends: readonly AsyncDisposable[];
}

/** Forks of a store, each with an API server and an address of its own. They live as long as this process. */
export class Forks implements AsyncDisposable {
  readonly #options: ForksOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: ForksOptions) {
    this.#options = options;
  }

  list(): readonly Fork[] {
    return [...this.#running.values()].map(({ fork }) => fork);
  }

  /** @throws Error when there is one of this name, or the name is none; StoreError when the revision is not kept. */
  async create(name: string, revision: number): Promise<Fork> {
    const { store: base, server: parts, tls, host, folder, clock, log } = this.#options;
    if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(name)) {
      throw new Error(`${JSON.stringify(name)}: a fork is named by small letters, digits and dashes`);
    }
    if (this.#running.has(name)) throw new Error(`there is a fork ${name} already; delete it, or take another name`);
    const store = base.fork(revision);
    // What it changes is told apart from what was there, however long it lives.
    store.pin(revision, { owner: "diff", ttlMs: Number.MAX_SAFE_INTEGER });
    const server = createApiServer({ ...parts, store });
    await server.ready;
    const listening = await listen({ server, host, port: 0, tls, log });
    const address = `https://${host.includes(":") ? `[${host}]` : host}:${listening.port}`;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const kubeconfig = writeKubeconfig({ folder, server: address, tls, name: `${name}.kubeconfig` });
    const fork = { name, revision, address, kubeconfig, createdMs: clock.now() };
    this.#running.set(name, { fork, store, server, ends: [listening, server, store] });
    return fork;
  }

  /** What the fork has changed, by key. @throws Error when there is none of this name. */
  changes(name: string): readonly ForkChange[] {
    const { fork, store } = this.#get(name);
    const keys = new Set<string>();
    const end = store.subscribe("", fork.revision, (event) => {
      if (event.kind !== "progress") keys.add(event.key);
    });
    end();
    return [...keys].toSorted().flatMap((key) => {
      const before = this.#options.store.get(key, { at: fork.revision });
      const after = store.get(key);
      if (isSame(before, after)) return [];
      const action = before === undefined ? "created" : after === undefined ? "deleted" : "changed";
      return [
        {
          action,
          ...(before && { before: parseStored(before) }),
          ...(after && { after: parseStored(after) }),
        } as const,
      ];
    });
  }

  /** @throws Error when there is none of this name. */
  async delete(name: string): Promise<void> {
    const { fork, ends } = this.#get(name);
    this.#running.delete(name);
    for (const end of ends) await end[Symbol.asyncDispose]();
    rmSync(fork.kubeconfig, { force: true });
  }

  #get(name: string): Running {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`there is no fork ${name}`);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#running.keys()) await this.delete(name);
  }
}

function isSame(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.bytes.length === right.bytes.length && left.bytes.every((byte, i) => byte === right.bytes[i]);
}
