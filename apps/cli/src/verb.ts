import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** What a verb gets beside its arguments. */
export interface VerbContext {
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C or SIGTERM: the verb tidies up and returns. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * One verb of the command: a file in `verbs/`, found by its name. `configure` declares arguments and options and hands the
 * work to commander's `action`; the number it resolves to is the exit code (`setExitCode`).
 */
export interface Verb {
  readonly summary: string;
  configure(command: Command, run: (work: (context: VerbContext) => Promise<number>) => Promise<void>): void;
}

export interface VerbModule {
  readonly verb: Verb;
}

/** `-f FILE`, as often as wanted. */
export function filesOption(command: Command, summary: string): Command {
  return command.option(
    "-f, --file <file>",
    summary,
    (file: string, files: readonly string[]) => [...files, file],
    [] as readonly string[],
  );
}

/** Files as they are, or each with `-f`. */
export const filesArgument = (
  command: Command,
  summary = "manifest or definition; may be given several times",
): Command => filesOption(command.argument("[files...]", "manifests (as with -f)"), summary);
