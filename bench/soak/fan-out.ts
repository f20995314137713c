/** Many watchers of one collection: each gets every event, once, in the order of revisions. */
import { setMaxListeners } from "node:events";
import { createApiServer, createMemoryStore } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";

const user = { username: "soak", groups: ["system:masters"] };
const path = "/api/v1/namespaces/default/configmaps";
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What a watcher has seen so far: how many events, the last revision, and what was wrong. */
interface Seen {
  events: number;
  revision: number;
  fault: string | undefined;
}

/** @returns what was wrong, in sentences. */
export async function runFanOut({
  watchers,
  events,
}: {
  readonly watchers: number;
  readonly events: number;
}): Promise<string[]> {
  await using store = createMemoryStore();
  await using server = createApiServer({ store, platform: nodePlatform });
  await server.ready;
  const stop = new AbortController();
  // Every watcher listens to it.
  setMaxListeners(0, stop.signal);
  // Bytes are made once for all watchers: each array is read once.
  const revisions = new WeakMap<Uint8Array, number>();
  const revisionOf = (line: Uint8Array): number => {
    let revision = revisions.get(line);
    if (revision === undefined) {
      revision = Number(/"resourceVersion":"(\d+)"/.exec(decoder.decode(line))?.[1]);
      revisions.set(line, revision);
    }
    return revision;
  };
  const from = store.revision;
  const follow = async (seen: Seen): Promise<void> => {
    const { status, body } = await server.handle(
      { method: "GET", path: `${path}?watch=1&resourceVersion=${from}`, headers: {}, signal: stop.signal },
      { user },
    );
    if (status !== 200 || body instanceof Uint8Array) throw new Error(`watch: ${status}`);
    for await (const line of body) {
      const revision = revisionOf(line);
      if (revision !== seen.revision + 1) seen.fault ??= `revision ${seen.revision} is followed by ${revision}`;
      seen.revision = revision;
      if (++seen.events === events) return;
    }
    seen.fault ??= `the stream ended after ${seen.events} events`;
  };
  const all = Array.from({ length: watchers }, (): Seen => ({ events: 0, revision: from, fault: undefined }));
  const following = all.map((seen) => follow(seen));
  for (let i = 0; i < events; i++) {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c-${i}` }, data: { i: String(i) } };
    const { status } = await server.handle(
      {
        method: "POST",
        path,
        headers: { "content-type": "application/json" },
        body: encoder.encode(JSON.stringify(object)),
        signal: stop.signal,
      },
      { user },
    );
    if (status !== 201) throw new Error(`create: ${status}`);
    // Streams are read when the writer lets go.
    if (i % 100 === 0) await new Promise((done) => setImmediate(done));
  }
  await Promise.all(following);
  stop.abort();
  return all.flatMap(({ fault }, i) => (fault === undefined ? [] : [`watcher ${i}: ${fault}`]));
}
