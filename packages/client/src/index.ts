export type {
  Cache,
  CallOptions,
  Client,
  CollectionRef,
  DeleteOptions,
  KubeList,
  ListOptions,
  Patch,
  ResourceRef,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
