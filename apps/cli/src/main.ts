import { setMaxListeners } from "node:events";
import { Command, CommanderError } from "commander";
import { errorMessage, isAborted, nearestName } from "@lateen/base";
import { verbs } from "./generated/verbs.ts";
import { createTerminal } from "./terminal.ts";
import type { VerbContext } from "./verb.ts";
import { version } from "./version.ts";

/**
 * The `lateen` command. Only the verb that is asked for is loaded; help loads them all.
 * Exit codes: 0 done, 1 failed (and said why), 2 used wrongly, 130 interrupted.
 */
export async function main(argv: readonly string[], context: VerbContext): Promise<number> {
  const program = new Command("lateen")
    .description("Application delivery on Kubernetes: describe an application once, deliver it, keep it, explain it.")
    .version(version, "-V, --version")
    .showHelpAfterError("(lateen --help lists the verbs)")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.write(text),
      writeErr: (text) => context.terminal.error(text.trimEnd()),
    });
  let exitCode = 0;
  const first = argv.find((argument) => !argument.startsWith("-"));
  if (first !== undefined && !Object.hasOwn(verbs, first)) {
    const near = nearestName(first, Object.keys(verbs));
    context.terminal.error(
      `lateen: unknown verb "${first}"${near === undefined ? "" : `; did you mean "${near}"?`} (lateen --help lists them)`,
    );
    return 2;
  }
  const names = first === undefined ? Object.keys(verbs) : [first];
  for (const name of names) {
    const { verb } = await verbs[name]!();
    const command = program.command(name).description(verb.summary);
    verb.configure(command, async (work) => {
      exitCode = await work(context);
    });
  }
  if (argv.length === 0) {
    context.terminal.write(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isAborted(error) && context.signal.aborted) return 130;
    context.terminal.error(`lateen ${first ?? ""}: ${errorMessage(error)}`);
    if (context.env["LATEEN_DEBUG"] !== undefined && error instanceof Error) context.terminal.error(error.stack ?? "");
    return 1;
  }
}

/** Runs as the process: Ctrl-C aborts, a second one ends at once. */
export async function runProcess(): Promise<void> {
  // One signal is handed to every request of a verb, a dozen at once: no leak, and Node's warning would stand in the output.
  setMaxListeners(200);
  const controller = new AbortController();
  let interrupts = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      interrupts++;
      if (interrupts > 1) process.exit(130);
      controller.abort(new DOMException(`stopped by ${name}`, "AbortError"));
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
  const terminal = createTerminal({
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
  });
  process.exitCode = await main(process.argv.slice(2), {
    terminal,
    signal: controller.signal,
    env: process.env,
    cwd: process.cwd(),
  });
  // What a verb opened it has closed; a stray handle must not keep a finished command alive.
  setTimeout(() => process.exit(), 500).unref();
}

if (process.env["VITEST"] === undefined) await runProcess();
