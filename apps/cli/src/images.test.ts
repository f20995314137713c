import { describe, expect, it } from "vitest";
import { parseImageMappings } from "./images.ts";
import { parseDuration } from "./duration.ts";
import { formatAge } from "./output.ts";

describe("--image and --run", () => {
  it("pairs each image with its command", () => {
    expect(parseImageMappings(["web=."], ["node server.js"], process.cwd())).toEqual([
      { image: "web", folder: process.cwd(), run: "node server.js" },
    ]);
  });
  it("says what is missing", () => {
    expect(() => parseImageMappings(["web=."], [], process.cwd())).toThrow(/say how it runs/);
    expect(() => parseImageMappings([], ["node x"], process.cwd())).toThrow(/belongs to no --image/);
    expect(() => parseImageMappings(["web=./no-such-folder"], ["node x"], process.cwd())).toThrow(/does not exist/);
    expect(() => parseImageMappings(["web"], ["node x"], process.cwd())).toThrow(/IMAGE=FOLDER/);
  });
});

describe("durations and ages", () => {
  it("reads what people write and refuses the rest", () => {
    expect(["30s", "1h30m", "2d", "1.5m", "200ms"].map(parseDuration)).toEqual([
      30_000, 5_400_000, 172_800_000, 90_000, 200,
    ]);
    expect(() => parseDuration("10")).toThrow(/no duration/);
    expect(() => parseDuration("5 minutes")).toThrow(/no duration/);
  });
  it("shortens ages as kubectl does", () => {
    const now = Date.parse("2026-01-02T00:00:00Z");
    expect(
      [
        "2026-01-01T23:59:01Z",
        "2026-01-01T23:52:30Z",
        "2026-01-01T23:00:00Z",
        "2026-01-01T18:30:00Z",
        "2025-12-20T00:00:00Z",
      ].map((time) => formatAge(time, now)),
    ).toEqual(["59s", "7m30s", "60m", "5h30m", "13d"]);
    expect(formatAge(undefined, now)).toBe("<unknown>");
  });
});
