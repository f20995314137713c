export { type CacheOptions, createCache } from "./cache/create-cache.ts";
export type {
  Cache,
  CallOptions,
  Client,
  CollectionRef,
  DeleteOptions,
  KubeList,
  ListOptions,
  LogOptions,
  Patch,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
export { type ClientOptions, createClient } from "./create-client.ts";
export { describeRef } from "./paths.ts";
export { TransportError } from "./request.ts";
