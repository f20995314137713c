import { section } from "./table.ts";

section(
  "fields",
  String.raw`
a: 1 => {"a":1}
"a": 1 => {"a":1}
"a b": 1 => {"a b":1}
"": 1 => {"":1}
"a": 1, a: int => {"a":1}
a: b: c: 1 => {"a":{"b":{"c":1}}}
a: "b": c: 1 => {"a":{"b":{"c":1}}}
a: {b: 1}.b => {"a":1}
(b): 1, b: "x" => {"x":1,"b":"x"}
"\(b)": 1, b: "x" => {"x":1,"b":"x"}
("x" + "y"): 1 => {"xy":1}
(b): 1, b: string => ?
(b): 1, b: 1 => ! 
(b)?: 1, b: "x" => {"b":"x"}
(b)!: 1, b: "x" => ? x
a: {"80": 1, b: 2} => {"a":{"80":1,"b":2}}
a: {__proto__: 1} => !!
a: {"__proto__": 1, "constructor": 2} => {"a":{"__proto__":1,"constructor":2}}
a?: 1 => {}
a?: 1, a: int => {"a":1}
a?: int, a: "x" => ! a
a!: 1 => ? a
a!: int, a: 1 => {"a":1}
a!: int, a: "x" => ! a
a: {b?: int, c: b} => ? a.c
a: {b?: int, c: b}, a: b: 1 => {"a":{"b":1,"c":1}}
a: {b!: int, c: b} => ? a.b
"\(1)": 2 => {"1":2}
a: {"b-c": 1}, d: a["b-c"] => {"a":{"b-c":1},"d":1}
`,
);

section(
  "definitions and hidden fields",
  String.raw`
#A: {b: int}, a: #A & {b: 1} => {"a":{"b":1}}
#A: {b: int} => {}
#A: {b: int}, a: #A => ? a.b
#A: int, a: #A & 1 => {"a":1}
#A: int, a: #A & "x" => ! a
#A: 1 & 2 => ! #A
_a: 1 & 2 => ! _a
_a: int => {}
_a: int, b: _a => ? b
_a: 1, b: _a + 1 => {"b":2}
a: {_b: 1, c: _b} => {"a":{"c":1}}
a: {#b: 1, c: #b} => {"a":{"c":1}}
a: {#b: 1}, c: a.#b => {"a":{},"c":1}
a: {_b: 1}, c: a._b => {"a":{},"c":1}
"#A": 1 => {"#A":1}
"_a": 1 => {"_a":1}
"#A": 1, b: #A => !!
a: {"_b": 1, _b: 2} => {"a":{"_b":1}}
#A: {#B: {c: int}}, a: #A.#B & {c: 1} => {"a":{"c":1}}
#A: {#B: {c: int}}, a: #A.#B & {d: 1} => ! a.d
#A?: {b: int}, c: 1 => {"c":1}
#A!: {b: int}, c: 1 => {"c":1}
`,
);

