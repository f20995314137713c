import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import type { Entry } from "@lateen/apiserver";
import { restoreLmdbStore } from "@lateen/apiserver/store/lmdb";
import { type BackupItem, readBackup } from "./backup.ts";
import { StartError } from "./options.ts";

export interface Restored {
  readonly revision: number;
  readonly timeMs: number;
  readonly entries: number;
}

/**
 * Makes a data directory from a backup. @throws StartError when there is a store already; an Error when the backup is
 * damaged, and then no server starts on what was made of it.
 */
export async function restoreBackup(path: string, dataDir: string): Promise<Restored> {
  if (existsSync(join(dataDir, "store", "data.mdb"))) {
    throw new StartError(`restore to ${dataDir}: there is a store already; name another with --data-dir`);
  }
  const items = readBackup(path);
  const first = await items.next();
  if (first.done || first.value.kind !== "head") throw new Error(`read ${path}: this is no backup`);
  const { revision, timeMs } = first.value;
  const entries = await restoreLmdbStore(join(dataDir, "store"), {
    revision,
    timeMs,
    entries: entriesOf(items, dataDir),
  });
  return { revision, timeMs, entries };
}

/** The entries; files are written as they come. */
async function* entriesOf(items: AsyncGenerator<BackupItem>, dataDir: string): AsyncGenerator<Entry> {
  for await (const item of items) {
    if (item.kind === "entry") yield item.entry;
    else if (item.kind === "file") writeFile(dataDir, item.path, item.bytes);
  }
}

function writeFile(dataDir: string, name: string, bytes: Uint8Array): void {
  const path = normalize(join(dataDir, name));
  if (!path.startsWith(normalize(dataDir) + sep)) throw new Error(`the backup holds a file outside of it: ${name}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, bytes, { mode: 0o600 });
}
