import type { Log } from "@lateen/base";
import { formatVersion, type Meta, metaKey, revisionBytes, timeKey } from "./layout.ts";
import { readLastRevision, type Table } from "./log-reader.ts";

/** What brings a data directory from one format to the next. Each runs in one transaction and may run again. */
type Step = (table: Table, options: { readonly now: number }) => void;

const steps: Readonly<Record<number, Step>> = {
  /** 2 notes times: what is there now was there at the latest when it was migrated. */
  1: (table, { now }) => {
    const revision = readLastRevision(table);
    if (revision !== undefined) void table.put(timeKey(now), revisionBytes(revision));
  },
};

/** Brings the data to the present format, one step after the other; a step that was interrupted begins anew. */
export async function migrate(
  table: Table,
  meta: Meta,
  { log, now }: { readonly log: Log; readonly now: number },
): Promise<Meta> {
  let current = meta;
  while (current.format < formatVersion) {
    const next = { ...current, format: current.format + 1 };
    await table.batch(() => {
      steps[current.format]?.(table, { now });
      void table.put(metaKey, Buffer.from(JSON.stringify(next)));
    });
    log({ level: "info", message: `the data directory is now in format ${next.format}` });
    current = next;
  }
  return current;
}