section(
  "closed structs",
  String.raw`
#A: {b: int}, a: #A & {b: 1, c: 2} => ! a.c
#A: {b: int}, a: #A, a: c: 2 => ! a.c
#A: {b?: int}, a: #A & {b: 1} => {"a":{"b":1}}
#A: {b?: int}, a: #A & {} => {"a":{}}
#A: {b!: int}, a: #A & {b: 1} => {"a":{"b":1}}
#A: {b!: int}, a: #A => ? a.b
#A: {b: int, ...}, a: #A & {b: 1, c: 2} => {"a":{"b":1,"c":2}}
#A: {b: {c: int}}, a: #A & {b: {c: 1, d: 2}} => ! a.b.d
#A: {b: {c: int, ...}}, a: #A & {b: {c: 1, d: 2}} => {"a":{"b":{"c":1,"d":2}}}
#A: {b: {c: int}, ...}, a: #A & {b: {c: 1, d: 2}} => ! a.b.d
#A: {b: [...{c: int}]}, a: #A & {b: [{c: 1}]} => {"a":{"b":[{"c":1}]}}
#A: {b: [...{c: int}]}, a: #A & {b: [{c: 1, d: 2}]} => ! a.b.0.d
#A: {b: [{c: int}]}, a: #A & {b: [{d: 2}]} => ! a.b.0.d
#A: {[string]: int}, a: #A & {b: 1} => {"a":{"b":1}}
#A: {[=~"^x"]: int}, a: #A & {x1: 1} => {"a":{"x1":1}}
#A: {[=~"^x"]: int}, a: #A & {y: 1} => ! a.y
#A: {}, a: #A & {b: 1} => ! a.b
#A: {}, a: #A => {"a":{}}
#A: {b: int}, #B: {#A, c: int}, a: #B & {b: 1, c: 2} => {"a":{"b":1,"c":2}}
#A: {b: int}, #B: {#A, c: int}, a: #B & {b: 1, c: 2, d: 3} => ! a.d
#A: {b: int}, #B: #A & {c: int}, a: 1 => ! #B.c
#A: {b: 1}, a: {#A, c: 2} => {"a":{"b":1,"c":2}}
#A: {b: 1}, a: {#A, c: 2}, a: d: 3 => ! a.d
#A: {b: 1}, a: {#A} & {c: 2} => ! a.c
#A: {b: 1}, a: {#A, ...} & {c: 2} => {"a":{"b":1,"c":2}}
#A: {b: 1}, #B: {c: 2}, a: {#A, #B} => {"a":{"b":1,"c":2}}
#A: {b: 1}, #B: {c: 2}, a: #A & #B => ! a.b a.c
#A: {b: 1}, #B: {b: int}, a: #A & #B => {"a":{"b":1}}
#A: {b: 1}, a: #A & {_c: 2} => {"a":{"b":1}}
#A: {b: 1}, a: #A & {#c: 2} => {"a":{"b":1}}
a: close({b: 1}) => {"a":{"b":1}}
a: close({b: int}) & {b: 1} => {"a":{"b":1}}
a: close({b: int}) & {c: 1} => ! a.c
a: close({b: {}}) & {b: {c: 1}} => {"a":{"b":{"c":1}}}
a: close({b?: int}) & {b: 1} => {"a":{"b":1}}
a: close({b: 1, ...}) & {c: 2} => {"a":{"b":1,"c":2}}
a: close({}) & {b: 1} => ! a.b
#A: {b: int} | {c: int}, a: #A & {c: 1} => {"a":{"c":1}}
#A: {b: int} | {c: int}, a: #A & {d: 1} => ! a.d
#A: {b: #B}, #B: {c: int}, a: #A & {b: {d: 1}} => ! a.b.d
#A: b: int, #A: c: int, a: #A & {b: 1, c: 2} => {"a":{"b":1,"c":2}}
a: #A.x & {z: 1}, #A: {x: {y: 1}} => ! a.z
x: {#D: {b: 1}}, a: x.#D & {c: 1} => ! a.c
a: {b: 1}, c: a & {d: 2} => {"a":{"b":1},"c":{"b":1,"d":2}}
#A: {if true {b: 1}}, a: #A & {b: 1} => {"a":{"b":1}}
#A: {m: string, if m == "x" {e: int}}, a: #A & {m: "y", e: 1} => ! a.e
#A: {m: string, if m == "x" {e: int}}, a: #A & {m: "x", e: 1} => {"a":{"m":"x","e":1}}
#A: {"\(k)": int, k: "z"}, a: #A & {z: 1} => {"a":{"z":1,"k":"z"}}
#A: {"\(k)": int, k: "z"}, a: #A & {y: 1} => ! a.y
`,
);

