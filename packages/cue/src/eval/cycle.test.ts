import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";

const problems = (text: string): string[] =>
  new Context()
    .compile(text)
    .validate({ concrete: true })
    .map(({ code, path }) => `${code} ${path?.join(".")}`);

const counted = (text: string): number => {
  const context = new Context();
  context.compile(text).validate({ concrete: true });
  return context.counters.unifications;
};

describe("cycles", () => {
  it("refuses a definition that needs itself", () => {
    expect(problems("#L: {value: int, next: #L}\nx: #L")).toContain("structural cycle #L.next");
  });

  it("lets data drive an optional recursion on, and ends where the data ends", () => {
    const schema = "#X: {n: {m: int}, o?: #X}\n";
    expect(problems(`${schema}t: #X & {n: m: 1, o: {n: m: 2, o: n: m: 3}}`)).toEqual([]);
    expect(problems(`${schema}t: #X & {o: {o: {}}}`).toSorted()).toEqual([
      "incomplete t.n.m",
      "incomplete t.o.n.m",
      "incomplete t.o.o.n.m",
    ]);
  });

  it("drops the terms of a choice that would go on for ever", () => {
    expect(problems('#T: ["a", #T] | ["d", ...#T]\nx: #T')).toEqual([]);
    expect(problems("s: x: s | int\nt: x: 1 | t")).toEqual(["incomplete s.x"]);
  });

  it("drops them wherever the evaluation begins, of `or` as of `|`", () => {
    for (const terms of ["{leaf: 1} | {retry: #A.retry}", "or([{leaf: 1}, {retry: #A.retry}])"]) {
      const parts = ["#A: retry: output: #O", `#O: ${terms}`];
      for (const text of [parts.join("\n"), parts.toReversed().join("\n")])
        expect(new Context().compile(text).lookupPath("#O").toJSON()).toEqual({ leaf: 1 });
    }
  });

  it("sees by the target that a choice of several recursions comes back, whichever reference leads there", () => {
    const terms = ["a", "b", "c", "d", "e", "f"].map((name) => `["${name}", #T]`).join(" | ");
    const text = `#T: ${terms} | ["z", [...#T]]\n#A: type: #T\n#C: {[string]: #A} & {x: #A}`;
    expect(problems(text)).toEqual([]);
    expect(counted(text)).toBeLessThan(100);
  });

  it("tells a template that is used again from one that uses itself", () => {
    const text = `
      L: {kind: "k", _deps: [...], J: {_objs: [...], _out: [for d in _objs {d.kind}]}, D: {J & {_objs: _deps}}._out}
      input: {L, _deps: [{L}]}
    `;
    expect(problems(text)).toEqual([]);
  });
});
