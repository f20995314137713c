import { section } from "./table.ts";

section(
  "bottom and top",
  String.raw`
a: _|_ => ! a
a: {b: _|_} => ! a.b
a: _ => ? a
a: _ & 1 => {"a":1}
a: _ & {b: 1} => {"a":{"b":1}}
a: _ & _ => ? a
a: _ & _|_ => ! a
a: 1 | _|_ => {"a":1}
a: _|_ | _|_ => ! a
a?: _|_ => {}
a: {b?: _|_} => {"a":{}}
a: [_|_] => ! a.0
a: (1 & 2) == _|_ => {"a":true}
a: (1 & 1) == _|_ => {"a":false}
a: (1 & 2) != _|_ => {"a":false}
a: error("no") => ! a
a: 1 | error("no") => {"a":1}
`,
);

section(
  "null and booleans",
  String.raw`
a: null => {"a":null}
a: null & null => {"a":null}
a: null & 1 => ! a
a: null & {} => ! a
a: null | 1 => ? a
a: *null | string => {"a":null}
a: true => {"a":true}
a: true & true => {"a":true}
a: true & false => ! a
a: bool => ? a
a: bool & true => {"a":true}
a: bool & 1 => ! a
a: !true => {"a":false}
a: !false => {"a":true}
a: !!true => {"a":true}
a: !1 => ! a
a: !bool => ? a
a: !null => ! a
`,
);

section(
  "numbers",
  String.raw`
a: int & 1 => {"a":1}
a: int & 1.5 => ! a
a: float & 1.5 => {"a":1.5}
a: float & 1 => ! a
a: number & 1 => {"a":1}
a: number & 1.5 => {"a":1.5}
a: number & "1" => ! a
a: number & int => ? a
a: number & int & 1 => {"a":1}
a: int & float => ! a
a: 1 & 1.0 => ! a
a: 1 == 1.0 => {"a":true}
a: 1.0 & 1.00 => {"a":1.0}
a: 1e2 & 100.0 => {"a":1E+2}
a: uint & 0 => {"a":0}
a: uint & -1 => ! a
a: uint8 & 255 => {"a":255}
a: uint8 & 256 => ! a
a: int8 & -128 => {"a":-128}
a: int8 & -129 => ! a
a: uint16 & 65535 => {"a":65535}
a: int16 & 32768 => ! a
a: uint32 & 4294967295 => {"a":4294967295}
a: int32 & 2147483648 => ! a
a: uint64 & 18446744073709551615 => {"a":18446744073709551615}
a: int64 & 9223372036854775807 => {"a":9223372036854775807}
a: int64 & 9223372036854775808 => ! a
a: uint128 & 340282366920938463463374607431768211455 => {"a":340282366920938463463374607431768211455}
a: int128 & 1 => {"a":1}
a: rune & 65 => {"a":65}
a: rune & 1114112 => ! a
a: float32 & 1.5 => {"a":1.5}
a: float64 & 1e300 => {"a":1E+300}
a: float32 & 1e300 => ! a
a: uint8 & 1.0 => ! a
`,
);

section(
  "strings and bytes",
  String.raw`
a: string & "x" => {"a":"x"}
a: string & 1 => ! a
a: string => ? a
a: "x" & "y" => ! a
a: "x" & "x" => {"a":"x"}
a: "ü" & "u\u0308" => ! a
a: bytes & 'x' => {"a":"eA=="}
a: bytes & "x" => ! a
a: "a" < "b" => {"a":true}
a: "a" < "B" => {"a":false}
a: 'a' < 'b' => {"a":true}
a: 'a' < "b" => ! a
a: len("Hellø") => {"a":6}
a: len('\xff\xfe') => {"a":2}
a: "a" + "b" => {"a":"ab"}
a: 'a' + 'b' => {"a":"YWI="}
a: "a" + 'b' => ! a
a: "ab" * 3 => {"a":"ababab"}
a: 3 * "ab" => {"a":"ababab"}
a: "ab" * 0 => {"a":""}
a: "ab" * -1 => ! a
a: "\uFFFF" < "😀" => {"a":true}
`,
);

section(
  "bounds",
  String.raw`
a: >1 => ? a
a: >1 & 2 => {"a":2}
a: >1 & 1 => ! a
a: >=1 & 1 => {"a":1}
a: <1 & 0 => {"a":0}
a: <1 & 1 => ! a
a: <=1 & 1 => {"a":1}
a: <=1 & 2 => ! a
a: !=1 & 2 => {"a":2}
a: !=1 & 1 => ! a
a: !=1 & 1.0 => ! a
a: !=null & 1 => {"a":1}
a: !=null & null => ! a
a: !="x" & "y" => {"a":"y"}
a: !="x" & "x" => ! a
a: !=1 & "x" => ! a
a: >1 & <3 & 2 => {"a":2}
a: >1 & <3 => ? a
a: int & >1 & <3 => ? a
a: >3 & <1 => ! a
a: >1 & <1 => ! a
a: >=1 & <=1 => ? a
a: >=1 & <1 => ! a
a: int & >1 & <2 => ! a
a: >1 & <2 & 1.5 => {"a":1.5}
a: >"a" & "b" => {"a":"b"}
a: >"b" & "a" => ! a
a: >="a" & <="c" & "b" => {"a":"b"}
a: >1 & "x" => ! a
a: <"x" & 1 => ! a
a: =~"^a" & "abc" => {"a":"abc"}
a: =~"^a" & "b" => ! a
a: !~"^a" & "b" => {"a":"b"}
a: !~"^a" & "ab" => ! a
a: =~"^a" & 1 => ! a
a: =~"(" & "x" => ! a
a: =~"^\\d+$" & "12" => {"a":"12"}
a: =~#"^\d+$"# & "1x" => ! a
a: >'a' & 'b' => {"a":"Yg=="}
a: >1.5 & int & 2 => {"a":2}
a: >-1 & 0 => {"a":0}
b: 3, a: <b & 2 => {"b":3,"a":2}
b: 3, a: <b & 3 => ! a
b: int, a: <b & 3 => ? b
a: >true => ! a
a: >_ => ? a
a: >=1 & >=2 & 1 => ! a
a: >=1 & >2 & 3 => {"a":3}
`,
);
