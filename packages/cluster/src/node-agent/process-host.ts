/**
 * Processes of this machine that never outlive the server, however it ends. Each child leads a process group of its own.
 * A small reaper (one shell, in a session of its own) holds the list of groups and the reading end of a pipe that only the
 * server writes to: when the pipe ends, it ends the groups. A child waits for a word before it becomes the program, and gets it
 * only after the reaper knows it; so there is no moment in which a `kill -9` of the server leaves anything behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";

export interface ProcessSpec {
  readonly command: readonly string[];
  /** `command` is one text for the shell. */
  readonly shell: boolean;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  /** The process has a standard input, and its output is read from `streams` instead of being told. */
  readonly interactive?: boolean;
}

export interface ProcessExit {
  readonly code: number;
  readonly signal?: string | undefined;
}

export interface RunningProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output is read. */
  readonly exited: Promise<ProcessExit>;
  /** Signals the whole group. */
  signal(name: "SIGTERM" | "SIGKILL"): void;
  /** Of an interactive process. */
  readonly streams?: { readonly stdin: Writable; readonly stdout: Readable; readonly stderr: Readable };
}

export interface ProcessHost extends AsyncDisposable {
  /** @throws when the process cannot be made at all; a program that is not found exits with 127. */
  start(spec: ProcessSpec): Promise<RunningProcess>;
}

/** Reads `add GROUP` and `remove GROUP`; at the end of its input it ends what is left. */
const reaperScript = `trap '' INT TERM HUP
groups=
while read -r verb group; do
  case $verb in
    add) groups="$groups $group" ;;
    remove) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
[ -z "$groups" ] && exit 0
for g in $groups; do kill -TERM "-$g" 2>/dev/null; done
sleep 1
for g in $groups; do kill -KILL "-$g" 2>/dev/null; done`;

/** Becomes the program after a word on descriptor 3; ends when there is none. */
const gateScript = 'read -r word <&3 && [ "$word" = go ] || exit 125; exec 3<&-; exec "$@"';

const shell = "/bin/sh";

/** @param folder where process records are kept, so that what a crash of the reaper left is ended at the next start. */
export function createProcessHost(folder: string): ProcessHost {
  mkdirSync(folder, { recursive: true });
  endStrayProcesses(folder);
  return process.platform === "win32" ? new PlainHost() : new GuardedHost(folder);
}

class GuardedHost implements ProcessHost {
  readonly #folder: string;
  readonly #running = new Set<RunningProcess>();
  #reaper: { readonly child: ChildProcess; readonly input: Writable } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(spec: ProcessSpec): Promise<RunningProcess> {
    const program = spec.shell ? [shell, "-c", spec.command.join(" ")] : spec.command.map(ownNode);
    const child = spawn(shell, ["-c", gateScript, "sh", ...program], {
      cwd: spec.folder,
      env: spec.env,
      detached: true,
      stdio: [spec.interactive ? "pipe" : "ignore", "pipe", "pipe", "pipe"],
    });
    const { pid } = child;
    if (pid === undefined) throw await failure(child);
    await this.#tell(`add ${pid}`);
    const record = join(this.#folder, String(pid));
    writeFileSync(record, startTimeOf(pid) ?? "");
    const gate = child.stdio[3] as Writable;
    gate.on("error", () => undefined);
    gate.end("go\n");
    const running = runningProcess(child, spec, () => {
      this.#running.delete(running);
      rmSync(record, { force: true });
      void this.#tell(`remove ${pid}`);
    });
    this.#running.add(running);
    return running;
  }

