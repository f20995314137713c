import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Context, type Value } from "../../src/index.ts";

const template = `
#Port: {name: string, port: int & >0}
parameter: {
	name: string
	replicas: *1 | int
	labels: [string]: string
	ports: [...#Port]
}
output: {
	metadata: {name: parameter.name, labels: parameter.labels & {app: parameter.name}}
	spec: {
		replicas: parameter.replicas
		ports: [for p in parameter.ports {containerPort: p.port, name: p.name}]
		if parameter.replicas > 1 {strategy: "rolling"}
	}
}
`;

const parameters = fc.record(
  {
    name: fc.constantFrom("a", "b", "web"),
    replicas: fc.constantFrom(1, 2, "x" as unknown as number),
    labels: fc.dictionary(fc.constantFrom("app", "tier", "team"), fc.constantFrom("a", "b")),
    ports: fc.array(fc.record({ name: fc.constantFrom("http", "dns"), port: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 3,
    }),
  },
  { requiredKeys: ["name"] },
);

/** All that can be seen of a value. */
function shown(value: Value): string {
  const { kind } = value.verdict();
  return JSON.stringify([
    kind,
    value.validate({ concrete: true }),
    kind === "fine" ? value.toJSONText() : undefined,
    value.fields({ optional: true }).map(({ selector }) => selector),
    value.lookupPath("output.spec").incompleteKind,
  ]);
}

describe("values are immutable", () => {
  it("no fill changes an earlier value or another fill (property)", () => {
    fc.assert(
      fc.property(fc.array(parameters, { minLength: 1, maxLength: 6 }), (fills) => {
        const base = new Context().compile(template, { filename: "t.cue" });
        const before = shown(base);
        const values = fills.map((fill) => base.fillPath("parameter", fill as never));
        const first = values.map(shown);
        for (const value of values.toReversed()) value.validate({ concrete: true });
        expect(values.map(shown)).toEqual(first);
        expect(shown(base)).toBe(before);
        // The same fill of a fresh template is the same value.
        const fresh = new Context().compile(template, { filename: "t.cue" });
        expect(fills.map((fill) => shown(fresh.fillPath("parameter", fill as never)))).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });

  it("a fill makes no later fill of the template more work", () => {
    const context = new Context();
    const base = context.compile(template, { filename: "t.cue" });
    const workOf = (fill: object) => {
      const before = context.counters.conjuncts;
      base.fillPath("parameter", fill as never).toJSON();
      return context.counters.conjuncts - before;
    };
    const fill = { name: "web", ports: [{ name: "http", port: 80 }] };
    workOf(fill);
    const second = workOf(fill);
    for (let i = 0; i < 200; i++) workOf({ name: "x", replicas: i });
    expect(workOf(fill)).toBe(second);
  });

  it("what is read of a value cannot change it", () => {
    const value = new Context().compile("a: {b: [1, 2]}");
    const json = value.toJSON() as { a: { b: number[] } };
    json.a.b.push(3);
    expect(value.toJSON()).toEqual({ a: { b: [1, 2] } });
  });
});
