import { describe, expect, it } from "vitest";
import { Context } from "./index.ts";

/** The verdicts on the fields of a text: JSON, or the code of the error with its path. */
function verdicts(text: string, ...fields: readonly string[]): readonly string[] {
  const value = new Context().compile(text);
  return fields.map((field) => {
    const at = value.lookupPath(field);
    const [wrong] = at.validate({ concrete: true });
    return wrong === undefined ? at.toJSONText() : `${wrong.code} ${wrong.path.join(".")}: ${wrong.message}`;
  });
}

describe("explicitopen", () => {
  const definition = "@experiment(explicitopen)\n#A: a: 1\n";

  it("keeps what is embedded closed", () => {
    expect(verdicts(`${definition}x: {#A, b: 1}`, "x")).toEqual(["eval x.b: field not allowed"]);
  });

  it("opens a value for everybody with `...`, but not the definition around it", () => {
    const text = `${definition}x: {#A..., b: 1}\ny: x & {c: 1}\n#D: {#A..., b: 1}\nz: #D & {c: 1}\nw: #A... & {d: 1}`;
    expect(verdicts(text, "y", "z", "w")).toEqual([
      '{"a":1,"b":1,"c":1}',
      "eval z.c: field not allowed",
      '{"a":1,"d":1}',
    ]);
  });

  it("still checks what the opened value itself is made of", () => {
    expect(verdicts(`${definition}x: {(#A & {b: 1})...}`, "x")).toEqual(["eval x.b: field not allowed"]);
  });

  it("closes a literal all the way down with __closeAll", () => {
    const text = "@experiment(explicitopen)\nx: __closeAll({a: b: 1})\ny: x & {c: 1}\nz: x & {a: c: 1}";
    expect(verdicts(text, "x", "y", "z")).toEqual([
      '{"a":{"b":1}}',
      "eval y.c: field not allowed",
      "eval z.a.c: field not allowed",
    ]);
  });

  it("closes with __reclose as far as what is opened within was closed", () => {
    const text = `${definition}x: __reclose({#A..., n: m: 1})\ny: x & {n: k: 1}\nz: x & {c: 1}
u: __reclose({close({b: {}})..., n: m: 1})\nv: u & {c: 1}\nw: u & {b: k: 1, n: k: 2}
p: __reclose({q: 1})\nr: p & {s: 1}`;
    expect(verdicts(text, "y", "z", "v", "w", "r")).toEqual([
      "eval y.n.k: field not allowed",
      "eval z.c: field not allowed",
      "eval v.c: field not allowed",
      '{"b":{"k":1},"n":{"m":1,"k":2}}',
      '{"q":1,"s":1}',
    ]);
  });

  it("closes literals only, and only with the experiment", () => {
    expect(verdicts(`${definition}x: __closeAll(#A)`, "x")).toEqual([
      "eval x: error in call to __closeAll: argument must be a struct or list literal",
    ]);
    expect(verdicts("x: __reclose({})", "x")).toEqual([
      "eval x: error in call to __reclose: __reclose may only be used when explicitopen is enabled",
    ]);
  });
});

describe("self", () => {
  const on = "@experiment(aliasv2)\n";

  it("is the struct or the list that it stands in", () => {
    expect(verdicts(`${on}x: {y: self.z, z: 1}\nl: [1, self[0]]`, "x", "l")).toEqual(['{"y":1,"z":1}', "[1,1]"]);
  });

  it("is the struct that a comprehension adds to, and the element within a list", () => {
    expect(
      verdicts(`${on}x: {n: 2, for i in [1] {"k\\(i)": self.n}}\nl: [for i in [1] {n: 3, m: self.n}]`, "x", "l"),
    ).toEqual(['{"n":2,"k1":2}', '[{"n":3,"m":3}]']);
  });

  it("stands behind a let for the struct itself, wherever that is unified", () => {
    const text = `${on}S: {let this = self, raw: string, data: this.raw, chk: this.data}\nx: (S & {raw: "a"}).chk`;
    expect(verdicts(text, "x")).toEqual(['"a"']);
  });

  it("may be as long as the list that it is compared with", () => {
    const text = `@experiment(aliasv2)\nimport "list"\n#L: {list.Repeat([int, string], div(len(self), 2))}\nx: #L\nx: [1, "a", 2, "b"]`;
    expect(verdicts(text, "x")).toEqual(['[1,"a",2,"b"]']);
  });
});

describe("try", () => {
  const on = "@experiment(try)\na: 1\nc?: int\nl: [1, ...]\nk: [1]\n";

  it("gives its body where every marked reference is found, else what stands behind else, or nothing", () => {
    const text = `${on}x: {try {v: a?} else {w: 0}}\ny: {try {v: c?} else {w: 0}}\nz: {try {v: c?}}`;
    expect(verdicts(text, "x", "y", "z")).toEqual(['{"v":1}', '{"w":0}', "{}"]);
  });

  it("looks into nested structs, disjunctions and comprehensions of its body, but not into a further try", () => {
    const text = `${on}x: {try {v: w: c?} else {f: 1}}\ny: {try {{v: c?} | {v: 0}} else {f: 1}}
z: {try {for e in [c?] {v: e}} else {f: 1}}\nu: {try {v: a?, try {w: c?}} else {f: 1}}`;
    expect(verdicts(text, "x", "y", "z", "u")).toEqual(['{"f":1}', '{"f":1}', '{"f":1}', '{"v":1}']);
  });

  it("lets other errors through", () => {
    const text = `${on}x: {try {v: a? / 0} else {f: 1}}\ny: {try {v: k[5]?} else {f: 1}}\nz: {try {v: l[5]?} else {f: 1}}`;
    expect(verdicts(text, "x", "y", "z")).toEqual([
      "eval x.v: failed arithmetic: division by zero",
      "eval y.v: index out of range [5] with length 1",
      '{"f":1}',
    ]);
  });

  it("binds what it has found", () => {
    const text = `${on}x: {try v = a? if v > 0 {p: v}}\ny: {try v = c? {p: v} else {f: 1}}`;
    expect(verdicts(text, "x", "y")).toEqual(['{"p":1}', '{"f":1}']);
  });
});
