import { gunzipSync, gzipSync } from "node:zlib";

/** What packed content may grow to. */
const maxOutputLength = 32 * 1024 * 1024;

/** gzip of the host, for what is kept compressed. */
export const gzipCompression = {
  gzip: (bytes: Uint8Array): Uint8Array => gzipSync(bytes),
  gunzip: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes, { maxOutputLength }),
};
