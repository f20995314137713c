import { describe, expect, it } from "vitest";
import { CueValue } from "../cue-value.ts";
import { Context } from "../index.ts";
import { formatLabel } from "./label.ts";

/**
 * Which errors the reference lists, at which fields: a line is a program and what becomes of it. `!` is wrong, `?` is
 * not known yet, each with the paths of the errors. Every line is what CUE v0.17 answers.
 */
function section(name: string, table: string): void {
  describe(name, () => {
    for (const line of table.trim().split("\n")) {
      const [program, wanted] = line.split(" => ") as [string, string];
      it(line, () => expect(outcomeOf(program)).toBe(wanted));
    }
  });
}

function outcomeOf(program: string): string {
  const value = new Context().compile(program);
  if (!(value instanceof CueValue)) return "no value";
  const problems = value.problems({ concrete: true });
  if (problems.length === 0) return value.toJSONText();
  const isOpen = problems.every(({ code }) => code === "incomplete" || code === "cycle");
  const paths = problems.map(({ path }) =>
    path.map((part) => (/^_|^#/.test(`${part}`) ? part : formatLabel(part))).join("."),
  );
  return `${isOpen ? "?" : "!"} ${[...new Set(paths)].sort().join(" ")}`;
}

section(
  "what a failed field tells of itself and of its fields",
  String.raw`
e: {y: 1, for v in b {}} & {y: "p"}, b: 1 => ! e e.y
a: {x: 1 & 2, y: 3 & 4} => ! a.x a.y
a: {x: 1 & 2, for v in b {}}, b: 1 => ! a a.x
a: {x: 1 & 2, if b {}}, b: bool => ! a.x
a: [1, 2] & [3], b: a => ! a a.0
d: 1, d: {y: 1} & {y: {}} => ! d
b: a & 1, a: {x: {n: 3, 1}} => ! a.x b
#D: {}, g: #D & {y: 0, x: 2} => ! g.x g.y
#D: {n: 3}, e: {#D, n: 1, m: 2} => ! e.n
#D: {y: int}, g: #D & {y: 0, s: "a" & 1, x: 2} => ! g.s
#D: {x!: 1} & {x?: 3} => ! #D.x
#D: {y?: 2}, g: #D & {z: 4, y!: 0} => ? g.y
c: {y?: [for v in e {}], n: 3}, c: {n?: 4, {y: 1}}, e: _ => ! c.n c.y
a: {y?: 1, x: "p", for v in b {}} & {x: 3} & {y: "p"}, b: 1 => ! a a.y
b: {t: 1 & 2, if 3 {}}, c: [for v in b {}] => ! b b.t
`,
);

section(
  "terms of a disjunction that failed",
  String.raw`
#D: 1 | {}, g: #D & {y: 0, x: 2} => ! g g.x g.y
b: 4, e: [b, 1] & ([1] | 1) => ! e e.0
e: {#D, n: 1}, #D: {n: 3}, e: 1 | 2 => ! e.n
c: {z: 3, [_]: 1}, c: 1 | 2 => ! c.z
a: [] | [1], a: [{}, 2] => ! a a.0
b: 2, d: _, b: 3 | d.n => ? b d
c: {if b {}} | {y: {}, [_]: int}, b: bool => ? b c c.y
c: 1 | {y: e.z}, e: {} => {"c":1,"e":{}}
c: {let lv = a.z, w: lv} | 1, a: _ => ? a
c: {y!: {}, [_]: int} | 1 => {"c":1}
b: [], b: [0] & (1 | [2]) => ! b b.0
#A: {x: int}, a: {x: 1} | #A, a: {x: "a" | "b"} => ! a a.x
a: {n: 4, x: 1, y: n} & ({y: 1} | {y: 2}) => ! a a.y
d: {y?: {}}, d: {y!: int} | {x!: 2} => ? d.x
b: {k!: 1} | {k!: 2}, b: k: 3 => ! b b.k
`,
);

section(
  "default marks of nested disjunctions",
  String.raw`
c: (3 | 1) | *(0 | 0) => {"c":0}
a: (*"q" | "r") | "p", a: =~"^[pq]" => ? a
c: *"s-\(a)" | (*"q" | 1), a: [] => ? c
b: (*2 | 1) | *a.n, a: {} => ? b
a: *1 | (*2 | 3) => {"a":1}
a: (*1 | 2) | (*3 | 4) => ? a
a: *(1 | 2) | 3, a: 1 | 3 => {"a":1}
a: (*1 | 2) & (1 | *2) => ? a
a: *{x: 1} | {x: 2}, b: a & {x: 2} => {"a":{"x":1},"b":{"x":2}}
a: (1 | *2) | *3, a: <3 => ? a
`,
);

section(
  "values that are shared tell once",
  String.raw`
b: 1, a: #D, e: a, e: _, #D: b & {} => ! #D
b: {}, a: _ & b, b: 1 => ! b
b: {_h: 2, u: _h}, b: {_h: 3, u: _h} => ! b._h
#E: #D, #D: {n: 2, [L=_]: 1} => ! #D.n
d: c + 1, c: d => ? d
b: _ & c, c: {k: "s-\(b.k)"} => ? c.k
d: {x: {z: 0, for v in c if v {}}}, c: [d.x] => ! d.x
a: [c], c: _ | _ => ? a.0
e: {n: {let lv = _, w: lv}}, c: e => ? c.n.w e.n.w
d: 1, a: {let lv = d.z, x: lv} => ! a.x
a: b.x, b: {x: c}, c: a => ? a c
b: c, c: *0 | _, b: c, d: c, c: *3 | int => ? b c
a: b, b: [a] => ! b.0
d: b, b: [d], d: _ => ! b.0
`,
);

section(
  "scalars are taken as they stand until their field is complete",
  String.raw`
d: "s-\(c)", c: 1 & !="p" => ! c
c: {z: b > 3}, b: 0 & >0 => ! b
b: 0 & >0, c: {z: b > 3} => ! b
a: b + 1, b: a - 1, a: 5, b: 9 => ! a
a: b + 1, b: a - 1 => ? a b
e: a.n != 0, a: {n?: 1}, a: n: >=2 => ! a.n
a: {n: 1 & >5}, b: {x: a.n} => ! a.n
c: a[1] == 2, a: [1, e.n], e: {n!: 0} & {n: 1} => ! e.n
`,
);

section(
  "fields of what is not complete",
  String.raw`
a: "s-\(c.z)", c: {for v in b {}}, b: _ => ? a b c
c: {for v in b {}}, b: _, a: "s-\(c.z)" => ? b c
c: {z: a[1]}, a: [], a: [3] => ! a c.z
a: c.k, c: #E & {x: "p"}, #E: {} => ! c.x
b: a.y, a: {} & #D, #D: {} => ? b
a: {} & #D, #D: {}, b: a.y => ! b
a: e[0], e: d, d: _ => ? a d e
c: a[1], a: [for v in b {}], b: _ => ? a b c
`,
);

section(
  "what ranges over itself",
  String.raw`
c: {y: 1, if b {}}, c: {for k, v in c {"\(k)_": v}}, b: bool => ? b c
b: 1, b: c, c: [for v in b {}] => ! b
a: b & 1, b: {for k, v in a {}} => ! a
c: a, a: {for k, v in c {}} => {"c":{},"a":{}}
c: d, d: [] & [for v in c {}] => {"c":[],"d":[]}
c: [] | 1, c: a, a: [for v in c {}] => {"c":[],"a":[]}
d: [for v in b {}], b: d => ? d
a: {for v in b {"q\(v)": v}} & {if d.n {}}, b: [4], d: {for k, v in a {}} => ? a
e: {for k, v in e {}}, e: {for v in [1] {"m\(v)": v}} => {"e":{"m1":1}}
#D: {for k, v in c {}}, c: #D, a: c.x => ! a
c: {z: 3, if b {}}, b: c => ! c
a: [for v in b {}], b: [for v in a {}] => ? b
`,
);

section(
  "what tests itself is there",
  String.raw`
a: {x: a.x == _|_} => {"a":{"x":false}}
a: {x: b.x != _|_}, b: {y: 1}, b: a => {"a":{"x":true},"b":{"x":true,"y":1}}
a: {x: b.y == _|_}, b: {y: a.x} => {"a":{"x":false},"b":{"y":false}}
a: {if b != _|_ {b: 1}, if b == _|_ {c: 1}}, b: _ => ? b
`,
);

section(
  "who selects from what is wrong as a whole",
  String.raw`
c: b.n, b: {n: 4} & 1 => ! b
c: b.x, b: {}, b: 1 => ! b
a: b[1], b: [], b: 1 => ! b
a: b.k, b: {x: 1, 1} => ! b
a: b.k, b: {n: 1} & ("a" + 1) => ! b
a: b.n, b: {n: 1, (1+"a"): 2} => ! b
c: b.n != _|_, b: {n: 4} & 1 => ! b
a: b.m, b: {n: 1, if 3 {m: 1}} => ! b
`,
);

section(
  "what close is given",
  String.raw`
a: close(d), d: 1 => ! a
a: {y: 1 & 2}, a: close(1) => ! a a.y
e: close({n: 4, 1}) => ! 
b: close({x: "q", if c {}}), c: bool => ?  c
g: 1 & #D, #D: close({for k2, v in #E {}}), #E: _ => ? 
a: close({x: 1} | {y: 2}) & {x: 1} => ? a
a: close({x: a.y, y: 1, {z: 3}}) => {"a":{"x":1,"y":1,"z":3}}
`,
);

section(
  "constraints of a term on fields that are there without it",
  String.raw`
a: [] | [...int], a: ["x"] => ! a
a: {[_]: int} | {[_]: bool}, a: {x: "s"} => ! a
a: {m: [_]: int} | {m: [_]: bool}, a: {m: x: "s"} => ! a a.m
a: {x: 1} | {[_]: int}, a: {x: "s"} => ! a a.x
a: {[_]: #T} | {[_]: bool}, a: {x: "s"}, #T: int => ! a a.x
a: [...{k: 1}] | 5, a: [{k: 0}] => ! a a.0.k
a: [1, ...2] | [...3], a: [1, 0] => ! a
`,
);

section(
  "elements that the list of a definition does not have",
  String.raw`
#P: {t: []}, a: #P & {t: [1]} => ! a.t
#P: {t: []}, a: #P & {t: [{k: 1}]} => ! a.t.0
#P: {t: [{k: 1}]}, a: #P & {t: [{k: 1}, {k: "x"}]} => ! a.t.1
P: {t: [] | [...{k: int}]}, a: P & {t: [{k: "x"}]} => ! a.t a.t.0.k
#P: {t: *[] | [...{k: int}]}, a: #P & {t: [{k: "x"}]} => ! a.t a.t.0 a.t.0.k
`,
);

section(
  "ranging over a struct of which a comprehension failed",
  String.raw`
E: {for k, v in D {(k): k}, x: 3}, D: {n: 1, if n {}, x: 2} => ! D E.x
D: {n: 1, if n {}, x: 2}, E: {for k, v in D {(k): k}, x: 3} => ! D
d: a.k, a: close({...}), a: close({}) => ? d
`,
);
