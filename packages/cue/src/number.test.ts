import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CueNumber,
  type NumberError,
  bigintOf,
  compareNumbers,
  floatOfJs,
  formatNumber,
  formatPlain,
  intNumber,
  isWhole,
  jsNumberOf,
  makeNumber,
  numberOfJs,
  numbersEqual,
  safeIntegerOf,
} from "./number.ts";
import {
  addNumbers,
  divideIntegers,
  divideNumbers,
  multiplyNumbers,
  negateNumber,
  subtractNumbers,
} from "./number-arithmetic.ts";
import { numberFromLiteral } from "./number-literal.ts";

function literal(text: string): CueNumber {
  const value = text.startsWith("-") ? numberFromLiteral(text.slice(1)) : numberFromLiteral(text);
  if (value.kind === "number-error") throw new Error(`${text}: ${value.message}`);
  return text.startsWith("-") ? negateNumber(value) : value;
}

function show(value: CueNumber | NumberError): string {
  return value.kind === "number-error" ? value.message : formatNumber(value);
}

const operations: Readonly<Record<string, (a: CueNumber, b: CueNumber) => CueNumber | NumberError>> = {
  "+": addNumbers,
  "-": subtractNumbers,
  "*": multiplyNumbers,
  "/": divideNumbers,
  div: (a, b) => divideIntegers("div", a, b),
  mod: (a, b) => divideIntegers("mod", a, b),
  quo: (a, b) => divideIntegers("quo", a, b),
  rem: (a, b) => divideIntegers("rem", a, b),
};

function compute(expression: string): string {
  const [left, operator, right] = expression.split(" ") as [string, string, string];
  return show(operations[operator]!(literal(left), literal(right)));
}

describe("number literals", () => {
  it.each([
    ["0", "0"],
    ["1_000", "1000"],
    ["0xFF", "255"],
    ["0XfF", "255"],
    ["0o17", "15"],
    ["0b11", "3"],
    ["1.", "1"],
    [".5", "0.5"],
    ["072.40", "72.40"],
    ["1e3", "1E+3"],
    ["1.5e2", "1.5E+2"],
    ["150e-2", "1.50"],
    ["0.1e1", "1"],
    ["0.000001", "0.000001"],
    ["1e-7", "1E-7"],
    ["1E-5", "0.00001"],
    ["-0.0", "0.0"],
    ["1.5Ki", "1536"],
    ["2.5G", "2500000000"],
    ["4M", "4000000"],
    ["0.5M", "500000"],
    ["12345678901234567890123456789012345678901234567890", "12345678901234567890123456789012345678901234567890"],
  ])("reads %s as %s", (text, expected) => {
    expect(show(literal(text))).toBe(expected);
  });

  it.each(["007", "1__0", "_1", "1_", "0B11", "0x", "1.3Ki", "1e", "", "1.5Kib", "0O7"])("refuses %s", (text) => {
    expect(numberFromLiteral(text).kind).toBe("number-error");
  });

  it("tells ints from floats", () => {
    expect(["1", "1.5Ki", "0xF"].map((text) => literal(text).isInt)).toEqual([true, true, true]);
    expect(["1.", "1e3", ".5"].map((text) => literal(text).isInt)).toEqual([false, false, false]);
  });
});

