import { type Clock, type Log, silentLog, systemClock } from "@lateen/base";
import type { Store } from "./store.ts";
import { EtcdConnection, type EtcdAddress } from "./etcd/connection.ts";
import { EtcdStore } from "./etcd/etcd-store.ts";

export type { EtcdAddress };

export interface OpenEtcdStoreOptions extends EtcdAddress {
  /** Before every key; `/lateen` by default. Servers that share a store name the same. */
  readonly prefix?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

/**
 * A store in etcd v3 over gRPC, which several API servers may share.
 * @throws StoreError `unwritable` when no endpoint answers.
 */
export async function openEtcdStore(options: OpenEtcdStoreOptions): Promise<Store> {
  const { prefix = "/lateen", clock = systemClock, log = silentLog } = options;
  const connection = new EtcdConnection(options);
  try {
    return await EtcdStore.open({ connection, prefix, clock, log });
  } catch (error) {
    connection.close();
    throw error;
  }
}
