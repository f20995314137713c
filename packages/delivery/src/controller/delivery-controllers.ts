import { type Controller, type Environment, type Metrics, type Request, createEventRecorder } from "@lateen/controller";
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { cachedDefinitions, definitionObjectKinds } from "./cached-definitions.ts";
import { oamLabels } from "../render/metadata.ts";
import { indexTrackers } from "./known-trackers.ts";
import { type DeliveryPorts, localPorts } from "./ports.ts";
import { ApplicationCounts, createDeliveryMetrics } from "./delivery-metrics.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { reconcileApplication } from "./reconcile.ts";

const oam = "core.oam.dev/v1beta1";
const application = { apiVersion: oam, kind: "Application" } as const;

/** Kinds whose state decides an application's health: a change of one leads to its application. */
const watchedWorkloads: readonly { readonly apiVersion: string; readonly kind: string }[] = [
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "apps/v1", kind: "DaemonSet" },
  { apiVersion: "batch/v1", kind: "Job" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
];

/** The application whose labels an object carries. */
function applicationOf({ metadata }: KubeObject): readonly Request[] {
  const name = metadata.labels?.[oamLabels.name];
  const namespace = metadata.labels?.[oamLabels.namespace];
  return name === undefined || namespace === undefined ? [] : [{ namespace, name }];
}

const letters = "abcdefghijklmnopqrstuvwxyz123456789";

/** Ten characters that name a step of a run. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return [...bytes].map((byte) => letters[byte % letters.length]).join("");
}

export interface DeliveryOptions {
  readonly newId?: () => string;
  readonly concurrency?: number;
  /** Made with `createDeliveryMetrics`; told of every round. */
  readonly metrics?: Metrics;
  /** A series for every Application (KubeVela's gate EnableApplicationStatusMetrics). Default false. */
  readonly metricsOfEach?: boolean;
}

/** Controllers that deliver Applications. */
export function createDeliveryControllers(
  environment: Environment,
  ports: DeliveryPorts = localPorts(environment.client),
  options: DeliveryOptions = {},
): readonly Controller[] {
  const metrics = options.metrics ?? createDeliveryMetrics();
  const state: DeliveryState = {
    environment,
    events: createEventRecorder(environment, "Application"),
    metrics,
    counts: new ApplicationCounts(metrics, { each: options.metricsOfEach === true }),
    ports,
    definitions: cachedDefinitions(environment.cache),
    memories: new Map(),
    trimmed: new Map(),
    trackerVersions: new Map(),
    newId: options.newId ?? randomId,
  };
  indexTrackers(environment.cache);
  return [
    {
      name: "application",
      concurrency: options.concurrency ?? 4,
      sources: [
        { ...application, when: isWorthwhile },
        ...watchedWorkloads.map((kind) => ({ ...kind, map: applicationOf, when: hasNewState })),
        {
          apiVersion: "v1",
          kind: "Namespace",
          map: (namespace) => applicationsWaitingFor(namespace, environment.cache.list(application)),
          when: (_, previous: KubeObject | undefined) => previous === undefined,
        },
        {
          apiVersion: oam,
          kind: "ResourceTracker",
          map: applicationOf,
          when: (object: KubeObject) => object.metadata.deletionTimestamp !== undefined,
        },
      ],
      reconcile: async (request, context) => {
        await environment.cache.synced({ kinds: definitionObjectKinds, signal: context.signal });
        return reconcileApplication(state, request, context);
      },
    },
  ];
}

/** Our own status writes lead to nothing new, unless a person has changed the workflow's switches. */
function isWorthwhile(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return true;
  const { metadata } = object;
  const old = previous.metadata;
  if (metadata.generation !== old.generation || metadata.deletionTimestamp !== old.deletionTimestamp) return true;
  if (
    JSON.stringify([metadata.annotations, metadata.labels]) !== JSON.stringify([old.annotations, old.labels]) ||
    old.finalizers?.some((name) => metadata.finalizers?.includes(name) !== true) === true
  )
    return true;
  return isSwitched(object, previous) || hasForgottenStep(object, previous);
}

/** Whether a workflow was suspended, resumed, ended or restarted. Its start and its own end lead to nothing new. */
function isSwitched(object: KubeObject, previous: KubeObject): boolean {
  const old = valueAt(previous.status, "workflow");
  if (!isJsonObject(old)) return false;
  const now = valueAt(object.status, "workflow");
  return (
    !isJsonObject(now) ||
    now.suspend !== old.suspend ||
    (now.terminated !== old.terminated && now.finished !== true) ||
    (old.finished === true && now.finished !== true)
  );
}

/** A restart from a step takes entries out of the status; our own writes only add some. */
function hasForgottenStep(object: KubeObject, previous: KubeObject): boolean {
  const ids = stepIds(object);
  for (const id of stepIds(previous)) if (!ids.has(id)) return true;
  return false;
}

function stepIds({ status }: KubeObject): ReadonlySet<string> {
  const steps = (valueAt(status, "workflow", "steps") ?? []) as readonly JsonObject[];
  const subSteps = steps.flatMap((step) => (step.subSteps ?? []) as readonly JsonObject[]);
  return new Set([...steps, ...subSteps].map(({ id }) => (typeof id === "string" ? id : "")));
}

/** Applications one of whose steps has failed because this namespace, which now appears, was missing. */
function applicationsWaitingFor(namespace: KubeObject, applications: readonly KubeObject[]): readonly Request[] {
  const wanted = `namespace ${JSON.stringify(namespace.metadata.name)} does not exist`;
  return applications
    .filter(
      ({ status }) =>
        valueAt(status, "workflow", "finished") !== true &&
        JSON.stringify(valueAt(status, "workflow", "steps") ?? null).includes(JSON.stringify(wanted).slice(1, -1)),
    )
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" }));
}

/** An object that appears without a state is one that a round has just made; at a start each Application has its own round. */
function hasNewState(object: KubeObject, previous: KubeObject | undefined): boolean {
  // Gone: what an application has made is made again, or its end is nearer.
  if (object === previous) return true;
  if (previous === undefined)
    return Object.values((object.status ?? {}) as JsonObject).some(
      (value) => !isJsonObject(value) || Object.keys(value).length > 0,
    );
  return (
    object.metadata.generation !== previous.metadata.generation ||
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    JSON.stringify([object.status, object.metadata.labels]) !==
      JSON.stringify([previous.status, previous.metadata.labels])
  );
}
