import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";

const build = (text: string, tags: readonly string[]) =>
  new Context().buildInstance([{ name: "in.cue", text }], { tags });

describe("tags", () => {
  it("give fields their values, as text or by type", () => {
    const text = 'env: "dev" | "prod" @tag(env,short=dev|prod)\na: b: int @tag(n,type=int)\nc: bool @tag(c,type=bool)';
    expect(build(text, ["prod", "n=3", "c=true"]).toJSON()).toEqual({ env: "prod", a: { b: 3 }, c: true });
    expect(build(text, ["env=dev", "n=-1", "c=false"]).toJSON()).toEqual({ env: "dev", a: { b: -1 }, c: false });
  });

  it("leave defaults alone that nobody replaces", () => {
    expect(build('a: *"x" | string @tag(a)', []).toJSON()).toEqual({ a: "x" });
    expect(build('a: *"x" | string @tag(a)', ["a=y"]).toJSON()).toEqual({ a: "y" });
  });

  it("are refused where the field does not take them, or nobody asks for them", () => {
    expect(build('a: "x" | "y" @tag(a)', ["a=z"]).validate()).not.toEqual([]);
    expect(build("a: int @tag(a,type=int)", ["a=x"]).validate()[0]?.message).toBe(
      'invalid value "x" for tag a of type int',
    );
    expect(build("a: 1", ["b=x"]).validate()[0]?.message).toBe('no tag for "b"');
  });

  it("choose files", () => {
    const files = [
      { name: "a.cue", text: "@if(prod && !test)\npackage p\na: 1" },
      { name: "b.cue", text: "package p\nb: 2" },
    ];
    expect(new Context().buildInstance(files, { tags: ["prod"] }).toJSON()).toEqual({ a: 1, b: 2 });
    expect(new Context().buildInstance(files, { tags: ["prod", "test"] }).toJSON()).toEqual({ b: 2 });
  });
});
