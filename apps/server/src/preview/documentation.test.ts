import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { createManualClock } from "@lateen/base";
import { readManifests } from "@lateen/objects";
import { previewDelivery } from "./index.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../../../docs/applications.md"), "utf8");

describe("docs/applications.md", { timeout: 120_000 }, () => {
  it("shows a preview as it comes out", async () => {
    const section = page.slice(page.indexOf("## A preview is the run"));
    const text = /^```yaml\n([^]*?)^```/m.exec(section)?.[1] ?? "";
    const { objects } = readManifests(text, { source: "docs/applications.md" });
    const { subjects } = await previewDelivery(
      { objects },
      { clock: createManualClock() },
      { signal: new AbortController().signal },
    );

    const [subject] = subjects;
    expect(subject).toMatchObject({ name: "night", end: "healthy" });
    expect(Math.floor(subject!.endMs / 3_600_000)).toBe(12);
    expect(subject!.steps.map(({ name }) => name)).toEqual(["night", "go", "tell"]);
    expect(subject!.outside.map(({ step, what }) => `${step}: ${what}`)).toEqual([
      "tell: POST https://hooks.example.org/x",
    ]);
  });
});
