import { describe, expect, it } from "vitest";
import { jsonErrorOf } from "./json-error.ts";

describe("what Go says of broken JSON", () => {
  it.each([
    ["{", "unexpected end of JSON input"],
    ["", "unexpected end of JSON input"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ['{"a":1} t', "invalid character 't' after top-level value"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a":1 "b"', `invalid character '"' after object key:value pair`],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["tru3", "invalid character '3' in literal true (expecting 'e')"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1e+", "unexpected end of JSON input"],
    ["01", "invalid character '1' after top-level value"],
    [String.raw`"\q"`, "invalid character 'q' in string escape code"],
    [String.raw`"\u12g4"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    ["é", "invalid character 'Ã' looking for beginning of value"],
  ])("%j", (text, message) => {
    expect(jsonErrorOf(text)).toBe(message);
  });

  it.each(['{"a":[1,{},[],-0.5e-3,"\\u00e9\\n",true,false,null]}', " 1 ", '""'])("has nothing to say of %j", (text) => {
    expect(jsonErrorOf(text)).toBeUndefined();
  });

  it("agrees with JSON.parse on what is JSON", () => {
    const alphabet = [...'{}[]:,"1-.e0tfn\\u '.split(""), "true", "null", '"a":'];
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let round = 0; round < 20_000; round++) {
      const length = Math.floor(random() * 8);
      const text = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
      expect(jsonErrorOf(text) === undefined, text).toBe(parses(text));
    }
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
