import { section } from "./table.ts";

section(
  "reference cycles",
  String.raw`
a: a => ? a
a: a & 1 => {"a":1}
a: b, b: a => ? a
a: b, b: a, a: 1 => {"a":1,"b":1}
a: b, b: c, c: a, b: 2 => {"a":2,"b":2,"c":2}
a: b & {x: 1}, b: c & {y: 2}, c: a & {z: 3} => {"a":{"x":1,"y":2,"z":3},"b":{"x":1,"y":2,"z":3},"c":{"x":1,"y":2,"z":3}}
a: b & {x: 1}, b: a & {x: 2} => ! a.x b.x
a: {b: c, c: b} => ? a.b
a: {b: c, c: b}, a: b: 1 => {"a":{"b":1,"c":1}}
a: b + 1, b: a - 1 => ? a b
a: b + 1, b: a - 1, a: 5 => {"a":5,"b":4}
a: b + 1, b: a - 1, b: 4 => {"a":5,"b":4}
a: a + 1 => ? a
a: "\(a)" => ? a
a: [a[0]] => ? a.0
a: {x: 1, y: a.x} => {"a":{"x":1,"y":1}}
a: {x: a.y, y: a.x} => ? a.x
`,
);

section(
  "structural cycles",
  String.raw`
#A: {n: #A} => ! #A.n
a: {b: a} => ! a.b
a: {b: c}, c: {d: a} => ! c.d
#A: {n?: #A}, a: #A => {"a":{}}
#A: {n?: #A}, a: #A & {n: n: {}} => {"a":{"n":{"n":{}}}}
#A: {v: int, n?: #A}, a: #A & {v: 1, n: v: 2} => {"a":{"v":1,"n":{"v":2}}}
#A: {v: int, n?: #A}, a: #A & {v: 1, n: v: "x"} => ! a.n.v
#A: {v: int, n: null | #A}, a: #A & {v: 1, n: null} => {"a":{"v":1,"n":null}}
#A: {v: int, n: *null | #A}, a: #A & {v: 1} => {"a":{"v":1,"n":null}}
#A: {k: [...#A]}, a: #A & {k: [{k: []}]} => {"a":{"k":[{"k":[]}]}}
#A: {k: [...#A]}, a: #A & {k: [{x: 1}]} => ! a.k.0.x
#A: {[string]: #A}, a: #A & {b: c: {}} => {"a":{"b":{"c":{}}}}
a: [a] => ! a.0
a: {b?: a}, c: a & {b: {}} => {"a":{},"c":{"b":{}}}
#L: {head: int, tail: null | #L}, a: #L & {head: 1, tail: {head: 2, tail: null}} => {"a":{"head":1,"tail":{"head":2,"tail":null}}}
`,
);
