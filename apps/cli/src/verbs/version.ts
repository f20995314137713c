import type { Verb } from "../verb.ts";
import { version } from "../version.ts";

export const verb: Verb = {
  summary: "print the version of lateen and of Node",
  configure(command, run) {
    command.action(() =>
      run(({ terminal }) => {
        terminal.line(`lateen ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})`);
        return Promise.resolve(0);
      }),
    );
  },
};
