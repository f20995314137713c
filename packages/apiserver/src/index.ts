export type { Platform } from "./platform/platform.ts";
export {
  type Entry,
  type Operation,
  type Page,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreErrorCode,
  type StoreEvent,
} from "./store/store.ts";
