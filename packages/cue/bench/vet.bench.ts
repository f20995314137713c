import type { JsonObject } from "@lateen/base";
import { Context } from "../src/index.ts";
import { type Row, anchorFolder, generatedText, medianMs, parseJson } from "./inputs.ts";
import { beside, peerMs } from "./peer.ts";

/** Anchor (b): records of JSON are vetted against a schema of 200 fields. */
export function bench(): Promise<Row[]> {
  if (anchorFolder() === undefined) return Promise.resolve([]);
  const schemaText = generatedText("schema.cue");
  const { records } = parseJson(generatedText("records.json")) as { readonly records: readonly JsonObject[] };
  const vet = (count: number): number => {
    const data = { records: records.slice(0, count) };
    return medianMs(
      () => {
        const context = new Context();
        const errors = context.compile(schemaText).unify(context.encode(data)).validate({ concrete: true });
        if (errors.length > 0) throw new Error(errors[0]!.message);
      },
      { runs: 3, warmUp: 1 },
    );
  };
  const sizes = [records.length / 4, records.length / 2, records.length].map(Math.floor);
  const growth = sizes.map(vet) as [number, number, number];
  return Promise.resolve([
    {
      what: `(b) vet ${records.length} records`,
      figure: growth[2],
      unit: "ms",
      ...beside(`b/vet/${records.length}`, peerMs(`b/vet/${records.length}`)),
      growth,
      note: "goal ≤ 400 ms at 5,000",
    },
  ]);
}
