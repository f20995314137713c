import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createClient, type Client } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";

/** The built command; `tools/build.mjs` has made it before a bench or chaos run begins. */
export const mainFile = resolve(process.env["LATEEN_ROOT"] ?? ".", "dist/lateen/main.mjs");

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly client: Client;
  /** `https://127.0.0.1:PORT`. */
  readonly address: string;
  readonly kubeconfig: string;
  readonly dataDir: string;
  /** Milliseconds from the spawn to the line that says it is ready. */
  readonly readyMs: number;
  readonly output: () => string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits. Answers the exit code. */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly port?: number;
  readonly flags?: readonly string[];
  readonly timeoutMs?: number;
}

/** Starts `lateen server` as a process of its own and waits until it says that it is ready. @throws with its output otherwise. */
export async function startServerProcess({
  dataDir,
  port = 0,
  flags = [],
  timeoutMs = 20_000,
}: StartOptions): Promise<ServerProcess> {
  const begun = performance.now();
  const child = spawn(process.execPath, [mainFile, "server", "--data-dir", dataDir, "--port", String(port), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  await new Promise<void>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`the server was not ready within ${timeoutMs} ms:\n${output}`)),
      timeoutMs,
    );
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/^ready in /m.test(output) && output.includes("kubeconfig")) {
        clearTimeout(timer);
        done();
      }
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(new Error(`the server ended with ${code}:\n${output}`));
    });
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  const readyMs = performance.now() - begun;
  const kubeconfig = resolve(dataDir, "kubeconfig");
  if (!existsSync(kubeconfig)) throw new Error(`the server wrote no kubeconfig:\n${output}`);
  const transport = createNodeTransport(kubeconfig);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    await transport[Symbol.asyncDispose]();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    client: createClient({ transport, fieldManager: "bench" }),
    address: /^\s+address\s+(\S+)$/m.exec(output)?.[1] ?? "",
    kubeconfig,
    dataDir,
    readyMs,
    output: () => output,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: async () => void (await end("SIGTERM")),
  };
}

export type { ChildProcess };
