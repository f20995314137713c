import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Log } from "@lateen/base";
import { StoreError } from "../store.ts";

const pageBytes = 4096;
const magic = 0xbeefc0de;
const walkMs = 60_000;

/**
 * Looks for damage: sizes and meta pages as plain bytes always; every entry in a child process unless the file is as we left
 * it, since reading a damaged file through its memory map kills the reader.
 * @throws StoreError `damaged`.
 */
export async function checkFolder(folder: string, log: Log): Promise<void> {
  const path = join(folder, dataFile);
  if (!existsSync(path)) return;
  checkPlain(folder, path);
  if (isAsClosed(folder)) return;
  log({ level: "info", message: "the data was not closed by us, or changed since; reading it through" });
  await walkInChild(folder);
}

const dataFile = "data.mdb";
const closedFile = "closed.json";

interface Closed {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Notes how the data file was left, so that the next opener can trust it without reading it through. */
export function recordClosed(folder: string): void {
  writeFileSync(join(folder, closedFile), `${JSON.stringify(stateOf(folder))}\n`);
}

/** From now on the data file changes: until the next close nothing is known about it. */
export function forgetClosed(folder: string): void {
  rmSync(join(folder, closedFile), { force: true });
}

function stateOf(folder: string): Closed {
  const { size, mtimeMs } = statSync(join(folder, dataFile));
  return { sizeBytes: size, modifiedMs: mtimeMs };
}

function isAsClosed(folder: string): boolean {
  try {
    const closed = JSON.parse(readFileSync(join(folder, closedFile), "utf8")) as Closed;
    const now = stateOf(folder);
    return closed.sizeBytes === now.sizeBytes && closed.modifiedMs === now.modifiedMs;
  } catch {
    return false;
  }
}

function checkPlain(folder: string, path: string): void {
  const size = statSync(path).size;
  if (size === 0) return;
  if (size < 2 * pageBytes) throw damaged(folder, `data.mdb has only ${size} bytes`);
  const file = openSync(path, "r");
  try {
    const page = Buffer.alloc(pageBytes);
    for (const number of [0, 1]) {
      readSync(file, page, 0, pageBytes, number * pageBytes);
      // The meta follows a page header of 16 bytes (24 in builds with larger headers).
      if (page.readUInt32LE(16) !== magic && page.readUInt32LE(24) !== magic) {
        throw damaged(folder, `page ${number} is no meta page`);
      }
    }
  } finally {
    closeSync(file);
  }
}

const walker = `
const { open } = require(process.argv[1]);
const db = open({ path: process.argv[2], readOnly: true, encoding: "binary", keyEncoding: "binary" });
let count = 0;
for (const { key, value } of db.getRange({ snapshot: true })) { count += key.length + (value ? value[0] + value[value.length - 1] : 0); }
process.exit(Number.isNaN(count) ? 1 : 0);
`;

async function walkInChild(folder: string): Promise<void> {
  const lmdb = createRequire(import.meta.url).resolve("lmdb");
  const child = spawn(process.execPath, ["--no-warnings", "-e", walker, lmdb, folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    if (errors.length < 2_000) errors += bytes.toString("utf8");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), walkMs);
  const ended = await new Promise<string | undefined>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => {
      if (code === 0) done(undefined);
      else
        done(signal === null ? (errors.split("\n").find((line) => line.includes("Error")) ?? `code ${code}`) : signal);
    });
  });
  clearTimeout(timer);
  if (ended !== undefined) throw damaged(folder, `reading it through ended with ${ended}`);
}

function damaged(folder: string, why: string): StoreError {
  return new StoreError(
    "damaged",
    `open ${folder}: the data is damaged (${why}); restore a backup, or move the directory away to begin anew`,
  );
}
