import type { JsonValue } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { troubles } from "../../test/trouble.ts";
import { Context } from "../context.ts";
import type { Counters } from "./run.ts";

/** What evaluations cost, counted rather than timed: a change that makes a program dearer shows here. */
function workOf(text: string, fills: Readonly<Record<string, JsonValue>> = {}): Counters {
  const context = new Context();
  let value = context.compile(text);
  for (const [path, data] of Object.entries(fills)) value = value.fillPath(path, data);
  value.validate();
  return { ...context.counters };
}

const template = `
  parameter: {name: string, port: *80 | int, env?: [...{name: string, value?: string}]}
  output: {
    metadata: name: parameter.name
    spec: ports: [{port: parameter.port}]
    if parameter.env != _|_ {env: parameter.env}
  }`;

describe("the work of an evaluation", () => {
  it("is what it was for a template that is filled", () => {
    expect(workOf(template, { parameter: { name: "web" } })).toMatchInlineSnapshot(`
      {
        "conjuncts": 12,
        "disjuncts": 2,
        "unifications": 11,
      }
    `);
    expect(workOf(template, { parameter: { name: "web", env: [{ name: "A", value: "1" }] } })).toMatchInlineSnapshot(`
      {
        "conjuncts": 20,
        "disjuncts": 2,
        "unifications": 16,
      }
    `);
  });

  it("is what it was for what is reported of evaluators", () => {
    const counted = troubles.map(({ what, text }) => `${what}: ${Object.values(workOf(text(16))).join(" ")}`);
    expect(counted).toMatchInlineSnapshot(`
      [
        "references that double at every level: 51 19 0",
        "definitions used side by side: 52 99 2",
        "a long chain of references: 18 2 0",
        "one disjunction refined again and again (3307): 15 137 6",
        "a discriminated union of many kinds (2243): 114 214 32",
        "defaults that are independent of each other (3881): 18 18 32",
        "comprehensions over a list (3334): 52 84 0",
        "patterns over many fields (3372): 50 83 2",
        "a template of templates (3208): 135 325 0",
        "conditions that ask for fields beside them (391): 19 19 0",
      ]
    `);
  });

  it("ends soon where expressions refer to each other without end", () => {
    const text = `
      f2: (f & {n: 2}).out
      fRec: {nn: int, out: (f & {n: nn}).out}
      f: {n: int, out: (fRec & {nn: n - 1}).out}`;
    expect(Object.values(workOf(text)).join(" ")).toBe("30 67 0");
  });

  it("is what it was for a recursion through expressions that ends", () => {
    const text = `
      f: {n: int, nn: n - 1, out: [if n > 0 {(f & {n: nn}).out}, 0][0]}
      x: (f & {n: 5}).out`;
    expect(Object.values(workOf(text)).join(" ")).toBe("46 145 0");
  });

  it.each(troubles)("grows no faster than the program for $what", ({ text }) => {
    const [small, large] = [16, 64].map((size) => workOf(text(size)));
    expect(large!.unifications).toBeLessThanOrEqual(small!.unifications * 4 + 16);
    expect(large!.conjuncts).toBeLessThanOrEqual(small!.conjuncts * 4 + 16);
    expect(large!.disjuncts).toBeLessThanOrEqual(small!.disjuncts * 4 + 16);
  });
});
