import type { JsonObject, JsonValue } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { invalid } from "../status/errors.ts";
import type { WriteOptions } from "../write/options.ts";
import { textOf } from "../object/text.ts";
import { compact, listOf, objectsOf, specOf, withSpec } from "./edit.ts";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { allocatedItems, inAddressRange, inPortRange } from "./service-allocation.ts";

/** Addresses and ports of services: allocated, kept, freed (pkg/registry/core/service: storage.go, alloc.go, strategy.go). */
export const serviceBehaviour: KindBehaviour = {
  prepareCreate: (request, object, options) =>
    allocate(request, { live: undefined, next: families(addresses(object)) }, options),
  prepareUpdate(request, { live, next }, options) {
    if (request.subresource !== undefined) return next;
    const kept = dropByType(live, keepAllocated(live, next));
    return allocate(request, { live, next: families(addresses(kept)) }, options);
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

/** An update that does not say what was allocated keeps it. */
function keepAllocated(live: KubeObject, next: KubeObject): KubeObject {
  let kept = next;
  const before = specOf(live);
  if (needsAddress(live) && needsAddress(next)) {
    const { clusterIP, clusterIPs } = specOf(next);
    if ((clusterIP ?? "") === "") kept = withSpec(kept, { clusterIP: before.clusterIP, clusterIPs: before.clusterIPs });
    else if (clusterIP === before.clusterIP && listOf(clusterIPs).length === 0) {
      kept = withSpec(kept, { clusterIPs: before.clusterIPs });
    } else if (clusterIP !== before.clusterIP && listOf(clusterIPs)[0] === before.clusterIP) {
      kept = withSpec(kept, { clusterIPs: [clusterIP!] });
    }
  }
  if (mayHaveNodePort(live) && needsNodePort(kept)) kept = withSpec(kept, { ports: keepPorts(before, specOf(kept)) });
  if (needsHealthPort(live) && needsHealthPort(kept) && (specOf(kept).healthCheckNodePort ?? 0) === 0) {
    kept = withSpec(kept, { healthCheckNodePort: before.healthCheckNodePort });
  }
  return kept;
}

/** Node ports go with the names of the ports. */
function keepPorts(before: JsonObject, after: JsonObject): readonly JsonObject[] {
  const byName = new Map(objectsOf(before.ports).map((port) => [textOf(port.name), Number(port.nodePort ?? 0)]));
  const used = new Set(objectsOf(after.ports).map((port) => Number(port.nodePort ?? 0)));
  return objectsOf(after.ports).map((port) => {
    const old = byName.get(textOf(port.name)) ?? 0;
    if ((port.nodePort ?? 0) !== 0 || old === 0 || used.has(old)) return port;
    used.add(old);
    return { ...port, nodePort: old };
  });
}

/** What a type no longer has is freed, unless the update says otherwise about it. */
function dropByType(live: KubeObject, next: KubeObject): KubeObject {
  if (typeOf(live) === typeOf(next)) return next;
  const before = specOf(live);
  const after = specOf(next);
  let dropped = next;
  if (
    needsAddress(live) &&
    !needsAddress(next) &&
    JSON.stringify(before.clusterIPs) === JSON.stringify(after.clusterIPs)
  ) {
    dropped = withSpec(dropped, {
      clusterIP: undefined,
      clusterIPs: undefined,
      ipFamilies: undefined,
      ipFamilyPolicy: undefined,
      internalTrafficPolicy: undefined,
    });
  }
  if (mayHaveNodePort(live) && !mayHaveNodePort(next)) {
    const ports = objectsOf(after.ports);
    if (
      JSON.stringify(portsOf(before)) === JSON.stringify(portsOf(after)) ||
      portsOf(after).every((port) => port === 0)
    ) {
      dropped = withSpec(dropped, { ports: ports.map((port) => compact({ ...port, nodePort: undefined })) });
    }
    dropped = withSpec(dropped, { externalTrafficPolicy: undefined });
  }
  if (needsHealthPort(live) && !needsHealthPort(next)) dropped = withSpec(dropped, { healthCheckNodePort: undefined });
  if (typeOf(live) === "LoadBalancer" && typeOf(next) !== "LoadBalancer") {
    dropped = withSpec(dropped, { allocateLoadBalancerNodePorts: undefined, loadBalancerClass: undefined });
  }
  return dropped;
}

function portsOf(spec: JsonObject): readonly JsonValue[] {
  return objectsOf(spec.ports).map((port) => port.nodePort ?? 0);
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
    const address = request.core.services.freeAddress();
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
    : request.core.services.isTaken(asked)
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
  const mine = new Map<JsonValue, { readonly nodePort: number; readonly protocols: Set<JsonValue> }>();
  const seen = new Set<string>();
  const ports = objectsOf(specOf(object).ports).map((port, index) => {
    const asked = typeof port.nodePort === "number" ? port.nodePort : 0;
    const protocol = port.protocol ?? "TCP";
    if (asked > 0) {
      const field = `spec.ports[${index}].nodePort`;
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
    if (shared !== undefined && !shared.protocols.has(protocol)) {
      shared.protocols.add(protocol);
      return { ...port, nodePort: shared.nodePort };
    }
    const nodePort = services.freePort();
    if (nodePort === undefined) {
      errors.push(invalidField(`spec.ports[${index}].nodePort`, 0, "failed to allocate a nodePort: range is full"));
      return port;
    }
    take(allocating, String(nodePort));
    mine.set(port.port ?? 0, { nodePort, protocols: new Set([protocol]) });
    return { ...port, nodePort };
  });
  return withSpec(object, { ports });
}
