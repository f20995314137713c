import { describe, expect, it } from "vitest";
import { claimSpecDiff, podSpecDiff } from "./internal-form.ts";
import { unifiedDiff } from "./unified-diff.ts";

describe("unified diff", () => {
  it("shows three lines around a change", () => {
    expect(unifiedDiff("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\nx\n6\n7\n8\n9")).toBe(
      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n",
    );
  });

  it("shows changes far apart in hunks of their own, near ones in one", () => {
    const numbers = Array.from({ length: 20 }, (_, index) => `${index}`);
    const with0 = (...at: readonly number[]): string =>
      numbers.map((line, index) => (at.includes(index) ? "x" : line)).join("\n");
    expect(unifiedDiff(numbers.join("\n"), with0(2, 15)).match(/@@ /g)).toHaveLength(2);
    expect(unifiedDiff(numbers.join("\n"), with0(2, 7)).match(/@@ /g)).toHaveLength(1);
  });

  it("says nothing of equal texts", () => {
    expect(unifiedDiff("a\nb", "a\nb")).toBe("");
  });

  it("is done soon with the worst there is", () => {
    const lines = (step: number): string =>
      Array.from({ length: 2000 }, (_, index) => `${(index * step) % 101}`).join("\n");
    const start = performance.now();
    expect(unifiedDiff(lines(7), lines(13))).not.toBe("");
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(unifiedDiff(`${lines(7)}\n1`, lines(13))).toBe("");
  });

  it("applied to the old text gives the new one", () => {
    let seed = 3;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 300; round++) {
      const old = Array.from({ length: random(300) + 1 }, () => `${random(12)}`);
      const next = old.flatMap((line) => (random(20) > 0 ? [line] : random(2) > 0 ? [] : [line, `${random(12)}`]));
      if (next.length === 0) continue;
      expect(patched(old, unifiedDiff(old.join("\n"), next.join("\n")))).toEqual(next);
    }
  });
});

function patched(old: readonly string[], diff: string): readonly string[] {
  const out: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(0, -1)) {
    const [, from = "", size] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (from !== "") {
      const start = size === "0" ? Number(from) : Number(from) - 1;
      out.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith("+")) out.push(line.slice(1));
    else {
      expect(line.slice(1)).toBe(old[at++]);
      if (line.startsWith(" ")) out.push(line.slice(1));
    }
  }
  return [...out, ...old.slice(at)];
}

describe("differences of specs", () => {
  it("are those of the internal types", () => {
    expect(podSpecDiff({ nodeName: "" }, { nodeName: "n", hostPID: true })).toContain(
      '- "NodeName": "",\n+ "NodeName": "n",',
    );
    expect(podSpecDiff({}, { hostPID: true })).toContain('-  "HostPID": false,\n+  "HostPID": true,');
    const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    expect(claimSpecDiff(claim, { ...claim, volumeName: "<v>" })).toContain(
      String.raw`+ "VolumeName": "\u003cv\u003e",`,
    );
  });
});
