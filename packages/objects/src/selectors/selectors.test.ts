import { describe, expect, it } from "vitest";
import { matchesFields, parseFieldSelector } from "./fields.ts";
import { formatLabelSelector, labelSelectorOf, matchesLabels, parseLabelSelector } from "./labels.ts";

describe("a label selector", () => {
  it("matches when all its requirements hold", () => {
    const selector = parseLabelSelector("app=web,tier in (a,b),!canary");
    expect(matchesLabels(selector, { app: "web", tier: "a" })).toBe(true);
    expect(matchesLabels(selector, { app: "web", tier: "a", canary: "" })).toBe(false);
    expect(matchesLabels(selector, undefined)).toBe(false);
  });

  it("is written sorted by key", () => {
    expect(formatLabelSelector(parseLabelSelector("z, a==b ,c notin (y,x)"))).toBe("a==b,c notin (x,y),z");
  });

  it("matches nothing when null and everything when empty", () => {
    expect(matchesLabels(labelSelectorOf(null), {})).toBe(false);
    expect(matchesLabels(labelSelectorOf({}), {})).toBe(true);
  });

  it("takes the names of Object's own members as labels that are not there", () => {
    expect(matchesLabels(parseLabelSelector("constructor"), {})).toBe(false);
  });
});

describe("a field selector", () => {
  it("reads a field that is absent as empty", () => {
    expect(matchesFields(parseFieldSelector("a=,b!=x"), {})).toBe(true);
  });
});
