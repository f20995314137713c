import { spawnSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";

const root = process.env["LATEEN_ROOT"] ?? ".";

/** One measurement of the load program (bench/load/main.go). */
export interface Load {
  readonly name: string;
  readonly clients?: number;
  readonly perSecond?: number;
  readonly p99Ms?: number;
  readonly medianMs?: number;
  readonly bytes?: number;
  readonly errors: number;
}

/** Builds the load program. @throws when there is no Go. */
export function buildLoad(): string {
  const out = resolve(root, ".cache/load");
  mkdirSync(resolve(root, ".cache"), { recursive: true });
  const run = spawnSync("go", ["build", "-o", out, "."], { cwd: resolve(root, "bench/load"), encoding: "utf8" });
  if (run.status !== 0) throw new Error(`build bench/load: ${run.error?.message ?? run.stderr}`);
  return out;
}

/** Runs it against a server that knows the bearer token. @throws with what it said when it fails. */
export function runLoad(
  program: string,
  { url, token, args }: { readonly url: string; readonly token: string; readonly args: readonly string[] },
): Promise<readonly Load[]> {
  return new Promise((done, fail) => {
    const child = spawn(program, ["-url", url, "-token", token, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("error", fail);
    child.once("exit", (code) => {
      const lines = text.split("\n").filter((line) => line.startsWith("{"));
      if (code === 0) done(lines.map((line) => JSON.parse(line) as Load));
      else fail(new Error(`the load program ended with ${code}: ${errors.slice(-500)}`));
    });
  });
}
