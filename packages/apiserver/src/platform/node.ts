import { createHash, randomBytes, randomUUID } from "node:crypto";
import { request } from "node:https";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { forward, namedAs } from "./node/forward.ts";
import type { OutgoingCall, Platform } from "./platform.ts";

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** Longest answer of a webhook that is read. */
const maxAnswerBytes = 4 * 1024 * 1024;

function post(call: OutgoingCall): Promise<{ status: number; body: Uint8Array }> {
  const { url, headers, body, ca, serverName, timeoutMs, signal } = call;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(body.length) },
        ...(ca !== undefined && { ca }),
        ...(serverName !== undefined && { servername: serverName, checkServerIdentity: namedAs(serverName) }),
        signal,
      },
      (answer) => {
        const parts: Buffer[] = [];
        let length = 0;
        answer.on("data", (part: Buffer) => {
          length += part.length;
          if (length > maxAnswerBytes) outgoing.destroy(new Error("the answer is too long"));
          else parts.push(part);
        });
        answer.once("end", () => {
          clearTimeout(deadline);
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) });
        });
        answer.once("error", (error) => {
          clearTimeout(deadline);
          reject(error);
        });
      },
    );
    // The whole exchange has so long, not each silence in it.
    const deadline = setTimeout(
      () => outgoing.destroy(new Error(`Post "${url}": context deadline exceeded`)),
      timeoutMs,
    );
    outgoing.once("error", (error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
      clearTimeout(deadline);
      reject(
        error.code === "ECONNREFUSED"
          ? new Error(`Post "${url}": dial tcp ${error.address}:${error.port}: connect: connection refused`)
          : error,
      );
    });
    outgoing.end(body);
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
  forward,
  processFigures: () => {
    const { user, system } = process.cpuUsage();
    return {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      startSeconds: Math.round(Date.now() / 1000 - process.uptime()),
    };
  },
  sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
};
