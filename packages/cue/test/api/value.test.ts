import { describe, expect, it } from "vitest";
import { Context, CueError, parsePath, readDocument } from "../../src/index.ts";

const compile = (text: string) => new Context().compile(text, { filename: "in.cue" });

describe("lookupPath and exists", () => {
  const value = compile('a: {b: [1, {c: "x"}], "d-e": 2, #F: 3, _g: 4}\no?: 5');

  it("follows fields, elements, quoted names, definitions and hidden fields", () => {
    expect(value.lookupPath("a.b[0]").toJSON()).toBe(1);
    expect(value.lookupPath("a.b[1].c").toJSON()).toBe("x");
    expect(value.lookupPath('a."d-e"').toJSON()).toBe(2);
    expect(value.lookupPath('a["d-e"]').toJSON()).toBe(2);
    expect(value.lookupPath("a.#F").toJSON()).toBe(3);
    expect(value.lookupPath("a._g").toJSON()).toBe(4);
  });

  it("gives a value that does not exist where there is none, with an error that says so", () => {
    for (const path of ["x", "a.x", "a.b[7]", "o", "a.b.c", "a[", "a..b"]) {
      const missing = value.lookupPath(path);
      expect(missing.exists, path).toBe(false);
      expect(missing.err?.code, path).toBe("eval");
      expect(() => missing.toJSON(), path).toThrow(CueError);
    }
    expect(value.lookupPath("x.y.z").exists).toBe(false);
  });

  it("of nothing is the value itself", () => {
    expect(value.lookupPath("").toJSON()).toEqual(value.toJSON());
  });

  it("treats names of JavaScript's own as names", () => {
    const odd = compile('"__proto__": 1, constructor: 2, "toString": 3');
    expect(odd.lookupPath('"__proto__"').toJSON()).toBe(1);
    expect(odd.lookupPath("constructor").toJSON()).toBe(2);
    expect(odd.lookupPath("hasOwnProperty").exists).toBe(false);
    expect(Object.keys(odd.toJSON() as object)).toEqual(["__proto__", "constructor", "toString"]);
  });
});

describe("kind and incompleteKind", () => {
  it.each([
    ["null", "null", "null"],
    ["true", "bool", "bool"],
    ["1", "int", "int"],
    ["1.5", "float", "float"],
    ['"x"', "string", "string"],
    ["'x'", "bytes", "bytes"],
    ["[1]", "list", "list"],
    ["{b: 1}", "struct", "struct"],
    ["int", "bottom", "int"],
    ["int | string", "bottom", "int|string"],
    ["number", "bottom", "number"],
    [">1", "bottom", "number"],
    ["_", "bottom", "top"],
    ["1 & 2", "bottom", "bottom"],
    ["*1 | string", "int", "int|string"],
  ])("of %s are %s and %s", (text, kind, incomplete) => {
    const value = compile(`a: ${text}`).lookupPath("a");
    if (text !== "*1 | string") expect(value.kind).toBe(kind);
    expect(value.incompleteKind).toBe(incomplete);
  });
});

