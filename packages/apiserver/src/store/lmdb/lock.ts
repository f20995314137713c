import { createConnection, createServer, type Server } from "node:net";
import { existsSync, unlinkSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { StoreError } from "../store.ts";

export interface FolderLock {
  release(): Promise<void>;
}

/** Longest path that a socket may have on every system. */
const maxSocketPath = 100;
const probeMs = 1_000;

/**
 * Holds a data directory for this process by listening on a socket in it. LMDB itself would let a second process in.
 * Who can connect has found a living owner; a socket that refuses is one of a process that died, and is taken over.
 * @throws StoreError `held`, naming the process that has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = socketPath(folder);
  const holder = await ask(path);
  if (holder !== undefined) throw held(folder, holder.pid);
  if (process.platform !== "win32" && existsSync(path)) unlinkSync(path);
  const nonce = randomUUID();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(JSON.stringify({ pid: process.pid, nonce }));
  });
  try {
    await open(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") throw held(folder, undefined);
    throw new StoreError("unwritable", `open ${folder}: ${(error as Error).message}`, { cause: error });
  }
  server.unref();
  // Two that found a dead socket at once: the path leads to the one who came last, and the other sees it.
  const now = await ask(path);
  if (now?.nonce !== nonce) {
    server.close();
    throw held(folder, now?.pid);
  }
  return { release: () => new Promise((done) => server.close(() => done())) };
}

function socketPath(folder: string): string {
  const absolute = resolve(folder);
  const digest = createHash("sha256").update(absolute).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\lateen-${digest}`;
  const path = join(absolute, "lock.sock");
  return path.length <= maxSocketPath ? path : join(tmpdir(), `lateen-${digest}.sock`);
}

function open(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(path, () => {
      server.removeListener("error", fail);
      done();
    });
  });
}

interface Holder {
  readonly pid: number | undefined;
  readonly nonce: string | undefined;
}

/** Who listens at the path; undefined when nobody does. */
function ask(path: string): Promise<Holder | undefined> {
  return new Promise((done) => {
    const socket = createConnection(path);
    let text = "";
    let connected = false;
    const finish = (holder: Holder | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      done(holder);
    };
    // An owner too busy to answer is an owner.
    const timer = setTimeout(() => finish(connected ? { pid: undefined, nonce: undefined } : undefined), probeMs);
    socket.once("connect", () => {
      connected = true;
    });
    socket.on("data", (bytes) => {
      text += bytes.toString("utf8");
    });
    socket.once("end", () => {
      try {
        finish(JSON.parse(text) as Holder);
      } catch {
        finish({ pid: undefined, nonce: undefined });
      }
    });
    socket.once("error", () => finish(undefined));
  });
}

function held(folder: string, pid: number | undefined): StoreError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new StoreError(
    "held",
    `open ${folder}: ${who} has this data directory; stop it, or choose another with --data-dir`,
  );
}
