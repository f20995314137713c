/** Which addresses stand behind a Service: pure, from its selector and pods (pkg/controller/endpointslice, endpoint). */
import type { KubeObject } from "@lateen/objects";
import type { Endpoint, EndpointSlice, Service, ServicePort } from "../api/cluster.ts";
import type { Pod } from "../api/pod.ts";
import { isPodFinished, isPodReady, isPodTerminating } from "../pods/pod-state.ts";

/** Endpoints of one slice at most. */
export const maxEndpointsPerSlice = 100;

export interface ResolvedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string;
}

export interface PortGroup {
  readonly ports: readonly ResolvedPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Endpoints by the ports that their pods give them (named ports may differ between pods). */
export function planEndpoints(service: Service, pods: readonly Pod[]): readonly PortGroup[] {
  const groups = new Map<string, { readonly ports: readonly ResolvedPort[]; readonly endpoints: Endpoint[] }>();
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  for (const pod of pods.toSorted((a, b) => (a.metadata.name ?? "").localeCompare(b.metadata.name ?? ""))) {
    const { podIP } = pod.status ?? {};
    if (podIP === undefined || podIP === "" || isPodFinished(pod)) continue;
    const ports = resolvePorts(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(pod, podIP, { service, publishAll }));
  }
  return [...groups.values()];
}

function endpointOf(
  pod: Pod,
  address: string,
  { service, publishAll }: { readonly service: Service; readonly publishAll: boolean },
): Endpoint {
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  const named = pod.spec?.hostname !== undefined && pod.spec.subdomain === service.metadata.name;
  return {
    addresses: [address],
    conditions: { ready: publishAll || (serving && !terminating), serving, terminating },
    ...(named && pod.spec?.hostname !== undefined && { hostname: pod.spec.hostname }),
    ...(pod.spec?.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

function resolvePorts(service: Service, pod: Pod): readonly ResolvedPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, protocol, port: number, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

export function targetPort({ targetPort: target, port, protocol = "TCP" }: ServicePort, pod: Pod): number | undefined {
  if (target === undefined) return port;
  if (typeof target === "number") return target;
  for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    for (const candidate of container.ports ?? [])
      if (candidate.name === target && (candidate.protocol ?? "TCP") === protocol) return candidate.containerPort;
  }
  return /^\d+$/.test(target) ? Number(target) : undefined;
}

/** What a slice holds beside its name. */
export interface SliceContent {
  readonly ports: NonNullable<EndpointSlice["ports"]>;
  readonly endpoints: readonly Endpoint[];
}

/** The slices' contents: each group cut into hundreds; one empty slice where there is nothing. */
export function sliceContents(groups: readonly PortGroup[]): readonly SliceContent[] {
  const contents: SliceContent[] = [];
  for (const { ports, endpoints } of groups) {
    for (let start = 0; start < endpoints.length; start += maxEndpointsPerSlice)
      contents.push({ ports, endpoints: endpoints.slice(start, start + maxEndpointsPerSlice) });
  }
  return contents.length > 0 ? contents : [{ ports: [], endpoints: [] }];
}

/** `subsets` of the older Endpoints: ready and other addresses by ports. */
export function endpointSubsets(groups: readonly PortGroup[]): readonly KubeObject[string][] {
  return groups
    .filter(({ endpoints, ports }) => endpoints.length > 0 && ports.length > 0)
    .map(({ ports, endpoints }) => {
      const addresses = (ready: boolean) =>
        endpoints
          .filter(({ conditions }) => conditions?.terminating !== true && (conditions?.ready === true) === ready)
          .map(({ addresses: [ip], nodeName, targetRef, hostname }) => ({
            ip,
            ...(hostname !== undefined && { hostname }),
            ...(nodeName !== undefined && { nodeName }),
            targetRef,
          }));
      const ready = addresses(true);
      const notReady = addresses(false);
      return {
        ...(ready.length > 0 && { addresses: ready }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady }),
        ports: ports.map(({ name, port, protocol, appProtocol }) => ({
          ...(name !== "" && { name }),
          port,
          protocol,
          ...(appProtocol !== undefined && { appProtocol }),
        })),
      };
    })
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined);
}
