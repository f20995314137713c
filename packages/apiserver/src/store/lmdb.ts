export { type OpenLmdbStoreOptions, openLmdbStore } from "./lmdb/open.ts";
