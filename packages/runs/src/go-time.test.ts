import { describe, expect, it } from "vitest";
import { formatGoTime, parseGoTime } from "./go-time.ts";

const ms = Date.UTC(2026, 0, 5, 9, 8, 7, 60);
const rfc3339 = "2006-01-02T15:04:05Z07:00";

describe("times in Go's layouts", () => {
  it.each([
    [rfc3339, "2026-01-05T09:08:07Z"],
    ["Mon Jan _2 15:04:05 2006", "Mon Jan  5 09:08:07 2026"],
    ["Monday, 02-Jan-06 15:04:05 MST", "Monday, 05-Jan-26 09:08:07 UTC"],
    ["3:04PM", "9:08AM"],
    ["2006-01-02 15:04:05.000", "2026-01-05 09:08:07.060"],
  ])("writes %j as %j", (layout, text) => {
    expect(formatGoTime(layout, ms)).toBe(text);
  });

  it.each([
    [rfc3339, "2026-01-05T09:08:07Z", Date.UTC(2026, 0, 5, 9, 8, 7)],
    [rfc3339, "2026-01-05T09:08:07+02:00", Date.UTC(2026, 0, 5, 7, 8, 7)],
    ["2006-01-02", "2026-02-28", Date.UTC(2026, 1, 28)],
  ])("reads %j from %j", (layout, text, expected) => {
    expect(parseGoTime(layout, text)).toBe(expected);
  });

  it("refuses days that do not exist", () => {
    expect(() => parseGoTime("2006-01-02", "2026-02-30")).toThrow();
  });
});
