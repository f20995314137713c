import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asJson, type KubeObject } from "@lateen/objects";
import { concatBytes, decodeStored, encodeStored, readHeader, spliceStored } from "./stored-form.ts";

const objects = fc.record({
  apiVersion: fc.constantFrom("v1", "apps/v1", "example.com/v1alpha1"),
  kind: fc.constantFrom("ConfigMap", "Widget"),
  metadata: fc.record(
    {
      name: fc.string({ minLength: 1 }),
      labels: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
      annotations: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
    },
    { requiredKeys: ["name"] },
  ),
  spec: fc.jsonValue(),
});

describe("the stored form", () => {
  it("gives back every object, at the revision that it was stored at", () => {
    fc.assert(
      fc.property(objects, fc.integer({ min: 1 }), (given, revision) => {
        const object = given as unknown as KubeObject;
        const entry = { key: "/k", bytes: encodeStored(object), revision };
        const decoded = decodeStored(entry);
        const { resourceVersion, ...metadata } = decoded.metadata;
        expect(resourceVersion).toBe(String(revision));
        expect(asJson({ ...decoded, metadata })).toEqual(JSON.parse(JSON.stringify(object)));
        const spliced = new TextDecoder().decode(concatBytes(spliceStored(entry, decoded)));
        expect(JSON.parse(spliced)).toEqual(JSON.parse(JSON.stringify(decoded)));
        expect(readHeader(entry.bytes).labels).toEqual(object.metadata.labels ?? {});
      }),
    );
  });
});
