import { expect, it } from "vitest";
import { warningsOf } from "./warnings.ts";

it("reads every warning of an answer, quotes unescaped, however they are joined", () => {
  expect(warningsOf({ headers: {} })).toEqual([]);
  expect(warningsOf({ headers: { warning: '299 - "unknown field \\"spec.x\\""' } })).toEqual([
    'unknown field "spec.x"',
  ]);
  expect(warningsOf({ headers: { warning: ['299 - "a"', '299 - "b", 299 - "c, d"'] } })).toEqual(["a", "b", "c, d"]);
});
