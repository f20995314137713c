import { section } from "./table.ts";

section(
  "arithmetic",
  String.raw`
a: 1 + 2 => {"a":3}
a: 1 - 2 => {"a":-1}
a: 2 * 3 => {"a":6}
a: 7 / 2 => {"a":3.5}
a: 4 / 2 => {"a":2.0}
a: 1 / 3 => {"a":0.3333333333333333333333333333333333}
a: 1 / 0 => ! a
a: 0 / 0 => ! a
a: 1 + 2 * 3 => {"a":7}
a: (1 + 2) * 3 => {"a":9}
a: 10 - 2 - 3 => {"a":5}
a: 8 / 2 / 2 => {"a":2.0}
a: 1 + 1.5 => {"a":2.5}
a: 1.5 + 1.5 => {"a":3.0}
a: 2.50 + 2.50 => {"a":5.00}
a: 1.10 * 1.10 => {"a":1.2100}
a: 0.1 + 0.2 => {"a":0.3}
a: -1 + 2 => {"a":1}
a: - -1 => {"a":1}
a: -(1 + 2) => {"a":-3}
a: 1 + "x" => ! a
a: "x" - "y" => ! a
a: "x" + 1 => ! a
a: true + false => ! a
a: null + 1 => ! a
a: {} + {} => ! a
a: 1 + b, b: 2 => {"a":3,"b":2}
a: 1 + b, b: int => ? b
a: -"x" => ! a
a: -b, b: 5 => {"a":-5,"b":5}
a: 99999999999999999999 + 1 => {"a":100000000000000000000}
a: 1 % 2 => !!
a: 2 * b & 4, b: 2 => {"a":4,"b":2}
a: 1 + 2 & 3 => {"a":3}
a: 1 | 2 + 1, a: 3 => {"a":3}
`,
);

section(
  "comparison and logic",
  String.raw`
a: 1 == 1 => {"a":true}
a: 1 == 2 => {"a":false}
a: 1 != 2 => {"a":true}
a: 1 < 2 => {"a":true}
a: 2 <= 2 => {"a":true}
a: 2 > 3 => {"a":false}
a: 2 >= 3 => {"a":false}
a: 1 < 1.5 => {"a":true}
a: "a" == "a" => {"a":true}
a: "a" < "b" => {"a":true}
a: "10" < "9" => {"a":true}
a: true == true => {"a":true}
a: true < false => ! a
a: null == null => {"a":true}
a: null == 1 => {"a":false}
a: 1 == "1" => {"a":false}
a: "a" < 1 => ! a
a: {b: 1} == {b: 1} => {"a":true}
a: {b: 1} == {b: 2} => {"a":false}
a: {b: 1} == {b: 1, c: 2} => {"a":false}
a: {b: 1} == {b: 1, _c: 2} => {"a":true}
a: {b: 1, c: 2} == {c: 2, b: 1} => {"a":true}
a: "abc" =~ "^a" => {"a":true}
a: "abc" !~ "^a" => {"a":false}
a: "abc" =~ "b$" => {"a":false}
a: "abc" =~ "(" => ! a
a: 1 =~ "a" => ! a
a: true && true => {"a":true}
a: true && false => {"a":false}
a: false || true => {"a":true}
a: false || false => {"a":false}
a: true && 1 => ! a
a: "x" || true => ! a
a: 1 < 2 && 2 < 3 => {"a":true}
a: true || false && false => {"a":true}
a: !(1 == 2) => {"a":true}
a: 1 == int => ? a
a: b == 1, b: int => ? b
a: b != _|_, b: int => ? b
a: b != _|_, b: 1 => {"a":true,"b":1}
a: b.c != _|_, b: {} => {"a":false,"b":{}}
a: b.c == _|_, b: {} => {"a":true,"b":{}}
a: b.c != _|_, b: {c?: int} => {"a":false,"b":{}}
a: b.c != _|_, b: {c: 1} => {"a":true,"b":{"c":1}}
a: (1 & 2) == _|_ => {"a":true}
a: 1 == 1 == true => {"a":true}
`,
);

section(
  "interpolation",
  String.raw`
a: "x\(1)y" => {"a":"x1y"}
a: "\(1)\(2)" => {"a":"12"}
a: "\("x")" => {"a":"x"}
a: "\(true)" => {"a":"true"}
a: "\(1.50)" => {"a":"1.50"}
a: "\(1e3)" => {"a":"1E+3"}
a: "\('ab')" => {"a":"ab"}
a: "\(b)", b: "z" => {"a":"z","b":"z"}
a: "\(b)", b: string => ? b
a: "\(1 + 2)" => {"a":"3"}
a: "\("\(1)")" => {"a":"1"}
a: "\(null)" => ! a
a: "\([1])" => ! a
a: "\({b: 1})" => ! a
a: "\({b: 1}.b)" => {"a":"1"}
a: "\(*1 | int)" => {"a":"1"}
a: '\(1)' => {"a":"MQ=="}
a: '\("x")' => {"a":"eA=="}
a: "\(b.c)", b: {} => ? a
a: "\(x)" => !!
a: "\()" => !!
a: "\(1" => !!
"\(b)-x": 1, b: "k" => {"k-x":1,"b":"k"}
`,
);

