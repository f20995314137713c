import { type JsonObject, deadline } from "@lateen/base";
import type { Client } from "@lateen/client";
import {
  restartWorkflow,
  resumeWorkflow,
  rollbackApplication,
  suspendWorkflow,
  terminateWorkflow,
} from "@lateen/delivery/pure";
import { valueAt } from "@lateen/objects";
import {
  restartWorkflowRun,
  resumeWorkflowRun,
  rollbackWorkflowRun,
  runApi,
  suspendWorkflowRun,
  terminateWorkflowRun,
} from "@lateen/runs/pure";
import { gzipCompression } from "@lateen/server/embedded";
import type { Command } from "commander";
import { applicationApi, outcomeOf, phaseOf, readApplication } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { adviceFor, watchToRest } from "../deliver.ts";
import { parseDuration } from "../duration.ts";
import { formatAge, printData } from "../output.ts";
import { formatTable } from "../terminal.ts";
import type { Verb, VerbContext } from "../verb.ts";
import { debugText, rerunOnCopy, stepNamed } from "../workflow/debug.ts";
import { currentStep, drawGraph, drawSteps, mermaidGraph, phaseText, stepMark } from "../workflow/draw.ts";
import { followRun } from "../workflow/follow.ts";
import { drawCall, readSubjectJournal } from "../workflow/journal.ts";
import {
  type WorkflowSubject,
  readContext,
  readSubject,
  subjectOfApplication,
  subjectOfRunItself,
} from "../workflow/subject.ts";

interface WorkflowOptions extends ConnectOptions {
  readonly namespace: string;
  readonly type?: string;
}

interface ActOptions extends WorkflowOptions {
  readonly step?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly step?: string;
  readonly signal: AbortSignal;
}

interface Action {
  readonly summary: string;
  readonly done: string;
  /** Whether the workflow goes on, so that there is something to follow. */
  readonly follows: boolean;
  readonly ofApplication: (client: Client, target: Target) => Promise<void>;
  readonly ofRun: (client: Client, target: Target) => Promise<void>;
}

const actions: Readonly<Record<string, Action>> = {
  resume: {
    summary: "go on after a suspended step",
    done: "resumed",
    follows: true,
    ofApplication: resumeWorkflow,
    ofRun: resumeWorkflowRun,
  },
  suspend: {
    summary: "hold before the next step",
    done: "suspended",
    follows: false,
    ofApplication: suspendWorkflow,
    ofRun: suspendWorkflowRun,
  },
  terminate: {
    summary: "end the run; what is not done stays undone",
    done: "terminated",
    follows: false,
    ofApplication: terminateWorkflow,
    ofRun: terminateWorkflowRun,
  },
  restart: {
    summary: "run the workflow again from its beginning (or from --step)",
    done: "restarted",
    follows: true,
    ofApplication: restartWorkflow,
    ofRun: restartWorkflowRun,
  },
  rollback: {
    summary: "deliver the last revision again whose workflow succeeded; lateen rollback takes any",
    done: "goes back",
    follows: true,
    ofApplication: async (client, { namespace, name, signal }) => {
      await rollbackApplication(client, { namespace, name, revision: undefined, compression: gzipCompression, signal });
    },
    ofRun: rollbackWorkflowRun,
  },
};

export const verb: Verb = {
  summary:
    "look at workflows and act on them: list, show, logs, graph, debug, resume, suspend, terminate, restart, rollback",
  configure(command, run) {
    const named = (name: string, summary: string): Command =>
      connectionOptions(command.command(name).description(summary))
        .argument("<name>", "application or WorkflowRun")
        .option("--type <type>", "app or run (default: an application of this name, else a WorkflowRun)");

    connectionOptions(command.command("list").description("workflows of applications, and WorkflowRuns"))
      .option("-A, --all-namespaces", "of every namespace")
      .option("-o, --output <format>", "json or yaml")
      .action((options: ListOptions) => run((context) => list(options, context)));

    named("show", "each step: its phase, what it waits for and since when")
      .option("-o, --output <format>", "json or yaml: status and variables as data")
      .action((name: string, options: ShowOptions) => run((context) => show(name, options, context)));

    named("logs", "what each step did: values that went in, answers that came out; secrets are covered")
      .option("--step <name>", "of this step alone")
      .option("-o, --output <format>", "json or yaml")
      .action((name: string, options: LogsOptions) => run((context) => logs(name, options, context)));

    named("graph", "which step waits for which")
      .option("-o, --output <format>", "mermaid: as a flowchart")
      .action((name: string, options: ShowOptions) => run((context) => graph(name, options, context)));

    named("debug", "a step's evaluated CUE; with --rerun the step runs alone, on a copy of the run")
      .requiredOption("--step <name>", "the step")
      .option("--rerun", "run the step once more in a run of its own; what it does outside, it does")
      .option("--set <path=value>", "with --rerun: another value for a property", collect, [])
      .option("--timeout <duration>", "how long to follow", "1m")
      .action((name: string, options: DebugOptions) => run((context) => debug(name, options, context)));

    for (const [action, { summary }] of Object.entries(actions)) {
      named(action, summary)
        .option("--step <name>", "the step that is meant")
        .option("--no-wait", "return at once")
        .option("--timeout <duration>", "how long to follow", "10m")
        .action((name: string, options: ActOptions) => run((context) => act(name, { action, options }, context)));
    }
  },
};

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

