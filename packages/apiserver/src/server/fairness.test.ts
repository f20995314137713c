import { describe, expect, it } from "vitest";
import { Fairness } from "./fairness.ts";

describe("Fairness", () => {
  it("serves users in turn, however much one of them asks", async () => {
    const fairness = new Fairness({ inFlight: 1 });
    const leave = await fairness.enter("busy");
    const order: string[] = [];
    const ask = async (user: string): Promise<void> => {
      const done = await fairness.enter(user);
      order.push(user);
      done();
    };
    const all = Promise.all([ask("busy"), ask("busy"), ask("busy"), ask("quiet")]);
    leave();
    await all;
    expect(order).toEqual(["busy", "quiet", "busy", "busy"]);
  });

  it("turns away whose queue is full, and nobody else", async () => {
    const fairness = new Fairness({ inFlight: 1, queuedPerUser: 1 });
    const leave = await fairness.enter("busy");
    const waiting = fairness.enter("busy");
    await expect(fairness.enter("busy")).rejects.toMatchObject({ code: "TooManyRequests", retryAfterMs: 1000 });
    const other = fairness.enter("quiet");
    leave();
    (await waiting)();
    (await other)();
  });
});
