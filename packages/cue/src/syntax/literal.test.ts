import { describe, expect, it } from "vitest";
import { parseExpression } from "./parser.ts";
import { interpolationTexts, numberPieces, unquote } from "./literal.ts";
import { quoteBytes, quoteLabel, quoteMultiline, quoteString } from "./quote.ts";

const stringOf = (text: string) => {
  const literal = unquote(text);
  return literal.kind === "string" ? literal.value : literal;
};
const bytesOf = (text: string) => {
  const literal = unquote(text);
  return literal.kind === "bytes" ? [...literal.value] : literal;
};

describe("unquote reads strings", () => {
  it.each([
    [String.raw`""`, ""],
    [String.raw`"abc"`, "abc"],
    [String.raw`"größe 日本 💩"`, "größe 日本 💩"],
    [String.raw`"\a\b\f\n\r\t\v"`, "\u0007\b\f\n\r\t\v"],
    [String.raw`"\\\/\""`, '\\/"'],
    [String.raw`"\u00e9\u65E5"`, "é日"],
    [String.raw`"\U0001F4A9"`, "💩"],
    [String.raw`"\ud83d\udca9"`, "💩"],
    [String.raw`#"a"b"#`, 'a"b'],
    [String.raw`#"\n"#`, String.raw`\n`],
    [String.raw`#"\#n"#`, "\n"],
    [String.raw`#"\#u0041"#`, "A"],
    [String.raw`##"a"#b\#n\##n"##`, 'a"#b\\#n\n'],
    [String.raw`#"""#`, '"'],
    [String.raw`#""#`, ""],
    ['"""\nabc\n"""', "abc"],
    ['"""\n"""', ""],
    ['"""\n\n"""', ""],
    ['"""\n\n\n"""', "\n"],
    ['"""\n\ta\n\t\tb\n\t"""', "a\n\tb"],
    ['"""\n\ta\n\n\tb\n\t"""', "a\n\nb"],
    ['"""\r\n\ta\r\n\tb\r\n\t"""', "a\nb"],
    ['"""\n  a "quoted" ""word\n  """', 'a "quoted" ""word'],
    ['"""\n\ta\\\n\tb\n\t"""', "ab"],
    ['"""\n\ta\\tb\\"""\n\t"""', 'a\tb"""'],
    ['#"""\n\ta\\n\\#n\n\t"""#', "a\\n\n"],
  ])("%j", (text, value) => {
    expect(stringOf(text)).toBe(value);
  });
});

describe("unquote reads bytes", () => {
  it.each([
    ["''", []],
    ["'abc'", [97, 98, 99]],
    [String.raw`'\x00\xff'`, [0, 255]],
    [String.raw`'\000\377'`, [0, 255]],
    [String.raw`'\''`, [39]],
    ["'é'", [0xc3, 0xa9]],
    [String.raw`'\u00e9'`, [0xc3, 0xa9]],
    [String.raw`'\xc3é'`, [0xc3, 0xc3, 0xa9]],
    [String.raw`#'\x41\#x41'#`, [92, 120, 52, 49, 65]],
    ["'''\n\ta\n\tb\n\t'''", [97, 10, 98]],
  ])("%j", (text, value) => {
    expect(bytesOf(text)).toEqual(value);
  });
});

describe("unquote says why a text stands for nothing", () => {
  it.each([
    ["abc", "invalid string literal"],
    [String.raw`"\q"`, "unknown escape sequence"],
    [String.raw`"\'"`, "unknown escape sequence"],
    [String.raw`'\"'`, "unknown escape sequence"],
    [String.raw`"\x41"`, "unknown escape sequence"],
    [String.raw`"\U00110000"`, "escape sequence is invalid Unicode code point"],
    [String.raw`"\ud83d"`, "unmatched surrogate pair"],
    [String.raw`"\ud83d\u0041"`, "unmatched surrogate pair"],
    [String.raw`"\udca9"`, "unmatched surrogate pair"],
    [String.raw`'\400'`, "invalid byte in escape sequence"],
    ['"""\n\ta\n  b\n\t"""', "non-matching whitespace for multiline strings"],
    ['"""\na"""', "closing quotes of a multi-line string must stand on a line of their own"],
  ])("%j", (text, message) => {
    expect(unquote(text)).toMatchObject({ kind: "error", message });
  });
});

