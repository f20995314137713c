import { createManualClock } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { createWorkQueue } from "./work-queue.ts";

const queueOf = (options: { readonly groupOf?: (item: string) => string } = {}) => {
  const clock = createManualClock();
  return { clock, queue: createWorkQueue<string>({ keyOf: (item) => item, clock, ...options }) };
};

describe("the work queue", () => {
  it("holds an item once, however often it is added", async () => {
    const { queue } = queueOf();
    queue.add("a");
    queue.add("a");
    queue.add("b");

    expect(queue.waiting).toBe(2);
    expect([await queue.take(), await queue.take()]).toEqual(["a", "b"]);
  });

  it("gives an item that is added while in work again, but only after it is done", async () => {
    const { queue } = queueOf();
    queue.add("a");
    const item = await queue.take();

    queue.add("a");
    expect(queue.waiting).toBe(0);
    queue.done(item);

    expect(queue.waiting).toBe(1);
  });

  it("lets groups take turns", async () => {
    const { queue } = queueOf({ groupOf: (item) => item[0]! });
    for (const item of ["a1", "a2", "a3", "b1", "c1"]) queue.add(item);

    const order: string[] = [];
    while (queue.waiting > 0) order.push(await queue.take());

    expect(order).toEqual(["a1", "b1", "c1", "a2", "a3"]);
  });

  it("doubles an item's back-off until it is forgotten", () => {
    const { queue } = queueOf();
    expect([queue.addWithBackoff("a"), queue.addWithBackoff("a"), queue.addWithBackoff("a")]).toEqual([5, 10, 20]);
    queue.forget("a");
    expect(queue.addWithBackoff("a")).toBe(5);
  });

  it("keeps the shortest of several delays, and none once the item is added", async () => {
    const { queue, clock } = queueOf();
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 100);
    queue.addAfter("a", 5_000);
    await clock.advance(100);
    expect(queue.waiting).toBe(1);
    expect(queue.delayed).toBe(0);
  });

  it("ends a wait with the reason of its closing", async () => {
    const { queue } = queueOf();
    const taken = queue.take();
    queue.close(new Error("enough"));
    await expect(taken).rejects.toThrow("enough");
  });
});