describe("fillPath", () => {
  const template = compile('parameter: {name: string, port: *80 | int}\nurl: "\\(parameter.name):\\(parameter.port)"');

  it("puts data, values and nested paths in", () => {
    expect(template.fillPath("parameter", { name: "a" }).lookupPath("url").toJSON()).toBe("a:80");
    expect(template.fillPath("parameter.name", "b").fillPath("parameter.port", 1).lookupPath("url").toJSON()).toBe(
      "b:1",
    );
    expect(template.fillPath("parameter", compile('name: "c"')).lookupPath("url").toJSON()).toBe("c:80");
    expect(
      compile("a: [...]")
        .fillPath("a", [1, { b: null }])
        .toJSON(),
    ).toEqual({ a: [1, { b: null }] });
  });

  it("leaves the value that it was asked of as it was", () => {
    const filled = template.fillPath("parameter.name", "x");
    expect(template.verdict().kind).toBe("unknown");
    expect(filled.verdict().kind).toBe("fine");
    expect(template.fillPath("parameter.name", "y").lookupPath("url").toJSON()).toBe("y:80");
    expect(filled.lookupPath("url").toJSON()).toBe("x:80");
  });

  it("makes an error that names both places where it does not fit", () => {
    const document = readDocument("name: web\nport: http\n", { source: "app.yaml" });
    const [error, ...others] = template.fillPath("parameter", document.value, document.origin).validate();
    expect(others).toEqual([]);
    expect(error?.path).toEqual(["parameter", "port"]);
    expect(error?.pos).toMatchObject({ source: "app.yaml", line: 2, column: 7 });
    expect(error?.causes.map(({ pos }) => pos?.source)).toContain("in.cue");
  });

  it("names the bare source where no line is known", () => {
    const [error] = template.fillPath("parameter", { port: "x" }, { source: "Application web" }).validate();
    expect(error?.pos).toMatchObject({ source: "Application web", line: 0 });
  });

  it("refuses a path that is none", () => {
    expect(template.fillPath("a[", 1).exists).toBe(false);
  });
});

describe("unify, equals and subsumes", () => {
  it("unifies as & does", () => {
    expect(compile("a: int").unify(compile("a: 1")).toJSON()).toEqual({ a: 1 });
    expect(compile("a: 2").unify(compile("a: 1")).validate()).toHaveLength(1);
  });

  it("tells equal values from others", () => {
    expect(compile("a: 1").equals(compile("a: 1"))).toBe(true);
    expect(compile("a: 1").equals(compile("a: 2"))).toBe(false);
    expect(compile("a: 1, b: 2").equals(compile("b: 2, a: 1"))).toBe(true);
    expect(compile("a: [1, 2]").equals(compile("a: [1]"))).toBe(false);
  });

  it("says whether every instance of one is one of the other", () => {
    expect(compile("a: int").subsumes(compile("a: 1"))).toBe(true);
    expect(compile("a: 1").subsumes(compile("a: int"))).toBe(false);
    expect(compile("a: >0").subsumes(compile("a: >1"))).toBe(true);
    expect(compile("a?: int").subsumes(compile("{}"))).toBe(false);
    expect(compile("a?: int").subsumes(compile("close({})"))).toBe(true);
    expect(compile("a: int").subsumes(compile("{}"))).toBe(false);
    expect(compile("a: 1 | 2 | 3").subsumes(compile("a: 1 | 2"))).toBe(true);
  });
});

describe("validate, err and verdict", () => {
  it("keep wrong, not yet known and fine apart", () => {
    expect(compile("a: 1").verdict()).toEqual({ kind: "fine" });
    expect(compile("a: 1 & 2").verdict()).toMatchObject({
      kind: "wrong",
      diagnostics: [{ code: "eval", path: ["a"] }],
    });
    expect(compile("a: int, b: a + 1").verdict()).toMatchObject({
      kind: "unknown",
      missing: [{ path: ["a"], rule: "int", pos: { line: 1, column: 1 } }],
    });
    expect(compile("a: x").verdict()).toMatchObject({ kind: "wrong", diagnostics: [{ code: "compile" }] });
  });

  it("names the inputs that are missing, wherever the value is asked for", () => {
    const value = compile('parameter: {image: string, tag?: string}\nout: "\\(parameter.image):\\(parameter.tag)"');
    expect(value.lookupPath("out").verdict()).toMatchObject({
      kind: "unknown",
      missing: [
        { path: ["parameter", "image"], rule: "string" },
        { path: ["parameter", "tag"], rule: "string" },
      ],
    });
  });

  it("err is the value's own error, validate has those of its fields too", () => {
    const value = compile("a: {b: 1 & 2, c: 3}");
    expect(value.lookupPath("a.b").err?.message).toMatch(/conflicting values/);
    expect(value.lookupPath("a.c").err).toBeUndefined();
    expect(value.validate().map(({ path }) => path.join("."))).toEqual(["a.b"]);
  });

  it("lists errors in the order of the text, each once", () => {
    const value = compile('z: 1 & 2\na: z\nm: {y: 3 & 4, x: int & "s"}\n');
    expect(value.validate().map(({ pos }) => pos?.line)).toEqual([1, 3, 3]);
  });

  it("says nothing of what is not concrete unless asked", () => {
    const value = compile("a: int");
    expect(value.validate()).toEqual([]);
    expect(value.validate({ concrete: true })).toHaveLength(1);
  });

  it("ends with a diagnostic where the budget does", () => {
    const many = Array.from({ length: 30 }, (_, i) => `a${i}: {x${i}: 1} | {y${i}: 1}`).join("\n");
    const text = `${many}\nall: {${Array.from({ length: 30 }, (_, i) => `a${i}`).join(", ")}}`;
    const value = new Context().compile(text, { budget: { steps: 20_000, depth: 100, bytes: 1 << 20 } });
    expect(value.validate({ concrete: true }).map(({ code }) => code)).toContain("limit");
  });
});

