import type { CueValue } from "../cue-value.ts";
import { formOf, operand, valueBase } from "./schema-form.ts";
import type { SchemaTerm } from "./schema-term.ts";
import type { TermReader } from "./term-reader.ts";
import { scalarJson } from "./scalar-schema.ts";

type Rule = (reader: TermReader, args: readonly CueValue[]) => SchemaTerm | undefined;

/** What a call of a function asks of its value; undefined for functions that no schema tells of. */
export function callTerm(reader: TermReader, name: string, args: readonly CueValue[]): SchemaTerm | undefined {
  return rules.get(name)?.(reader, args);
}

/** `strings.MinRunes(3)` and the like: a type and one keyword. */
function limit(type: string, keyword: string): Rule {
  return ({ store }, [argument]) => {
    const count = argument === undefined ? undefined : numberOf(argument);
    const own = store.type(type);
    return count === undefined ? own : store.all(own, store.keywords({ [keyword]: count }));
  };
}

const formats = new Map([
  ["2006-01-02T15:04:05Z07:00", "date-time"],
  ["2006-01-02T15:04:05.999999999Z07:00", "date-time"],
  ["2006-01-02", "date"],
  ["15:04:05", "time"],
]);

const rules = new Map<string, Rule>([
  ["error", ({ store }) => store.none],
  ["strings.MinRunes", limit("string", "minLength")],
  ["strings.MaxRunes", limit("string", "maxLength")],
  ["math.MultipleOf", limit("number", "multipleOf")],
  ["list.MinItems", limit("array", "minItems")],
  ["list.MaxItems", limit("array", "maxItems")],
  ["struct.MinFields", limit("object", "minProperties")],
  ["struct.MaxFields", limit("object", "maxProperties")],
  ["list.UniqueItems", ({ store }) => store.all(store.type("array"), store.keywords({ uniqueItems: true }))],
  ["time.Time", ({ store }) => store.all(store.type("string"), store.keywords({ format: "date-time" }))],
  ["time.Format", timeFormat],
  ["list.MatchN", matchElements],
  ["matchN", matchCount],
  ["matchIf", matchIf],
]);

function timeFormat({ store }: TermReader, [layout]: readonly CueValue[]): SchemaTerm {
  const base = layout === undefined ? undefined : valueBase(layout);
  const format = base?.tag === "atom" && typeof base.value === "string" ? formats.get(base.value) : undefined;
  const text = store.type("string");
  return format === undefined ? text : store.all(text, store.keywords({ format }));
}

/** `list.MatchN(>=1 & <=3, schema)`: so many elements are of the schema. */
function matchElements(reader: TermReader, [count, schema]: readonly CueValue[]): SchemaTerm {
  const { store } = reader;
  const array = store.type("array");
  const limits = count === undefined ? undefined : rangeOf(count);
  if (limits === undefined || schema === undefined) return array;
  return store.all(array, store.of({ kind: "contains", term: reader.read(schema), ...limits }));
}

interface Range {
  readonly least: number | undefined;
  readonly most: number | undefined;
}

function rangeOf(value: CueValue): Range | undefined {
  const { op, operands } = formOf(value);
  const [first, second] = operands;
  if (op === ">=") return numberOf(first!) === undefined ? undefined : { least: numberOf(first!), most: undefined };
  if (op === "<=") return numberOf(first!) === undefined ? undefined : { least: 0, most: numberOf(first!) };
  if (op === "&" && operands.length === 2) {
    const ranges = [rangeOf(first!), rangeOf(second!)];
    const least = ranges.find((range) => range !== undefined && range.most === undefined)?.least;
    const most = ranges.find((range) => range?.most !== undefined)?.most;
    return least === undefined || most === undefined ? undefined : { least, most };
  }
  const exact = op === "" ? numberOf(value) : undefined;
  return exact === undefined ? undefined : { least: exact, most: exact };
}

/** `matchN(1, […])` is `oneOf`, `matchN(>=1, […])` `anyOf`, `matchN(0, [x])` `not`, as many as there are `allOf`. */
function matchCount(reader: TermReader, [count, schemas]: readonly CueValue[]): SchemaTerm | undefined {
  const { store } = reader;
  if (count === undefined || schemas === undefined) return store.any;
  const terms = elementsOf(schemas).map((schema) => reader.read(schema));
  const range = rangeOf(count);
  if (range === undefined) return store.any;
  const { least, most } = range;
  if (most === undefined) {
    if (least !== 1) return store.any;
    return terms.length === 0 ? store.none : store.of({ kind: "any-of", terms });
  }
  if (least !== most) return store.any;
  if (least === 0) return terms.length === 1 ? store.of({ kind: "not", term: terms[0]! }) : store.any;
  if (least === 1) return terms.length === 0 ? store.none : store.of({ kind: "one-of", terms });
  return least === terms.length ? store.all(...terms) : store.any;
}

function matchIf(reader: TermReader, [condition, then, otherwise]: readonly CueValue[]): SchemaTerm {
  const { store } = reader;
  if (condition === undefined || then === undefined || otherwise === undefined) return store.any;
  return store.of({
    kind: "conditional",
    condition: reader.read(condition),
    then: reader.read(then),
    otherwise: reader.read(otherwise),
  });
}

/** The elements as they are written: some of them may be errors on purpose. */
function elementsOf(list: CueValue): readonly CueValue[] {
  const [conjunct] = list.vertex.conjuncts;
  if (conjunct?.expr.kind !== "list" || conjunct.expr.hasComprehension) return list.elements() as readonly CueValue[];
  return conjunct.expr.elements.map((expr) => operand(list, { ...conjunct, expr, field: undefined }));
}

export function numberOf(value: CueValue): number | undefined {
  const base = valueBase(value);
  const number = base?.tag === "atom" ? scalarJson(base.value) : undefined;
  return typeof number === "number" ? number : undefined;
}
