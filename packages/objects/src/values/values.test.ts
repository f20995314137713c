import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextCronTime, parseCron } from "./cron.ts";
import { formatDuration, humanDuration, parseDuration } from "./duration.ts";
import { resolveFenceposts } from "./int-or-string.ts";
import { parseTime, timeOf } from "./time.ts";
import { compareKubeVersions } from "./version.ts";

describe("a duration", () => {
  it("is written so that it reads back the same", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });

  it("is an age of at most two units", () => {
    expect([119, 130, 10_799, 28_740, 90_000].map(humanDuration)).toEqual(["119s", "2m10s", "179m", "7h59m", "25h"]);
  });
});

describe("a time", () => {
  it("is written in UTC with whole seconds", () => {
    expect(parseTime("2026-01-02T03:04:05.999+02:00")).toBe("2026-01-02T01:04:05Z");
    expect(() => parseTime("2026-02-30T00:00:00Z")).toThrow("day out of range");
  });
});

describe("a schedule", () => {
  it("fires after the given moment, at a minute that it names", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 2_000_000_000 }), (minute, seconds) => {
        const next = nextCronTime(parseCron(`${minute} * * * *`), seconds * 1000)!;
        expect(next).toBeGreaterThan(seconds * 1000);
        expect(new Date(next).getUTCMinutes()).toBe(minute);
        expect(next - seconds * 1000).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });

  it("that names no day ends the search", () => {
    expect(nextCronTime(parseCron("0 0 30 2 *"), 0)).toBeUndefined();
  });

  it("fires twice in a repeated hour and skips a gap", () => {
    const schedule = parseCron("30 2 * * *", "Europe/Berlin");
    const first = nextCronTime(schedule, Date.parse("2026-10-24T12:00:00Z"))!;
    expect([timeOf(first), timeOf(nextCronTime(schedule, first)!)]).toEqual([
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:30:00Z",
    ]);
  });
});

it("keeps one replica movable when surge and unavailable are both nothing", () => {
  expect(resolveFenceposts({ maxSurge: 0, maxUnavailable: "10%" }, 5)).toEqual({ surge: 0, unavailable: 1 });
});

it("orders API versions by stage, then number", () => {
  const versions = ["v1alpha1", "v2", "foo", "v1", "v1beta2", "v1beta1"];
  expect(versions.sort((a, b) => -compareKubeVersions(a, b))).toEqual([
    "v2",
    "v1",
    "v1beta2",
    "v1beta1",
    "v1alpha1",
    "foo",
  ]);
});
