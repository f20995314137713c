import { describe, expect, it } from "vitest";
import { shapeOf } from "../../test/shape.ts";

// Expressions, section by section of the language specification: each text with the shape of its tree.

describe("Numeric literals", () => {
  it.each([
    ["1", "1"],
    ["1_000", "1_000"],
    ["0x1F", "0x1F"],
    ["0X1f", "0X1f"],
    ["0b101", "0b101"],
    ["0o17", "0o17"],
    ["1.5", "1.5"],
    [".5", ".5"],
    ["1.", "1."],
    ["1e3", "1e3"],
    ["1.5e-3", "1.5e-3"],
    ["1E+3", "1E+3"],
    ["072.40", "072.40"],
    ["1K", "1K"],
    ["1.5Ki", "1.5Ki"],
    ["3Mi", "3Mi"],
    ["0.5G", "0.5G"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("String and byte sequence literals", () => {
  it.each([
    ['"abc"', '"abc"'],
    ['"a\\nb"', '"a\\nb"'],
    ["'abc'", "'abc'"],
    ['#"a "b" \\n"#', '#"a "b" \\n"#'],
    ['##"a"# "##', '##"a"# "##'],
    ['""', '""'],
    ["''", "''"],
    ['"\\(x)"', '"\\(x)"'],
    ['"a\\(x)b\\(y)c"', '"a\\(x)b\\(y)c"'],
    ['"a\\(x + "b\\(y)")c"', '"a\\((x + "b\\(y)"))c"'],
    ["'a\\(x)'", "'a\\(x)'"],
    ['#"a\\(b) \\#(c)"#', '#"a\\(b) \\#(c)"#'],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Keywords and predeclared values", () => {
  it.each([
    ["null", "null"],
    ["true", "true"],
    ["false", "false"],
    ["_|_", "_|_"],
    ["_", "_"],
    ["#A", "#A"],
    ["_a", "_a"],
    ["_#A", "_#A"],
    ["$a", "$a"],
    ["a_b1", "a_b1"],
    ["größe", "größe"],
    ["日本語", "日本語"],
    ["if", "if"],
    ["for", "for"],
    ["in", "in"],
    ["let", "let"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Selectors", () => {
  it.each([
    ["a.b", "a.b"],
    ["a.b.c", "a.b.c"],
    ['a."b-c"', 'a."b-c"'],
    ["a.#B", "a.#B"],
    ["a._c", "a._c"],
    ["a.if", "a.if"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Index expressions", () => {
  it.each([
    ["a[0]", "a[0]"],
    ["a[0][1]", "a[0][1]"],
    ['a["b"]', 'a["b"]'],
    ["a[1:2]", "a[1:2]"],
    ["a[:2]", "a[:2]"],
    ["a[1:]", "a[1:]"],
    ["a[:]", "a[:]"],
    ["a.b[0].c", "a.b[0].c"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Calls", () => {
  it.each([
    ["f()", "f()"],
    ["f(1)", "f(1)"],
    ["f(1, 2)", "f(1, 2)"],
    ["f(1, 2,)", "f(1, 2)"],
    ["f(g(1))", "f(g(1))"],
    ["a.f(1).b", "a.f(1).b"],
    ["f(1)[0]", "f(1)[0]"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Parentheses", () => {
  it.each([
    ["(1)", "paren 1"],
    ["((1))", "paren paren 1"],
    ["(a + b) * c", "(paren (a + b) * c)"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Unary operators and bounds", () => {
  it.each([
    ["-1", "(- 1)"],
    ["+1", "(+ 1)"],
    ["!a", "(! a)"],
    ["--1", "(- (- 1))"],
    ["!!a", "(! (! a))"],
    ["*1", "(* 1)"],
    [">1", "(> 1)"],
    [">=1", "(>= 1)"],
    ["<1", "(< 1)"],
    ["<=1", "(<= 1)"],
    ["!=1", "(!= 1)"],
    ["==1", "(== 1)"],
    ['=~"a"', '(=~ "a")'],
    ['!~"a"', '(!~ "a")'],
    ["<1+2", "((< 1) + 2)"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Binary operators and precedence", () => {
  it.each([
    ["1 + 2", "(1 + 2)"],
    ["1 + 2 + 3", "((1 + 2) + 3)"],
    ["1 - 2 - 3", "((1 - 2) - 3)"],
    ["1 * 2 / 3", "((1 * 2) / 3)"],
    ["1 + 2 * 3", "(1 + (2 * 3))"],
    ["1 * 2 + 3", "((1 * 2) + 3)"],
    ["a == b", "(a == b)"],
    ["a != b", "(a != b)"],
    ["a < b", "(a < b)"],
    ["a <= b", "(a <= b)"],
    ["a > b", "(a > b)"],
    ["a >= b", "(a >= b)"],
    ['a =~ "b"', '(a =~ "b")'],
    ['a !~ "b"', '(a !~ "b")'],
    ["a && b", "(a && b)"],
    ["a || b", "(a || b)"],
    ["a || b && c", "(a || (b && c))"],
    ["a && b || c", "((a && b) || c)"],
    ["a & b", "(a & b)"],
    ["a | b", "(a | b)"],
    ["a & b | c", "((a & b) | c)"],
    ["a | b & c", "(a | (b & c))"],
    ["a | b | c", "((a | b) | c)"],
    ["*1 | 2", "((* 1) | 2)"],
    ["*1 | *2 | 3", "(((* 1) | (* 2)) | 3)"],
    [">=1 & <=5", "((>= 1) & (<= 5))"],
    ["int & >0", "(int & (> 0))"],
    ["a == b && c != d", "((a == b) && (c != d))"],
    ["a + b == c * d", "((a + b) == (c * d))"],
    ['"a" + "b"', '("a" + "b")'],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Lists", () => {
  it.each([
    ["[]", "[]"],
    ["[1]", "[1]"],
    ["[1, 2]", "[1, 2]"],
    ["[1, 2,]", "[1, 2]"],
    ["[...]", "[...]"],
    ["[...int]", "[...int]"],
    ["[1, ...]", "[1, ...]"],
    ["[1, 2, ...string]", "[1, 2, ...string]"],
    ["[[1], [2]]", "[[1], [2]]"],
    ["[{a: 1}]", "[{a: 1}]"],
    ["[1\n2\n3]", "[1, 2, 3]"],
    ["[\n1,\n2,\n]", "[1, 2]"],
    ["[for x in y {x}]", "[for x in y {x}]"],
    ["[for k, v in y {v}]", "[for k, v in y {v}]"],
    ["[if a {1}]", "[if a {1}]"],
    ["[if a {1}, 2]", "[if a {1}, 2]"],
    ["[for x in y if x > 1 let z = x {z}]", "[for x in y if (x > 1) let z = x {z}]"],
    ["[if, for]", "[if, for]"],
    ["[in, let]", "[in, let]"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Structs", () => {
  it.each([
    ["{}", "{}"],
    ["{a: 1}", "{a: 1}"],
    ["{a: 1, b: 2}", "{a: 1; b: 2}"],
    ["{a: 1\nb: 2\n}", "{a: 1; b: 2}"],
    ["{a}", "{a}"],
    ["{a, b}", "{a; b}"],
    ["{a & b}", "{(a & b)}"],
    ["{1}", "{1}"],
    ["{...}", "{...}"],
    ["{a: 1, ...}", "{a: 1; ...}"],
    ["{a: b: c: 1}", "{a: ~{b: ~{c: 1}}}"],
    ["{a?: 1}", "{a?: 1}"],
    ["{a!: 1}", "{a!: 1}"],
    ['{"a": 1}', '{"a": 1}'],
    ['{"a-b"?: 1}', '{"a-b"?: 1}'],
    ["{(a): 1}", "{(a): 1}"],
    ["{(a)?: 1}", "{(a)?: 1}"],
    ["{(X=a): 1}", "{(X=a): 1}"],
    ['{"\\(a)": 1}', '{"\\(a)": 1}'],
    ["{[string]: int}", "{[string]: int}"],
    ['{[=~"a"]: int}', '{[(=~ "a")]: int}'],
    ["{[X=string]: X}", "{[X=string]: X}"],
    ["{[string]: [string]: int}", "{[string]: ~{[string]: int}}"],
    ["{X=a: 1}", "{X=a: 1}"],
    ['{X="a": 1}', '{X="a": 1}'],
    ["{X=(a): 1}", "{X=(a): 1}"],
    ["{X=[a]: 1}", "{X=[a]: 1}"],
    ["{a: X=1}", "{a: X=1}"],
    ["{a: b: X={c: 1}}", "{a: ~{b: X={c: 1}}}"],
    ["{#A: 1, _b: 2, _#c: 3}", "{#A: 1; _b: 2; _#c: 3}"],
    [
      "{if: 1, for: 2, in: 3, let: 4, null: 5, true: 6, false: 7}",
      "{if: 1; for: 2; in: 3; let: 4; null: 5; true: 6; false: 7}",
    ],
    ["{import: 1, package: 2}", "{import: 1; package: 2}"],
    ["{let x = 1, a: x}", "{let x = 1; a: x}"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Comprehensions", () => {
  it.each([
    ["{if a {b: 1}}", "{if a {b: 1}}"],
    ["{for x in y {(x): 1}}", "{for x in y {(x): 1}}"],
    ["{for k, v in y if v > 1 {(k): v}}", "{for k, v in y if (v > 1) {(k): v}}"],
    ["{if a {b: 1} else {c: 2}}", "{if a {b: 1} else {c: 2}}"],
    ["{for x in y {a: x} otherwise {b: 1}}", "{for x in y {a: x} otherwise {b: 1}}"],
    ["{for x in y {a: x} fallback {b: 1}}", "{for x in y {a: x} fallback {b: 1}}"],
    ["{try {a: b?}}", "{try {a: (b ?)}}"],
    ["{try x = a? {b: x}}", "{try x = (a ?) {b: x}}"],
    ["{for x in y try {b: x?}}", "{for x in y try {b: (x ?)}}"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Attributes", () => {
  it.each([
    ["{a: 1 @go(A)}", "{a: 1 @go<A>}"],
    ["{a: 1 @go(A) @json(a,omitempty)}", "{a: 1 @go<A> @json<a,omitempty>}"],
    ["{@tag(x)}", "{@tag<x>}"],
    ["{@tag(x), a: 1}", "{@tag<x>; a: 1}"],
    ["{a: 1 @t(a(b)[c]{d})}", "{a: 1 @t<a(b)[c]{d}>}"],
    ['{a: 1 @t("x)")}', '{a: 1 @t<"x)">}'],
    ["{a: {b: 1} @t(x)}", "{a: {b: 1} @t<x>}"],
    ["{a: b @t()}", "{a: b @t<>}"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Experiments", () => {
  it.each([
    ["a...", "(a ...)"],
    ["{#A..., b: 1}", "{(#A ...); b: 1}"],
    ["a?", "(a ?)"],
    ["a.b?", "(a.b ?)"],
    ["a[0]?", "(a[0] ?)"],
    ["{a~X: 1}", "{a~(-,X): 1}"],
    ["{a~(K,V): 1}", "{a~(K,V): 1}"],
    ["{a~X?: 1}", "{a~(-,X)?: 1}"],
    ["func(int, string): bool", "func(int, string -> bool)"],
    ["len(a)", "len(a)"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Primary expressions in a row", () => {
  it.each([
    ["a.b.c(1, 2)[0:1].d", "a.b.c(1, 2)[0:1].d"],
    ['"a".b', '"a".b'],
    ["[1, 2][0]", "[1, 2][0]"],
    ["{a: 1}.a", "{a: 1}.a"],
    ['{a: 1}["a"]', '{a: 1}["a"]'],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});

describe("Expressions over lines", () => {
  it.each([
    ["a // c", "a"],
    ["a +\n b", "(a + b)"],
    ["a.\nb", "a.b"],
    ["f(\n1,\n2\n)", "f(1, 2)"],
    ["f(\n1,\n2,\n)", "f(1, 2)"],
    ["a[\n0\n]", "a[0]"],
    ["(\na)", "paren a"],
  ])("reads %j", (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });
});
