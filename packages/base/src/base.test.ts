import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Broadcast,
  Channel,
  DisposeStack,
  TaskGroup,
  backoffMs,
  canonicalJson,
  createManualClock,
  createRandom,
  deadline,
  deepFreeze,
  errorMessage,
  formatDiagnostic,
  formatPath,
  isDeadline,
  jsonEquals,
  nearestName,
  retry,
  TerminalError,
  type JsonValue,
} from "./index.ts";

const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;

describe("canonicalJson", () => {
  it("says the same data as JSON.stringify", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  it("gives one text for one value, whatever the order of keys", () => {
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: undefined }] })).toBe('{"a":[{"d":1}],"b":1}');
  });
  it("walks 9,000 levels without a stack overflow and refuses more than 10,000", () => {
    let deep: JsonValue = 1;
    for (let i = 0; i < 9_000; i++) deep = [deep];
    expect(canonicalJson(deep).length).toBe(18_001);
    for (let i = 0; i < 2_000; i++) deep = { a: deep };
    expect(() => canonicalJson(deep)).toThrow(RangeError);
  });
  it("refuses what JSON cannot say", () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(/no JSON number/);
  });
});

describe("jsonEquals", () => {
  it("agrees with canonicalJson", () => {
    fc.assert(fc.property(json, json, (a, b) => jsonEquals(a, b) === (canonicalJson(a) === canonicalJson(b))));
  });
  it("takes an undefined member as absent and a key named constructor as a key", () => {
    expect(jsonEquals({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(jsonEquals({}, JSON.parse('{"constructor":1}') as JsonValue)).toBe(false);
  });
});

describe("deepFreeze", () => {
  it("freezes to the leaves", () => {
    const value = deepFreeze({ a: [{ b: 1 }] });
    expect(() => Object.assign(value.a[0]!, { b: 2 })).toThrow(TypeError);
  });
});

describe("diagnostics", () => {
  it("prints place, path, message, one caret and help", () => {
    const text = "a: 1\nb:\n  port: oops\n";
    const shown = formatDiagnostic(
      {
        code: "eval",
        message: "expected int, found string",
        path: ["spec", "components", 0, "properties", "app.io/x"],
        pos: { source: "app.yaml", offset: 18, line: 3, column: 9 },
        causes: [
          {
            code: "eval",
            message: "declared here",
            path: [],
            causes: [],
            pos: { source: "d.cue", offset: 0, line: 7, column: 1 },
          },
        ],
        help: "write a number",
      },
      { sourceText: (source) => (source === "app.yaml" ? text : undefined) },
    );
    expect(shown).toBe(
      [
        'app.yaml:3:9: spec.components[0].properties["app.io/x"]: expected int, found string',
        "  3 |   port: oops",
        "    |         ^",
        "  write a number",
        "  d.cue:7:1: declared here",
      ].join("\n"),
    );
  });
  it("writes paths as people do", () => {
    expect(formatPath(["a", 0, "b c", "d-e"])).toBe('a[0]["b c"].d-e');
  });
  it("finds the nearest name, and none when nothing is near", () => {
    expect(nearestName("webservise", ["worker", "webservice", "task"])).toBe("webservice");
    expect(nearestName("imgae", ["image", "port"])).toBe("image");
    expect(nearestName("zzz", ["image", "port"])).toBeUndefined();
  });
});

describe("the manual clock", () => {
  it("runs timers in their order and lets sleepers go on", async () => {
    const clock = createManualClock(0);
    const seen: string[] = [];
    clock.timer(20, () => seen.push("b"));
    clock.timer(10, () => seen.push("a"));
    const slept = clock.sleep(15).then(() => seen.push(`slept at ${clock.now()}`));
    await clock.advance(30);
    await slept;
    expect(seen).toEqual(["a", "slept at 15", "b"]);
    expect(clock.now()).toBe(30);
  });
  it("wakes an aborted sleeper with the signal's reason", async () => {
    const clock = createManualClock(0);
    const controller = new AbortController();
    const slept = clock.sleep(1000, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(slept).rejects.toThrow("enough");
    expect(clock.nextTimer()).toBeUndefined();
  });
  it("tells a time-out from a cancel", async () => {
    const clock = createManualClock(0);
    const limit = deadline(undefined, 2_000, "read the page", clock);
    await clock.advance(2_000);
    expect(isDeadline(limit.signal.reason)).toBe(true);
    expect(errorMessage(limit.signal.reason)).toBe("read the page: no answer within 2 s");
  });
});

describe("retry", () => {
  it("doubles its delays up to the limit", () => {
    expect([0, 1, 2, 30].map((n) => backoffMs(n))).toEqual([5, 10, 20, 1_000_000]);
  });
  it("tries again until it succeeds, and not at all after a terminal error", async () => {
    const clock = createManualClock(0);
    const { signal } = new AbortController();
    let tries = 0;
    const done = retry(
      async (n) => {
        tries++;
        if (n < 3) throw new Error("not yet");
        return n;
      },
      { signal, clock },
    );
    await clock.advance(100);
    expect(await done).toBe(3);
    expect(tries).toBe(4);
    await expect(retry(() => Promise.reject(new TerminalError("never")), { signal, clock })).rejects.toThrow("never");
  });
});

describe("TaskGroup", () => {
  it("aborts the others at the first failure and hands it on", async () => {
    const group = new TaskGroup();
    let aborted = false;
    group.run(async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      aborted = true;
    });
    group.run(() => Promise.reject(new Error("boom")));
    await expect(group.wait()).rejects.toThrow("boom");
    expect(aborted).toBe(true);
  });
  it("leaves nothing running after it is closed", async () => {
    const group = new TaskGroup();
    group.run(
      (signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
    );
    await group[Symbol.asyncDispose]();
    expect(group.size).toBe(0);
  });
});

describe("DisposeStack", () => {
  it("lets go in reverse order, each whatever the others do", async () => {
    const seen: number[] = [];
    const stack = new DisposeStack();
    stack.defer(() => void seen.push(1));
    stack.defer(() => {
      throw new Error("second");
    });
    stack.defer(() => void seen.push(3));
    await expect(stack[Symbol.asyncDispose]()).rejects.toThrow("second");
    expect(seen).toEqual([3, 1]);
  });
});

describe("Channel and Broadcast", () => {
  it("gives what was pushed, in order, then ends", async () => {
    const channel = new Channel<number>();
    for (let i = 0; i < 3_000; i++) channel.push(i);
    channel.end();
    const seen: number[] = [];
    for await (const item of channel) seen.push(item);
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
  });
  it("fails a reader that is too slow instead of growing", async () => {
    const channel = new Channel<number>({ limit: 2, onOverflow: () => new Error("too slow") });
    expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, true, false]);
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const item of channel) seen.push(item);
      })(),
    ).rejects.toThrow("too slow");
    expect(seen).toEqual([1, 2]);
  });
  it("calls every listener though one fails", () => {
    const broadcast = new Broadcast<number>();
    const seen: number[] = [];
    broadcast.subscribe(() => {
      throw new Error("bad listener");
    });
    const stop = broadcast.subscribe((item) => void seen.push(item));
    expect(() => broadcast.publish(1)).toThrow("bad listener");
    stop();
    expect(() => broadcast.publish(2)).toThrow("bad listener");
    expect(seen).toEqual([1]);
  });
});

describe("createRandom", () => {
  it("gives the same numbers for the same seed", () => {
    const a = createRandom(7);
    const b = createRandom(7);
    expect([a(), a(), a()]).toEqual([b(), b(), b()]);
    expect(a()).toBeLessThan(1);
  });
});
