import { describe, expect, it } from "vitest";
import { Context } from "../index.ts";

/** The paths of the errors of a text. */
function wrongPaths(text: string): readonly string[] {
  return new Context()
    .compile(text)
    .validate()
    .map(({ path }) => path.join("."));
}

describe("a literal that embeds something closed", () => {
  it("is closed all the way down, its own fields too", () => {
    expect(wrongPaths("#C: {}\na: {x: q: 2, #C}\nb: a\nb: x: r: 4")).toEqual(["b.x.r"]);
    expect(wrongPaths("#X: {o: {e: 1, ...}, ...}\n#Y: u?: int\na: #X & {#Y, o: n: 1}")).toEqual(["a.o.e"]);
  });

  it("is open again below what the embedded value leaves open", () => {
    expect(wrongPaths("#X: {...}\na: {#X, n: b: 1}\na: n: c: 2")).toEqual([]);
    expect(wrongPaths("#X: {f: {...}}\na: {#X, f: n: b: 1}\na: f: n: c: 2")).toEqual([]);
  });

  it("does not close what it embeds an open struct with a closed field for", () => {
    expect(wrongPaths("#A: {k: 1}\nX: {n: #A}\na: {X, m: b: 1}\na: m: c: 2")).toEqual([]);
  });

  it("may be referred to by parts without closing them", () => {
    expect(wrongPaths("#A: {k?: 1}\nB: {#A, b: c: 1}\ny: B.b\ny: d: 2")).toEqual([]);
  });
});

describe("a definition of several parts", () => {
  it("lets each part add to the others, whichever struct they came from", () => {
    const text = "#D: {f: *0 | int, ...}\n#T: {#S: [_]: #D}\ns: #T & {#S: n: o: string}";
    expect(wrongPaths(text)).toEqual([]);
    expect(wrongPaths("#D: {#f: a: int}\na: #D\na: {#f: b: int}")).toEqual(["a.#f.b"]);
  });
});

describe("the files of a package", () => {
  it("are one struct: what one of them embeds lets the others add", () => {
    const value = new Context().buildInstance([
      { name: "a.cue", text: "package p\n#C: c: int\nd: 1" },
      { name: "b.cue", text: "package p\n#C & {c: 1}" },
    ]);
    expect(value.validate()).toEqual([]);
  });
});

describe("error()", () => {
  it("keeps its text where a part of it is an error", () => {
    const [wrong] = new Context().compile('x: error("no: \\({a: 1}), \\(1 & 2)")').validate();
    expect(wrong?.message).toBe("no: {a:1}, (1 & 2)");
  });
});

describe("a field that is not allowed", () => {
  it("makes what it holds not allowed either, reported once", () => {
    const value = new Context().compile("#A: a: 1\nx: #A & {b: c: 1}");
    expect(value.validate().map(({ path }) => path.join("."))).toEqual(["x.b"]);
    expect(value.lookupPath("x.b.c").err?.message).toBe("field not allowed");
  });

  it("is none where a pattern beside a literal that embeds something closed admits it", () => {
    const text = "#P: {o: [string]: {...}, ...}\n#E: u?: 1\n#T: #P & {#E, o: n: a: 1}\nx: #T & {o: m: {}}";
    expect(wrongPaths(text)).toEqual([]);
  });
});