  /** Resolves when the reaper's pipe holds the line. A reaper that was killed is replaced and told everything again. */
  async #tell(line: string): Promise<void> {
    this.#reaper ??= this.#startReaper();
    const { input } = this.#reaper;
    await new Promise<void>((resolve) => input.write(`${line}\n`, () => resolve()));
  }

  #startReaper(): { readonly child: ChildProcess; readonly input: Writable } {
    const child = spawn(shell, ["-c", reaperScript], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const input = child.stdin!;
    input.on("error", () => undefined);
    child.on("error", () => undefined);
    child.once("exit", () => {
      if (this.#reaper?.child === child) this.#reaper = undefined;
      if (this.#running.size > 0) void this.#tell([...this.#running].map(({ pid }) => `add ${pid}`).join("\n"));
    });
    child.unref();
    (input as Writable & { unref?(): void }).unref?.();
    return { child, input };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const leaving = [...this.#running];
    for (const running of leaving) running.signal("SIGTERM");
    const late = setTimeout(() => {
      for (const running of leaving) running.signal("SIGKILL");
    }, 1_000);
    await Promise.all(leaving.map(({ exited }) => exited));
    clearTimeout(late);
    this.#reaper?.input.end();
    this.#reaper = undefined;
  }
}

/** Where there is no POSIX shell: children are ended when the server ends in order, and by record at its next start. */
class PlainHost implements ProcessHost {
  readonly #running = new Set<RunningProcess>();

  async start(spec: ProcessSpec): Promise<RunningProcess> {
    const [program = "", ...args] = spec.command.map(ownNode);
    const child = spawn(program, args, {
      cwd: spec.folder,
      env: spec.env,
      shell: spec.shell,
      stdio: [spec.interactive ? "pipe" : "ignore", "pipe", "pipe"],
    });
    if (child.pid === undefined) throw await failure(child);
    const running = runningProcess(child, spec, () => void this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) running.signal("SIGKILL");
    await Promise.all([...this.#running].map(({ exited }) => exited));
  }
}

function runningProcess(child: ChildProcess, spec: ProcessSpec, onExit: () => void): RunningProcess {
  const pid = child.pid!;
  if (!spec.interactive) {
    child.stdout?.on("data", (bytes: Uint8Array) => spec.onOutput("stdout", bytes));
    child.stderr?.on("data", (bytes: Uint8Array) => spec.onOutput("stderr", bytes));
  }
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on("error", () => undefined);
  const signal = (name: "SIGTERM" | "SIGKILL"): void => {
    try {
      process.kill(process.platform === "win32" ? pid : -pid, name);
    } catch {
      // It has ended already.
    }
  };
  const exited = new Promise<ProcessExit>((resolve) => {
    let closed = false;
    const finish = (code: number | null, name: string | null): void => {
      if (closed) return;
      closed = true;
      // What the program started and left behind goes with it.
      signal("SIGKILL");
      onExit();
      resolve(name === null ? { code: code ?? 0 } : { code: 128 + (signalNumbers[name] ?? 0), signal: name });
    };
    child.once("close", finish);
    // A grandchild may hold the pipes open: the program's own end counts, shortly after.
    child.once("exit", (code, name) => setTimeout(() => finish(code, name), 200).unref());
  });
  const { stdin, stdout, stderr } = child;
  const isWhole = spec.interactive === true && stdin !== null && stdout !== null && stderr !== null;
  if (!isWhole) return { pid, exited, signal };
  // Node throws away what nobody has begun to read when the process ends: it goes on from streams of our own.
  const streams = { stdin, stdout: stdout.pipe(new PassThrough()), stderr: stderr.pipe(new PassThrough()) };
  return { pid, exited, signal, streams };
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

function failure(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => child.once("error", resolve));
}

/** `node` in a manifest means the Node that runs the server. */
function ownNode(word: string, index: number): string {
  return index === 0 && word === "node" ? process.execPath : word;
}

/** What the kernel says about when a process began: tells it from another that got its number. Linux only. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function endStrayProcesses(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(name);
    const record = join(folder, name);
    const startTime = readFileSync(record, "utf8");
    if (Number.isSafeInteger(pid) && pid > 1 && startTime !== "" && startTimeOf(pid) === startTime) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    rmSync(record, { force: true });
  }
}
