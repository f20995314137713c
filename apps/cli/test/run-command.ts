import { PassThrough } from "node:stream";
import { main } from "../src/main.ts";
import { createTerminal } from "../src/terminal.ts";

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process, with pipes for a terminal. */
export async function runCommand(
  argv: readonly string[],
  cwd: string,
  options: {
    readonly signal?: AbortSignal;
    readonly env?: Record<string, string>;
    readonly onOutput?: (text: string) => void;
  } = {},
): Promise<CommandResult> {
  const collect = (): { readonly stream: PassThrough; readonly text: () => string } => {
    const chunks: string[] = [];
    const stream = new PassThrough();
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk.toString());
      options.onOutput?.(chunk.toString());
    });
    return { stream, text: () => chunks.join("") };
  };
  const out = collect();
  const err = collect();
  const env = options.env ?? {};
  const terminal = createTerminal({ stdout: out.stream, stderr: err.stream, stdin: new PassThrough(), env });
  const code = await main(argv, { terminal, signal: options.signal ?? new AbortController().signal, env, cwd });
  await new Promise((done) => setImmediate(done));
  return { code, out: out.text(), err: err.text() };
}
