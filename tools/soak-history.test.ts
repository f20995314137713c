import { describe, expect, it } from "vitest";
import { faultsOf, newHistory } from "../bench/soak/history.ts";

function write(value: number, revision: number, begunMs: number, endedMs: number) {
  return { value, revision, begunMs, endedMs };
}

describe("a counter's history", () => {
  it("is right when every value was made once, in order, and seen so", () => {
    const history = newHistory("c");
    history.acknowledged.push(write(1, 10, 0, 1), write(2, 11, 1, 3), write(4, 15, 5, 6));
    history.unknown.add(3);
    history.reads.push({ value: 1, begunMs: 1.5, endedMs: 2 }, { value: 4, begunMs: 5.5, endedMs: 7 });
    history.watched.set(
      "w",
      [1, 2, 3, 4].map((value) => ({ value, revision: 10 + value })),
    );
    expect(faultsOf(history, 4)).toEqual([]);
  });

  it.each([
    ["lost", (h: ReturnType<typeof newHistory>) => h.acknowledged.push(write(9, 20, 6, 7)), "9 was acknowledged"],
    ["made twice", (h: ReturnType<typeof newHistory>) => h.acknowledged.push(write(2, 12, 6, 7)), "twice"],
    [
      "a stale read",
      (h: ReturnType<typeof newHistory>) => h.reads.push({ value: 1, begunMs: 4, endedMs: 5 }),
      "a read shows 1",
    ],
    [
      "a missed event",
      (h: ReturnType<typeof newHistory>) =>
        h.watched.set(
          "w",
          [1, 2].map((v) => ({ value: v, revision: v * 2 })).toSpliced(0, 1, { value: 0, revision: 1 }),
        ),
      "0 is followed by 2",
    ],
    [
      "an event seen twice",
      (h: ReturnType<typeof newHistory>) =>
        h.watched.set(
          "w",
          [1, 2, 2].map((v, i) => ({ value: v, revision: i })),
        ),
      "2 is followed by 2",
    ],
  ])("is wrong with %s", (_, spoil, fault) => {
    const history = newHistory("c");
    history.acknowledged.push(write(1, 10, 0, 1), write(2, 11, 1, 3));
    spoil(history);
    expect(faultsOf(history, 2).join("; ")).toContain(fault);
  });
});
