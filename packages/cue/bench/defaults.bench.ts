import type { JsonObject } from "@lateen/base";
import { Context } from "../src/index.ts";
import { type Row, anchorFolder, generatedText, medianMs, parseJson } from "./inputs.ts";
import { beside } from "./peer.ts";

/** Anchor (c): objects are unified with a definition that has defaults, each by itself and all in one list. */
export function bench(): Promise<Row[]> {
  if (anchorFolder() === undefined) return Promise.resolve([]);
  const schema = generatedText("deployment.cue");
  const objects = generatedText("deployments.jsonl")
    .trim()
    .split("\n")
    .map((line) => parseJson(line) as JsonObject);
  const each = (count: number): number =>
    medianMs(
      () => {
        const context = new Context();
        const definition = context.compile(schema).lookupPath("#Deployment");
        for (const object of objects.slice(0, count)) {
          const value = definition.unify(context.encode(object));
          const errors = value.validate({ concrete: true });
          if (errors.length > 0) throw new Error(errors[0]!.message);
          value.toJSONText();
        }
      },
      { runs: 3, warmUp: count < objects.length ? 1 : 0 },
    );
  const sizes = [objects.length / 4, objects.length / 2, objects.length].map(Math.floor);
  const growth = sizes.map(each) as [number, number, number];
  const oneList = medianMs(
    () => {
      const context = new Context();
      const value = context.compile(`${schema}\nitems: [...#Deployment]\n`).unify(context.encode({ items: objects }));
      const errors = value.validate({ concrete: true });
      if (errors.length > 0) throw new Error(errors[0]!.message);
      value.toJSONText();
    },
    { runs: 3 },
  );
  return Promise.resolve([
    {
      what: `(c) ${objects.length} objects with defaults, each by itself`,
      figure: growth[2],
      unit: "ms",
      ...beside(`c/each/${objects.length}`),
      growth,
      note: "goal ≤ 1,200 ms at 10,000",
    },
    {
      what: `(c) ${objects.length} objects in one list`,
      figure: oneList,
      unit: "ms",
      ...beside(`c/one-list/${objects.length}`),
    },
  ]);
}