describe("toJSON, toJSONText and decode", () => {
  it("give data with defaults taken, in the order of the fields", () => {
    const value = compile('b: *1 | int, a: ["x", null, true], #d: 1, _h: 2, o?: 3, "80": 4');
    expect(value.toJSONText()).toBe('{"b":1,"a":["x",null,true],"80":4}');
    expect(value.toJSON()).toEqual({ b: 1, a: ["x", null, true], 80: 4 });
  });

  it("keep the spelling of numbers in text, and their size in decode", () => {
    const value = compile("a: 1.0, b: 123456789012345678901234567890, c: 'ab', d: 1.5");
    expect(value.toJSONText()).toBe('{"a":1.0,"b":123456789012345678901234567890,"c":"YWI=","d":1.5}');
    expect(value.decode()).toEqual({
      a: 1,
      b: 123456789012345678901234567890n,
      c: new Uint8Array([97, 98]),
      d: 1.5,
    });
  });

  it("decode refuses what nests deeper than it can follow, and throws nothing else", () => {
    const deep = new Context().compile(`${"a: ".repeat(30_000)}1`);
    try {
      deep.decode();
    } catch (error) {
      expect(error).toBeInstanceOf(CueError);
    }
  });

  it("throw what is wrong or missing, with diagnostics", () => {
    for (const text of ["a: int", "a: 1 & 2", "a: x", "a!: 1"]) {
      const value = compile(text);
      const errors = [() => value.toJSON(), () => value.toJSONText(), () => value.decode()].map((call) => {
        try {
          call();
        } catch (error) {
          return error;
        }
        return undefined;
      });
      for (const error of errors) {
        expect(error, text).toBeInstanceOf(CueError);
        expect((error as CueError).diagnostics, text).not.toEqual([]);
      }
    }
  });
});

describe("default", () => {
  it("is the chosen term, where there is one", () => {
    const { value, exists } = compile("a: *1 | int").lookupPath("a").default();
    expect([exists, value.toJSON()]).toEqual([true, 1]);
    expect(compile("a: {b: 1} | *{c: 2}").lookupPath("a").default().value.toJSON()).toEqual({ c: 2 });
  });

  it("is the value itself, and none, elsewhere", () => {
    expect(compile("a: int").lookupPath("a").default().exists).toBe(false);
    expect(compile("a: 1").lookupPath("a").default()).toMatchObject({ exists: false });
  });
});

