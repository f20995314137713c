import type { JsonObject } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { listOf, objectsOf, specOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import { type Core, readObject } from "./core.ts";

export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  /** Number or name of a port of the service. */
  readonly port: number | string;
}

/** Why a service cannot be reached. */
export class NoEndpoint extends Error {
  override readonly name = "NoEndpoint";
  readonly code = "NoEndpoint";
}

/**
 * `host:port` of a ready endpoint of a service, as kube-apiserver's aggregator finds it: there is no node network between the
 * server and the pods of this machine. Services of type ExternalName lead to their name.
 * @throws NoEndpoint.
 */
export function resolveService(core: Core, { namespace, name, port }: ServicePort): string {
  const services = core.table.lookup({ group: "", version: "v1", plural: "services" })!;
  const service = readObject(core, services, `${services.prefix}${namespace}/${name}`);
  if (service === undefined) throw new NoEndpoint(`service ${JSON.stringify(name)} not found`);
  const spec = specOf(service);
  const wanted = objectsOf(spec.ports).find((one) => one.port === port || textOf(one.name) === port);
  if (spec.type === "ExternalName") return joined(textOf(spec.externalName), Number(wanted?.port ?? port));
  if (wanted === undefined) {
    throw new NoEndpoint(
      typeof port === "number"
        ? `no service port ${port} found for service ${JSON.stringify(name)}`
        : `no endpoints available for service ${JSON.stringify(name)}`,
    );
  }
  const slices = core.table.lookup({ group: "discovery.k8s.io", version: "v1", plural: "endpointslices" })!;
  const { entries } = core.store.range(`${slices.prefix}${namespace}/`);
  for (const entry of entries) {
    const slice = core.reader.readOnce(slices, entry);
    if (slice.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
    const found = endpointIn(slice as unknown as JsonObject, wanted);
    if (found !== undefined) return found;
  }
  const endpoints = core.table.lookup({ group: "", version: "v1", plural: "endpoints" })!;
  const legacy = readObject(core, endpoints, `${endpoints.prefix}${namespace}/${name}`);
  for (const subset of objectsOf(valueAt(legacy, "subsets"))) {
    const target = portIn(subset, wanted);
    const [address] = objectsOf(subset.addresses);
    if (target !== undefined && address !== undefined) return joined(textOf(address.ip), target);
  }
  throw new NoEndpoint(`no endpoints available for service ${JSON.stringify(name)}`);
}

function endpointIn(slice: JsonObject, wanted: JsonObject): string | undefined {
  const target = portIn(slice, wanted);
  const ready = objectsOf(slice.endpoints).find((one) => valueAt(one, "conditions", "ready") !== false);
  const [address] = listOf(ready?.addresses);
  return target === undefined || address === undefined ? undefined : joined(textOf(address), target);
}

/** The port of the endpoints that stands for a port of the service: that of the same name. */
function portIn(owner: JsonObject, wanted: JsonObject): number | undefined {
  const found = objectsOf(owner.ports).find((one) => textOf(one.name) === textOf(wanted.name));
  return typeof found?.port === "number" ? found.port : undefined;
}

function joined(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
