import { commands, runCommand } from "@lateen/cue/command";
import { folderTree } from "../cue/folder-tree.ts";
import type { Verb } from "../verb.ts";

const list = Object.entries(commands).map(([name, summary]) => `  ${name.padEnd(8)}${summary}`);

export const verb: Verb = {
  summary: "work with CUE files: export, eval, def, vet, fmt, import, with the flags of CUE's own command",
  configure(command, run) {
    command
      .argument(
        "[command...]",
        "export, eval, def, vet, fmt or import, and what CUE's own takes: export -e x --out yaml ./...",
      )
      .allowUnknownOption()
      .addHelpText("after", `\nCommands:\n${list.join("\n")}\n`)
      .action((argv: readonly string[]) =>
        run(async ({ terminal, cwd }) => {
          const { code, stdout, stderr } = runCommand(argv, folderTree(cwd));
          if (stdout !== "") terminal.write(stdout);
          if (stderr !== "") terminal.error(stderr.trimEnd());
          return code;
        }),
      );
  },
};
