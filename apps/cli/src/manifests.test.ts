import { describe, expect, it } from "vitest";
import { parseFieldPath } from "./manifests.ts";
import { formatPath } from "@lateen/base";

describe("parseFieldPath", () => {
  it("reads what formatPath and the API server write", () => {
    for (const text of [
      "spec.components[0].properties.ports[0].port",
      'metadata.annotations["app.oam.dev/x y"]',
      "spec",
    ]) {
      expect(formatPath(parseFieldPath(text))).toBe(text);
    }
    expect(parseFieldPath("metadata.labels[app.oam.dev/name]")).toEqual(["metadata", "labels", "app.oam.dev/name"]);
    expect(parseFieldPath("")).toEqual([]);
  });
});
