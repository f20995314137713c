import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "@lateen/base";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
const clock = createManualClock();
beforeEach(async () => {
  api = await startTestApi({ clock });
});
afterEach(() => api[Symbol.asyncDispose]());

const maps = "/api/v1/namespaces/default/configmaps";

describe("a watch", () => {
  it("shows an object that leaves its selector as deleted, and one that enters as added", async () => {
    await api.call("POST", maps, { metadata: { name: "a", labels: { t: "1" } } });
    const version = String(api.store.revision);
    const { response } = await api.call(
      "GET",
      `${maps}?watch=1&labelSelector=t%3D1&resourceVersion=${version}&timeoutSeconds=5`,
    );
    await api.patch(`${maps}/a`, "merge", { metadata: { labels: { t: "2" } } });
    const left = String(api.store.revision);
    await api.patch(`${maps}/a`, "merge", { metadata: { labels: { t: "1" } } });
    await clock.advance(5_000);
    const events = await api.lines(response);
    expect(events.map(({ type }) => type)).toEqual(["DELETED", "ADDED"]);
    expect(events[0]!.object.metadata).toMatchObject({ labels: { t: "1" }, resourceVersion: left });
  });

  it("sends bookmarks each minute and before it ends", async () => {
    const { response } = await api.call("GET", `${maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=90`);
    await clock.advance(90_000);
    const events = await api.lines(response);
    expect(events.map(({ type }) => type)).toEqual(["BOOKMARK"]);
    expect(events[0]!.object.metadata.resourceVersion).toBe(String(api.store.revision));
  });

  it("of a version that is compacted ends with 410", async () => {
    for (let n = 0; n < 3; n++) await api.call("POST", maps, { metadata: { name: `m${n}` } });
    await api.store.compact(api.store.revision);
    const { response } = await api.call("GET", `${maps}?watch=1&resourceVersion=2`);
    const [event] = await api.lines(response);
    expect(event).toMatchObject({ type: "ERROR", object: { reason: "Expired", code: 410 } });
  });

  it("tells a thousand watchers of each change, in order", async () => {
    const version = String(api.store.revision);
    const streams = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        api.call("GET", `${maps}?watch=1&resourceVersion=${version}&timeoutSeconds=5`),
      ),
    );
    for (let n = 0; n < 20; n++) await api.call("POST", maps, { metadata: { name: `m${n}` } });
    await clock.advance(5_000);
    const expected = Array.from({ length: 20 }, (_, n) => `m${n}`);
    for (const { response } of streams) {
      expect((await api.lines(response)).map(({ object }) => object.metadata.name)).toEqual(expected);
    }
  });

  it("over a fork sees the fork's writes alone", async () => {
    await api.call("POST", maps, { metadata: { name: "shared" } });
    await using fork = await startTestApi({ store: api.store.fork() });
    expect((await fork.call("GET", maps)).body["items"]).toHaveLength(1);
    await fork.call("DELETE", `${maps}/shared`);
    await fork.call("POST", maps, { metadata: { name: "what-if" } });
    expect((await api.call("GET", `${maps}/shared`)).status).toBe(200);
    expect((await api.call("GET", `${maps}/what-if`)).status).toBe(404);
  });
});
