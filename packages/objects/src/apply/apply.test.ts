import { deepFreeze } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtinTypeOf } from "../kinds/built-in-types.ts";
import type { KubeObject } from "../kube-object.ts";
import { ApplyError, type ApplyResult, applyObject, recordUpdate } from "./apply-object.ts";
import { extractApplied } from "./extract-applied.ts";
import { mergeSchemaOfOpenApi } from "./merge-schema-openapi.ts";
import { decodeFieldsV1, difference, encodeFieldsV1, equalSets, intersection, union } from "./path-set.ts";

const type = builtinTypeOf({ group: "apps", version: "v1", kind: "Deployment" });
const now = "2026-01-01T00:00:00Z";

function deployment(spec: object, labels?: Record<string, string>): KubeObject {
  const metadata = { name: "web", namespace: "default", ...(labels !== undefined && { labels }) };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function applied(result: ApplyResult): KubeObject {
  if (result.kind === "conflict") throw new Error(result.message);
  return deepFreeze(result.object);
}

const template = (image: string): object => ({ template: { spec: { containers: [{ name: "web", image }] } } });

const containers = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("a", "b", "c"), image: fc.constantFrom("x:1", "x:2") }),
  { selector: (item) => item.name, minLength: 1 },
);
const configurations = fc
  .record({
    replicas: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    containers,
    labels: fc.dictionary(fc.constantFrom("k", "l"), fc.constantFrom("1", "2")),
  })
  .map(({ replicas, containers: list, labels }) =>
    deployment({ ...(replicas !== undefined && { replicas }), template: { spec: { containers: list } } }, labels),
  );

describe("server-side apply", () => {
  it("changes nothing when the same is applied again", () => {
    fc.assert(
      fc.property(configurations, configurations, (first, second) => {
        const a = applied(applyObject({ live: undefined, applied: first, manager: "a", force: true, type, now }));
        const b = applied(applyObject({ live: a, applied: second, manager: "b", force: true, type, now }));
        const again = applyObject({
          live: b,
          applied: second,
          manager: "b",
          force: false,
          type,
          now: "2027-01-01T00:00:00Z",
        });
        expect(again).toMatchObject({ kind: "applied", changed: false });
      }),
    );
  });

  it("owns as a whole what a new schema says is one value", () => {
    const spec = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } };
    const typed = (mapType: string) =>
      mergeSchemaOfOpenApi({
        type: "object",
        properties: { spec: { ...spec, "x-kubernetes-map-type": mapType } },
      });
    const custom = { apiVersion: "x.y/v1", kind: "C", metadata: { name: "c" }, spec: { a: "1", b: "2" } };
    const options = { applied: custom, manager: "m", force: false, now };
    const live = applied(applyObject({ ...options, live: undefined, type: typed("granular") }));
    expect(live.metadata.managedFields?.[0]?.fieldsV1).toEqual({ "f:spec": { "f:a": {}, "f:b": {} } });
    const conflict = applyObject({
      live,
      applied: { ...custom, spec: { a: "3" } },
      manager: "n",
      force: false,
      now,
      type: typed("atomic"),
    });
    expect(conflict).toMatchObject({ kind: "conflict", conflicts: [{ field: ".spec" }] });
  });

  it("leaves exactly the last configuration when one manager applies alone", () => {
    fc.assert(
      fc.property(configurations, configurations, (first, second) => {
        const a = applied(applyObject({ live: undefined, applied: first, manager: "a", force: false, type, now }));
        const b = applied(applyObject({ live: a, applied: second, manager: "a", force: false, type, now }));
        const fresh = applied(applyObject({ live: undefined, applied: second, manager: "a", force: false, type, now }));
        const names = (object: KubeObject): unknown => object["spec"];
        expect(JSON.stringify(sorted(names(b)))).toBe(JSON.stringify(sorted(names(fresh))));
      }),
    );
  });

  it("gives back what was applied", () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const object = applied(
          applyObject({ live: undefined, applied: configuration, manager: "a", force: false, type, now }),
        );
        const extracted = extractApplied({ object, manager: "a", type }) as unknown as KubeObject;
        const again = applyObject({ live: object, applied: extracted, manager: "a", force: false, type, now });
        expect(again.kind).toBe("applied");
      }),
    );
  });

  it("names the field and its owner in a conflict, and takes it when forced", () => {
    const a = applied(
      applyObject({ live: undefined, applied: deployment({ replicas: 1 }), manager: "a", force: false, type, now }),
    );
    const result = applyObject({
      live: a,
      applied: deployment({ replicas: 2 }),
      manager: "b",
      force: false,
      type,
      now,
    });
    expect(result).toMatchObject({
      kind: "conflict",
      conflicts: [{ field: ".spec.replicas", message: 'conflict with "a"' }],
      message: 'Apply failed with 1 conflict: conflict with "a": .spec.replicas',
    });
    const forced = applied(
      applyObject({ live: a, applied: deployment({ replicas: 2 }), manager: "b", force: true, type, now }),
    );
    expect(forced.metadata.managedFields?.map((entry) => entry.manager)).toEqual(["b"]);
  });

  it("refuses a field that the type does not have and an element that stands twice", () => {
    const apply = (spec: object): unknown =>
      applyObject({ live: undefined, applied: deployment(spec), manager: "a", force: false, type, now });
    expect(() => apply({ replica: 1 })).toThrow(ApplyError);
    expect(() => apply({ replica: 1 })).toThrow(".spec.replica: field not declared in schema");
    const twice = { template: { spec: { containers: [{ name: "a" }, { name: "a" }] } } };
    expect(() => apply(twice)).toThrow('duplicate entries for key [name="a"]');
  });

  it("refuses managed fields in what is applied", () => {
    const configuration = { ...deployment({}), metadata: { name: "web", managedFields: [] } };
    expect(() =>
      applyObject({ live: undefined, applied: configuration, manager: "a", force: false, type, now }),
    ).toThrow("metadata.managedFields must be nil");
  });
});

