import type { Controller, Environment, Request } from "@lateen/controller";
import type { JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { cachedDefinitions, definitionObjectKinds } from "./cached-definitions.ts";
import { oamLabels } from "../render/metadata.ts";
import { type DeliveryPorts, localPorts } from "./ports.ts";
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
}

/** Controllers that deliver Applications. */
export function createDeliveryControllers(
  environment: Environment,
  ports: DeliveryPorts = localPorts(environment.client),
  options: DeliveryOptions = {},
): readonly Controller[] {
  const state: DeliveryState = {
    environment,
    ports,
    definitions: cachedDefinitions(environment.cache),
    memories: new Map(),
    newId: options.newId ?? randomId,
  };
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
    JSON.stringify([metadata.annotations, metadata.labels, metadata.finalizers]) !==
    JSON.stringify([old.annotations, old.labels, old.finalizers])
  )
    return true;
  return switches(object) !== switches(previous) || hasForgottenStep(object, previous);
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

function switches({ status }: KubeObject): string {
  const { workflow } = (status ?? {}) as { readonly workflow?: Record<string, unknown> };
  return JSON.stringify(
    workflow === undefined ? null : [workflow.suspend, workflow.terminated, workflow.finished, workflow.appRevision],
  );
}

function hasNewState(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return true;
  return (
    object.metadata.generation !== previous.metadata.generation ||
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    JSON.stringify([object.status, object.metadata.labels]) !==
      JSON.stringify([previous.status, previous.metadata.labels])
  );
}
