import { existsSync, readdirSync } from "node:fs";
import { type Entry, StoreError } from "../store.ts";
import { recordClosed } from "./check.ts";
import { formatVersion, metaKey, presentKey, revisionBytes, stamped, timeKey } from "./layout.ts";
import { lockFolder } from "./lock.ts";
import { openTable, prepareFolder } from "./open.ts";

const batchEntries = 500;

/**
 * Makes the data directory of a store that is at `revision` and holds these entries, each at the revision it has; the past
 * before is not there. Nothing is left when it fails half way but a directory that refuses to open as a store.
 * @throws StoreError `held`, `unwritable`: also when the directory has a store already.
 */
export async function restoreLmdbStore(
  folder: string,
  backup: { readonly revision: number; readonly timeMs: number; readonly entries: AsyncIterable<Entry> },
): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new StoreError("unwritable", `restore to ${folder}: there is data already; name a directory that is empty`);
  }
  prepareFolder(folder);
  const lock = await lockFolder(folder);
  const table = openTable(folder, Number.MAX_SAFE_INTEGER);
  let count = 0;
  try {
    let batch: Entry[] = [];
    const write = async (): Promise<void> => {
      const entries = batch;
      batch = [];
      await table.batch(() => {
        for (const { key, revision, bytes } of entries) void table.put(presentKey(key), stamped(revision, bytes));
      });
    };
    // A format of the future until the end: who opens half a restore is refused.
    await table.put(metaKey, metaBytes({ format: Number.MAX_SAFE_INTEGER, compacted: backup.revision }));
    for await (const entry of backup.entries) {
      batch.push(entry);
      count++;
      if (batch.length >= batchEntries) await write();
    }
    await write();
    await table.put(timeKey(backup.timeMs), revisionBytes(backup.revision));
    await table.put(metaKey, metaBytes({ format: formatVersion, compacted: backup.revision }));
  } finally {
    await table.close();
    recordClosed(folder);
    await lock.release();
  }
  return count;
}

function metaBytes(meta: { readonly format: number; readonly compacted: number }): Buffer {
  return Buffer.from(JSON.stringify(meta));
}
