import type { JsonObject, JsonValue } from "@lateen/base";
import type { Vertex } from "../eval/vertex.ts";

/** Where a reference leads: a value of a configuration that gets a schema of its own. */
export interface SchemaTarget {
  readonly vertex: Vertex;
  /** Its selectors from the root of its package. */
  readonly path: readonly string[];
}

/**
 * What a schema says, before it is written in the keywords of some dialect. Terms are made by a `TermStore`: two that say
 * the same are the same object.
 */
export type SchemaTerm =
  | { readonly kind: "any" }
  | { readonly kind: "none" }
  | { readonly kind: "all" | "any-of" | "one-of"; readonly terms: readonly SchemaTerm[] }
  | { readonly kind: "not"; readonly term: SchemaTerm }
  | { readonly kind: "constant"; readonly value: JsonValue }
  | { readonly kind: "enum"; readonly values: readonly JsonValue[] }
  | { readonly kind: "type"; readonly types: readonly string[] }
  | { readonly kind: "bytes" }
  /** Keywords that are told the same way by every dialect. */
  | { readonly kind: "keywords"; readonly keywords: JsonObject }
  | { readonly kind: "bound"; readonly op: "<" | "<=" | ">" | ">="; readonly limit: number }
  | { readonly kind: "described"; readonly text: string; readonly term: SchemaTerm }
  | { readonly kind: "reference"; readonly target: SchemaTarget }
  | { readonly kind: "items"; readonly prefix: readonly SchemaTerm[]; readonly rest: SchemaTerm | undefined }
  | {
      readonly kind: "contains";
      readonly term: SchemaTerm;
      readonly least: number | undefined;
      readonly most: number | undefined;
    }
  | {
      readonly kind: "conditional";
      readonly condition: SchemaTerm;
      readonly then: SchemaTerm;
      readonly otherwise: SchemaTerm;
    }
  | ObjectTerm;

export interface ObjectTerm {
  readonly kind: "object";
  readonly properties: ReadonlyMap<string, SchemaTerm>;
  readonly required: readonly string[];
  readonly patterns: ReadonlyMap<string, SchemaTerm>;
  /** What other fields must be; undefined where nothing is said of them. */
  readonly others: SchemaTerm | undefined;
}

/** Makes terms: those that say the same are one object, so that they are compared by identity. */
export class TermStore {
  readonly #known = new Map<string, SchemaTerm>();
  readonly #numbers = new Map<object, number>();

  readonly any = this.of({ kind: "any" });
  readonly none = this.of({ kind: "none" });

  of(term: SchemaTerm): SchemaTerm {
    const key = this.#keyOf(term);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, term);
    return term;
  }

  type(...types: readonly string[]): SchemaTerm {
    return this.of({ kind: "type", types });
  }

  all(...terms: readonly SchemaTerm[]): SchemaTerm {
    return this.of({ kind: "all", terms });
  }

  keywords(keywords: JsonObject): SchemaTerm {
    return this.of({ kind: "keywords", keywords });
  }

  #number(part: object): number {
    let number = this.#numbers.get(part);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(part, number);
    }
    return number;
  }

  /** The parts of a term are made before it: their numbers stand for them. */
  #keyOf(term: SchemaTerm): string {
    const one = (part: SchemaTerm | undefined) => (part === undefined ? -1 : this.#number(part));
    const map = (parts: ReadonlyMap<string, SchemaTerm>) =>
      [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, one(part)]);
    switch (term.kind) {
      case "all":
      case "any-of":
      case "one-of":
        return JSON.stringify([term.kind, term.terms.map(one)]);
      case "not":
        return JSON.stringify([term.kind, one(term.term)]);
      case "described":
        return JSON.stringify([term.kind, term.text, one(term.term)]);
      case "reference":
        return JSON.stringify([term.kind, this.#number(term.target)]);
      case "items":
        return JSON.stringify([term.kind, term.prefix.map(one), one(term.rest)]);
      case "contains":
        return JSON.stringify([term.kind, one(term.term), term.least, term.most]);
      case "conditional":
        return JSON.stringify([term.kind, one(term.condition), one(term.then), one(term.otherwise)]);
      case "object":
        return JSON.stringify([term.kind, map(term.properties), term.required, map(term.patterns), one(term.others)]);
      default:
        return JSON.stringify(term);
    }
  }
}

/** The same of the parts of a term. */
export function mapParts(store: TermStore, term: SchemaTerm, change: (part: SchemaTerm) => SchemaTerm): SchemaTerm {
  const changed = (parts: ReadonlyMap<string, SchemaTerm>) =>
    new Map([...parts].map(([name, part]) => [name, change(part)]));
  const maybe = (part: SchemaTerm | undefined) => (part === undefined ? undefined : change(part));
  switch (term.kind) {
    case "all":
    case "any-of":
    case "one-of":
      return store.of({ ...term, terms: term.terms.map(change) });
    case "not":
    case "described":
    case "contains":
      return store.of({ ...term, term: change(term.term) });
    case "items":
      return store.of({ ...term, prefix: term.prefix.map(change), rest: maybe(term.rest) });
    case "conditional":
      return store.of({
        ...term,
        condition: change(term.condition),
        then: change(term.then),
        otherwise: change(term.otherwise),
      });
    case "object":
      return store.of({
        ...term,
        properties: changed(term.properties),
        patterns: changed(term.patterns),
        others: maybe(term.others),
      });
    default:
      return term;
  }
}

/** The conjuncts of a term, conjunctions within conjunctions included. */
export function conjunctsOf(term: SchemaTerm): SchemaTerm[] {
  return term.kind === "all" ? term.terms.flatMap(conjunctsOf) : [term];
}

/** Conjunctions are flat and say nothing twice; a choice of constants is an enumeration. */
export function simplified(store: TermStore, term: SchemaTerm): SchemaTerm {
  const within = (part: SchemaTerm) => simplified(store, part);
  if (term.kind === "all") {
    const terms = [...new Set(conjunctsOf(term))].map(within);
    return terms.length === 1 ? terms[0]! : store.all(...terms);
  }
  if (term.kind === "any-of") {
    const values = term.terms.flatMap((part) => (part.kind === "constant" ? [part.value] : []));
    if (values.length === term.terms.length) return store.of({ kind: "enum", values });
  }
  return mapParts(store, term, within);
}
