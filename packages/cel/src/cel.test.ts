import type { JsonObject, JsonValue } from "@lateen/base";
import { compileSchema, readSchemaNode } from "@lateen/objects";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRules } from "./check-rules.ts";
import { compileExpression } from "./compile.ts";
import { EvaluationError } from "./evaluate.ts";
import { celRules } from "./rules.ts";
import { schemaTypeOf } from "./schema-types.ts";
import { dynType } from "./types.ts";
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, type CelValue } from "./values.ts";

/** What an expression gives, as plain data. */
function evaluate(expression: string, schema: JsonObject = { type: "integer" }, self: JsonValue = 1): unknown {
  const type = schemaTypeOf(readSchemaNode(schema))!;
  const compiled = compileExpression(expression, new Map([["self", type]]));
  if (compiled.kind === "invalid") throw new Error(compiled.message);
  return plain(compiled.program.run(new Map([["self", type.read(self)]]), 1_000_000).value);
}

function plain(value: CelValue): unknown {
  if (value instanceof CelList) return [...value].map(plain);
  if (value instanceof CelMap)
    return Object.fromEntries(
      [...value.keys()].map((key) => [JSON.stringify(plain(key)).replaceAll('"', ""), plain(value.get(key)!)]),
    );
  if (value instanceof CelOptional) return value.value === undefined ? "none" : plain(value.value);
  if (value instanceof CelTimestamp || value instanceof CelDuration) return value.nanoseconds;
  return typeof value === "bigint" ? Number(value) : value;
}

