import { section } from "./table.ts";

section(
  "references and scope",
  String.raw`
a: 1, b: a => {"a":1,"b":1}
b: a, a: 1 => {"b":1,"a":1}
a: {b: 1, c: b} => {"a":{"b":1,"c":1}}
b: 2, a: {b: 1, c: b} => {"b":2,"a":{"b":1,"c":1}}
b: 2, a: {c: b} => {"b":2,"a":{"c":2}}
a: {b: 1}, c: b => !!
a: {b: 1}, c: a.b => {"a":{"b":1},"c":1}
a: {b: {c: 1}}, d: a.b.c => {"a":{"b":{"c":1}},"d":1}
a: {b: 1}, c: a["b"] => {"a":{"b":1},"c":1}
a: {b: 1}, c: a."b" => {"a":{"b":1},"c":1}
a: {b: 1}, c: a[k], k: "b" => {"a":{"b":1},"c":1,"k":"b"}
a: {b: 1}, c: a.d => ? c
#A: {b: 1}, c: #A.d => ! c
a: {b: 1}, c: a[0] => ! c
a: 1, c: a.b => ! c
a: {x: int, y: x}, b: a & {x: 1} => ? a.x
#A: {x: int, y: x}, b: #A & {x: 1} => {"b":{"x":1,"y":1}}
#A: {x: int, y: {z: x}}, b: #A & {x: 1} => {"b":{"x":1,"y":{"z":1}}}
x: 5, #A: {y: x}, b: {x: 6, #A} => {"x":5,"b":{"x":6,"y":5}}
a: b.c, b: c: d: 1 => {"a":{"d":1},"b":{"c":{"d":1}}}
"a": 1, b: a => !!
"a": 1, b: {a: 2, c: a} => {"a":1,"b":{"a":2,"c":2}}
a: {b: c, c: d, d: 1} => {"a":{"b":1,"c":1,"d":1}}
a: x.y, x: {} => ? a
a: x => !!
a: {if true {b: 1}}, c: a.b => {"a":{"b":1},"c":1}
a: {if true {b: 1}, c: b} => !!
`,
);

section(
  "aliases and let",
  String.raw`
let x = 1, a: x => {"a":1}
a: {let x = 2, b: x} => {"a":{"b":2}}
let x = y, y: 3, a: x => {"y":3,"a":3}
let x = {b: 1}, a: x & {c: 2} => {"a":{"b":1,"c":2}}
let x = 1, let y = x + 1, a: y => {"a":2}
a: {b: int, let c = b + 1, d: c}, a: b: 1 => {"a":{"b":1,"d":2}}
let x = 1 => !!
let x = 1, let x = 2, a: x => !!
let x = 1, x: 2, a: x => !!
let x = 1 & 2, a: 1 => !!
X=a: 1, b: X => {"a":1,"b":1}
X="a-b": 1, c: X => {"a-b":1,"c":1}
X=a: {b: 1, c: X.b} => {"a":{"b":1,"c":1}}
a: X={b: 1, c: X.b} => {"a":{"b":1,"c":1}}
a: {[X=string]: {n: X}}, a: z: {} => {"a":{"z":{"n":"z"}}}
a: {X=[string]: {n: X.m, m: 1}}, a: z: {} => {"a":{"z":{"n":1,"m":1}}}
X=(k): 1, k: "z", b: X => {"z":1,"k":"z","b":1}
X=a: 1 => !!
X=a: 1, X=b: 2, c: X => !!
X = 1, a: X => !!
a: {X=b: 1}, c: X => !!
`,
);

section(
  "predeclared names",
  String.raw`
a: len("abc") => {"a":3}
a: len([1, 2]) => {"a":2}
a: len({b: 1, c: 2}) => {"a":2}
a: len({b: 1, _c: 2, #d: 3, e?: 4}) => {"a":1}
a: len('ab') => {"a":2}
a: len(1) => ! a
a: len(null) => ! a
a: len(string) => ? a
a: len() => ! a
a: and([int, >1, 2]) => {"a":2}
a: and([1, 2]) => ! a
a: and([]) => ? a
a: or([1]) => {"a":1}
a: or([1, 2]) => ? a
a: or([1, 2]) & 2 => {"a":2}
a: or([]) => ? a
a: *"x" | or(["x", "y"]) => {"a":"x"}
a: div(7, 2) => {"a":3}
a: mod(7, 2) => {"a":1}
a: quo(7, 2) => {"a":3}
a: rem(7, 2) => {"a":1}
a: div(-7, 2) => {"a":-4}
a: mod(-7, 2) => {"a":1}
a: quo(-7, 2) => {"a":-3}
a: rem(-7, 2) => {"a":-1}
a: mod(5, -3) => {"a":2}
a: div(1, 0) => ! a
a: div(5.5, 2) => ! a
a: div(1) => ! a
int: 5, a: int => {"int":5,"a":5}
len: 5, a: len("x") => ! a
a: __int & 5, int: string => ? int
a: matchN(1, [int, string]) & 5 => {"a":5}
a: matchN(0, [int]) & 5 => ! a
a: matchN(2, [int, >1]) & 5 => {"a":5}
a: matchN(>=1, [int, string]) & "x" => {"a":"x"}
a: matchIf(int, >1, _) & 5 => {"a":5}
a: matchIf(int, >1, _) & 1 => ! a
a: matchIf(int, >1, "x") & "x" => {"a":"x"}
a: matchIf(int, >1, "x") & "y" => ! a
`,
);
