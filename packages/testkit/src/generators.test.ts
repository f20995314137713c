import { canonicalJson, jsonEquals } from "@lateen/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { arbitraryConfigMap, arbitraryJson } from "./generators.ts";
import { startTestCluster } from "./test-cluster.ts";

it("makes JSON that survives its text", () => {
  fc.assert(
    fc.property(arbitraryJson, (value) => {
      expect(jsonEquals(JSON.parse(canonicalJson(value)) as typeof value, value)).toBe(true);
    }),
  );
});

it("makes objects that a cluster takes, and a cache that holds what a list says", async () => {
  const cluster = await startTestCluster();
  const kind = { apiVersion: "v1", kind: "ConfigMap" } as const;
  cluster.cache.watch(kind);
  await fc.assert(
    fc.asyncProperty(arbitraryConfigMap, async (object) => {
      await cluster.client.apply(object, { fieldManager: "test", force: true });
    }),
    { numRuns: 40 },
  );
  await cluster.settled();
  const listed = (await cluster.client.list(kind)).items.toSorted((a, b) =>
    String(a.metadata.uid).localeCompare(String(b.metadata.uid)),
  );
  const cached = cluster.cache
    .list(kind)
    .toSorted((a, b) => String(a.metadata.uid).localeCompare(String(b.metadata.uid)));
  expect(cached).toEqual(listed);
  await cluster[Symbol.asyncDispose]();
});
