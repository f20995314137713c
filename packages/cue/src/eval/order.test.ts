import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";

const keysOf = (text: string, path = "x"): string[] =>
  Object.keys(new Context().compile(text).lookupPath(path).toJSON() as object);

describe("the order of fields of plain literals", () => {
  it("is that of the literal", () => {
    expect(keysOf("x: {c: 1, a: 2, b: 3}")).toEqual(["c", "a", "b"]);
  });

  it("lets the first declaration lead where two of a file name the same fields", () => {
    expect(keysOf("x: {c: 1, a: 2}\nx: {d: 1, c: 1}")).toEqual(["c", "a", "d"]);
  });

  it("takes the least label that nothing precedes where operands stand beside each other", () => {
    expect(keysOf("x: {c: 1, a: 2} & {d: 1, c: 1}")).toEqual(["d", "c", "a"]);
  });

  it("puts an optional field that is given where its literal has it", () => {
    const order = keysOf("#S: {a: int, b?: int, c: int}\nx: #S & {c: 3, a: 1, b: 2}");
    expect(order.toSorted()).toEqual(["a", "b", "c"]);
  });

  it("falls back where two literals contradict each other", () => {
    expect(keysOf("x: {a: 1, b: 2} & {b: 2, a: 1}").toSorted()).toEqual(["a", "b"]);
  });

  it("does not depend on how many literals or fields there are", () => {
    const names = Array.from({ length: 40 }, (_, i) => `f${String(i).padStart(2, "0")}`);
    const literal = (part: readonly string[]) => `{${part.map((name) => `${name}: 1`).join(", ")}}`;
    expect(keysOf(`x: ${literal(names)} & ${literal(names)}`)).toEqual(names);
    const parts = names.slice(0, 8).map((name) => literal([name]));
    expect(keysOf(`x: ${parts.join(" & ")}`)).toEqual(names.slice(0, 8));
  });
});

describe("the order of fields of a template that is filled again", () => {
  const template = new Context().compile(`
    #P: {b: int, a: int, m?: int}
    p: #P
    x: {
      last: 9
      if p.m != _|_ {m: p.m}
      (p.k): 1
      for k, v in p.more {(k): v}
    }
    p: {k: string, more: {...}, ...}
  `);
  const fill = (p: Record<string, unknown>): string[] =>
    Object.keys(
      template
        .fillPath("p", p as never)
        .lookupPath("x")
        .toJSON() as object,
    );

  it("is the same every time, and another one for other fields", () => {
    const shapes = [
      { a: 1, b: 2, k: "k", more: {} },
      { a: 1, b: 2, k: "k", m: 3, more: {} },
      { a: 1, b: 2, k: "z", m: 3, more: { u: 1, t: 2 } },
      { a: 1, b: 2, k: "z", m: 3, more: { t: 1, u: 2 } },
    ];
    const first = shapes.map((shape) => {
      const context = new Context();
      void context;
      return fill(shape);
    });
    expect(new Set(first.map(String)).size).toBe(4);
    for (let i = 0; i < 3; i++) expect(shapes.map(fill)).toEqual(first);
  });

  it("stays right when more shapes come than are remembered", () => {
    const order = (i: number): string[] => fill({ a: 1, b: 2, k: `k${i}`, more: { [`n${i}`]: 1 } });
    for (let i = 0; i < 300; i++) expect(order(i)).toContain(`n${i}`);
    expect(order(0)).toEqual(order(0));
  });
});

describe("the order of fields of literals within and beside each other", () => {
  // What CUE v0.17 answers.
  const table: readonly (readonly [program: string, keys: string])[] = [
    ["B: {m: 1, n: 2}, x: {first: 0, B, last: 9}", "first last m n"],
    ["x: {first: 0, {m: 1, n: 2}, last: 9}", "m n first last"],
    ["B: {m: 1, n: 2}, x: {first: 0, B & {o: 3}, last: 9}", "m n o first last"],
    ["B: {m: 1, n: 2}\nx: {first: 0, last: 4}\nx: B", "first last m n"],
    ["x: {z: 2, {y: 0}, [_]: int}", "y z"],
    ["x: {y: 0, {k: l}, let l = 2}", "k y"],
    ["x: {z: 2, w: 3}\nx: _ & {z: 2}", "w z"],
    ["x: ({c: 3} | 1) & {b: 2, a: 1}", "c b a"],
    ["x: {{w: 1}} & {c: 0}", "w c"],
    ['x: {y: "p", {}} & b\nb: 1 | *{n: 0}', "y n"],
    ['b: {y: 1, for v in [1] {"q\\(v)": v}}\nx: b\nx: {}', "y q1"],
    ["D: {{n: 1}, k: 2}\nx: {for k, v in D {(k): v}}", "n k"],
    ['x: {for v in ["b", "a"] {"\\(v)1": 1, {"\\(v)2": 2}}}', "b1 b2 a1 a2"],
  ];
  for (const [program, keys] of table) it(program, () => expect(keysOf(program).join(" ")).toBe(keys));
});