describe("arithmetic on numbers", () => {
  it.each([
    ["2.50 + 2.50", "5.00"],
    ["1e3 + 1", "1001"],
    ["0.10 - 0.10", "0.00"],
    ["5.0 - 5", "0.0"],
    ["0.1 + 0.2", "0.3"],
    ["1.10 * 1.10", "1.2100"],
    ["3 * 1.0", "3.0"],
    ["2 * 1.5", "3.0"],
    ["100000000000000000000 * 3", "300000000000000000000"],
    ["12345678901234567890123456789012345 + 1", "1.234567890123456789012345678901235E+34"],
    ["1e40 + 1", "1.000000000000000000000000000000000E+40"],
    [
      "99999999999999999999999999999999999 * 99999999999999999999999999999999999",
      "1.000000000000000000000000000000000E+70",
    ],
    ["10 / 5", "2.0"],
    ["25 / 1", "25.0"],
    ["500 / 2", "250"],
    ["10 / 1", "10"],
    ["100 / 1", "1.0E+2"],
    ["1200 / 1", "1.20E+3"],
    ["2000 / 4", "5.0E+2"],
    ["0 / 3", "0"],
    ["7 / 2", "3.5"],
    ["1 / 3", "0.3333333333333333333333333333333333"],
    ["2 / 3", "0.6666666666666666666666666666666667"],
    ["1e10 / 1e5", "1.0E+5"],
    ["123456 / 100", "1234.56"],
    ["-100 / 10", "-10"],
    ["1 / 0", "division by zero"],
    ["0 / 0", "division undefined"],
    ["-5 div 3", "-2"],
    ["-5 mod 3", "1"],
    ["5 mod -3", "2"],
    ["-5 quo 3", "-1"],
    ["-5 rem 3", "-2"],
    ["5 rem 0", "division by zero"],
    ["-6 mod 3", "0"],
  ])("computes %s as %s", (expression, expected) => {
    expect(compute(expression)).toBe(expected);
  });

  it("adds and multiplies as bigints do while 34 digits suffice", () => {
    const part = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n });
    fc.assert(
      fc.property(part, part, (a, b) => {
        expect(show(addNumbers(intNumber(a), intNumber(b)))).toBe(String(a + b));
        expect(show(multiplyNumbers(intNumber(a), intNumber(b)))).toBe(String(a * b));
      }),
    );
  });

  it("divides so that quotient and rest give the dividend back", () => {
    const part = fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }));
    fc.assert(
      fc.property(part, part, (a, b) => {
        fc.pre(b !== 0n);
        const of = (operation: "div" | "mod" | "quo" | "rem") =>
          bigintOf(divideIntegers(operation, intNumber(a), intNumber(b)) as CueNumber);
        expect(of("div") * b + of("mod")).toBe(a);
        expect(of("quo") * b + of("rem")).toBe(a);
        expect(of("mod") >= 0n && of("mod") < (b < 0n ? -b : b)).toBe(true);
      }),
    );
  });
});

describe("comparison of numbers", () => {
  it("goes by value whatever the form", () => {
    expect(numbersEqual(literal("1"), literal("1.00"))).toBe(true);
    expect(numbersEqual(literal("1e2"), literal("100"))).toBe(true);
    expect(compareNumbers(literal("-1e100"), literal("1e-100"))).toBeLessThan(0);
    expect(compareNumbers(literal("0.10"), literal("0.09999999999999999999999"))).toBeGreaterThan(0);
    expect(compareNumbers(literal("-2.5"), literal("-25e-1"))).toBe(0);
    expect(compareNumbers(literal("0.0"), literal("0e10"))).toBe(0);
  });

  it("is a total order that agrees with the difference's sign", () => {
    const decimal = fc
      .tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -4, max: 4 }))
      .map(([coefficient, exponent]) => makeNumber(false, coefficient, exponent));
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const difference = subtractNumbers(a, b) as CueNumber;
        expect(Math.sign(compareNumbers(a, b))).toBe(Math.sign(Number(difference.coefficient)) + 0);
        expect(compareNumbers(a, b)).toBe(-compareNumbers(b, a) + 0);
      }),
    );
  });
});

describe("conversion of numbers", () => {
  it("keeps a float64 through its shortest text", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(jsNumberOf(floatOfJs(value))).toBe(value);
      }),
    );
  });

  it("makes ints of whole JS numbers and floats of others", () => {
    expect(numberOfJs(3)).toMatchObject({ isInt: true, coefficient: 3 });
    expect(formatNumber(numberOfJs(1e21))).toBe("1000000000000000000000");
    expect(formatNumber(numberOfJs(1.5e-7))).toBe("1.5E-7");
    expect(formatNumber(numberOfJs(-0))).toBe("0");
  });

  it("knows whole values and safe integers", () => {
    expect([literal("3.0"), literal("1e3"), literal("0.00")].every(isWhole)).toBe(true);
    expect(isWhole(literal("3.01"))).toBe(false);
    expect(safeIntegerOf(literal("1e3"))).toBe(1000);
    expect(safeIntegerOf(literal("9007199254740993"))).toBeUndefined();
    expect(safeIntegerOf(literal("1e100"))).toBeUndefined();
    expect(formatPlain(literal("1.5e3"))).toBe("1500");
    expect(formatPlain(literal("1e-9"))).toBe("0.000000001");
  });
});
