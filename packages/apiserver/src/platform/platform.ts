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
