import type { CueValue } from "../cue-value.ts";
import { Environment } from "../eval/environment.ts";
import { stringKind } from "../eval/kind.ts";
import { isRegular, nameOfLabel } from "../eval/label.ts";
import { matchesRegex } from "../eval/regex.ts";
import { type Pattern, Vertex, required, target } from "../eval/vertex.ts";
import {
  conjunctsOfValue,
  formOf,
  isStruct,
  isWithinDefinition,
  operand,
  referredVertex,
  valueBase,
} from "./schema-form.ts";
import { type Closing, type TermReader, closingBelow } from "./term-reader.ts";
import { type SchemaTerm, conjunctsOf } from "./schema-term.ts";

/**
 * What a struct asks of an object. `additionalProperties` looks only at the properties beside it: so the fields of all
 * literals stand together, and in a closed struct those of the fields that it refers to as well.
 */
export function objectTerm(reader: TermReader, value: CueValue, closing: Closing): SchemaTerm {
  return new ObjectReader(reader, closing).term(value);
}

/** A pattern that fields are matched with, and what it says of each. */
interface Applied {
  readonly regex: string;
  readonly terms: ReadonlySet<SchemaTerm>;
}

class ObjectReader {
  readonly #reader: TermReader;
  readonly #closing: Closing;
  readonly #properties = new Map<string, SchemaTerm>();
  readonly #patterns = new Map<string, SchemaTerm>();
  readonly #required = new Set<string>();
  readonly #others: SchemaTerm[] = [];
  #hasUniversal = false;

  constructor(reader: TermReader, closing: Closing) {
    this.#reader = reader;
    this.#closing = closing;
  }

  term(value: CueValue): SchemaTerm {
    const { store } = this.#reader;
    for (const part of conjunctsOfValue(value)) this.#part(part);
    let others = this.#ellipsis(value);
    const universal = this.#patterns.get("");
    if (universal !== undefined && (universal.kind === "any" || this.#properties.size === 0)) {
      // With no property beside it, or nothing to say, a pattern for all fields is what all others must be.
      others = this.#joined(others, universal);
      this.#patterns.delete("");
    }
    if (others === undefined && this.#closing !== "open" && (this.#properties.size > 0 || this.#others.length === 0))
      others = store.none;
    const object = store.of({
      kind: "object",
      properties: this.#properties,
      required: [...this.#required].toSorted(),
      patterns: this.#patterns,
      others,
    });
    return this.#others.length === 0 ? object : store.all(...this.#others, object);
  }

  #part(part: CueValue): void {
    const to = referredVertex(part);
    if (to !== undefined && this.#closing !== "open" && !isWithinDefinition(to) && isStruct(part)) {
      this.#literal(part.at(to));
    } else if (to !== undefined || !isStruct(part)) this.#others.push(this.#reader.read(part));
    else this.#literal(part);
  }

  #literal(value: CueValue): void {
    void value.incompleteKind;
    const applied = (target(value.vertex).patterns ?? []).flatMap((pattern) => this.#pattern(value, pattern));
    for (const field of value.fields({ optional: true })) {
      const inner = field.value as CueValue;
      const { label, arcType } = inner.vertex;
      if (typeof label === "number" || !isRegular(label)) continue;
      const name = nameOfLabel(label);
      if (arcType === required || (!field.optional && inner.validate({ concrete: true }).length > 0))
        this.#required.add(name);
      this.#property(name, this.#reader.described(inner, closingBelow(this.#closing)), applied);
    }
  }

  /** What a pattern says of a field already is not said again. */
  #property(name: string, term: SchemaTerm, applied: readonly Applied[]): void {
    const { store } = this.#reader;
    let own = term;
    const parts = conjunctsOf(term);
    if (applied.length > 0 && term.kind === "all" && term.terms.length > 1) {
      const said = applied.filter(({ regex }) => matchesRegex(regex, name) === true);
      const rest = parts.filter((part) => !said.some(({ terms }) => terms.has(part)));
      own = rest.length === 0 ? store.any : store.all(...rest);
    }
    this.#properties.set(name, this.#joined(this.#properties.get(name), own));
  }

  #pattern(value: CueValue, pattern: Pattern): Applied[] {
    const { store } = this.#reader;
    const { filter, env, lineage } = pattern;
    const label = operand(value, { expr: filter, env, lineage });
    const regex = regexOf(label);
    if (regex === undefined) {
      // Nobody knows which fields it is about: none can be refused.
      this.#patterns.set("", this.#joined(this.#patterns.get(""), store.any));
      return [];
    }
    if (regex === "") this.#hasUniversal = true;
    const term = this.#reader.described(constraintOf(value, pattern), closingBelow(this.#closing));
    this.#patterns.set(regex, this.#joined(this.#patterns.get(regex), term));
    return [{ regex, terms: new Set(conjunctsOf(term)) }];
  }

  /** What fields must be that nothing else is said of: `...`, or a pattern for all of something that it refers to. */
  #ellipsis(value: CueValue): SchemaTerm | undefined {
    if (this.#hasUniversal) return undefined;
    const { patterns, openedBy } = target(value.vertex);
    const universal = (patterns ?? []).filter(
      ({ filter, env, lineage }) => regexOf(operand(value, { expr: filter, env, lineage })) === "",
    );
    const terms = universal.map((pattern) =>
      this.#reader.read(constraintOf(value, pattern), closingBelow(this.#closing)),
    );
    if (terms.length === 0 && openedBy === undefined) return undefined;
    const { store } = this.#reader;
    const term = terms.length === 0 ? store.any : terms.length === 1 ? terms[0]! : store.all(...terms);
    if (term.kind !== "any") return term;
    this.#patterns.set("", this.#joined(this.#patterns.get(""), term));
    return undefined;
  }

  #joined(left: SchemaTerm | undefined, right: SchemaTerm): SchemaTerm {
    if (left === undefined || left.kind === "any") return right;
    return right.kind === "any" ? left : this.#reader.store.all(left, right);
  }
}

function constraintOf(value: CueValue, { value: expr, env, lineage }: Pattern): CueValue {
  const inner = new Environment(env, undefined, {});
  return value.at(new Vertex(target(value.vertex), "", [{ expr, env: inner, lineage }]));
}

/** The labels that a pattern is about, as a regular expression; empty for all of them. */
function regexOf(filter: CueValue): string | undefined {
  const { op, operands } = formOf(filter);
  if (op === "=~" && operands.length === 1) return textOf(operands[0]!);
  const text = textOf(filter);
  if (text !== undefined) return `^${text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")}$`;
  const base = valueBase(filter);
  return base?.tag === "type" && (base.kind & stringKind) !== 0 ? "" : undefined;
}

function textOf(value: CueValue): string | undefined {
  const base = valueBase(value);
  return base?.tag === "atom" && typeof base.value === "string" ? base.value : undefined;
}