const nameOf = (name: string, { namespace, type }: WorkflowOptions) => ({ namespace, name, type });

interface ListOptions extends WorkflowOptions {
  readonly allNamespaces?: boolean;
  readonly output?: string;
}

async function list(options: ListOptions, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  await using client = connect(options, context);
  const namespace = options.allNamespaces ? undefined : options.namespace;
  const [applications, runs] = await Promise.all([
    client.list({ ...applicationApi, namespace }, { signal }),
    client.list({ ...runApi, namespace }, { signal }),
  ]);
  const subjects = [...applications.items.map(subjectOfApplication), ...runs.items.map(subjectOfRunItself)];
  if (options.output !== undefined) {
    terminal.write(printData(subjects.map(dataOf), options.output));
    return 0;
  }
  if (subjects.length === 0) {
    terminal.error(namespace === undefined ? "no workflow" : `no workflow in namespace ${namespace} (-A lists all)`);
    return 0;
  }
  const rows = subjects.map((subject) => [
    ...(namespace === undefined ? [subject.namespace] : []),
    subject.name,
    subject.kind === "Application" ? "app" : "run",
    phaseText(subject),
    currentStep(subject)?.name ?? "",
    currentStep(subject)?.message ?? "",
    formatAge(subject.object.metadata.creationTimestamp, Date.now()),
  ]);
  const headings = ["NAME", "TYPE", "PHASE", "AT STEP", "IT SAYS", "AGE"];
  for (const line of formatTable(namespace === undefined ? ["NAMESPACE", ...headings] : headings, rows))
    terminal.line(line);
  return 0;
}

const dataOf = ({ kind, namespace, name, status }: WorkflowSubject) => ({
  kind,
  namespace,
  name,
  status: status ?? null,
});

interface ShowOptions extends WorkflowOptions {
  readonly output?: string;
}

async function show(name: string, options: ShowOptions, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  await using client = connect(options, context);
  const subject = await readSubject(client, nameOf(name, options), signal);
  const variables = await readContext(client, subject, signal);
  if (options.output !== undefined) {
    terminal.write(printData({ ...dataOf(subject), variables: variables.vars }, options.output));
    return 0;
  }
  const paint = terminal.style;
  const message = subject.status?.message ?? "";
  terminal.line(`${paint(`${subject.namespace}/${subject.name}`, "bold")}  ${subject.kind}  ${phaseText(subject)}`);
  if (message !== "") terminal.line(`  ${message}`);
  if (subject.status?.suspend === true)
    terminal.line(`  suspended: go on with "lateen workflow resume ${subject.name}"`);
  for (const trouble of troublesOf(subject)) terminal.line(`  ${paint(trouble, "red")}`);
  for (const line of drawSteps(subject, { paint, context: variables, now: Date.now() })) terminal.line(line);
  return 0;
}

/** What keeps the run itself from going on: a definition that is missing, a write that is refused. */
function troublesOf({ object }: WorkflowSubject): readonly string[] {
  const conditions = valueAt(object, "status", "conditions");
  return (Array.isArray(conditions) ? (conditions as readonly JsonObject[]) : []).flatMap((condition) =>
    condition.status === "False" && typeof condition.message === "string" && condition.message !== ""
      ? [condition.message]
      : [],
  );
}

interface LogsOptions extends ShowOptions {
  readonly step?: string;
}

async function logs(name: string, options: LogsOptions, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  await using client = connect(options, context);
  const subject = await readSubject(client, nameOf(name, options), signal);
  if (options.step !== undefined) stepNamed(subject, options.step);
  const all = await readSubjectJournal(client, subject, signal);
  const lines = options.step === undefined ? all : all.filter(({ step }) => step === options.step);
  if (options.output !== undefined) {
    terminal.write(printData(lines, options.output));
    return 0;
  }
  if (lines.length === 0)
    terminal.error(
      `no step of ${subject.namespace}/${subject.name} has called anything yet (lateen workflow show tells phases)`,
    );
  for (const line of lines.flatMap((one) => drawCall(one, terminal.style))) terminal.line(line);
  return 0;
}

