import { createManualClock } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LevelLimits, type RejectionReason, Seats } from "./seats.ts";

const never = new AbortController().signal;

function level(name: string, rest: Partial<LevelLimits> = {}): LevelLimits {
  return {
    name,
    exempt: false,
    shares: 1,
    lendablePercent: 0,
    borrowingLimitPercent: undefined,
    queuing: { queues: 4, handSize: 2, queueLengthLimit: 2 },
    ...rest,
  };
}

function seatsFor(seats: number, ...levels: readonly LevelLimits[]) {
  const clock = createManualClock();
  const made = new Seats({ seats, waitMs: 15_000, clock });
  made.configure(levels);
  const order: string[] = [];
  const enter = async (user: string, { on = "a", signal = never } = {}): Promise<() => void> =>
    made.enter({ level: on, schema: "s", distinguisher: user }, signal);
  return {
    seats: made,
    clock,
    enter,
    order,
    /** Enters, notes who, and leaves at once. */
    pass: async (user: string, on = "a"): Promise<void> => {
      const leave = await enter(user, { on });
      order.push(user);
      leave();
    },
  };
}

const rejected = (reason: RejectionReason) => expect.objectContaining({ code: "NoSeat", reason }) as unknown;

describe("Seats", () => {
  it("serves users in turn, however much one of them asks", async () => {
    const { enter, pass, order } = seatsFor(1, level("a"));
    const leave = await enter("busy");
    const all = Promise.all([pass("busy"), pass("busy"), pass("busy"), pass("quiet")]);
    leave();
    await all;
    expect(order).toEqual(["busy", "quiet", "busy", "busy"]);
  });

  it("turns away whose hand of queues is full, and nobody else", async () => {
    const { enter, pass } = seatsFor(1, level("a"));
    const leave = await enter("busy");
    const waiting = [1, 2, 3, 4].map(() => pass("busy"));
    await expect(enter("busy")).rejects.toEqual(rejected("queue-full"));
    const other = pass("quiet");
    leave();
    await Promise.all([...waiting, other]);
  });

  it("makes room for a quiet user when busy ones have filled all queues", async () => {
    const { enter, pass } = seatsFor(1, level("a", { queuing: { queues: 3, handSize: 3, queueLengthLimit: 1 } }));
    const leave = await enter("busy");
    const first = pass("busy");
    const second = pass("busy");
    const third = pass("busy").catch((error: unknown) => error);
    const quiet = pass("quiet");
    expect(await third).toEqual(rejected("queue-full"));
    leave();
    await Promise.all([first, second, quiet]);
  });

  it("refuses at once what does not fit into a level without queues", async () => {
    const { enter } = seatsFor(1, level("a", { queuing: undefined }));
    await enter("user");
    await expect(enter("user")).rejects.toEqual(rejected("concurrency-limit"));
  });

  it("lets a request wait for its time only, or until its client has gone", async () => {
    const { enter, clock } = seatsFor(1, level("a"));
    const gone = new AbortController();
    await enter("user");
    const late = enter("user").catch((error: unknown) => error);
    const cancelled = enter("user", { signal: gone.signal }).catch((error: unknown) => error);
    gone.abort();
    expect(await cancelled).toEqual(rejected("cancelled"));
    await clock.advance(15_000);
    expect(await late).toEqual(rejected("time-out"));
    expect(clock.nextTimer()).toBeUndefined();
  });

  it("keeps each level's seats from the others, and never holds back an exempt one", async () => {
    const { enter, seats } = seatsFor(4, level("a"), level("b"), level("free", { exempt: true, shares: 0 }));
    for (let n = 0; n < 2; n++) await enter("busy");
    const held = enter("busy");
    for (let n = 0; n < 2; n++) await enter("other", { on: "b" });
    for (let n = 0; n < 9; n++) await enter("admin", { on: "free" });
    expect(seats.figures.map(({ name, nominal }) => [name, nominal])).toEqual([
      ["a", 2],
      ["b", 2],
      ["free", 0],
    ]);
    void held;
  });

  it("lends seats that are not used, up to the borrowing limit, and gives the next one back to their owner", async () => {
    const lender = level("lender", { lendablePercent: 50 });
    const { enter, pass, order } = seatsFor(8, level("a"), lender);
    const leaves = await Promise.all(Array.from({ length: 6 }, () => enter("busy")));
    const more = pass("busy");
    const owned = await Promise.all([enter("owner", { on: "lender" }), enter("owner", { on: "lender" })]);
    const third = pass("owner", "lender");
    leaves[0]!();
    await Promise.all([more, third]);
    expect(order).toEqual(["owner", "busy"]);
    void owned;
  });

  it("borrows no more than its limit", async () => {
    const { enter } = seatsFor(
      8,
      level("a", { borrowingLimitPercent: 25, queuing: undefined }),
      level("lender", { lendablePercent: 100 }),
    );
    for (let n = 0; n < 5; n++) await enter("busy");
    await expect(enter("busy")).rejects.toEqual(rejected("concurrency-limit"));
  });

  it("runs one request of a level that has no seats at all", async () => {
    const { enter } = seatsFor(4, level("a", { shares: 0, queuing: undefined, borrowingLimitPercent: 0 }), level("b"));
    const leave = await enter("user");
    await expect(enter("user")).rejects.toEqual(rejected("concurrency-limit"));
    leave();
    await enter("user");
  });

  it("serves those who wait when a level is given more seats, and ends a level that is gone after its last", async () => {
    const { enter, pass, seats } = seatsFor(1, level("a"));
    const leave = await enter("user");
    const waiting = pass("user");
    seats.configure([level("b")]);
    expect(seats.figures.map(({ name }) => name)).toEqual(["b"]);
    leave();
    await waiting;
    expect((await enter("user")).name).toBe("nothing");
  });

  it("loses no seat and no request, whatever comes, waits, goes and changes", async () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("enter" as const), user: fc.nat(3), on: fc.nat(2) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("leave" as const), which: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), which: fc.nat(50) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("configure" as const),
          shares: fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }),
          lendable: fc.nat(100),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        const names = ["a", "b", "c"];
        const limits = (shares: readonly number[], lendablePercent: number) =>
          names.map((name, n) => level(name, { shares: shares[n]!, lendablePercent }));
        const { seats, enter } = seatsFor(6, ...limits([1, 2, 3], 50));
        const running: (() => void)[] = [];
        const asked: { readonly gone: AbortController; readonly done: Promise<string> }[] = [];
        for (const one of actions) {
          if (one.do === "configure") seats.configure(limits(one.shares, one.lendable));
          else if (one.do === "leave") running.splice(one.which % Math.max(1, running.length), 1)[0]?.();
          else if (one.do === "abort") asked[one.which % Math.max(1, asked.length)]?.gone.abort();
          else {
            const gone = new AbortController();
            const done = enter(`u${one.user}`, { on: names[one.on]!, signal: gone.signal }).then(
              (leave) => (running.push(leave), "seated"),
              (error: unknown) => (error as { reason: string }).reason,
            );
            asked.push({ gone, done });
          }
          for (let n = 0; n < 5; n++) await Promise.resolve();
          // The parts of three levels are rounded up, and each may run one; who ran before a change goes on.
          if (!actions.some((other) => other.do === "configure")) expect(running.length).toBeLessThanOrEqual(6 + 3 + 3);
        }
        const all = Promise.all(asked.map(({ done }) => done));
        for (let n = 0; n < 500; n++) {
          running.shift()?.();
          await Promise.resolve();
        }
        expect(new Set(["seated", "queue-full", "cancelled", ...(await all)]).size).toBe(3);
        seats.configure(limits([1, 1, 1], 0));
        for (const name of names) for (let n = 0; n < 2; n++) await enter("last", { on: name });
      }),
      { numRuns: 100 },
    );
  });
});
