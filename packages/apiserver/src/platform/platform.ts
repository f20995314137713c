/**
 * What the API server needs from where it runs and JavaScript alone does not give: drivers are `node.ts` and `web.ts`.
 * Everything asynchronous here happens before a transaction begins.
 */
export interface Platform {
  randomBytes(length: number): Uint8Array;
  randomUuid(): string;
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  gunzip(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array>;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** Calls out over HTTPS (webhooks); absent where that cannot be. @throws what the connection throws. */
  post?(call: OutgoingCall): Promise<{ readonly status: number; readonly body: Uint8Array }>;
  /** What the process uses; absent where nobody knows. */
  processFigures?(): { readonly cpuSeconds: number; readonly residentBytes: number; readonly startSeconds: number };
  /** A call over HTTP or HTTPS that is answered as it comes (proxies); absent where that cannot be. @throws what the connection throws. */
  forward?(call: ForwardedCall): Promise<ForwardedAnswer>;
}

export interface ForwardedCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | undefined;
  /** PEM of the authorities to trust, the name that the certificate must have, or "any" for a certificate of anybody. */
  readonly trust?: { readonly ca?: string | undefined; readonly serverName?: string | undefined } | "any" | undefined;
  /** Who the server is to the other side. */
  readonly identity?: ClientIdentity | undefined;
  /** Instead of a connection to the URL's host. */
  readonly connect?: (() => Promise<ByteConnection>) | undefined;
  /** The protocol that the connection is to change to (`Upgrade`), when the other side agrees. */
  readonly upgrade?: string | undefined;
  readonly signal: AbortSignal;
}

/** A client certificate and its key, in PEM. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface ByteConnection {
  readonly readable: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  end?(): void;
  close(): void;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** What the connection has become: only with status 101. */
  readonly connection?: ByteConnection;
}

export interface OutgoingCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca: string | undefined;
  /** Name that the certificate must have, where it is not that of the address. */
  readonly serverName?: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
