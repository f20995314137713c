/**
 * A store whose values are encrypted where the configuration says so: `k8s:enc:aesgcm:v1:KEYNAME:` and what the cipher makes
 * of the value, which it binds to the key of the entry, so that a value cannot be put in another's place (the layout of
 * k8s.io/apiserver pkg/storage/value). Keys of entries and revisions stay readable. What was stored before in clear, or under
 * an older key, is read as long as the configuration names how, and encrypted with the present key when it is written again.
 */
import type { Entry, Operation, Page, RangeOptions, Store, StoreEvent } from "../store/store.ts";
import { StoreError } from "../store/store.ts";

/** Authenticated encryption; at once, for reads of the store do not wait. */
export interface ValueCipher {
  /** `boundTo` must be given again to decrypt. */
  encrypt(bytes: Uint8Array, boundTo: Uint8Array): Uint8Array;
  /** @throws when the bytes are not what `encrypt` made with this key and `boundTo`. */
  decrypt(bytes: Uint8Array, boundTo: Uint8Array): Uint8Array;
}

export type Provider =
  /** Values in clear. */
  { readonly kind: "identity" } | { readonly kind: "aesgcm"; readonly name: string; readonly cipher: ValueCipher };

export interface EncryptionRule {
  /** Beginnings of the keys that it is about. */
  readonly prefixes: readonly string[];
  /** The first one encrypts; all are tried to decrypt. */
  readonly providers: readonly Provider[];
}

const head = "k8s:enc:";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The first rule that is about a key counts. */
export function encryptStore(store: Store, rules: readonly EncryptionRule[]): Store {
  return new EncryptedStore(store, rules);
}

/**
 * Writes every value again that is not encrypted with the present key: after a new key was put first, or encryption turned on
 * or off. @returns how many were written. An older key can be dropped afterwards.
 */
export async function reencrypt(store: Store): Promise<number> {
  if (!(store instanceof EncryptedStore)) return 0;
  return store.reencrypt();
}

class EncryptedStore implements Store {
  readonly #store: Store;
  readonly #rules: readonly EncryptionRule[];
  /** Decrypted forms of what many watchers are told at once. */
  readonly #opened = new WeakMap<Uint8Array, Uint8Array>();

