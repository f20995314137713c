import { createHash, randomBytes, randomUUID } from "node:crypto";
import { request } from "node:https";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { OutgoingCall, Platform } from "./platform.ts";

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** Longest answer of a webhook that is read. */
const maxAnswerBytes = 4 * 1024 * 1024;

function post({
  url,
  headers,
  body,
  ca,
  timeoutMs,
  signal,
}: OutgoingCall): Promise<{ status: number; body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", headers, ...(ca !== undefined && { ca }), timeout: timeoutMs, signal },
      (answer) => {
        const parts: Buffer[] = [];
        let length = 0;
        answer.on("data", (part: Buffer) => {
          length += part.length;
          if (length > maxAnswerBytes) call.destroy(new Error("the answer is too long"));
          else parts.push(part);
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }));
        answer.once("error", reject);
      },
    );
    call.once("timeout", () => call.destroy(new Error(`Post "${url}": context deadline exceeded`)));
    call.once("error", (error: NodeJS.ErrnoException & { address?: string; port?: number }) =>
      reject(
        error.code === "ECONNREFUSED"
          ? new Error(`Post "${url}": dial tcp ${error.address}:${error.port}: connect: connection refused`, {
              cause: error,
            })
          : error,
      ),
    );
    call.end(body);
  });
}

/** Node's own crypto and zlib. */
export const nodePlatform: Platform = {
  randomBytes: (length) => randomBytes(length),
  randomUuid: () => randomUUID(),
  // Speed before size: answers are read once, on the same machine or a fast network.
  gzip: async (bytes) => gzipAsync(bytes, { level: 1 }),
  gunzip: async (bytes, limitBytes) => gunzipAsync(bytes, { maxOutputLength: limitBytes }),
  post,
  sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
};
