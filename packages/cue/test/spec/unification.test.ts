import { section } from "./table.ts";

section(
  "unification of atoms and types",
  String.raw`
a: 1, a: 1 => {"a":1}
a: 1, a: 2 => ! a
a: int, a: 1 => {"a":1}
a: 1, a: int => {"a":1}
a: int, a: string => ! a
a: "x", a: string => {"a":"x"}
a: "x", a: int => ! a
a: true, a: bool => {"a":true}
a: null, a: null => {"a":null}
a: 1 & int & >0 => {"a":1}
a: 1 & int & >1 => ! a
a: 1 & (2 | 1) => {"a":1}
a: string & int & 1 => ! a
a: {b: 1} & 1 => ! a
a: [1] & 1 => ! a
a: [1] & {b: 1} => ! a
a: {b: 1} & null => ! a
`,
);

section(
  "unification of structs",
  String.raw`
a: {b: 1}, a: {c: 2} => {"a":{"b":1,"c":2}}
a: {b: 1} & {b: 1} => {"a":{"b":1}}
a: {b: 1} & {b: 2} => ! a.b
a: {b: int} & {b: 1} => {"a":{"b":1}}
a: {b: {c: int}} & {b: {c: 1}} => {"a":{"b":{"c":1}}}
a: {b: {c: int}} & {b: {d: 1}} => ? a.b.c
a: {b: {c: 1}} & {b: {c: 2}} => ! a.b.c
a: {} & {} => {"a":{}}
a: {} & {b: 1} => {"a":{"b":1}}
a: {b: x, x: int} & {x: 1} => {"a":{"b":1,"x":1}}
a: {b: x, x: int} & {b: 1, x: 2} => ! a.b
a: {b?: int} & {b: 1} => {"a":{"b":1}}
a: {b?: int} & {b: "x"} => ! a.b
a: {b?: int} & {c: 1} => {"a":{"c":1}}
a: {b?: int} & {b?: string} => {"a":{}}
a: {b?: 1} & {b?: 2} & {b: 1} => ! a.b
a: {b!: int} & {b: 1} => {"a":{"b":1}}
a: {b!: int} => ? a.b
a: {b!: int} & {b?: 1} => ? a.b
a: {b!: int} & {b: "x"} => ! a.b
a: {b!: 1} => ? a.b
a: {b!: *1 | int} => ? a.b
a: b, b: {c: 1} => {"a":{"c":1},"b":{"c":1}}
a: b & {d: 2}, b: {c: 1} => {"a":{"c":1,"d":2},"b":{"c":1}}
a: b & {c: 2}, b: {c: 1} => ! a.c
a: b & c, b: {x: int}, c: {x: 1} => ? b.x
a: {x: 1} & {y: 2} & {z: 3} => {"a":{"x":1,"y":2,"z":3}}
a: b: c: 1, a: b: d: 2 => {"a":{"b":{"c":1,"d":2}}}
`,
);

section(
  "unification of lists",
  String.raw`
a: [1, 2] & [1, 2] => {"a":[1,2]}
a: [1, 2] & [1, 3] => ! a.1
a: [1, 2] & [1] => ! a
a: [int, int] & [1, 2] => {"a":[1,2]}
a: [int, string] & [1, 2] => ! a.1
a: [...int] & [1, 2] => {"a":[1,2]}
a: [...int] & [1, "x"] => ! a.1
a: [1, ...] & [1, 2, 3] => {"a":[1,2,3]}
a: [1, ...] & [2, 3] => ! a.0
a: [1, 2, ...] & [1] => ! a
a: [1, ...int] & [1, ...string] => {"a":[1]}
a: [...int] & [...string] => {"a":[]}
a: [...int] & [...string] & [1] => ! a.0
a: [...] & [1, "x"] => {"a":[1,"x"]}
a: [_, _] & [1, 2] => {"a":[1,2]}
a: [_, ...] => ? a.0
a: [...{x: int}] & [{x: 1}] => {"a":[{"x":1}]}
a: [...{x: int}] & [{y: 1}] => ? a.0.x
a: [{x: 1}] & [{y: 2}] => {"a":[{"x":1,"y":2}]}
a: [] & [] => {"a":[]}
a: [] & [1] => ! a
a: [...] => {"a":[]}
a: [1, ...] => {"a":[1]}
a: [...int] & [1, ...] => {"a":[1]}
a: 3 * [1] => ! a
a: [1] + [2] => ! a
`,
);

section(
  "laws",
  String.raw`
a: (int & 1) & number => {"a":1}
a: int & (1 & number) => {"a":1}
a: number & int & 1 => {"a":1}
a: 1 & number & int => {"a":1}
a: {b: 1} & ({c: 2} & {d: 3}) => {"a":{"b":1,"c":2,"d":3}}
a: ({b: 1} & {c: 2}) & {d: 3} => {"a":{"b":1,"c":2,"d":3}}
a: b & b, b: {c: 1} => {"a":{"c":1},"b":{"c":1}}
a: b & c, c: b, b: {d: 1} => {"a":{"d":1},"c":{"d":1},"b":{"d":1}}
a: (1 | 2) & (2 | 1) & 2 => {"a":2}
a: >1 & 2 & <3 => {"a":2}
a: 2 & <3 & >1 => {"a":2}
a: {x: y, y: 1} & {y: int} => {"a":{"x":1,"y":1}}
a: {y: int} & {x: y, y: 1} => {"a":{"x":1,"y":1}}
`,
);
