import { describe, expect, it } from "vitest";
import { Context } from "../index.ts";

/** What is said of the field `x`: its JSON, or the code and the message of its first error. */
function verdictOn(text: string): string {
  const value = new Context().compile(text).lookupPath("x");
  const { err } = value;
  if (err !== undefined) return `${err.code}: ${err.message}`;
  return value.validate({ concrete: true }).length > 0 ? value.incompleteKind : value.toJSONText();
}

describe("an index", () => {
  it.each([
    ["x: (*[0] | {})[0]", "0"],
    ["x: (*[] | [1])[0]", "eval: index out of range [0] with length 0"],
    ['x: [2]["a"]', "eval: undefined field: a"],
    ["x: 2[2]", "eval: invalid operand 2 (found int, want list or struct)"],
    ["x: {a: 1}[0]", "eval: invalid index 0 (found struct, want list)"],
    ["n: -1, x: [1][n]", "eval: index n out of range [-1]"],
    ["x: [1][-1]", "eval: invalid index -1 (index must be non-negative)"],
    ["t: _, x: t[2]", "incomplete: t[2] undefined as t is incomplete (type _)"],
    ["t: _, x: t.a", "incomplete: t.a undefined as t is incomplete (type _)"],
    ["t: _, x: [1][t]", "eval: invalid index t (invalid type _)"],
    ["t: string, x: {a: 1}[t]", "incomplete: invalid non-ground value string (must be concrete string)"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("a slice", () => {
  it.each([
    ["x: [1, 2][1:2]", "[2]"],
    ["x: [][1:1]", "eval: index 1 out of range"],
    ["x: [0][1:2]", "eval: index 2 out of range"],
    ["x: [0][1:0]", "eval: invalid slice index: 1 > 0"],
    ["x: [0][-1:0]", "eval: cannot convert negative number to uint64"],
    ['x: [2][:"9"]', 'eval: cannot use "9" (type string) as type int in slice index'],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("a bound", () => {
  it.each([
    ["x: [1, 2] & ==[1, 2]", "[1,2]"],
    ["x: {a: 1} & !={a: 2}", '{"a":1}'],
    ["x: {a: 1} & =={a: 2}", "eval: invalid value {a:1} (out of bound =={a:2})"],
    ["i: int, x: <i", "incomplete: non-concrete value i for bound <"],
    ['x: =="b" & !="b" & "b"', 'eval: invalid value "b" (out of bound !="b")'],
    ["x: >true", "eval: cannot use bool for bound >"],
    ["x: >null", "eval: cannot use null for bound >"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("an operand", () => {
  it.each([
    ["b: bool, x: !b", "incomplete: operand b of '!' not concrete (was bool)"],
    ["l: [1] | [2], x: len(l)", "incomplete: unresolved disjunction [1] | [2] (type list)"],
    ["f: _, x: f(1)", "incomplete: cannot call non-concrete value f (type _)"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});
