import { type JsonValue, isAlreadyExists, isNotFound, jsonEquals } from "@lateen/base";
import type { Controller, Environment, ReconcileContext, Request } from "@lateen/controller";
import { type KubeObject, matchesLabels, labelSelectorOf } from "@lateen/objects";
import { type EndpointSlice, type Service, endpointSliceKind, endpointsKind, serviceKind } from "../api/cluster.ts";
import { type Pod, podKind } from "../api/pod.ts";
import { newerVersion, observe, ownerReferenceTo } from "../pods/pod-control.ts";
import { type SliceContent, endpointSubsets, planEndpoints, sliceContents } from "./plan-endpoints.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const manager = "endpointslice-controller.k8s.io";

/** Keeps each Service's EndpointSlices, and the Endpoints that older clients read. */
export function createEndpointsController(environment: Environment): Controller {
  return {
    name: "endpoints",
    sources: [
      { ...serviceKind },
      { ...podKind, when: concernsEndpoints, map: (pod, previous) => servicesSelecting(environment, pod, previous) },
      { ...endpointSliceKind, map: serviceOfSlice },
    ],
    concurrency: 4,
    reconcile: (request, context) => reconcileEndpoints(environment, request, context),
  };
}

/** Most changes of a pod's status are nothing to a Service. */
function concernsEndpoints(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined || previous === object) return true;
  const facts = (pod: Pod): string =>
    JSON.stringify([
      pod.metadata.labels,
      pod.metadata.deletionTimestamp,
      pod.status?.podIP,
      pod.status?.phase,
      pod.status?.conditions?.find(({ type }) => type === "Ready")?.status,
    ]);
  return facts(object as Pod) !== facts(previous as Pod);
}

function servicesSelecting(
  { cache }: Environment,
  pod: KubeObject,
  previous: KubeObject | undefined,
): readonly Request[] {
  const namespace = pod.metadata.namespace ?? "";
  const labels = [pod.metadata.labels ?? {}, previous?.metadata.labels ?? {}];
  return cache
    .list<Service>({ ...serviceKind, namespace })
    .filter(({ spec }) => labels.some((each) => selects(spec?.selector, each)))
    .map(({ metadata }) => ({ namespace, name: metadata.name ?? "" }));
}

function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (selector === undefined || Object.keys(selector).length === 0) return false;
  return matchesLabels(labelSelectorOf({ matchLabels: selector }), labels);
}

function serviceOfSlice(slice: KubeObject): readonly Request[] {
  const name = slice.metadata.labels?.[serviceNameLabel];
  return name === undefined ? [] : [{ namespace: slice.metadata.namespace ?? "", name }];
}

export async function reconcileEndpoints(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<void> {
  const { cache } = environment;
  const service = cache.get<Service>({ ...serviceKind, namespace, name });
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) {
    // The slices go with their owner; the Endpoints of the same name have none.
    await deleteEndpoints(environment, { namespace, name }, signal);
    return;
  }
  if (service.spec?.type === "ExternalName" || Object.keys(service.spec?.selector ?? {}).length === 0) return;
  const pods = cache
    .list<Pod>({ ...podKind, namespace })
    .filter((pod) => selects(service.spec?.selector, pod.metadata.labels ?? {}));
  const groups = planEndpoints(service, pods);
  await writeSlices(environment, service, sliceContents(groups), signal);
  await writeEndpoints(environment, service, endpointSubsets(groups) as JsonValue, signal);
}

/** Existing slices are kept as far as their contents go on, so that most changes touch one of them. */
async function writeSlices(
  environment: Environment,
  service: Service,
  contents: readonly SliceContent[],
  signal: AbortSignal,
): Promise<void> {
  const { cache, client } = environment;
  const { namespace = "", name = "" } = service.metadata;
  const mine = cache
    .list<EndpointSlice>({ ...endpointSliceKind, namespace })
    .filter(
      ({ metadata }) =>
        metadata.labels?.[serviceNameLabel] === name &&
        metadata.labels[managedByLabel] === manager &&
        metadata.deletionTimestamp === undefined,
    )
    .toSorted((a, b) => (a.metadata.name ?? "").localeCompare(b.metadata.name ?? ""));
  let latest = "";
  for (const [i, content] of contents.entries()) {
    const slice = mine[i];
    if (slice !== undefined && sameContent(slice, content)) continue;
    const written =
      slice === undefined
        ? await client.create<EndpointSlice>(newSlice(service, content), { signal })
        : await client.update<EndpointSlice>(
            { ...slice, ports: content.ports, endpoints: content.endpoints },
            { signal },
          );
    latest = newerVersion(latest, written.metadata.resourceVersion);
  }
  for (const { metadata } of mine.slice(contents.length)) {
    await client
      .delete({ ...endpointSliceKind, namespace, name: metadata.name ?? "" }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
  await observe(environment, endpointSliceKind, latest, signal);
}

function sameContent(slice: EndpointSlice, { ports, endpoints }: SliceContent): boolean {
  return (
    jsonEquals((slice.ports ?? []) as unknown as JsonValue, ports as unknown as JsonValue) &&
    jsonEquals((slice.endpoints ?? []) as unknown as JsonValue, endpoints as unknown as JsonValue)
  );
}

function newSlice(service: Service, { ports, endpoints }: SliceContent): EndpointSlice {
  const { namespace = "", name = "", labels } = service.metadata;
  const headless = service.spec?.clusterIP === "None";
  return {
    ...endpointSliceKind,
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        [serviceNameLabel]: name,
        [managedByLabel]: manager,
        ...(headless && { "service.kubernetes.io/headless": "" }),
      },
      ownerReferences: [ownerReferenceTo(service)],
    },
    addressType: "IPv4",
    ports,
    endpoints,
  };
}

interface Endpoints extends KubeObject {
  readonly subsets?: JsonValue;
}

async function writeEndpoints(
  { cache, client }: Environment,
  service: Service,
  subsets: JsonValue,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = "", name = "", labels } = service.metadata;
  const ref = { ...endpointsKind, namespace, name };
  cache.watch(endpointsKind);
  const known = cache.hasSynced(endpointsKind)
    ? cache.get<Endpoints>(ref)
    : await client.get<Endpoints>(ref, { signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
  if (known !== undefined) {
    if (jsonEquals(known.subsets ?? [], subsets)) return;
    await client.patch(ref, { kind: "merge", value: { subsets } }, { signal });
    return;
  }
  try {
    const own = { ...labels, [managedByLabel.replace("endpointslice", "endpoints")]: "endpoint-controller" };
    await client.create<Endpoints>(
      { ...endpointsKind, metadata: { namespace, name, labels: own }, subsets },
      { signal },
    );
  } catch (error) {
    // The cache lags behind: the next event brings us back.
    if (!isAlreadyExists(error)) throw error;
  }
}

async function deleteEndpoints(
  { cache, client }: Environment,
  { namespace, name }: Request,
  signal: AbortSignal,
): Promise<void> {
  const known = cache.get({ ...endpointsKind, namespace, name });
  if (known === undefined) return;
  try {
    await client.delete({ ...endpointsKind, namespace, name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
