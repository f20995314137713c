import { createHash, randomBytes, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Platform } from "./platform.ts";

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** Node's own crypto and zlib. */
export const nodePlatform: Platform = {
  randomBytes: (length) => randomBytes(length),
  randomUuid: () => randomUUID(),
  // Speed before size: answers are read once, on the same machine or a fast network.
  gzip: async (bytes) => gzipAsync(bytes, { level: 1 }),
  gunzip: async (bytes, limitBytes) => gunzipAsync(bytes, { maxOutputLength: limitBytes }),
  sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
};
