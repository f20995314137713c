import { codeOf, errorMessage } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { parseStored } from "../object/stored-form.ts";
import { textOf } from "../object/text.ts";
import type { Core } from "./core.ts";

/** The past stays readable at least this long, for watches and continued lists (kube-apiserver's default). */
const compactionMs = 5 * 60_000;
/** How long events are kept (`--event-ttl`). */
const eventTtlMs = 60 * 60_000;
const eventsPrefix = "/registry/core/events/";

/** Forgets old revisions and old events, every five minutes, until the answer is called. */
export function startMaintenance(core: Core): () => void {
  let last = core.store.revision;
  let cancel = (): void => undefined;
  let ended = false;
  const round = async (): Promise<void> => {
    const { revision } = core.store;
    try {
      await dropOldEvents(core);
      await core.store.compact(last);
    } catch (error) {
      if (codeOf(error) !== "closed") core.log({ level: "warn", message: "maintenance", error: errorMessage(error) });
    }
    last = revision;
    if (!ended) cancel = core.clock.timer(compactionMs, () => void round());
  };
  cancel = core.clock.timer(compactionMs, () => void round());
  return () => {
    ended = true;
    cancel();
  };
}

async function dropOldEvents(core: Core): Promise<void> {
  const oldest = core.clock.now() - eventTtlMs;
  let after: string | undefined;
  for (;;) {
    const page = core.store.range(eventsPrefix, { limit: 500, after });
    const old = page.entries.filter((entry) => lastSeen(parseStored(entry)) < oldest);
    if (old.length > 0) await core.store.commit(old.map(({ key }) => ({ key, bytes: undefined })));
    after = page.entries.at(-1)?.key;
    if (!page.more) return;
  }
}

/** An event lives as long as it is repeated. */
function lastSeen(event: unknown): number {
  const times = [
    valueAt(event, "lastTimestamp"),
    valueAt(event, "series", "lastObservedTime"),
    valueAt(event, "eventTime"),
    valueAt(event, "metadata", "creationTimestamp"),
  ];
  return Math.max(...times.map((time) => Date.parse(textOf(time))).filter((time) => !Number.isNaN(time)));
}
