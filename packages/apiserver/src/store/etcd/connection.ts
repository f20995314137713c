import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { StoreError } from "../store.ts";
import { Fields } from "./wire.ts";

export interface EtcdAddress {
  /** `127.0.0.1:2379`; several, and the first that answers is used. */
  readonly endpoints: readonly string[];
  /** PEM; without an authority the connection is plain. */
  readonly tls?: { readonly ca: Uint8Array; readonly certificate?: Uint8Array; readonly key?: Uint8Array };
}

/** How long one call may take, a moved leader included. */
const callMs = 10_000;
const methods = {
  range: "/etcdserverpb.KV/Range",
  txn: "/etcdserverpb.KV/Txn",
  compact: "/etcdserverpb.KV/Compact",
  grant: "/etcdserverpb.Lease/LeaseGrant",
} as const;
const watchPath = "/etcdserverpb.Watch/Watch";

export type EtcdStream = ClientDuplexStream<Uint8Array, Fields>;

/** One connection to a cluster. It comes back by itself when it breaks. */
export class EtcdConnection {
  readonly #client: Client;

  constructor({ endpoints, tls }: EtcdAddress) {
    const buffer = (bytes: Uint8Array | undefined): Buffer | null => (bytes === undefined ? null : Buffer.from(bytes));
    const secrets =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.certificate));
    this.#client = new Client(`ipv4:${endpoints.join(",")}`, secrets, {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.keepalive_time_ms": 10_000,
      "grpc.keepalive_timeout_ms": 5_000,
      "grpc.max_reconnect_backoff_ms": 2_000,
    });
  }

  /** @throws StoreError: `compacted`, `full`, `unwritable` with etcd's words. */
  call(method: keyof typeof methods, request: Uint8Array): Promise<Fields> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        methods[method],
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => new Fields(bytes),
        request,
        new Metadata({ waitForReady: true }),
        { deadline: Date.now() + callMs },
        (error, response) => {
          if (error === null && response !== undefined) resolve(response);
          else reject(storeErrorOf(error, method));
        },
      );
    });
  }

  watch(): EtcdStream {
    return this.#client.makeBidiStreamRequest(
      watchPath,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => new Fields(bytes),
      new Metadata({ waitForReady: true }),
    );
  }

  close(): void {
    this.#client.close();
  }
}

function storeErrorOf(error: ServiceError | null, method: string): StoreError {
  const details = error?.details ?? "no answer";
  if (details.includes("has been compacted")) return new StoreError("compacted", `etcd: ${details}`, { cause: error });
  if (details.includes("future revision")) return new StoreError("future", `etcd: ${details}`, { cause: error });
  if (error?.code === status.RESOURCE_EXHAUSTED || details.includes("database space exceeded"))
    return new StoreError("full", `etcd: ${details}`, { cause: error });
  return new StoreError("unwritable", `etcd ${method}: ${details}`, { cause: error });
}
