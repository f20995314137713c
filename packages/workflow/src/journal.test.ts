import { describe, expect, it } from "vitest";
import { type StepCall, appendToJournal, isWorthALine, readJournal } from "./journal.ts";

const call = (step: string, more: Partial<StepCall> = {}): StepCall => ({
  step,
  id: `id-${step}`,
  path: "ask",
  operation: "http.do",
  at: Date.UTC(2026, 10, 24, 10),
  params: { url: "u" },
  ...more,
});

describe("the journal of a run", () => {
  it("folds what was done again with the same answer, also when steps take turns", () => {
    const later = Date.UTC(2026, 10, 24, 10, 5);
    const text = appendToJournal("", [call("a"), call("b"), call("a", { at: later }), call("b", { at: later })]);
    expect(readJournal(text)).toEqual([
      { ...lineOf("a"), times: 2, last: "2026-11-24T10:05:00Z" },
      { ...lineOf("b"), times: 2, last: "2026-11-24T10:05:00Z" },
    ]);
  });

  it("keeps another answer apart", () => {
    const text = appendToJournal(appendToJournal("", [call("a", { answer: { body: "no" } })]), [
      call("a", { answer: { body: "yes" } }),
    ]);
    expect(readJournal(text).map(({ answer }) => answer)).toEqual([{ body: "no" }, { body: "yes" }]);
  });

  it("drops the oldest lines above its limits, and never grows beyond them", () => {
    const calls = Array.from({ length: 50 }, (_, i) => call(`s${i}`));
    const text = appendToJournal("", calls, { maxLines: 20, maxBytes: 1_000 });
    const lines = readJournal(text);
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.at(-1)!.step).toBe("s49");
  });

  it("cuts long values and says how long they were", () => {
    const [line] = readJournal(appendToJournal("", [call("a", { answer: { body: "x".repeat(5_000) } })]));
    expect(line!.answer).toMatch(/^\{"body":"x+… \(5011 characters\)$/);
  });

  it("leaves out what only steers a step, and what delivery tells itself", () => {
    const worth = ["http.do", "kube.apply", "op.apply", "builtin.wait", "op.suspend", "multicluster.deploy"].filter(
      (operation) => isWorthALine(call("a", { operation })),
    );
    expect(worth).toEqual(["http.do", "kube.apply", "op.apply"]);
  });

  it("reads damaged lines as absent", () => {
    expect(readJournal('{"step"\n[]\n{"step":"a"}\n')).toEqual([{ step: "a" }]);
  });
});

function lineOf(step: string): object {
  const { at: _, ...rest } = call(step);
  return { ...rest, time: "2026-11-24T10:00:00Z" };
}
