import { type JsonObject, type JsonValue, maskSecrets } from "@lateen/base";
import { type Controller, type Environment, type Metrics, createEventRecorder } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { type DefinedStep, type ProviderTable, defaultStalledAfterMs, statusFromJson } from "@lateen/workflow";
import { containerProviders } from "./providers/container.ts";
import { configProviders } from "./providers/config.ts";
import { type MailSender, emailProviders } from "./providers/email.ts";
import { type StepFetch, createLimiter, httpProviders } from "./providers/http.ts";
import { kubeProviders } from "./providers/kube.ts";
import { metricsProviders } from "./providers/metrics.ts";
import { queryProviders } from "./providers/query.ts";
import { timeProviders } from "./providers/time.ts";
import { utilProviders } from "./providers/util.ts";
import { type RunState, keyOf, reconcileRun } from "./reconcile-run.ts";
import { runApi } from "./run-instance.ts";
import { RunCounts, createRunMetrics } from "./run-metrics.ts";

export interface RunPorts {
  /** Sends requests of steps; the host's own `fetch` without it. `@lateen/runs/node` has one that guards its targets. */
  readonly fetch?: StepFetch;
  readonly sendMail?: MailSender;
  /** Steps in TypeScript, of the embedder. */
  readonly steps?: readonly DefinedStep[];
  readonly clientFor?: (cluster: string) => Environment["client"];
}

/**
 * Operations for steps, with the labels that what they make carries.
 * @param client whose rights the steps have; the controllers' own without it.
 */
export type StepProviders = (
  labels: Readonly<Record<string, string>>,
  client?: Environment["client"],
) => readonly ProviderTable[];

export type StepEnvironment = Pick<Environment, "client" | "clock" | "log">;

/**
 * The operations that steps of any workflow may call, but those of Applications. Made once: rate limits and mails under way
 * live in it.
 */
export function createStepProviders(environment: StepEnvironment, ports: RunPorts = {}): StepProviders {
  const { clock, log } = environment;
  const send: StepFetch = ports.fetch ?? fetch;
  const limiter = createLimiter(clock);
  const shared = [
    metricsProviders({ fetch: send }),
    emailProviders(ports.sendMail),
    utilProviders({
      log: ({ step, data }) => log({ level: "info", message: JSON.stringify(maskSecrets(data as JsonValue)), step }),
    }),
    timeProviders,
    ...(ports.steps ?? []).map((step) => step.providers),
  ];
  return (labels, client = environment.client) => {
    const clientFor = ports.clientFor ?? ((cluster) => localOnly(client, cluster));
    return [
      kubeProviders({ clientFor, labels }),
      httpProviders({ fetch: send, client, limiter }),
      configProviders({ client }),
      queryProviders({ clientFor }),
      containerProviders({ clientFor }),
      ...shared,
    ];
  };
}

function localOnly(client: Environment["client"], cluster: string): Environment["client"] {
  if (cluster === "" || cluster === "local") return client;
  throw new Error(`cluster ${cluster} is not joined to this control plane`);
}

const letters = "abcdefghijklmnopqrstuvwxyz123456789";
const randomId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => letters[byte % letters.length]).join("");

/**
 * The controller of WorkflowRuns.
 * @param metrics made with `createRunMetrics`.
 */
export function createRunControllers(
  environment: Environment,
  providers: StepProviders = createStepProviders(environment),
  metrics: Metrics = createRunMetrics(),
): readonly Controller[] {
  const labelsOf = ({ metadata }: KubeObject): Record<string, string> => ({
    "workflowrun.oam.dev/name": metadata.name ?? "",
    "workflowrun.oam.dev/namespace": metadata.namespace ?? "default",
  });
  const written = new Map<string, string>();
  const state: RunState = {
    client: environment.client,
    clock: environment.clock,
    newId: randomId,
    memories: new Map(),
    written,
    providers: (run) => providers(labelsOf(run)),
    journal: true,
    stalledAfterMs: defaultStalledAfterMs,
    metrics,
    recorder: createEventRecorder(environment, "WorkflowRun"),
    runs: () => environment.cache.list(runApi),
  };
  return [
    {
      name: "workflowrun",
      concurrency: 4,
      sources: [
        { ...runApi, when: (object, previous) => !isOwnWrite(written, object) && isWorthwhile(object, previous) },
      ],
      feed: (_, { signal }) => countRuns(environment, new RunCounts(metrics), signal),
      reconcile: async (request, { signal }) => {
        const { error, requeueAfterMs } = await reconcileRun(state, request, { signal });
        if (error !== undefined) throw new Error(`reconcile WorkflowRun error, msg: ${error}`);
        return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
      },
    },
  ];
}

/** What the controller itself wrote it has already acted on; when to come back it said then. */
const isOwnWrite = (written: ReadonlyMap<string, string>, { metadata }: KubeObject): boolean =>
  written.get(keyOf({ namespace: metadata.namespace ?? "default", name: metadata.name ?? "" })) ===
  metadata.resourceVersion;

/** Keeps the gauges to what the runs' statuses say. */
async function countRuns({ cache }: Environment, counts: RunCounts, signal: AbortSignal): Promise<void> {
  const stop = cache.onChange(runApi, ({ object, previous }) => {
    const { namespace = "", name = "" } = (object ?? previous)!.metadata;
    counts.tell(`${namespace}/${name}`, object === undefined ? undefined : ((object.status ?? {}) as JsonObject));
  });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  stop();
}

function isWorthwhile(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return true;
  const relevant = ({ metadata, status }: KubeObject): string => {
    const { suspend, terminated, finished, status: phase } = (status ?? {}) as Record<string, unknown>;
    return JSON.stringify([metadata.generation, metadata.annotations, suspend, terminated, finished, phase]);
  };
  return relevant(object) !== relevant(previous) || hasForgottenStep(object, previous);
}

/** A restart from a step takes entries out of the status; the controller's own writes only add some. */
function hasForgottenStep(object: KubeObject, previous: KubeObject): boolean {
  const ids = ({ status }: KubeObject): ReadonlySet<string> => {
    const { steps } = statusFromJson(status as JsonObject | undefined, { steps: "", subSteps: "" });
    return new Set(steps.flatMap((step) => [step.id, ...step.subSteps.map(({ id }) => id)]));
  };
  const now = ids(object);
  return [...ids(previous)].some((id) => !now.has(id));
}
