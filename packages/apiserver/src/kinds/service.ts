import type { JsonObject, JsonValue } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { invalid } from "../status/errors.ts";
import type { WriteOptions } from "../write/options.ts";
import { textOf } from "../object/text.ts";
import { listOf, objectsOf, specOf, withSpec } from "./edit.ts";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { allocatedItems, inAddressRange, inPortRange } from "./service-allocation.ts";

/** Addresses and ports of services (pkg/registry/core/service: storage.go, alloc.go). What is kept of the live one is there already. */
/** Errors of addresses and families, which are told alone and before all others. */
export function serviceErrorsToTell(errors: readonly FieldError[]): readonly FieldError[] {
  const first = errors.filter(({ field }) => /^spec\.(?:clusterIPs|ipFamilies|ipFamilyPolicy)\b/.test(field));
  return first.length > 0 ? first : errors;
}

function familyErrors(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const free = spec.clusterIP === "None" && Object.keys((spec.selector ?? {}) as JsonObject).length === 0;
  if (free || !needsAddress(object)) return [];
  const foreign = listOf(spec.ipFamilies).findIndex((family) => family === "IPv6");
  if (foreign >= 0 && listOf(spec.clusterIPs).length === 0) {
    return [invalidField(`spec.ipFamilies[${foreign}]`, "IPv6", "not configured on this cluster")];
  }
  if (spec.ipFamilyPolicy !== "RequireDualStack") return [];
  return [
    invalidField("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services"),
  ];
}

export const serviceBehaviour: KindBehaviour = {
  prepareCreate: (request, object, options) =>
    allocate(request, { live: undefined, next: families(addresses(object)) }, options),
  prepareUpdate(request, { live, next }, options) {
    if (request.subresource !== undefined) return next;
    return allocate(request, { live, next: families(addresses(next)) }, options);
  },
};

const typeOf = (object: KubeObject): string => textOf(specOf(object).type ?? "ClusterIP");
const needsAddress = (object: KubeObject): boolean => typeOf(object) !== "ExternalName";
const needsNodePort = (object: KubeObject): boolean =>
  typeOf(object) === "NodePort" ||
  (typeOf(object) === "LoadBalancer" && specOf(object).allocateLoadBalancerNodePorts !== false);
const mayHaveNodePort = (object: KubeObject): boolean =>
  typeOf(object) === "NodePort" || typeOf(object) === "LoadBalancer";
const needsHealthPort = (object: KubeObject): boolean =>
  typeOf(object) === "LoadBalancer" && specOf(object).externalTrafficPolicy === "Local";

/** clusterIP and the first of clusterIPs are one. */
function addresses(object: KubeObject): KubeObject {
  const { clusterIP, clusterIPs } = specOf(object);
  if (typeof clusterIP === "string" && clusterIP !== "" && listOf(clusterIPs).length === 0) {
    return withSpec(object, { clusterIPs: [clusterIP] });
  }
  return object;
}

/** Address families of a cluster with IPv4 alone. */
function families(object: KubeObject): KubeObject {
  if (!needsAddress(object)) return object;
  const spec = specOf(object);
  const headless = spec.clusterIP === "None";
  const withoutSelector = Object.keys((spec.selector ?? {}) as JsonObject).length === 0;
  const given = listOf(spec.ipFamilies);
  if (headless && withoutSelector && spec.ipFamilyPolicy === undefined) {
    return withSpec(object, {
      ipFamilies: given.length > 0 ? given : ["IPv4", "IPv6"],
      ipFamilyPolicy: "RequireDualStack",
    });
  }
  const dual = headless && withoutSelector && spec.ipFamilyPolicy !== "SingleStack";
  return withSpec(object, {
    ipFamilies: given.length > 0 ? given : dual ? ["IPv4", "IPv6"] : ["IPv4"],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? "SingleStack",
  });
}

interface Allocating {
  readonly request: ResourceRequest;
  /** What the service had before is its own. */
  readonly own: ReadonlySet<string>;
  readonly dryRun: boolean;
  readonly errors: FieldError[];
}

/** Picks what is missing and holds it until the write is over. @throws Invalid when something asked for is taken. */
function allocate(
  request: ResourceRequest,
  { live, next }: { readonly live: KubeObject | undefined; readonly next: KubeObject },
  { dryRun }: WriteOptions,
): KubeObject {
  const own = new Set(live === undefined ? [] : allocatedItems(live));
  const unservable = familyErrors(next);
  if (unservable.length > 0) throw invalid({ group: "", kind: "Service", name: next.metadata.name ?? "" }, unservable);
  const allocating: Allocating = { request, own, dryRun, errors: [] };
  let object = allocateAddress(allocating, next);
  object = allocateNodePorts(allocating, object);
  if (needsHealthPort(object) && (specOf(object).healthCheckNodePort ?? 0) === 0) {
    const port = request.core.services.freePort();
    if (port !== undefined) object = withSpec(object, { healthCheckNodePort: take(allocating, String(port)) && port });
  }
  if (allocating.errors.length > 0) {
    throw invalid({ group: "", kind: "Service", name: object.metadata.name ?? "" }, allocating.errors);
  }
  return object;
}

