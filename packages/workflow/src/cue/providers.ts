import type { JsonObject } from "@lateen/base";
import type { Value } from "@lateen/cue";
import type { Outcome, Visit } from "../step-runner.ts";
import type { SecretTexts } from "./secret-texts.ts";

/** What an operation knows of where it runs. */
export interface ProviderContext {
  readonly visit: Visit;
  readonly outcome: Outcome;
  /** Where in the template the operation stands, as CUE writes it. */
  readonly path: string;
  /** The name of the field that holds it. */
  readonly label: string;
  /** `context` of the template. */
  readonly fields: JsonObject;
  readonly signal: AbortSignal;
  /** What the run's steps have read from Secrets, to be covered in whatever is shown. */
  readonly secrets: SecretTexts;
}

/**
 * One operation of a provider. It gets `$params` (or, for `vela/op`, the whole struct) as data and gives what is filled
 * back: `$returns`, or fields of the struct. To stop the rest of the template it throws a StepStop after it has changed
 * the outcome.
 */
export type ProviderFunction = (params: JsonObject, context: ProviderContext) => Promise<JsonObject | undefined>;

/** An operation that works on the CUE value itself, which need not be concrete. */
export interface NativeProvider {
  native(operation: Value, context: ProviderContext): Promise<JsonObject | undefined>;
}

/**
 * An operation that reaches the outside, where a repetition cannot be told from a second intention. `send` gets a key that
 * stays the same through crashes and retries; its answer is recorded before the step goes on.
 */
export interface OutwardProvider {
  /** Whether these parameters change anything outside; a plain read is simply done again. */
  changes(params: JsonObject): boolean;
  send(params: JsonObject, context: ProviderContext & { readonly key?: string }): Promise<JsonObject | undefined>;
}

export type ProviderEntry = ProviderFunction | NativeProvider | OutwardProvider;

/** Operations by provider (`kube`, `http`, `op` …) and name (`apply`). */
export interface Providers {
  hasProvider(provider: string): boolean;
  find(provider: string, operation: string): ProviderEntry | undefined;
}

export type ProviderTable = Readonly<Record<string, Readonly<Record<string, ProviderEntry>>>>;

/** Tables side by side; later ones win. */
export function createProviders(...tables: readonly ProviderTable[]): Providers {
  const functions = new Map<string, Map<string, ProviderEntry>>();
  for (const table of tables) {
    for (const [provider, operations] of Object.entries(table)) {
      const known = functions.get(provider) ?? new Map<string, ProviderEntry>();
      for (const [operation, run] of Object.entries(operations)) known.set(operation, run);
      functions.set(provider, known);
    }
  }
  return {
    hasProvider: (provider) => functions.has(provider),
    find: (provider, operation) => functions.get(provider)?.get(operation),
  };
}

/** Ends the visit of a template without being an error: the outcome says why. */
export class StepStop extends Error {
  override readonly name = "StepStop";
}
