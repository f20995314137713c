import { describe, expect, it } from "vitest";
import { fileShapeOf } from "../../test/shape.ts";

// Files and declarations, section by section of the language specification: each text with the shape of its tree.

describe("Commas", () => {
  it.each([
    ["a: 1\nb: 2", "a: 1; b: 2"],
    ["a: 1, b: 2", "a: 1; b: 2"],
    ["a: 1,\nb: 2,", "a: 1; b: 2"],
    ["a: 1,\n\n\nb: 2", "a: 1; b: 2"],
    ["a: b\nc: d", "a: b; c: d"],
    ["a: \"x\"\nb: 'y'", "a: \"x\"; b: 'y'"],
    ["a: (1)\nb: [1]\nc: {}", "a: paren 1; b: [1]; c: {}"],
    ["a: _|_\nb: 2", "a: _|_; b: 2"],
    ['a: "\\(x)"\nb: 1', 'a: "\\(x)"; b: 1'],
    ["a: null\nb: true\nc: false", "a: null; b: true; c: false"],
    ["a: 1 // c\nb: 2", "a: 1; b: 2"],
    ["a: 1 @t()\nb: 2", "a: 1 @t<>; b: 2"],
    ["a\n: 1", "a: 1"],
    ['{"a"\n:\n1\n,\n"b"\n: 2}', '{"a": 1; "b": 2}'],
    ["a:\n\t1", "a: 1"],
    ["a: b:\n\tc: 1", "a: ~{b: ~{c: 1}}"],
    ["a: 1 +\n2", "a: (1 + 2)"],
    ["a: [1\n2]", "a: [1, 2]"],
    ["a: [\n1\n2,\n3\n]", "a: [1, 2, 3]"],
    ["a: f(\n1,\n)", "a: f(1)"],
    ["a: 1\n\n\n", "a: 1"],
    ["a: 1\r\nb: 2\r\n", "a: 1; b: 2"],
    ["\n\n  a: 1", "a: 1"],
    ["{}\n{}", "{}; {}"],
  ])("reads %j", (text, shape) => {
    expect(fileShapeOf(text)).toBe(shape);
  });
});

describe("Comments", () => {
  it.each([
    ["// c\na: 1", "a: 1"],
    ["// c\n\n// d\na: 1", "a: 1"],
    ["a: { // c\n}", "a: {}"],
    ["a: {\n// c\n}", "a: {}"],
    ["a: [ // c\n1]", "a: [1]"],
    ["a: f( // c\n1)", "a: f(1)"],
    ["a: // c\n1", "a: 1"],
    ["a: 1 + // c\n2", "a: (1 + 2)"],
    ["// only", ""],
    ['a: "// no comment"', 'a: "// no comment"'],
    ["a: 1 // 日本", "a: 1"],
    ["//", ""],
  ])("reads %j", (text, shape) => {
    expect(fileShapeOf(text)).toBe(shape);
  });
});

describe("Packages", () => {
  it.each([
    ["package p", "package p"],
    ["package p\na: 1", "package p; a: 1"],
    ["// doc\npackage p", "package p"],
    ["@if(x)\npackage p", "@if<x>; package p"],
    ["@experiment(aliasv2)\n\npackage p\na~X: 1", "@experiment<aliasv2>; package p; a~(-,X): 1"],
    ["package _", "package _"],
    ["package: 1", "package: 1"],
    ["package?: 1", "package?: 1"],
  ])("reads %j", (text, shape) => {
    expect(fileShapeOf(text)).toBe(shape);
  });
});

describe("Imports", () => {
  it.each([
    ['import "strings"', "import strings<strings>"],
    ['import s "strings"', "import s<strings>"],
    ['import "a/b"', "import b<a/b>"],
    ['import "a/b:c"', "import c<a/b>"],
    ['import "a/b@v1"', "import b<a/b@v1>"],
    ['import "a/b@v1:c"', "import c<a/b@v1>"],
    ["import ()", "import "],
    ['import ("a")', "import a<a>"],
    ['import (\n"a"\n"b"\n)', "import a<a> b<b>"],
    ['import (\n"a",\n"b",\n)', "import a<a> b<b>"],
    ['import (\nx "a"\n_y "b"\n)', "import x<a> _y<b>"],
    ['import "a"\nimport "b"', "import a<a>; import b<b>"],
    ['package p\nimport "a"\nx: a.b', "package p; import a<a>; x: a.b"],
    ["import: 1", "import: 1"],
    ["import?: 1", "import?: 1"],
    ['import "x.example/y/z"', "import z<x.example/y/z>"],
    ['import "x.example/y@v0:z"', "import z<x.example/y@v0>"],
  ])("reads %j", (text, shape) => {
    expect(fileShapeOf(text)).toBe(shape);
  });
});