/** A dry run picks the same for the same service every time, since it reserves nothing. */
function dryRunSeed({ dryRun, request }: Allocating, index = 0): number | undefined {
  if (!dryRun) return undefined;
  let seed = 7;
  for (const letter of request.namespace ?? "") seed = (seed * 31 + letter.charCodeAt(0)) % 65_521;
  return seed + index;
}

function take({ request, dryRun }: Allocating, item: string): true {
  if (!dryRun) request.cleanups.push(request.core.services.hold(item));
  return true;
}

function allocateAddress(allocating: Allocating, object: KubeObject): KubeObject {
  const { request, own, errors } = allocating;
  const spec = specOf(object);
  if (!needsAddress(object) || spec.clusterIP === "None") return object;
  const asked = listOf(spec.clusterIPs)[0];
  if (typeof asked !== "string" || asked === "") {
    const address = request.core.services.freeAddress(dryRunSeed(allocating));
    if (address === undefined) {
      errors.push(invalidField("spec.clusterIPs", [""], "failed to allocate a serviceIP: range is full"));
      return object;
    }
    take(allocating, address);
    return withSpec(object, { clusterIP: address, clusterIPs: [address] });
  }
  if (own.has(asked)) return object;
  const problem = !inAddressRange(asked)
    ? `failed to allocate IP ${asked}: the provided network does not match the current range`
    : // A dry run reserves nothing, so it finds nothing taken.
      !allocating.dryRun && request.core.services.isTaken(asked)
      ? `failed to allocate IP ${asked}: provided IP is already allocated`
      : undefined;
  // What is no address at all is told by validation.
  if (problem !== undefined && own.size === 0 && /^\d+\.\d+\.\d+\.\d+$/.test(asked)) {
    errors.push(invalidField("spec.clusterIPs", spec.clusterIPs, problem));
  } else take(allocating, asked);
  return object;
}

function allocateNodePorts(allocating: Allocating, object: KubeObject): KubeObject {
  if (!mayHaveNodePort(object)) return object;
  const { request, own, errors } = allocating;
  const { services } = request.core;
  const allocates = needsNodePort(object);
  const mine = new Map<
    JsonValue,
    { readonly nodePort: number; readonly asked: boolean; readonly protocols: Set<JsonValue> }
  >();
  const seen = new Set<string>();
  const ports = objectsOf(specOf(object).ports).map((port, index) => {
    const asked = typeof port.nodePort === "number" ? port.nodePort : 0;
    const protocol = port.protocol ?? "TCP";
    if (asked > 0) {
      const field = `spec.ports[${index}].nodePort`;
      if (!mine.has(port.port ?? 0))
        mine.set(port.port ?? 0, { nodePort: asked, asked: true, protocols: new Set([protocol]) });
      if (allocating.dryRun) return port;
      const again = seen.has(String(asked));
      seen.add(String(asked));
      if (own.has(String(asked)) || again) return port;
      if (!inPortRange(asked)) {
        errors.push(
          invalidField(
            field,
            asked,
            "provided port is not in the valid range. The range of valid ports is 30000-32767",
          ),
        );
      } else if (services.isTaken(String(asked))) {
        errors.push(invalidField(field, asked, "provided port is already allocated"));
      } else take(allocating, String(asked));
      return port;
    }
    if (!allocates) return port;
    // One port number for two protocols shares its node port.
    const shared = mine.get(port.port ?? 0);
    if (shared !== undefined && (shared.asked || !shared.protocols.has(protocol))) {
      shared.protocols.add(protocol);
      return { ...port, nodePort: shared.nodePort };
    }
    const nodePort = services.freePort(dryRunSeed(allocating, index));
    if (nodePort === undefined) {
      errors.push(invalidField(`spec.ports[${index}].nodePort`, 0, "failed to allocate a nodePort: range is full"));
      return port;
    }
    take(allocating, String(nodePort));
    mine.set(port.port ?? 0, { nodePort, asked: false, protocols: new Set([protocol]) });
    return { ...port, nodePort };
  });
  return withSpec(object, { ports });
}