  constructor(store: Store, rules: readonly EncryptionRule[]) {
    this.#store = store;
    this.#rules = rules;
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compacted(): number {
    return this.#store.compacted;
  }

  get(key: string, options?: { readonly at?: number | undefined }): Entry | undefined {
    const entry = this.#store.get(key, options);
    return entry && this.#open(entry);
  }

  range(prefix: string, options?: RangeOptions): Page {
    const page = this.#store.range(prefix, options);
    return this.#concerns(prefix) ? { ...page, entries: page.entries.map((entry) => this.#open(entry)) } : page;
  }

  count(prefix: string, options?: { readonly at?: number | undefined; readonly after?: string | undefined }): number {
    return this.#store.count(prefix, options);
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    return this.#store.commit(operations.map((operation) => this.#seal(operation)));
  }

  async *watch(
    prefix: string,
    options: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncGenerator<StoreEvent> {
    for await (const event of this.#store.watch(prefix, options)) yield this.#openEvent(event);
  }

  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void {
    if (!this.#concerns(prefix)) return this.#store.subscribe(prefix, from, listener);
    return this.#store.subscribe(prefix, from, (event) => listener(this.#openEvent(event)));
  }

  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void } {
    return this.#store.pin(revision, options);
  }

  fork(revision?: number): Store {
    return new EncryptedStore(this.#store.fork(revision), this.#rules);
  }

  compact(revision: number): Promise<void> {
    return this.#store.compact(revision);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#store[Symbol.asyncDispose]();
  }

  async reencrypt(): Promise<number> {
    let written = 0;
    for (const prefix of new Set(this.#rules.flatMap(({ prefixes }) => prefixes))) {
      let after: string | undefined;
      for (;;) {
        const page = this.#store.range(prefix, { limit: 200, after });
        for (const entry of page.entries) if (await this.#rewrite(entry)) written++;
        after = page.entries.at(-1)?.key;
        if (!page.more) break;
      }
    }
    return written;
  }

  /** Whether the entry had to be written; one that somebody changed meanwhile is written by that. */
  async #rewrite(entry: Entry): Promise<boolean> {
    if (this.#isCurrent(entry)) return false;
    const { key, revision } = entry;
    const operation = this.#seal({ key, bytes: this.#open(entry).bytes, ifRevision: revision });
    try {
      await this.#store.commit([operation]);
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.code === "conflict") return false;
      throw error;
    }
  }

  #isCurrent({ key, bytes }: Entry): boolean {
    const [provider] = this.#ruleFor(key)?.providers ?? [];
    const name = keyNameOf(bytes);
    return provider === undefined || provider.kind === "identity" ? name === undefined : name === provider.name;
  }

  #ruleFor(key: string): EncryptionRule | undefined {
    return this.#rules.find(({ prefixes }) => prefixes.some((prefix) => key.startsWith(prefix)));
  }

  #concerns(prefix: string): boolean {
    return this.#rules.some(({ prefixes }) => prefixes.some((one) => one.startsWith(prefix) || prefix.startsWith(one)));
  }

  #seal(operation: Operation): Operation {
    const { key, bytes } = operation;
    const provider = bytes === undefined ? undefined : this.#ruleFor(key)?.providers[0];
    if (bytes === undefined || provider === undefined || provider.kind === "identity") return operation;
    // A value that does not change stays the same to the store, which would see a change in a new vector.
    const current = this.#store.get(key);
    if (current !== undefined && this.#isCurrent(current) && isSame(this.#open(current).bytes, bytes))
      return { ...operation, bytes: current.bytes };
    const sealed = provider.cipher.encrypt(bytes, encoder.encode(key));
    const start = encoder.encode(`${head}aesgcm:v1:${provider.name}:`);
    const whole = new Uint8Array(start.length + sealed.length);
    whole.set(start);
    whole.set(sealed, start.length);
    return { ...operation, bytes: whole };
  }

  #open(entry: Entry): Entry {
    const rule = this.#ruleFor(entry.key);
    if (rule === undefined) return entry;
    const known = this.#opened.get(entry.bytes);
    if (known !== undefined) return { ...entry, bytes: known };
    const bytes = decrypted(entry, rule);
    this.#opened.set(entry.bytes, bytes);
    return { ...entry, bytes };
  }

  #openEvent(event: StoreEvent): StoreEvent {
    switch (event.kind) {
      case "put":
        return {
          ...event,
          bytes: this.#open(event).bytes,
          ...(event.previous && { previous: this.#open(event.previous) }),
        };
      case "delete":
        return { ...event, previous: this.#open(event.previous) };
      default:
        return event;
    }
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** The name of the key that a value is encrypted with; undefined for one in clear. */
function keyNameOf(bytes: Uint8Array): string | undefined {
  const start = decoder.decode(bytes.subarray(0, 128));
  return /^k8s:enc:aesgcm:v1:([^:]+):/.exec(start)?.[1];
}

function decrypted({ key, bytes }: Entry, { providers }: EncryptionRule): Uint8Array {
  const fail = (why: string): StoreError => new StoreError("damaged", `unable to decrypt ${key}: ${why}`);
  const name = keyNameOf(bytes);
  if (name === undefined) {
    if (providers.some(({ kind }) => kind === "identity")) return bytes;
    throw fail("it is stored in clear, and the encryption configuration has no identity provider");
  }
  const provider = providers.find((one) => one.kind === "aesgcm" && one.name === name);
  if (provider?.kind !== "aesgcm") throw fail(`the encryption configuration has no key ${JSON.stringify(name)}`);
  const start = encoder.encode(`${head}aesgcm:v1:${name}:`).length;
  try {
    return provider.cipher.decrypt(bytes.subarray(start), encoder.encode(key));
  } catch {
    throw fail(`key ${JSON.stringify(name)} is not the one that it was encrypted with, or the value was changed`);
  }
}