describe("an update", () => {
  it("owns only what it changes", () => {
    const live = applied(
      applyObject({
        live: undefined,
        applied: deployment({ replicas: 1, ...template("x:1") }),
        manager: "a",
        force: false,
        type,
        now,
      }),
    );
    const updated = recordUpdate({
      live,
      updated: { ...live, spec: { replicas: 2, ...template("x:1") } },
      manager: "u",
      type,
      now,
    });
    expect(updated.metadata.managedFields?.find((entry) => entry.manager === "u")?.fieldsV1).toEqual({
      "f:spec": { "f:replicas": {} },
    });
  });

  it("leaves the entries as they are when nothing changes", () => {
    const live = applied(
      applyObject({ live: undefined, applied: deployment({ replicas: 1 }), manager: "a", force: false, type, now }),
    );
    const updated = recordUpdate({ live, updated: live, manager: "u", type, now: "2027-01-01T00:00:00Z" });
    expect(updated).toEqual(live);
  });
});

describe("path sets", () => {
  const steps = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"', "i:1");
  const { set } = fc.letrec<{ set: object }>((tie) => ({
    set: fc.dictionary(fc.oneof(steps, fc.constant(".")), fc.oneof({ maxDepth: 3 }, fc.constant({}), tie("set")), {
      maxKeys: 3,
    }),
  }));
  const sets = set.map((fields) => decodeFieldsV1(fields as never));

  it("obey the laws of sets", () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(equalSets(union(a, b), union(b, a))).toBe(true);
        expect(equalSets(intersection(a, b), intersection(b, a))).toBe(true);
        expect(equalSets(union(difference(a, b), intersection(a, b)), a)).toBe(true);
        expect(intersection(difference(a, b), b).size).toBe(0);
      }),
    );
  });

  it("are written so that they read back the same", () => {
    fc.assert(
      fc.property(sets, (a) => {
        const text = JSON.stringify(encodeFieldsV1(a));
        expect(equalSets(decodeFieldsV1(JSON.parse(text)), a)).toBe(true);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
