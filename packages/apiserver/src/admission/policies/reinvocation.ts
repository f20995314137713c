import { canonicalJson, type JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

/**
 * What one kind of mutating plugin (policies, or webhooks) remembers between the two rounds of an admission. A plugin that
 * wants it is asked again when somebody after it changed the object; nobody is asked a third time
 * (k8s.io/apiserver pkg/admission/plugin/webhook/mutating, reinvocationcontext.go).
 */
export class Invocations {
  readonly #rounds: Rounds;
  #last: string | undefined;
  #earlier = new Set<string>();
  readonly #again = new Set<string>();

  constructor(rounds: Rounds) {
    this.#rounds = rounds;
  }

  /** A round begins with this object. */
  begin(object: KubeObject | undefined): void {
    if (this.#rounds.isSecond && this.#last !== textOf(object)) this.#requireEarlier();
  }

  /** What the plugins of this kind made of the object in this round. */
  end(object: KubeObject | undefined): void {
    this.#last = textOf(object);
  }

  /** Whether the plugin is asked in this round. */
  isDue(key: string): boolean {
    return !this.#rounds.isSecond || this.#again.has(key);
  }

  /** The plugin was asked. */
  asked(key: string, { changed, policy }: { readonly changed: boolean; readonly policy: JsonValue | undefined }): void {
    if (changed) {
      this.#requireEarlier();
      this.#rounds.need();
    }
    if (policy === "IfNeeded") this.#earlier.add(key);
  }

  #requireEarlier(): void {
    for (const key of this.#earlier) this.#again.add(key);
    this.#earlier = new Set();
  }
}

function textOf(object: KubeObject | undefined): string | undefined {
  return object === undefined ? undefined : canonicalJson(object as unknown as JsonValue);
}

/** The rounds of one admission: a second one follows when a plugin changed the object in the first. */
export class Rounds {
  readonly policies: Invocations = new Invocations(this);
  readonly webhooks: Invocations = new Invocations(this);
  #second = false;
  #needed = false;

  get isSecond(): boolean {
    return this.#second;
  }

  need(): void {
    this.#needed = true;
  }

  /** Goes on to the second round. @returns whether there is one. */
  next(): boolean {
    if (this.#second || !this.#needed) return false;
    this.#second = true;
    return true;
  }
}
