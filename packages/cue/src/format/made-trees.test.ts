import { describe, expect, it } from "vitest";
import type { BinaryOp, Decl, Expr } from "../syntax/ast.ts";
import { parseExpression } from "../syntax/parser.ts";
import { formatNode } from "./format.ts";

// Trees that no text stands behind: what evaluation and importers print.

const place = { start: 0, end: 0 } as const;
const name = (text: string) => ({ kind: "ident", ...place, name: text }) as const;
const binary = (op: BinaryOp, left: Expr, right: Expr): Expr => ({
  kind: "binary",
  ...place,
  op,
  opStart: 0,
  left,
  right,
});
const struct = (...decls: Decl[]): Expr => ({ kind: "struct", ...place, decls, braces: true });
const list = (...elements: Expr[]): Expr => ({ kind: "list", ...place, elements });
const field = (label: string, value: Expr): Decl => ({
  kind: "field",
  ...place,
  label: name(label),
  constraint: "",
  valueAlias: undefined,
  postfixAlias: undefined,
  value,
  attributes: [],
});
const [a, b, c] = [name("a"), name("b"), name("c")];

describe("formatNode", () => {
  it.each<[string, Expr, string]>([
    ["a weaker operand to the left", binary("*", binary("+", a, b), c), "(a + b) * c"],
    ["a weaker operand to the right", binary("*", a, binary("+", b, c)), "a * (b + c)"],
    ["an equal operand to the right", binary("-", a, binary("-", b, c)), "a - (b - c)"],
    ["a stronger operand", binary("+", a, binary("*", b, c)), "a + b*c"],
    ["a choice within a conjunction", binary("&", binary("|", a, b), c), "(a | b) & c"],
    ["a sign before an operation", { kind: "unary", ...place, op: "-", expr: binary("+", a, b) }, "-(a + b)"],
    ["a selection of an operation", { kind: "selector", ...place, expr: binary("&", a, b), selector: c }, "(a & b).c"],
    ["a call of an operation", { kind: "call", ...place, fun: binary("&", a, b), args: [c] }, "(a & b)(c)"],
  ])("keeps the meaning by parentheses around %s", (_, tree, text) => {
    expect(formatNode(tree)).toBe(text);
    expect(parseExpression(text).diagnostics).toEqual([]);
  });

  it("puts a struct of one declaration on one line, and others on lines of their own", () => {
    expect(formatNode(struct(field("a", b)))).toBe("{a: b}");
    expect(formatNode(struct(field("a", b), field("long", c)))).toBe("{\n\ta:    b\n\tlong: c\n}");
    expect(formatNode(struct())).toBe("{}");
  });

  it("puts lists on one line", () => {
    expect(formatNode(list(a, b, c))).toBe("[a, b, c]");
    expect(formatNode(list())).toBe("[]");
  });

  it("prints declarations", () => {
    expect(formatNode(field("a", struct(field("b", c))))).toBe("a: {b: c}");
    expect(formatNode(field("a", struct(field("b", c))), { simplify: true })).toBe("a: b: c");
  });

  it("prints trees of 5,000 levels", () => {
    let tree: Expr = a;
    for (let level = 0; level < 5_000; level++) tree = level % 2 === 0 ? list(tree) : struct(field("a", tree));
    expect(formatNode(tree)).toHaveLength(2_500 * 2 + 2_500 * 5 + 1);
  });
});