describe("fields and elements", () => {
  const value = compile("a: 1\nb?: int\nc!: string\n#D: 2\n_h: 3\nl: [1, 2, ...int]");

  it("are those that are there, in their order; more on demand", () => {
    const names = (options?: Parameters<typeof value.fields>[0]) =>
      value.fields(options).map(({ selector }) => selector);
    expect(names()).toEqual(["a", "c", "l"]);
    expect(names({ optional: true })).toEqual(
      ["a", "b", "c", "l"].toSorted(
        (x, y) => names({ optional: true }).indexOf(x) - names({ optional: true }).indexOf(y),
      ),
    );
    expect(names({ definitions: true })).toContain("#D");
    expect(names({ hidden: true })).toContain("_h");
  });

  it("say whether they are optional or required", () => {
    const marks = value
      .fields({ optional: true })
      .map(({ selector, optional, required }) => [selector, optional, required]);
    expect(marks).toContainEqual(["b", true, false]);
    expect(marks).toContainEqual(["c", false, true]);
    expect(marks).toContainEqual(["a", false, false]);
  });

  it("have values with paths", () => {
    expect(
      value
        .lookupPath("l")
        .elements()
        .map((element) => element.toJSON()),
    ).toEqual([1, 2]);
    expect(value.lookupPath("l").elements()[1]?.path).toEqual(["l", 1]);
    expect(value.fields()[0]?.value.path).toEqual(["a"]);
    expect(value.lookupPath("a").elements()).toEqual([]);
    expect(value.lookupPath("l").fields()).toEqual([]);
  });
});

describe("allows", () => {
  const value = compile('#D: {a: int, b?: int, [=~"^x"]: int}\nd: #D & {a: 1}\no: {a: 1}\nl: [1, 2]\nm: [1, ...]');

  it("says which fields and elements may be added", () => {
    expect(["a", "b", "x1", "c"].map((name) => value.lookupPath("d").allows(name))).toEqual([true, true, true, false]);
    expect(value.lookupPath("o").allows("anything")).toBe(true);
    expect(value.lookupPath("o").allows("[string]")).toBe(true);
    expect(value.lookupPath("d").allows("[string]")).toBe(false);
    expect([value.lookupPath("l").allows("[2]"), value.lookupPath("m").allows("[2]")]).toEqual([false, true]);
    expect(value.lookupPath("m").allows("[_]")).toBe(true);
  });
});

describe("pos, doc, attributes and path", () => {
  const value = compile("// The port.\nport: 80 @json(port) @short(p)\n\nnested: {\n\t@top(x)\n\tb: {c: 1}\n}\n");

  it("tell what was written around a field", () => {
    expect(value.lookupPath("port").pos).toMatchObject({ source: "in.cue", line: 2, column: 1 });
    expect(value.lookupPath("port").doc.join("")).toMatch(/The port\./);
    expect(value.lookupPath("port").attributes()).toEqual([
      { name: "json", body: "port" },
      { name: "short", body: "p" },
    ]);
    expect(value.lookupPath("nested").attributes("decl")).toEqual([{ name: "top", body: "x" }]);
    expect(value.lookupPath("nested.b.c").path).toEqual(["nested", "b", "c"]);
    expect(value.path).toEqual([]);
  });
});

describe("expr and referencePath", () => {
  const value = compile('a: 1 & b\nb: int\nc: a | "x"\nd: b\ne: "\\(d)"\nf: c.g\nh: 5');

  it("take an expression apart", () => {
    const op = (path: string) => value.lookupPath(path).expr();
    expect(op("a").op).toBe("&");
    expect(op("a").operands).toHaveLength(2);
    expect(op("c").op).toBe("|");
    expect(op("e").op).toBe("\\()");
    expect(op("f").op).toBe(".");
    expect(op("h").op).toBe("NoOp");
  });

  it("say where a plain reference leads", () => {
    expect(value.lookupPath("d").referencePath()).toEqual({ path: "b" });
    expect(value.lookupPath("a").referencePath()).toBeUndefined();
    expect(value.lookupPath("h").referencePath()).toBeUndefined();
  });
});

describe("syntax", () => {
  it("writes CUE that means the value", () => {
    const value = compile('a: {b: *1 | int, c: "x"}');
    const again = compile(value.syntax());
    expect(again.toJSON()).toEqual(value.toJSON());
    expect(value.syntax({ final: true })).not.toContain("|");
  });
});

describe("eval", () => {
  it("gives the same value", () => {
    const value = compile("a: 1");
    expect(value.eval().toJSON()).toEqual({ a: 1 });
  });
});

