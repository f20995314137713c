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
}