section(
  "embedding",
  String.raw`
{a: 1} => {"a":1}
{a: 1}, b: 2 => {"a":1,"b":2}
a: {b}, b: {c: 1} => {"a":{"c":1},"b":{"c":1}}
a: {b, d: 2}, b: {c: 1} => {"a":{"c":1,"d":2},"b":{"c":1}}
a: {b, c: 2}, b: {c: 1} => ! a.c
a: {5} => {"a":5}
a: {"x"} => {"a":"x"}
a: {[1, 2]} => {"a":[1,2]}
a: {5, #b: 1} => {"a":5}
a: {5, #b: 1}, c: a.#b => {"a":5,"c":1}
a: {5, #b: 1}, c: a + 1 => {"a":5,"c":6}
a: {5, b: 1} => ! a
a: {[1], #b: 2}, c: a[0] => {"a":[1],"c":1}
a: {[1], b: 2} => ! a
a: {{b: 1}} => {"a":{"b":1}}
a: {{b: 1}, {c: 2}} => {"a":{"b":1,"c":2}}
a: {{b: 1}, {b: 2}} => ! a.b
5 => 5
"x" => "x"
[1, 2] => [1,2]
5, #a: 1 => 5
5, a: 1 => ! 
null => null
{} => {}
a: {int}, a: 5 => {"a":5}
a: {int}, a: "x" => ! a
a: {*1 | int} => {"a":1}
a: {{c: *1 | int}, d: c} => !!
a: {b.c}, b: {c: {d: 1}} => {"a":{"d":1},"b":{"c":{"d":1}}}
`,
);

section(
  "pattern constraints",
  String.raw`
a: {[string]: int}, a: b: 1 => {"a":{"b":1}}
a: {[string]: int}, a: b: "x" => ! a.b
a: {[string]: int} => {"a":{}}
a: {[string]: {b: *1 | int}}, a: x: {} => {"a":{"x":{"b":1}}}
a: {[string]: {b: *1 | int}}, a: x: b: 2 => {"a":{"x":{"b":2}}}
a: {[=~"^x"]: int}, a: {x: 1, y: "s"} => {"a":{"x":1,"y":"s"}}
a: {[=~"^x"]: int}, a: {x: "s"} => ! a.x
a: {[!~"^x"]: int}, a: {y: "s"} => ! a.y
a: {["b"]: int}, a: {b: "s"} => ! a.b
a: {["b"]: int}, a: {c: "s"} => {"a":{"c":"s"}}
a: {["b" | "c"]: int}, a: {c: "s"} => ! a.c
a: {[>"m"]: int}, a: {z: "s"} => ! a.z
a: {[>"m"]: int}, a: {b: "s"} => {"a":{"b":"s"}}
a: {[string]: int, [=~"^x"]: >5}, a: {x: 3} => ! a.x
a: {[string]: int, [=~"^x"]: >5}, a: {x: 6, y: 1} => {"a":{"x":6,"y":1}}
a: {[X=string]: {name: X}}, a: b: {} => {"a":{"b":{"name":"b"}}}
a: {[X=string]: {name: X}}, a: b: name: "c" => ! a.b.name
a: {[X=string]: name: "n-\(X)"}, a: b: {} => {"a":{"b":{"name":"n-b"}}}
a: {b: 1, [string]: int} => {"a":{"b":1}}
a: {b: "s", [string]: int} => ! a.b
a: {[string]: int, _h: "s", #d: "s"} => {"a":{}}
a: {[string]: int, b?: string}, a: b: 1 => ! a.b
p: =~"^x", a: {[p]: int}, a: {x: "s"} => ! a.x
#P: =~"^x", a: {[#P]: int}, a: {x: "s"} => ! a.x
a: [string]: int, a: b: 1 => {"a":{"b":1}}
a: [string]: int, a: b: "x" => ! a.b
a: [string]: [string]: int, a: b: c: "x" => ! a.b.c
a: {[int]: 1}, a: b: 2 => {"a":{"b":2}}
[string]: int, a: 1 => {"a":1}
[string]: int, a: "x" => ! a
`,
);