describe("Declarations", () => {
  it.each([
    ["a: 1", "a: 1"],
    ["a: 1\na: 2", "a: 1; a: 2"],
    ["_a: 1", "_a: 1"],
    ["#a: 1", "#a: 1"],
    ["_#a: 1", "_#a: 1"],
    ['"": 1', '"": 1'],
    ['"a b": 1', '"a b": 1'],
    ['"""\na\n""": 1', '"""\na\n""": 1'],
    ["let x = 1", "let x = 1"],
    ["let x = {a: 1}\ny: x", "let x = {a: 1}; y: x"],
    ["let: 1", "let: 1"],
    ["5", "5"],
    ['"s"', '"s"'],
    ["[1]", "[1]"],
    ["{a: 1}", "{a: 1}"],
    ["a & b", "(a & b)"],
    ["a | b", "(a | b)"],
    ["a.b", "a.b"],
    ["f(1)", "f(1)"],
    ["...", "..."],
    ["@a(b)", "@a<b>"],
    ["@a()", "@a<>"],
    ['@a(b=c, "d")', '@a<b=c, "d">'],
    ["a: 1 @b(c)", "a: 1 @b<c>"],
    ["if x {a: 1}", "if x {a: 1}"],
    ["if x {a: 1}\nb: 2", "if x {a: 1}; b: 2"],
    ['for x in y {"\\(x)": 1}', 'for x in y {"\\(x)": 1}'],
    ["for k, v in y {(k): v}", "for k, v in y {(k): v}"],
    ["for x in y let z = x if z {a: z}", "for x in y let z = x if z {a: z}"],
    ["for x in y\nlet z = x\nif z {a: z}", "for x in y let z = x if z {a: z}"],
    ["for x in y, if x {a: 1}", "for x in y if x {a: 1}"],
    ["if x {a: 1} else {b: 1}", "if x {a: 1} else {b: 1}"],
    ["if (a) {b: 1}", "if paren a {b: 1}"],
    ["if !a {b: 1}", "if (! a) {b: 1}"],
    ["if -a < 0 {b: 1}", "if ((- a) < 0) {b: 1}"],
    ["if {a: true}.a {b: 1}", "if {a: true}.a {b: 1}"],
    ["if [a][0] {b: 1}", "if [a][0] {b: 1}"],
    ['if "a" == b {c: 1}', 'if ("a" == b) {c: 1}'],
    ["if a != _|_ {c: 1}", "if (a != _|_) {c: 1}"],
    ["if: 1", "if: 1"],
    ["if?: 1", "if?: 1"],
    ["if!: 1", "if!: 1"],
    ["for: x", "for: x"],
    ["in: x", "in: x"],
    ["for?: x", "for?: x"],
    ["true: 1", "true: 1"],
    ["null: x", "null: x"],
    ["try: 1", "try: 1"],
    ["else: 1", "else: 1"],
    ["func: 1", "func: 1"],
    ["a: if", "a: if"],
    ["a: for", "a: for"],
    ["a: in", "a: in"],
    ["a: let", "a: let"],
    ["a: b: c: d: 1", "a: ~{b: ~{c: ~{d: 1}}}"],
    ["a?: b!: c: 1", "a?: ~{b!: ~{c: 1}}"],
    ["#A: b: _c: 1", "#A: ~{b: ~{_c: 1}}"],
    ["a: [string]: b: 1", "a: ~{[string]: ~{b: 1}}"],
    ["a: (x): b: 1", "a: ~{(x): ~{b: 1}}"],
    ['a: "\\(x)": b: 1', 'a: ~{"\\(x)": ~{b: 1}}'],
    ['"a": "b": 1', '"a": ~{"b": 1}'],
    ["[x]: 1", "[x]: 1"],
    ["[X=x]: 1", "[X=x]: 1"],
    ['[>"a"]: 1', '[(> "a")]: 1'],
    ['[=~"^a" & !="b"]: 1', '[((=~ "^a") & (!= "b"))]: 1'],
    ["[string]: {...}", "[string]: {...}"],
    ["X=a: b: 1", "X=a: ~{b: 1}"],
    ["a: X=b: 1", "a: ~{X=b: 1}"],
    ["a: X={b: X.c}", "a: X={b: X.c}"],
    ["(a): 1", "(a): 1"],
    ['(a + "b"): 1', '((a + "b")): 1'],
    ["(X=a): 1", "(X=a): 1"],
    ['("a")?: 1', '("a")?: 1'],
    ["(a)!: 1", "(a)!: 1"],
    ['"\\(a)-b"?: 1', '"\\(a)-b"?: 1'],
    ["a: {b: 1}.b", "a: {b: 1}.b"],
    ["a: b.c & {d: 1}", "a: (b.c & {d: 1})"],
    ["a: *1 | int", "a: ((* 1) | int)"],
    ["a: >=1 & <10 | *5", "a: (((>= 1) & (< 10)) | (* 5))"],
    ["a: b: *{c: 1} | {d: 2}", "a: ~{b: ((* {c: 1}) | {d: 2})}"],
    ["#A & {b: 1}", "(#A & {b: 1})"],
    ["a: #A.b.#C", "a: #A.b.#C"],
    ["a: {#A, b: 1}", "a: {#A; b: 1}"],
    ["a: close({b: 1})", "a: close({b: 1})"],
    ["a: [...{b: 1}]", "a: [...{b: 1}]"],
    ["a: [if x {1}, for y in z {y}]", "a: [if x {1}, for y in z {y}]"],
    ['a: strings.Join(["a"], ",")', 'a: strings.Join(["a"], ",")'],
    ['a: "x\\(1 + 2)y\\("z")"', 'a: "x\\((1 + 2))y\\("z")"'],
    ['a: """\n\tx\n\t"""', 'a: """\n\tx\n\t"""'],
    ['a: """\n\tx\\(b)\n\t"""', 'a: """\n\tx\\(b)\n\t"""'],
    ['a: #"""\n\tx\\#(b)\n\t"""#', 'a: #"""\n\tx\\#(b)\n\t"""#'],
    ["a: '''\n\tx\n\t'''", "a: '''\n\tx\n\t'''"],
    ["\uFEFFa: 1", "a: 1"],
  ])("reads %j", (text, shape) => {
    expect(fileShapeOf(text)).toBe(shape);
  });
});