describe("Context", () => {
  it("compiles texts, instances and data", () => {
    const context = new Context();
    expect(context.compile("a: 1").toJSON()).toEqual({ a: 1 });
    expect(context.encode({ a: [1, null] }).toJSON()).toEqual({ a: [1, null] });
    const instance = context.buildInstance([
      { name: "a.cue", text: "package p\na: b" },
      { name: "b.cue", text: "package p\nb: 1" },
    ]);
    expect(instance.toJSON()).toEqual({ a: 1, b: 1 });
  });

  it("takes files by tag", () => {
    const files = [
      { name: "a.cue", text: "package p\na: 1" },
      { name: "b.cue", text: "@if(prod)\npackage p\na: int\nb: 2" },
    ];
    expect(new Context().buildInstance(files).toJSON()).toEqual({ a: 1 });
    expect(new Context().buildInstance(files, { tags: ["prod"] }).toJSON()).toEqual({ a: 1, b: 2 });
  });

  it("lets a text refer to the fields of another value", () => {
    const context = new Context();
    const scope = context.compile('context: {name: "web"}');
    expect(context.compile("out: context.name", { scope }).toJSON()).toEqual({ out: "web" });
    expect(context.compile("out: contxt.name", { scope }).err?.code).toBe("compile");
  });

  it("imports what was registered, asked for when first imported", () => {
    const context = new Context();
    let asked = 0;
    context.registerPackage("platform/base", () => {
      asked++;
      return '#Name: =~"^[a-z]+$"';
    });
    expect(asked).toBe(0);
    const text = 'import "platform/base"\nname: base.#Name & "web"';
    expect(context.compile(text).toJSON()).toEqual({ name: "web" });
    expect(context.compile(text).toJSON()).toEqual({ name: "web" });
    expect(asked).toBe(1);
  });

  it("refuses packages that import each other", () => {
    const context = new Context();
    context.registerPackage("p/a", 'import "p/b"\nx: b.y');
    context.registerPackage("p/b", 'import "p/a"\ny: a.x');
    expect(context.compile('import "p/a"\nz: a.x').verdict().kind).toBe("wrong");
  });

  it("counts what it does", () => {
    const context = new Context();
    context.compile("a: 1, b: a").toJSON();
    expect(context.counters.unifications).toBeGreaterThan(0);
  });
});

describe("parsePath", () => {
  it("reads CUE's notation and refuses what is none", () => {
    expect(parsePath('a."b-c"[0].d')).toEqual(["a", "b-c", 0, "d"]);
    expect(parsePath("")).toEqual([]);
    for (const wrong of ["a[", "a..b", ".a", "a b", "[x]"]) expect(parsePath(wrong), wrong).toHaveProperty("error");
  });
});

describe("readDocument", () => {
  it("reads YAML and JSON, with the places of values and names", () => {
    const { value, origin, diagnostics } = readDocument("a: 1\nb:\n  - c: 'x'\n", { source: "d.yaml" });
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({ a: 1, b: [{ c: "x" }] });
    expect(origin.positionOf?.(["b", 0, "c"])).toMatchObject({ line: 3, column: 8 });
    expect(origin.positionOf?.(["b", 0, "c"], "key")).toMatchObject({ line: 3, column: 5 });
    expect(origin.positionOf?.(["b", 9])).toMatchObject({ line: 3 });
    expect(readDocument('{"a": [1, 2.5]}').value).toEqual({ a: [1, 2.5] });
  });

  it("tells what it cannot read", () => {
    expect(readDocument("a: [1, 2", { source: "d.yaml" }).diagnostics[0]).toMatchObject({
      code: "data",
      pos: { source: "d.yaml" },
    });
    expect(readDocument("a: 1\n---\nb: 2").diagnostics).toHaveLength(1);
    expect(readDocument("a: 123456789012345678901").diagnostics[0]?.message).toMatch(/more digits/);
  });
});
