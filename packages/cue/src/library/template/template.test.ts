import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoInt, TemplateSet, type TemplateValue, templateFunction } from "./index.ts";

const dataOf = (value: unknown): TemplateValue => {
  if (Array.isArray(value)) return value.map(dataOf);
  if (typeof value === "object" && value !== null)
    return new Map(Object.entries(value).map(([name, part]) => [name, dataOf(part)]));
  return value as TemplateValue;
};

function execute(text: string, data?: unknown, options: ConstructorParameters<typeof TemplateSet>[0] = {}): string {
  const set = new TemplateSet(options);
  set.parse("main", text);
  return set.execute("main", dataOf(data));
}

const data = {
  name: "Bob",
  list: ["a", "b", "c"],
  map: { x: 1, y: null },
  n: 2.5,
  whole: new GoInt(7n),
};

describe("templates", () => {
  it.each<[string, string, string]>([
    ["fields and text", "Hi {{.name}}!", "Hi Bob!"],
    ["trimmed blanks", "a {{- .name -}} \n b", "aBobb"],
    ["comments", "a{{/* no */}}b{{- /* no */ -}} c", "abc"],
    ["if, else if, else", "{{if .no}}1{{else if .list}}2{{else}}3{{end}}", "2"],
    ["with and its variable", "{{with $x := .map}}{{.x}}{{$x.x}}{{end}}", "11"],
    ["range with index", "{{range $i, $e := .list}}{{$i}}{{$e}} {{end}}", "0a 1b 2c "],
    ["range over keys in order", "{{range $k, $v := .map}}{{$k}}={{$v}};{{end}}", "x=1;y=<no value>;"],
    ["range over a number", "{{range 3}}{{.}}{{end}}", "012"],
    ["break and continue", '{{range .list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', "ac"],
    ["else of an empty range", "{{range .none}}x{{else}}none{{end}}", "none"],
    ["pipelines", '{{.name | printf "%s-%s" "x" | len}}', "5"],
    ["assignment to an outer variable", "{{$x := 1}}{{range .list}}{{$x = .}}{{end}}{{$x}}", "c"],
    ["definitions and calls", '{{define "t"}}[{{.}}]{{end}}{{template "t" .name}}', "[Bob]"],
    ["blocks", '{{block "t" .name}}<{{.}}>{{end}}', "<Bob>"],
    ["comparison", "{{eq 1 1}} {{lt 1 2}} {{ge 1.5 2.5}} {{ne .name .no}}", "true true false true"],
    ["short circuit", "{{or .no .name}} {{and .name 0}} {{not .no}}", "Bob 0 true"],
    ["index, slice and len", "{{index .list 1}} {{slice .name 1 3}} {{len .list}}", "b ob 3"],
    [
      "escapes",
      '{{html "<a b=\'c\'>"}} {{js "a\'b<"}} {{urlquery "a b&"}}',
      "&lt;a b=&#39;c&#39;&gt; a\\'b\\u003C a+b%26",
    ],
    [
      "verbs",
      '{{printf "%05d|%-4s|%q|%x|%v|%T|%6.2f" 42 "a" "b" 255 .list .map 1.5}}',
      '00042|a   |"b"|ff|[a b c]|map[string]interface {}|  1.50',
    ],
    ["wrong verbs", '{{printf "%d %s %d" 1.5 1}}', "%!d(float64=1.5) %!s(int=1) %!d(MISSING)"],
    ["missing keys", "{{.none}} {{.none.deeper}} {{print .none}}", "<no value> <no value> <nil>"],
    ["raw strings and runes", "{{`a\\n`}} {{'a'}} {{0x1F}} {{1e3}}", "a\\n 97 31 1000"],
  ])("execute %s", (_, text, output) => {
    expect(execute(text, data)).toBe(output);
  });

  it.each<[string, string]>([
    ["{{", "template: main:1: unclosed action"],
    ["{{if .a}}", "template: main:1: unexpected EOF"],
    ["{{end}}", "template: main:1: unexpected {{end}}"],
    ["\n{{nofunc 1}}", 'template: main:2: function "nofunc" not defined'],
    ["{{break}}", "template: main:1: {{break}} outside {{range}}"],
    ["{{$x}}", 'template: main:1: undefined variable "$x"'],
    ["{{1 | 2}}", "template: main:1: non executable command in pipeline stage 2"],
    ["{{(.a}}", "template: main:1: unclosed left paren"],
  ])("refuse %s", (text, message) => {
    expect(() => execute(text)).toThrow(message);
  });

  it.each<[string, string]>([
    ["{{.name.x}}", `template: main:1:7: executing "main" at <.name.x>: can't evaluate field x in type interface {}`],
    ["{{.map.y.z}}", 'template: main:1:8: executing "main" at <.map.y.z>: nil pointer evaluating interface {}.z'],
    ["{{index .list 9}}", "index out of range: 9"],
    ['{{template "none"}}', 'template "none" not defined'],
    ["{{len 3}}", "error calling len: len of type int"],
    ["{{eq 1 1.0}}", "incompatible types for comparison: int and float64"],
    ["{{nil}}", "nil is not a command"],
    ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', "exceeded maximum template depth"],
  ])("stop at %s", (text, message) => {
    expect(() => execute(text, data)).toThrow(message.replace(/^template: main:1:\d+: /, ""));
  });

  it("treats missing keys as asked", () => {
    expect(execute("{{.none}}", {}, { missingKey: "zero" })).toBe("<no value>");
    expect(() => execute("{{.none.x}}", {}, { missingKey: "zero" })).toThrow("nil pointer");
    expect(() => execute("{{.none}}", {}, { missingKey: "error" })).toThrow('map has no entry for key "none"');
  });

  it("calls further functions, with their types checked", () => {
    const functions = new Map([
      ["twice", templateFunction(["int"], undefined, ([n]) => new GoInt((n as GoInt).value * 2n))],
    ]);
    expect(execute("{{twice 4}} {{twice 2.0}}", {}, { functions })).toBe("8 4");
    expect(() => execute('{{twice "x"}}', {}, { functions })).toThrow("expected integer");
    expect(() => execute("{{twice .n}}", data, { functions })).toThrow(
      "wrong type for value; expected int; got float64",
    );
  });

  it("never fails otherwise, whatever the text", () => {
    const part = fc.constantFrom(
      "{{",
      "}}",
      "if ",
      "range ",
      "end",
      "else",
      ".a",
      "$x",
      ":=",
      "|",
      "(",
      ")",
      '"s"',
      "1",
      " ",
      "-",
      "define ",
      "with ",
      "eq ",
      "nil",
      "\n",
      ",",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 25 }), (parts) => {
        try {
          execute(parts.join(""), data);
        } catch (error) {
          expect((error as Error).name).toMatch(/^Template(?:Syntax|Execution)Error$/);
        }
      }),
    );
  });
});
