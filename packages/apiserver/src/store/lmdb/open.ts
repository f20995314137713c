import { accessSync, constants, mkdirSync } from "node:fs";
import { open as openEnvironment } from "lmdb";
import { type Clock, type Log, silentLog, systemClock } from "@lateen/base";
import { type Store, StoreError } from "../store.ts";
import { checkFolder, forgetClosed, recordClosed } from "./check.ts";
import { formatVersion, type Meta, metaKey } from "./layout.ts";
import { migrate } from "./migrate.ts";
import { lockFolder } from "./lock.ts";
import type { Table } from "./log-reader.ts";
import { LmdbStore } from "./lmdb-store.ts";

export interface OpenLmdbStoreOptions {
  /** Made when absent; holds nothing but this store. */
  readonly folder: string;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Most that the data may grow to. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 64 * 1024 ** 3;

/**
 * Opens the durable store of a data directory, which this process then holds alone.
 * @throws StoreError `held`, `unwritable`, `damaged`, each with a message for a person.
 */
export async function openLmdbStore(options: OpenLmdbStoreOptions): Promise<Store> {
  const { folder, clock = systemClock, log = silentLog, maxBytes = defaultMaxBytes } = options;
  prepareFolder(folder);
  const lock = await lockFolder(folder);
  try {
    await checkFolder(folder, log);
    forgetClosed(folder);
    const table = openTable(folder, maxBytes);
    const meta = await migrate(table, readMeta(folder, table), { log, now: clock.now() });
    return new LmdbStore({
      table,
      folder,
      compacted: meta.compacted,
      clock,
      log,
      onClose: async () => {
        await table.close();
        recordClosed(folder);
        await lock.release();
      },
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Makes the folder. @throws StoreError `unwritable`. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreError("unwritable", `open ${folder}: it cannot be written; choose another with --data-dir`, {
      cause: error,
    });
  }
}

/** Opens the table as it is. */
export function openTable(folder: string, maxBytes: number): Table {
  try {
    return openEnvironment<Buffer, Buffer>({
      path: folder,
      encoding: "binary",
      keyEncoding: "binary",
      // A transaction is visible when it is on disk, not before.
      overlappingSync: false,
      // Our groups are batches of their own; those of the library leave a promise behind that nobody could handle.
      eventTurnBatching: false,
      maxReaders: 64,
      mapSize: Math.min(maxBytes, 64 * 1024 * 1024),
      cache: false,
    });
  } catch (error) {
    throw new StoreError("damaged", `open ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function readMeta(folder: string, table: Table): Meta {
  const bytes = table.get(metaKey);
  if (bytes === undefined) return { format: formatVersion, compacted: 1 };
  const meta = JSON.parse(bytes.toString("utf8")) as Meta;
  if (meta.format > formatVersion) {
    throw new StoreError(
      "unwritable",
      `open ${folder}: it was written by a newer version (format ${meta.format}, this one knows ${formatVersion})`,
    );
  }
  return meta;
}
