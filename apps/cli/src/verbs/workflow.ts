import { restartWorkflow, resumeWorkflow, suspendWorkflow, terminateWorkflow } from "@lateen/delivery/pure";
import type { Client } from "@lateen/client";
import { deadline } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { outcomeOf, phaseOf, readApplication } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { adviceFor, watchToRest } from "../deliver.ts";
import { parseDuration } from "../duration.ts";
import type { Verb } from "../verb.ts";

interface WorkflowOptions extends ConnectOptions {
  readonly namespace: string;
  readonly step?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

type Act = (
  client: Client,
  target: { readonly namespace: string; readonly name: string; readonly step?: string },
) => Promise<unknown>;

const actions: Readonly<
  Record<string, { readonly summary: string; readonly act: Act; readonly follows: boolean; readonly done: string }>
> = {
  resume: { summary: "go on after a suspended step", act: resumeWorkflow, follows: true, done: "resumed" },
  suspend: { summary: "hold before the next step", act: suspendWorkflow, follows: false, done: "suspended" },
  terminate: {
    summary: "end the run; what is not done stays undone",
    act: terminateWorkflow,
    follows: false,
    done: "terminated",
  },
  restart: {
    summary: "run the workflow again from its beginning (or from --step)",
    act: restartWorkflow,
    follows: true,
    done: "restarted",
  },
};

export const verb: Verb = {
  summary: "act on an application's workflow: resume, suspend, terminate, restart",
  configure(command, run) {
    for (const [action, { summary, act, follows, done }] of Object.entries(actions)) {
      connectionOptions(command.command(action).description(summary))
        .argument("<name>", "application")
        .option("--step <name>", "the step that is meant")
        .option("--no-wait", "return at once")
        .option("--timeout <duration>", "how long to follow", "10m")
        .action((name: string, options: WorkflowOptions) =>
          run(async (context) => {
            const { terminal, signal } = context;
            await using client = connect(options, context);
            const target = {
              namespace: options.namespace,
              name,
              ...(options.step !== undefined && { step: options.step }),
            };
            const { application: before, tree: baseline } = await readApplication(
              client,
              { namespace: options.namespace, name },
              { signal },
            );
            if (action === "resume" && outcomeOf(before) !== "suspended") {
              terminal.error(
                `Application ${options.namespace}/${name} is not suspended: its phase is ${phaseOf(before) || "unknown"}`,
              );
              return 1;
            }
            const since =
              action === "restart"
                ? (valueAt(before, "status", "workflow", "startTime") as string | undefined)
                : undefined;
            await act(client, target);
            terminal.line(`workflow of ${options.namespace}/${name} ${done}`);
            if (!follows || !options.wait) return 0;
            using limit = deadline(signal, parseDuration(options.timeout), "follow the workflow");
            const { outcome, tree } = await watchToRest(client, before, {
              terminal,
              signal: limit.signal,
              since,
              baseline,
            });
            for (const line of adviceFor(outcome, tree, name, options.namespace)) terminal.line(line);
            return outcome === "failed" ? 1 : 0;
          }),
        );
    }
  },
};