describe("interpolationTexts", () => {
  const textsOf = (text: string) => {
    const { expr } = parseExpression(text);
    if (expr.kind !== "interpolation") throw new Error(expr.kind);
    const result = interpolationTexts(expr);
    return result.kind === "error" ? result : result.texts.map((part) => (typeof part === "string" ? part : [...part]));
  };

  it.each([
    [String.raw`"\(a)"`, ["", ""]],
    [String.raw`"x\(a)y\(b)z"`, ["x", "y", "z"]],
    [String.raw`"\t\(a)\n"`, ["\t", "\n"]],
    [String.raw`#"\(no)\#(a)"#`, [String.raw`\(no)`, ""]],
    ['"""\n\tx\n\t\\(a)\n\ty\n\t"""', ["x\n", "\ny"]],
    ['"""\n\t\\(a)\\(b)\n\t"""', ["", "", ""]],
    ['"""\n\t\\(a)\n\n\t\tb\\(c)d\n\t"""', ["", "\n\n\tb", "d"]],
  ])("reads the texts of %j", (text, texts) => {
    expect(textsOf(text)).toEqual(texts);
  });

  it("reads bytes", () => {
    expect(textsOf(String.raw`'\xff\(a)b'`)).toEqual([[255], [98]]);
  });

  it("names the part that is wrong", () => {
    expect(textsOf('"""\n\t\\(a)\n b\n\t"""')).toMatchObject({ kind: "error", part: 1 });
  });
});

describe("numberPieces", () => {
  it.each([
    ["0", { isInt: true, base: 10, integer: "0", fraction: "", exponent: 0, multiplier: 1n }],
    ["1_000", { isInt: true, integer: "1000" }],
    ["0x1F", { isInt: true, base: 16, integer: "1F" }],
    ["0b101", { isInt: true, base: 2, integer: "101" }],
    ["0o17", { isInt: true, base: 8, integer: "17" }],
    ["1.50", { isInt: false, integer: "1", fraction: "50" }],
    [".5", { isInt: false, integer: "", fraction: "5" }],
    ["1.", { isInt: false, integer: "1", fraction: "" }],
    ["1e3", { isInt: false, integer: "1", exponent: 3 }],
    ["1.5E-3", { isInt: false, fraction: "5", exponent: -3 }],
    ["1K", { isInt: true, multiplier: 1000n }],
    ["1Ki", { isInt: true, multiplier: 1024n }],
    ["1.5Gi", { isInt: true, fraction: "5", multiplier: 1_073_741_824n }],
    ["2P", { multiplier: 1_000_000_000_000_000n }],
  ])("takes %s apart", (text, pieces) => {
    expect(numberPieces(text)).toMatchObject(pieces);
  });

  it.each(["", ".", "0x", "1e", "abc", "1KK"])("knows that %j is no number", (text) => {
    expect(numberPieces(text)).toBeUndefined();
  });
});

describe("quoting", () => {
  it.each([
    ["abc", '"abc"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ["a\n\tb", String.raw`"a\n\tb"`],
    ["it's", `"it's"`],
    ["\u0001\u007f", String.raw`"\u0001\u007f"`],
    ["é💩", '"é💩"'],
    ["\u200b", String.raw`"\u200b"`],
  ])("writes %j", (value, text) => {
    expect(quoteString(value)).toBe(text);
    expect(stringOf(text)).toBe(value);
  });

  it.each(["a\nb", "a\n", "\n", 'x"""y\n"', "\ttab\nb\\n"])("writes %j over lines", (value) => {
    expect(stringOf(quoteMultiline(value))).toBe(value);
  });

  it.each([[[]], [[97, 39, 92]], [[0xeb, 0x20, 0x1a, 0xc3, 0xa9]], [[255, 0, 10]], [[0xf0, 0x9f, 0x92, 0xa9]]])(
    "writes the bytes %j",
    (value: number[]) => {
      expect(bytesOf(quoteBytes(Uint8Array.from(value)))).toEqual(value);
    },
  );

  it.each([
    ["a", "a"],
    ["a-b", '"a-b"'],
    ["", '""'],
    ["_a", '"_a"'],
    ["#a", '"#a"'],
    ["1", '"1"'],
    ["if", "if"],
    ["größe", "größe"],
    ["__proto__", '"__proto__"'],
  ])("writes the label %j", (name, text) => {
    expect(quoteLabel(name)).toBe(text);
  });
});