section(
  "comprehensions in structs",
  String.raw`
a: {if true {b: 1}} => {"a":{"b":1}}
a: {if false {b: 1}} => {"a":{}}
a: {if c {b: 1}}, c: true => {"a":{"b":1},"c":true}
a: {if c {b: 1}}, c: bool => ? c
a: {if 1 {b: 1}} => ! a
a: {if "x" {b: 1}} => ! a
a: {if true if true {b: 1}} => {"a":{"b":1}}
a: {if true if false {b: 1}} => {"a":{}}
a: {for k, v in {x: 1, y: 2} {"\(k)\(k)": v}} => {"a":{"xx":1,"yy":2}}
a: {for v in [1, 2] {"k\(v)": v}} => {"a":{"k1":1,"k2":2}}
a: {for i, v in ["p", "q"] {(v): i}} => {"a":{"p":0,"q":1}}
a: {for v in [] {b: 1}} => {"a":{}}
a: {for k, v in {} {b: 1}} => {"a":{}}
a: {for v in "abc" {b: 1}} => ! a
a: {for v in null {b: 1}} => ! a
a: {for v in b {(v): 1}}, b: ["x"] => {"a":{"x":1},"b":["x"]}
a: {for k, v in b if v > 1 {(k): v}}, b: {x: 1, y: 2} => {"a":{"y":2},"b":{"x":1,"y":2}}
a: {for k, v in b {(k): v}}, b: {x: 1, _h: 2, #d: 3, o?: 4} => {"a":{"x":1},"b":{"x":1}}
a: {for v in [1, 1] {b: v}} => {"a":{"b":1}}
a: {for v in [1, 2] {b: v}} => ! a.b
a: {for x in [1] let y = x * 2 {b: y}} => {"a":{"b":2}}
a: {let y = 3, if y > 2 {b: y}} => {"a":{"b":3}}
a: {b: 1, if b > 0 {c: 2}} => {"a":{"b":1,"c":2}}
a: {b: 1, if b > 5 {c: 2}} => {"a":{"b":1}}
a: {b?: int, if b != _|_ {c: b}} => {"a":{}}
a: {b?: int, if b != _|_ {c: b}}, a: b: 2 => {"a":{"b":2,"c":2}}
a: {b?: int, if b == _|_ {c: 0}} => {"a":{"c":0}}
if true {a: 1} => {"a":1}
for k in ["x", "y"] {(k): 1} => {"x":1,"y":1}
if false {a: 1} => {}
a: {if true {b: c}, c: 1} => {"a":{"b":1,"c":1}}
a: {for k, v in {x: 1} {(k): {n: v}}} => {"a":{"x":{"n":1}}}
a: {for x in [1, 2] for y in [3] {"\(x)\(y)": x + y}} => {"a":{"13":4,"23":5}}
a: {if b.c {d: 1}}, b: {c: false} => {"a":{},"b":{"c":false}}
a: {if b.c {d: 1}}, b: {} => ? a
a: {for v in [1] {}} => {"a":{}}
a: {if true {5}} => {"a":5}
a: if true {1} => !!
a: {for v [1] {b: 1}} => !!
a: {for in [1] {b: 1}} => !!
a: {if {b: 1}} => !!
a: {if true} => !!
`,
);

section(
  "selectors, calls and conversions",
  String.raw`
a: {b: {c: 1}}.b.c => {"a":1}
a: ({b: 1}).b => {"a":1}
a: [1][0] + 1 => {"a":2}
import "strings", a: strings.ToUpper("x") => {"a":"X"}
import "strings", a: strings.Join(["a", "b"], "-") => {"a":"a-b"}
import "strings", a: strings.ToUpper(1) => ! a
import "strings", a: strings.ToUpper() => ! a
import "strings", a: strings.ToUpper("x", "y") => ! a
import "strings", a: strings.ToUpper(b), b: string => ? b
import "strings", a: strings.Nope("x") => ! a
import "strings" => !!
import "nope", a: nope.X => !!
import s "strings", a: s.ToUpper("x") => {"a":"X"}
import "strings", a: strings.MinRunes(2) & "abc" => {"a":"abc"}
import "strings", a: strings.MinRunes(2) & "a" => ! a
import "strings", a: strings.MinRunes(2) => ? a
import "list", a: list.MaxItems(1) & [1, 2] => ! a
import "list", a: list.MinItems(1) & [1] => {"a":[1]}
import "list", a: list.UniqueItems() & [1, 1] => ! a
import "list", a: list.Concat([[1], [2]]) => {"a":[1,2]}
import "struct", a: struct.MinFields(1) & {} => ? a
import "struct", a: struct.MaxFields(1) & {b: 1, c: 2} => ! a
import "encoding/json", a: json.Marshal({b: 1}) => {"a":"{\"b\":1}"}
import "encoding/json", a: json.Unmarshal("[1]") => {"a":[1]}
import "encoding/json", a: json.Unmarshal("[") => ! a
import "strconv", a: strconv.Atoi("12") => {"a":12}
import "strconv", a: strconv.FormatInt(255, 16) => {"a":"ff"}
import "math", a: math.Floor(1.5) => {"a":1}
import "regexp", a: regexp.Match("^a", "ab") => {"a":true}
import "time", a: time.Duration & "1h" => {"a":"1h"}
import "time", a: time.Duration & "1" => ! a
import "net", a: net.IPv4 & "1.2.3.4" => {"a":"1.2.3.4"}
import "net", a: net.IPv4 & "1.2.3" => ! a
import "encoding/base64", a: base64.Encode(null, "ab") => {"a":"YWI="}
a: 5("x") => ! a
a: "x"("y") => ! a
`,
);
