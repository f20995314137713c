import { connectionOptions, findKubeconfig, type ConnectOptions } from "../connect.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  summary: "print the path of the kubeconfig that lateen uses: export KUBECONFIG=$(lateen kubeconfig)",
  configure(command, run) {
    connectionOptions(command).action((options: ConnectOptions) =>
      run((context) => {
        context.terminal.line(findKubeconfig(options, context));
        return Promise.resolve(0);
      }),
    );
  },
};
