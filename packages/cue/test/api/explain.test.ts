import { describe, expect, it } from "vitest";
import { type Conjunct, Context, readDocument } from "../../src/index.ts";

const compile = (text: string) => new Context().compile(text, { filename: "in.cue" });

/** The line where each part was written. */
const lines = (conjuncts: readonly Conjunct[]) => conjuncts.map(({ pos }) => pos?.line);

const chosen = (conjuncts: readonly Conjunct[]) => conjuncts.filter(({ isChosen }) => isChosen);

describe("explain", () => {
  it("lists every declaration of a field, and which one gave the value", () => {
    const found = compile("a: int\na: >0\na: 5\n").explain("a");
    expect(lines(found)).toEqual([1, 2, 3]);
    expect(chosen(found).map(({ text }) => text)).toEqual(["5"]);
  });

  it("follows references to what they refer to", () => {
    const [found] = compile('parameter: name: "web"\nout: parameter.name\n').explain("out");
    expect(found).toMatchObject({ role: "reference", reference: "parameter.name", isChosen: true });
    expect(found?.parts.map(({ text, pos }) => [text, pos?.line])).toEqual([['"web"', 1]]);
  });

  it("says where it leaves something out", () => {
    const chain = Array.from({ length: 20 }, (_, i) => `x${i}: x${i + 1} + 1`).join("\n");
    const depthOf = (found: readonly Conjunct[]): { depth: number; isCut: boolean } => {
      const [first] = found;
      if (first === undefined) return { depth: 0, isCut: false };
      const inner = depthOf(first.parts);
      return { depth: inner.depth + 1, isCut: first.isCut === true || inner.isCut };
    };
    const value = compile(`${chain}\nx20: 1\n`);
    expect(depthOf(value.explain("x0"))).toMatchObject({ isCut: true });
    expect(depthOf(value.explain("x18"))).toMatchObject({ isCut: false });
  });

  it("tells what came through a definition", () => {
    const found = compile("#Web: {port: *80 | int}\nweb: #Web\nweb: port: 8080\n").explain("web.port");
    const fromDefinition = found.find(({ pos }) => pos?.line === 1);
    expect(fromDefinition?.via).toMatchObject([{ kind: "reference", text: "#Web", pos: { line: 2 } }]);
    expect(chosen(found).map(({ text }) => text)).toEqual(["8080"]);
  });

  it("says that a default was taken, where it was", () => {
    const found = compile("port: *80 | int\n").explain("port");
    expect(found).toMatchObject([{ role: "default", isChosen: true }]);
    const given = compile("port: *80 | int\nport: 80\n").explain("port");
    expect(chosen(given)).toMatchObject([{ role: "literal", pos: { line: 2 } }]);
  });

  it("names the comprehension that made a field", () => {
    const found = compile('if true {\n\ta: 1\n}\nb: {for k in ["x"] {(k): 2}}\n');
    expect(found.explain("a")[0]?.via).toMatchObject([{ kind: "comprehension", text: "if true", pos: { line: 1 } }]);
    expect(found.explain("b.x")[0]?.via).toMatchObject([{ kind: "comprehension", text: 'for k in ["x"]' }]);
  });

  it("names the pattern that constrains a field", () => {
    const found = compile('labels: [string]: string\nlabels: app: "web"\n').explain("labels.app");
    const pattern = found.find(({ via }) => via.some(({ kind }) => kind === "pattern"));
    expect(pattern?.via.at(-1)).toMatchObject({ kind: "pattern", text: "[string]", pos: { line: 1 } });
  });

  it("names the document, and its line, that a value was filled in from", () => {
    const document = readDocument("name: web\nport: 8080\n", { source: "app.yaml" });
    const value = compile("parameter: {name: string, port: *80 | int}\n").fillPath(
      "parameter",
      document.value,
      document.origin,
    );
    const found = value.explain("parameter.port");
    expect(chosen(found)).toMatchObject([
      { text: "8080", pos: { source: "app.yaml", line: 2 }, via: [{ kind: "fill", text: "app.yaml" }] },
    ]);
  });

  it("goes through interpolations, sums and calls", () => {
    const value = compile('import "strings"\n\nn: "web"\nhost: strings.ToUpper("\\(n).local")\nsum: 1 + len(n)\n');
    const names = (conjuncts: readonly Conjunct[]): string[] =>
      conjuncts.flatMap(({ text, parts }) => [text, ...names(parts)]);
    expect(names(value.explain("host"))).toContain('"web"');
    expect(names(value.explain("sum"))).toContain('"web"');
  });

  it("ends where values refer to themselves", () => {
    expect(compile("a: b\nb: a\n").explain("a").length).toBeGreaterThan(0);
    expect(compile("#A: {n?: #A}\na: #A & {n: n: {}}\n").explain("a.n.n").length).toBeGreaterThan(0);
  });

  it("of what does not exist is empty", () => {
    expect(compile("a: 1").explain("b")).toEqual([]);
    expect(compile("a: x").explain("a")).toEqual([]);
  });
});

describe("explainLeaves", () => {
  it("has every plain value, with where it is from", () => {
    const value = compile(
      'parameter: {image: "nginx", port: *80 | int}\nout: {spec: [{image: parameter.image}], port: parameter.port}\n',
    );
    const leaves = value.explainLeaves("out");
    expect(leaves.map(({ path, value: text }) => [path.join("."), text])).toEqual([
      ["out.spec.0.image", '"nginx"'],
      ["out.port", "80"],
    ]);
    for (const { conjuncts } of leaves) expect(chosen(conjuncts).length).toBeGreaterThan(0);
  });

  it("does no work while nobody asks", () => {
    const text = "#W: {a: int, b: a + 1}\nx: #W & {a: 1}\n";
    const context = new Context();
    context.compile(text).toJSON();
    const before = context.counters.unifications;
    const asked = new Context();
    asked.compile(text).explainLeaves();
    const plain = new Context();
    plain.compile(text).toJSON();
    expect(plain.counters.unifications).toBe(before);
  });
});
