/** What a changed Service keeps from the live one, and what goes with its type (pkg/registry/core/service, 1.36). */
import { type JsonObject, type JsonValue, jsonEquals } from "@lateen/base";
import { childOf, type Draft, isAbsent, isUnset, itemsOf } from "../defaults/draft.ts";
import { number, objects, read, text } from "../tables/read.ts";

type Need = (spec: JsonObject) => boolean;

const needsClusterIp: Need = (spec) => spec["type"] !== "ExternalName";
const needsNodePort: Need = (spec) => spec["type"] === "NodePort" || spec["type"] === "LoadBalancer";
const isBalancer: Need = (spec) => spec["type"] === "LoadBalancer";
const needsHealthPort: Need = (spec) => isBalancer(spec) && spec["externalTrafficPolicy"] === "Local";
const isExternal: Need = (spec) =>
  needsNodePort(spec) || (spec["type"] === "ClusterIP" && objectsOrTexts(spec, "externalIPs") > 0);

function objectsOrTexts(spec: JsonObject, name: string): number {
  const list = spec[name];
  return Array.isArray(list) ? list.length : 0;
}

export function updateService(draft: Draft, live: JsonObject): void {
  const spec = childOf(draft, "spec");
  const before = (read(live, "spec") ?? {}) as JsonObject;
  keepAllocated(spec, before);
  sameAddresses(spec, before);
  dropWithType(spec, before);
}

/** `clusterIP` is the first of `clusterIPs`, whichever of the two a client knows. */
export function sameAddresses(spec: Draft, before: JsonObject = {}): void {
  const first = text(spec, "clusterIP");
  const given = Array.isArray(spec["clusterIPs"]) ? (spec["clusterIPs"] as readonly JsonValue[]) : [];
  const isUnchanged = given.length > 0 && jsonEquals(given, before["clusterIPs"] ?? null);
  if (first !== "" && given.length === 0) spec["clusterIPs"] = [first];
  else if (first === "" && isUnchanged) delete spec["clusterIPs"];
  else if (first !== "" && isUnchanged && first !== text(before, "clusterIP"))
    spec["clusterIPs"] = [first, ...given.slice(1)];
}

/** Addresses and ports that were given out stay when a client leaves them away. */
function keepAllocated(spec: Draft, before: JsonObject): void {
  if (needsClusterIp(before) && needsClusterIp(spec)) {
    if (isUnset(spec, "clusterIP")) copy(spec, before, "clusterIP");
    if (objectsOrTexts(spec, "clusterIPs") === 0 && spec["clusterIP"] === before["clusterIP"])
      copy(spec, before, "clusterIPs");
  }
  if (needsNodePort(before) && needsNodePort(spec)) keepNodePorts(spec, before);
  if (needsHealthPort(before) && needsHealthPort(spec) && isUnset(spec, "healthCheckNodePort"))
    copy(spec, before, "healthCheckNodePort");
}

function keepNodePorts(spec: Draft, before: JsonObject): void {
  const given = new Set(objects(spec, "ports").map((port) => number(port, "nodePort")));
  const used = new Set(
    objects(before, "ports")
      .map((port) => number(port, "nodePort"))
      .filter((port) => given.has(port)),
  );
  const byName = new Map(objects(before, "ports").map((port) => [text(port, "name"), number(port, "nodePort")]));
  for (const port of itemsOf(spec, "ports")) {
    const known = byName.get(text(port, "name"));
    if (isUnset(port, "nodePort") && known !== undefined && known !== 0 && !used.has(known)) port["nodePort"] = known;
  }
}

function copy(spec: Draft, before: JsonObject, name: string): void {
  const value = before[name];
  if (value !== undefined) spec[name] = value;
}

/** Fields that only the old type had go, unless the client has changed them as well. */
function dropWithType(spec: Draft, before: JsonObject): void {
  const dropUnchanged = (need: Need, ...names: readonly string[]): void => {
    if (!need(before) || need(spec)) return;
    const isSame = names.every((name) => jsonEquals(spec[name] ?? null, before[name] ?? null));
    if (isSame) for (const name of names) delete spec[name];
  };
  dropUnchanged(needsClusterIp, "clusterIP", "clusterIPs");
  dropUnchanged(needsClusterIp, "ipFamilies");
  dropUnchanged(needsClusterIp, "ipFamilyPolicy");
  if (needsNodePort(before) && !needsNodePort(spec) && samePorts(spec, before))
    for (const port of itemsOf(spec, "ports")) delete port["nodePort"];
  dropUnchanged(needsHealthPort, "healthCheckNodePort");
  if (!isAbsent(before, "allocateLoadBalancerNodePorts")) dropUnchanged(isBalancer, "allocateLoadBalancerNodePorts");
  dropUnchanged(isBalancer, "loadBalancerClass");
  dropUnchanged(isExternal, "externalTrafficPolicy");
  dropUnchanged(needsClusterIp, "internalTrafficPolicy");
}

function samePorts(spec: JsonObject, before: JsonObject): boolean {
  const portsOf = (of: JsonObject): number[] => objects(of, "ports").map((port) => number(port, "nodePort"));
  const old = new Set(portsOf(before));
  return portsOf(spec).every((port) => port === 0 || old.has(port));
}