describe("an expression", () => {
  it("binds its operators as the language says", () => {
    expect(evaluate("1 + 2 * 3 - 4 / 2 == 5 && !(2 in [1, 3]) || false")).toBe(true);
    expect(evaluate("true ? 1 : false ? 2 : 3")).toBe(1);
    expect(evaluate("-self - -2")).toBe(1);
  });

  it("reads all forms of literals", () => {
    expect(evaluate(String.raw`'a\n' + "b\x41\u00e4" + r'\n' + """c"d""" `)).toBe('a\nbAä\\nc"d');
    expect(evaluate("size(b'\\xff\\001x')")).toBe(3);
    expect(evaluate("[0x10, 1e3 > 999.0 ? 1 : 0, int(5u)]")).toEqual([16, 1, 5]);
  });

  it("formats as cel-go does", () => {
    expect(evaluate("'%s, %d, %.1f, %x, %b'.format(['a', 2, 0.25, 255, true])")).toBe("a, 2, 0.2, ff, 1");
    expect(evaluate("'%.2f %e'.format([1234.5, 1234.5])")).toBe("1,234.50 1.234500×10⁰³");
    expect(evaluate("'%s'.format([[1.5, 'a', duration('1m')]])")).toBe('[1.500000, "a", duration("60s")]');
    expect(evaluate("'%s'.format([{'b': 1, 'a': null}])")).toBe('{"a":null, "b":1}');
    expect(() => evaluate("'%d'.format([1.5])")).toThrow("can only be used on integers");
    expect(() => evaluate("[1, 'a'].size()")).toThrow("expected type 'int' but found 'string'");
  });

  it("keeps the zone of a time, and reads its parts in UTC", () => {
    const time = "timestamp('2026-01-02T03:04:05+02:00')";
    expect(evaluate(`string(${time} + duration('1s'))`)).toBe("2026-01-02T03:04:06+02:00");
    expect(evaluate(`[${time}.getHours(), ${time}.getHours('+02:00')]`)).toEqual([1, 3]);
    expect(evaluate(`${time} == timestamp('2026-01-02T01:04:05Z')`)).toBe(true);
  });

  it("reads URLs with their fragments", () => {
    const parts = "[url(u).getEscapedPath(), url(u).getHost()]";
    expect(evaluate(`['https://a:1/b c#d?e'].map(u, ${parts})[0]`)).toEqual(["/b%20c", "a:1"]);
    expect(evaluate("url('/a?x=1&x=2#f').getQuery()['x']")).toEqual(["1", "2"]);
  });

  it("makes messages where their types are known", () => {
    const text = "Object{spec: Object.spec{replicas: self + 1, labels: {'a': 'b'}}}";
    const declarations = new Map([["self", schemaTypeOf(readSchemaNode({ type: "integer" }))!]]);
    const compiled = compileExpression(text, declarations, { messages: (name) => /^Object(?:\.|$)/.test(name) });
    if (compiled.kind === "invalid") throw new Error(compiled.message);
    const { value } = compiled.program.run(new Map([["self", 1n]]), 1000);
    expect(plain(value)).toEqual({ spec: { replicas: 2, labels: { a: "b" } } });
    expect(compileExpression(text, declarations)).toMatchObject({ kind: "invalid" });
  });

  it("goes over lists and maps", () => {
    expect(evaluate("[1, 2, 3].filter(x, x > 1).map(x, x * 2)")).toEqual([4, 6]);
    expect(evaluate("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k + 'x')")).toEqual({ b: "bx" });
    expect(evaluate("[3, 1, 2].sortBy(x, -x)")).toEqual([3, 2, 1]);
    expect(evaluate("['a', 'b'].transformList(i, v, string(i) + v)")).toEqual(["0a", "1b"]);
  });

  it("does not mix up variables of nested macros", () => {
    expect(evaluate("[1, 2].map(x, [10, 20].map(y, x + y))")).toEqual([
      [11, 21],
      [12, 22],
    ]);
    expect(evaluate("[1, 2].all(x, [1, 2].exists(x, x == 2) && x < 3)")).toBe(true);
  });

  it("absorbs an error that the other side decides", () => {
    expect(evaluate("1 / 0 == 1 || true")).toBe(true);
    expect(() => evaluate("1 / 0 == 1 || false")).toThrow("division by zero");
    expect(evaluate("[0, 1].exists(x, 1 / x == 1)")).toBe(true);
  });

  it("ends with an error, not a wrong number, on overflow", () => {
    expect(() => evaluate("9223372036854775807 + self")).toThrow("integer overflow");
    expect(() => evaluate("self - 2u")).toThrow("found no matching overload");
  });

  it("is typed before it runs", () => {
    for (const bad of [
      "self == 'x'",
      "self.a",
      "[1, 'a']",
      "foo(1)",
      "nope",
      "self ? 1 : 2",
      "'x'.size(1)",
      "[1].map(1, 2)",
    ])
      expect(() => evaluate(bad), bad).toThrow("ERROR: <input>:1:");
  });

  it("points at the place of a mistake", () => {
    expect(() => evaluate("1 +\n  nope")).toThrow(
      "ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n |   nope\n | ..^",
    );
  });

  it("adds, compares and negates integers as integers", () => {
    const ints = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(ints, ints, (a, b) => {
        expect(evaluate(`${a} + ${b} * 2 - (${b})`)).toBe(a + b);
        expect(evaluate(`${a} < ${b}`)).toBe(a < b);
      }),
    );
  });

  it("never crashes the parser", () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."abx.()[]{}?:+-*/%!=<>&|'\"\\0159, \n\t😀".split("")),
      maxLength: 40,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const result = compileExpression(
          text,
          new Map([["self", { type: dynType, shape: { size: { min: 0, max: 1 } } }]]),
        );
        expect(["compiled", "invalid"]).toContain(result.kind);
      }),
      { numRuns: 500 },
    );
    for (const deep of ["(".repeat(100_000), "[".repeat(5_000), "-".repeat(50_000) + "1", "!".repeat(9_999) + "true"])
      expect(compileExpression(deep, new Map()).kind).toMatch(/compiled|invalid/);
  });

  it("stops at its cost limit and says what it has spent", () => {
    const list: JsonObject = { type: "array", items: { type: "integer" } };
    const many = Array.from({ length: 2_000 }, (_, i) => i);
    expect(() => evaluate("self.all(x, self.all(y, x + y >= 0))", list, many)).toThrow("actual cost limit exceeded");
    try {
      evaluate("[1, 2][5] == 1");
    } catch (error) {
      expect((error as EvaluationError).cost).toBeGreaterThan(0);
    }
  });
});

describe("rules of a schema", () => {
  const schema = (rule: object, extra: JsonObject = {}): JsonObject => ({
    type: "object",
    properties: {
      a: { type: "string", "x-kubernetes-validations": [{ ...rule } as JsonObject], ...extra },
    },
  });

  it("run on the values that they stand at, and see the old ones", () => {
    const compiled = compileSchema(schema({ rule: "self == oldSelf", message: "is fixed" }), { rules: celRules });
    expect(compiled.validate({ a: "x" })).toEqual([]);
    expect(compiled.validate({ a: "y" }, { a: "x" }).map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
      "a: is fixed",
    ]);
  });

  it("are refused when they do not compile or cost too much", () => {
    expect(checkRules(schema({ rule: "self > 1" }), "s").map(({ field }) => field)).toEqual([
      "s.properties[a].x-kubernetes-validations[0].rule",
    ]);
    const dear = { rule: "self.split('').all(x, self.contains(x))" };
    expect(checkRules(schema(dear), "s").some(({ detail }) => detail.includes("exceeds budget"))).toBe(true);
    expect(checkRules(schema(dear, { maxLength: 10 }), "s")).toEqual([]);
  });
});
