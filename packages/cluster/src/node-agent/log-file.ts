/**
 * A container's output on disk, one line a record as the CRI writes it: `TIME STREAM F TEXT`, `P` for a part of a long line.
 * Files are rotated by size, so that a talkative program fills no disk.
 */
import {
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  closeSync,
  readdirSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Broadcast, Channel } from "@lateen/base";

export const maxFileBytes = 10 * 1024 * 1024;
/** Rotated files that are kept beside the current one. */
export const keptFiles = 2;
/** Longer lines are cut into parts. */
const maxLineBytes = 16 * 1024;

export interface LogReadOptions {
  readonly follow: boolean;
  readonly tailLines?: number | undefined;
  /** Milliseconds since the epoch: nothing older. */
  readonly sinceMs?: number | undefined;
  readonly timestamps: boolean;
  readonly limitBytes?: number | undefined;
  readonly signal: AbortSignal;
}

/** The writer; there is one for each run of a container. */
export class LogFile implements Disposable {
  readonly path: string;
  readonly lines = new Broadcast<string>();
  readonly #now: () => number;
  #file: number | undefined;
  #bytes: number;
  readonly #pending = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #onEnd = new Set<() => void>();

  constructor(path: string, now: () => number) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#now = now;
    this.#file = openSync(path, "a");
    this.#bytes = statSync(path).size;
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    const text = this.#pending[stream] + this.#decoders[stream].decode(bytes, { stream: true });
    const lines = text.split("\n");
    this.#pending[stream] = lines.pop() ?? "";
    for (const line of lines) this.#record(stream, line, "F");
    while (this.#pending[stream].length > maxLineBytes) {
      this.#record(stream, this.#pending[stream].slice(0, maxLineBytes), "P");
      this.#pending[stream] = this.#pending[stream].slice(maxLineBytes);
    }
  }

  #record(stream: string, text: string, tag: "F" | "P"): void {
    if (this.#file === undefined) return;
    const line = `${new Date(this.#now()).toISOString().replace("Z", "000000Z")} ${stream} ${tag} ${text}`;
    const bytes = new TextEncoder().encode(`${line}\n`);
    if (this.#bytes + bytes.length > maxFileBytes) this.#rotate();
    writeSync(this.#file, bytes);
    this.#bytes += bytes.length;
    this.lines.publish(line);
  }

  #rotate(): void {
    closeSync(this.#file!);
    rmSync(`${this.path}.${keptFiles}`, { force: true });
    for (let n = keptFiles - 1; n >= 1; n--)
      if (existsSync(`${this.path}.${n}`)) renameSync(`${this.path}.${n}`, `${this.path}.${n + 1}`);
    renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, "a");
    this.#bytes = 0;
  }

  get open(): boolean {
    return this.#file !== undefined;
  }

  /** Calls `action` when the container's run is over. */
  onEnd(action: () => void): () => void {
    this.#onEnd.add(action);
    return () => void this.#onEnd.delete(action);
  }

  [Symbol.dispose](): void {
    if (this.#file === undefined) return;
    for (const stream of ["stdout", "stderr"] as const)
      if (this.#pending[stream] !== "") this.#record(stream, this.#pending[stream], "F");
    closeSync(this.#file);
    this.#file = undefined;
    for (const action of this.#onEnd) action();
    this.#onEnd.clear();
  }
}

/** Path of the log of run number `run` of a container. */
export function logPath(
  folder: string,
  { podUid, container, run }: { readonly podUid: string; readonly container: string; readonly run: number },
): string {
  return join(folder, podUid, container, `${run}.log`);
}

/** The newest run of which there is a log, or the one before it. */
export function latestRun(
  folder: string,
  { podUid, container, previous }: { readonly podUid: string; readonly container: string; readonly previous: boolean },
): number | undefined {
  let names: string[];
  try {
    names = readdirSync(join(folder, podUid, container));
  } catch {
    return undefined;
  }
  const runs = names
    .flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a);
  return runs[previous ? 1 : 0];
}

/** The text of a log as `kubectl logs` shows it; with `live`, following what is written. */
export async function* readLog(
  path: string,
  live: LogFile | undefined,
  options: LogReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  const following = new Channel<string>({ limit: 10_000 });
  const forget: (() => void)[] = [];
  const follow = options.follow && live?.open === true;
  if (follow) {
    forget.push(
      live.lines.subscribe((line) => void following.push(line)),
      live.onEnd(() => following.end()),
    );
    const onAbort = (): void => following.end();
    options.signal.addEventListener("abort", onAbort, { once: true });
    forget.push(() => options.signal.removeEventListener("abort", onAbort));
  }
  // Taken now, together with the subscription: nothing is missed and nothing told twice.
  const files = filesOf(path).map((file) => ({ file, end: statSync(file).size }));
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    for (const line of await history(files, options)) {
      const bytes = encoder.encode(shown(line, options));
      yield left < bytes.length ? bytes.subarray(0, left) : bytes;
      left -= bytes.length;
      if (left <= 0) return;
    }
    if (!follow) return;
    for await (const line of following) {
      const bytes = encoder.encode(shown(line, options));
      yield left < bytes.length ? bytes.subarray(0, left) : bytes;
      left -= bytes.length;
      if (left <= 0) return;
    }
  } finally {
    for (const release of forget) release();
  }
}

function filesOf(path: string): readonly string[] {
  const names = [path];
  for (let n = 1; n <= keptFiles; n++) names.unshift(`${path}.${n}`);
  return names.filter((name) => existsSync(name));
}

async function history(
  files: readonly { readonly file: string; readonly end: number }[],
  options: LogReadOptions,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { file, end } of files) {
    if (end === 0) continue;
    const input = createReadStream(file, { end: end - 1 });
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (options.sinceMs !== undefined && Date.parse(line.slice(0, line.indexOf(" "))) < options.sinceMs) continue;
      lines.push(line);
      if (options.tailLines !== undefined && lines.length > Math.max(2 * options.tailLines, 1_000))
        lines.splice(0, lines.length - options.tailLines);
    }
  }
  if (options.tailLines === undefined) return lines;
  return options.tailLines === 0 ? [] : lines.slice(-options.tailLines);
}

/** A record as people see it: the text alone, or with its time. */
function shown(record: string, { timestamps }: LogReadOptions): string {
  const [time = "", , tag = "F"] = record.split(" ", 3);
  const text = record.slice(time.length + 1 + record.slice(time.length + 1).indexOf(" ") + 1 + tag.length + 1);
  return `${timestamps ? `${time} ` : ""}${text}${tag === "P" ? "" : "\n"}`;
}
