export { restoreLmdbStore } from "./lmdb/restore.ts";
export { type OpenLmdbStoreOptions, openLmdbStore } from "./lmdb/open.ts";