async function graph(name: string, options: ShowOptions, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  await using client = connect(options, context);
  const subject = await readSubject(client, nameOf(name, options), signal);
  if (options.output !== undefined && options.output !== "mermaid")
    throw new Error(`unknown output format "${options.output}": mermaid`);
  for (const line of options.output === "mermaid" ? mermaidGraph(subject) : drawGraph(subject, terminal.style))
    terminal.line(line);
  return 0;
}

interface DebugOptions extends WorkflowOptions {
  readonly step: string;
  readonly rerun?: boolean;
  readonly set: readonly string[];
  readonly timeout: string;
}

async function debug(name: string, options: DebugOptions, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  await using client = connect(options, context);
  const subject = await readSubject(client, nameOf(name, options), signal);
  const step = stepNamed(subject, options.step);
  if (options.set.length > 0 && !options.rerun) throw new Error("--set changes the input of a --rerun only");
  let looked = subject;
  if (options.rerun) {
    const copy = await rerunOnCopy(client, subject, { step, settings: options.set, signal });
    const copyName = copy.metadata.name!;
    terminal.error(`runs as WorkflowRun ${subject.namespace}/${copyName}`);
    using limit = deadline(signal, parseDuration(options.timeout), "follow the run");
    await followRun(client, { namespace: subject.namespace, name: copyName }, { terminal, signal: limit.signal });
    looked = await readSubject(client, { namespace: subject.namespace, name: copyName, type: "run" }, signal);
  }
  const text = await debugText(client, looked, { step: options.step, signal });
  if (text === undefined) {
    terminal.error(
      `nothing is kept of step ${options.step}: the annotation workflowrun.oam.dev/debug: "true" on the WorkflowRun keeps it, or --rerun runs the step alone`,
    );
    return 1;
  }
  terminal.write(text.endsWith("\n") ? text : `${text}\n`);
  return 0;
}

interface Acting {
  readonly action: string;
  readonly options: ActOptions;
}

async function act(name: string, acting: Acting, context: VerbContext): Promise<number> {
  await using client = connect(acting.options, context);
  const subject = await readSubject(client, nameOf(name, acting.options), context.signal);
  return subject.kind === "Application"
    ? await actOnApplication(client, { name, ...acting }, context)
    : await actOnRun(client, { subject, ...acting }, context);
}

async function actOnApplication(
  client: Client,
  { name, action, options }: Acting & { readonly name: string },
  { terminal, signal }: VerbContext,
): Promise<number> {
  const { ofApplication, follows, done } = actions[action]!;
  const { namespace, step } = options;
  const { application: before, tree: baseline } = await readApplication(client, { namespace, name }, { signal });
  if (action === "resume" && outcomeOf(before) !== "suspended") {
    terminal.error(`Application ${namespace}/${name} is not suspended: its phase is ${phaseOf(before) || "unknown"}`);
    return 1;
  }
  const since =
    action === "restart" ? (valueAt(before, "status", "workflow", "startTime") as string | undefined) : undefined;
  await ofApplication(client, { namespace, name, signal, ...(step !== undefined && { step }) });
  terminal.line(`workflow of ${namespace}/${name} ${done}`);
  if (!follows || !options.wait) return 0;
  using limit = deadline(signal, parseDuration(options.timeout), "follow the workflow");
  const { outcome, tree } = await watchToRest(client, before, { terminal, signal: limit.signal, since, baseline });
  for (const line of adviceFor(outcome, tree, name, namespace)) terminal.line(line);
  return outcome === "failed" ? 1 : 0;
}

async function actOnRun(
  client: Client,
  { subject, action, options }: Acting & { readonly subject: WorkflowSubject },
  { terminal, signal }: VerbContext,
): Promise<number> {
  const { namespace, name, status } = subject;
  const { ofRun, follows, done } = actions[action]!;
  if (action === "resume" && status?.suspend !== true) {
    terminal.error(`WorkflowRun ${namespace}/${name} is not suspended: its phase is ${phaseText(subject)}`);
    return 1;
  }
  await ofRun(client, { namespace, name, signal, ...(options.step !== undefined && { step: options.step }) });
  terminal.line(`WorkflowRun ${namespace}/${name} ${done}`);
  if (!follows || !options.wait) return 0;
  using limit = deadline(signal, parseDuration(options.timeout), "follow the run");
  const { phase } = await followRun(client, { namespace, name }, { terminal, signal: limit.signal });
  terminal.line(
    `${stepMark(phase === "succeeded" ? "succeeded" : phase === "suspending" ? "suspending" : "failed", terminal.style)} ${name}: ${phase}`,
  );
  return phase === "succeeded" || phase === "suspending" ? 0 : 1;
}
