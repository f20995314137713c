import type { JsonValue } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { evaluateJsonPath } from "./evaluate.ts";
import { printCustomColumns, parseCustomColumns, sortByJsonPath } from "./kubectl.ts";
import { JsonPathError } from "./parse.ts";

const pods: JsonValue = {
  items: [
    { metadata: { name: "web-10" }, status: { phase: "Running", restarts: 2 } },
    { metadata: { name: "web-2" }, status: { phase: "Pending", restarts: 0 } },
  ],
};

describe("a JSONPath template", () => {
  it("repeats what stands in a range for each result", () => {
    const template = '{range .items[*]}{.metadata.name}={.status.phase}{"\\n"}{end}done';
    expect(evaluateJsonPath(template, pods)).toBe("web-10=Running\nweb-2=Pending\ndone");
  });

  it("filters by comparison and by existence", () => {
    expect(evaluateJsonPath('{.items[?(@.status.phase=="Running")].metadata.name}', pods)).toBe("web-10");
    expect(evaluateJsonPath("{.items[?(@.status.ready)].metadata.name}", pods)).toBe("");
  });

  it("takes the names of Object's own members as keys that are not there", () => {
    expect(evaluateJsonPath("{.constructor}{.__proto__}", pods)).toBe("");
  });

  it("refuses what is malformed, and endless nesting", () => {
    for (const template of ["{", "{.a[", "{end}", "{kind}", `{${".a[?(@".repeat(200)}`])
      expect(() => evaluateJsonPath(template, pods), template).toThrow(JsonPathError);
  });
});

describe("kubectl's output", () => {
  it("aligns custom columns", () => {
    const columns = parseCustomColumns("NAME:.metadata.name,N:.status.restarts,X:.nope");
    expect(printCustomColumns(columns, (pods as { items: JsonValue[] }).items)).toBe(
      "NAME     N     X\nweb-10   2     <none>\nweb-2    0     <none>\n",
    );
  });

  it("sorts naturally", () => {
    expect(sortByJsonPath(".metadata.name", (pods as { items: JsonValue[] }).items)).toEqual([1, 0]);
  });
});
