/** Services, Endpoints and EndpointSlices (pkg/apis/core/validation, pkg/apis/discovery/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { parseCidr, parseIp } from "../../names/addresses.ts";
import { validateFullyQualifiedDomainName } from "../../names/field-names.ts";
import { validateDns1123Subdomain, validateQualifiedName } from "../../names/names.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { portOrName } from "./containers.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { ip } from "./pod.ts";
import { labelMap } from "./scheduling.ts";

const protocols = ["SCTP", "TCP", "UDP"];
const families = ["IPv4", "IPv6"];

function isHeadless(spec: JsonObject): boolean {
  const ips = texts(spec, "clusterIPs");
  return ips.length === 1 && ips[0] === "None";
}

function isExternal(spec: JsonObject): boolean {
  const type = text(spec, "type");
  return (
    type === "LoadBalancer" || type === "NodePort" || (type === "ClusterIP" && texts(spec, "externalIPs").length > 0)
  );
}

export function service(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const type = text(spec, "type");
  const ports = objects(spec, "ports");
  if (ports.length === 0 && !isHeadless(spec) && type !== "ExternalName") errors.required("spec.ports");
  byType(errors, spec);
  const names = new Set<string>();
  for (const [index, port] of ports.entries())
    servicePort(errors, `spec.ports[${index}]`, port, { needsName: ports.length > 1, names });
  labelMap(errors, "spec.selector", record(spec, "selector"));
  affinity(errors, spec);
  clusterIps(errors, spec);
  for (const [index, address] of texts(spec, "externalIPs").entries()) {
    const before = errors.list.length;
    ip(errors, `spec.externalIPs[${index}]`, address);
    if (errors.list.length === before) nonSpecialIp(errors, `spec.externalIPs[${index}]`, address);
  }
  errors.oneOf("spec.type", type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
  uniquePorts(errors, spec);
  balancer(errors, spec);
  traffic(errors, spec);
}

function byType(errors: FieldErrors, spec: JsonObject): void {
  const type = text(spec, "type");
  if (type === "LoadBalancer" || type === "NodePort") {
    for (const [index, port] of objects(spec, "ports").entries())
      if (type === "LoadBalancer" && number(port, "port") === 10250)
        errors.invalid(
          `spec.ports[${index}]`,
          10250,
          "may not expose port 10250 externally since it is used by kubelet",
        );
    if (isHeadless(spec)) errors.invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${type} services`);
  }
  if (type !== "ExternalName") return;
  const forbidden = "may not be set for ExternalName services";
  if (texts(spec, "clusterIPs").length > 0) errors.forbidden("spec.clusterIPs", forbidden);
  if (texts(spec, "ipFamilies").length > 0) errors.forbidden("spec.ipFamilies", forbidden);
  if (has(spec, "ipFamilyPolicy")) errors.forbidden("spec.ipFamilyPolicy", forbidden);
  const name = text(spec, "externalName").replace(/\.$/, "");
  if (name === "") errors.required("spec.externalName");
  else errors.messages("spec.externalName", name, validateDns1123Subdomain(name));
}

function servicePort(
  errors: FieldErrors,
  at: string,
  port: JsonObject,
  { needsName, names }: { readonly needsName: boolean; readonly names: Set<string> },
): void {
  const name = text(port, "name");
  if (needsName && name === "") errors.required(`${at}.name`);
  else if (name !== "") {
    errors.label(`${at}.name`, name);
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
  }
  errors.port(`${at}.port`, number(port, "port"));
  errors.oneOf(`${at}.protocol`, text(port, "protocol"), protocols);
  portOrName(errors, `${at}.targetPort`, read(port, "targetPort"));
  appProtocol(errors, at, port);
}

function appProtocol(errors: FieldErrors, at: string, port: JsonObject): void {
  const value = read(port, "appProtocol");
  if (typeof value === "string") errors.messages(`${at}.appProtocol`, value, validateQualifiedName(value));
}

function affinity(errors: FieldErrors, spec: JsonObject): void {
  const kind = text(spec, "sessionAffinity");
  errors.oneOf("spec.sessionAffinity", kind, ["ClientIP", "None"]);
  if (kind === "None" && has(spec, "sessionAffinityConfig"))
    errors.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None");
  if (kind !== "ClientIP") return;
  const field = "spec.sessionAffinityConfig";
  const seconds = read(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds");
  if (typeof seconds !== "number") errors.required(field, "when session affinity type is ClientIP");
  else if (seconds <= 0 || seconds > 86400)
    errors.invalid(`${field}.clientIP.timeoutSeconds`, seconds, "must be greater than 0 and less than 86400");
}

function clusterIps(errors: FieldErrors, spec: JsonObject): void {
  if (text(spec, "type") === "ExternalName") return;
  const ips = texts(spec, "clusterIPs");
  const first = text(spec, "clusterIP");
  if (first !== "") {
    if (ips.length === 0) errors.required("spec.clusterIPs");
    else if (ips[0] !== first) errors.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`");
  } else if (ips.length > 0) errors.invalid("spec.clusterIPs", ips, "must be empty when `clusterIP` is not specified");
  const seen = new Set<string>();
  for (const [index, family] of texts(spec, "ipFamilies").entries()) {
    errors.anyOf(`spec.ipFamilies[${index}]`, family, families);
    if (seen.has(family)) errors.duplicate(`spec.ipFamilies[${index}]`, family);
    seen.add(family);
  }
  const policy = read(spec, "ipFamilyPolicy");
  if (typeof policy === "string")
    errors.anyOf("spec.ipFamilyPolicy", policy, ["PreferDualStack", "RequireDualStack", "SingleStack"]);
  eachClusterIp(errors, spec, ips);
}

function eachClusterIp(errors: FieldErrors, spec: JsonObject, ips: readonly string[]): void {
  const before = errors.list.length;
  for (const [index, address] of ips.entries()) {
    if (index === 0 && address === "None") {
      if (ips.length > 1) errors.invalid("spec.clusterIPs", ips, "'None' must be the first and only value");
    } else ip(errors, `spec.clusterIPs[${index}]`, address);
  }
  if (ips.length > 2) errors.invalid("spec.clusterIPs", ips, "may only hold up to 2 values");
  if (errors.list.length > before) return;
  if (ips.length > 1 && new Set(ips.map(isIpv6)).size === 1)
    errors.invalid("spec.clusterIPs", ips, "may specify no more than one IP for each IP family");
  if (isHeadless(spec)) return;
  for (const [index, family] of texts(spec, "ipFamilies").entries()) {
    const address = ips[index];
    if (address === undefined) break;
    if (families.includes(family) && isIpv6(address) !== (family === "IPv6"))
      errors.invalid(
        `spec.clusterIPs[${index}]`,
        address,
        `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
      );
  }
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

function uniquePorts(errors: FieldErrors, spec: JsonObject): void {
  const ports = objects(spec, "ports");
  if (text(spec, "type") === "ClusterIP")
    for (const [index, port] of ports.entries())
      if (number(port, "nodePort") !== 0)
        errors.forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'");
  const nodePorts = new Set<string>();
  const own = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const nodePort = number(port, "nodePort");
    const key = `${text(port, "protocol")}/${nodePort}`;
    if (nodePort !== 0 && nodePorts.has(key)) errors.duplicate(`spec.ports[${index}].nodePort`, nodePort);
    nodePorts.add(key);
  }
  for (const [index, port] of ports.entries()) {
    const pair = { protocol: text(port, "protocol"), port: number(port, "port") };
    const key = `${pair.protocol}/${pair.port}`;
    if (own.has(key)) errors.duplicate(`spec.ports[${index}]`, goStruct(pair, "ServicePort"));
    own.add(key);
  }
}

function balancer(errors: FieldErrors, spec: JsonObject): void {
  const isBalancer = text(spec, "type") === "LoadBalancer";
  const only = "may only be used when `type` is 'LoadBalancer'";
  const ranges = texts(spec, "loadBalancerSourceRanges");
  if (ranges.length > 0) {
    if (!isBalancer) errors.forbidden("spec.LoadBalancerSourceRanges", only);
    for (const [index, range] of ranges.entries())
      if (parseCidr(range.trim(), { leadingZeros: true }) === undefined)
        errors.invalid(
          `spec.LoadBalancerSourceRanges[${index}]`,
          range,
          "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
        );
  }
  const allocate = has(spec, "allocateLoadBalancerNodePorts");
  if (isBalancer && !allocate) errors.required("spec.allocateLoadBalancerNodePorts");
  if (!isBalancer && allocate) errors.forbidden("spec.allocateLoadBalancerNodePorts", only);
  const kind = read(spec, "loadBalancerClass");
  if (typeof kind !== "string") return;
  if (isBalancer) errors.messages("spec.loadBalancerClass", kind, validateQualifiedName(kind));
  else errors.forbidden("spec.loadBalancerClass", only);
}

function traffic(errors: FieldErrors, spec: JsonObject): void {
  const external = text(spec, "externalTrafficPolicy");
  if (!isExternal(spec)) {
    if (external !== "")
      errors.invalid("spec.externalTrafficPolicy", external, "may only be set for externally-accessible services");
  } else errors.oneOf("spec.externalTrafficPolicy", external, ["Cluster", "Local"]);
  const healthPort = number(spec, "healthCheckNodePort");
  const needsHealth = text(spec, "type") === "LoadBalancer" && external === "Local";
  if (!needsHealth && healthPort !== 0)
    errors.invalid(
      "spec.healthCheckNodePort",
      healthPort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  const internal = read(spec, "internalTrafficPolicy");
  if (typeof internal === "string") errors.anyOf("spec.internalTrafficPolicy", internal, ["Cluster", "Local"]);
  const distribution = read(spec, "trafficDistribution");
  if (typeof distribution === "string")
    errors.anyOf("spec.trafficDistribution", distribution, ["PreferClose", "PreferSameZone", "PreferSameNode"]);
}

export function serviceUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  const [spec, before] = [record(object, "spec"), record(old, "spec")];
  keepsClusterIps(errors, spec, before);
  const isBalancer = text(spec, "type") === "LoadBalancer" && text(before, "type") === "LoadBalancer";
  if (isBalancer && text(spec, "loadBalancerClass") !== text(before, "loadBalancerClass"))
    errors.invalid("spec.loadBalancerClass", read(spec, "loadBalancerClass"), "may not change once set");
  const needsHealth = (of: JsonObject): boolean =>
    text(of, "type") === "LoadBalancer" && text(of, "externalTrafficPolicy") === "Local";
  if (
    needsHealth(spec) &&
    needsHealth(before) &&
    number(spec, "healthCheckNodePort") !== number(before, "healthCheckNodePort")
  )
    errors.forbidden("spec.healthCheckNodePort", "field is immutable");
  service(errors, object);
}

function keepsClusterIps(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  if (text(spec, "type") === "ExternalName" || text(before, "type") === "ExternalName") return;
  if (isHeadless(spec) && isHeadless(before)) return;
  const [ips, old] = [texts(spec, "clusterIPs"), texts(before, "clusterIPs")];
  if (ips.length === 0 && old.length > 0)
    errors.invalid("spec.clusterIPs[0]", null, "primary clusterIP can not be unset");
  const compared = ips.length === old.length ? old.length : Math.min(1, ips.length, old.length);
  for (let index = 0; index < compared; index++)
    if (ips[index] !== old[index]) errors.invalid(`spec.clusterIPs[${index}]`, ips, "may not change once set");
  if (ips.length === 1 && old.length > 1 && text(spec, "ipFamilyPolicy") !== "SingleStack")
    errors.invalid(
      "spec.ipFamilyPolicy",
      read(spec, "ipFamilyPolicy"),
      "must be set to 'SingleStack' when releasing the secondary clusterIP",
    );
}

/** Not the address of nobody, of oneself, or of the link. */
export function nonSpecialIp(errors: FieldErrors, field: string, address: string): void {
  const parsed = parseIp(address, { leadingZeros: true });
  if (parsed === undefined) {
    errors.invalid(field, address, "must be a valid IP address");
    return;
  }
  const plain = address.toLowerCase();
  if (plain === "0.0.0.0" || /^[0:]+$/.test(plain))
    errors.invalid(field, address, `may not be unspecified (${address})`);
  // 127.64.0.0/10 is the pod network of nodes that run processes: it is routed, by the machine to itself.
  const podNetwork = /^127\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(plain);
  if ((plain.startsWith("127.") && !podNetwork) || /^(?:0*:)*:?0*1$/.test(plain))
    errors.invalid(field, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  if (plain.startsWith("169.254.") || /^fe[89ab]/.test(plain))
    errors.invalid(field, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  if (plain.startsWith("224.0.0.") || /^ff.2:/.test(plain))
    errors.invalid(field, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
}

export function endpointsUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  if (!sameJson(object["subsets"], old["subsets"])) endpoints(errors, object);
}

export function endpoints(errors: FieldErrors, object: JsonObject): void {
  for (const [index, subset] of objects(object, "subsets").entries()) {
    const at = `subsets[${index}]`;
    const [ready, others] = [objects(subset, "addresses"), objects(subset, "notReadyAddresses")];
    if (ready.length === 0 && others.length === 0)
      errors.required(at, "must specify `addresses` or `notReadyAddresses`");
    for (const list of ["addresses", "notReadyAddresses"])
      for (const [n, address] of objects(subset, list).entries())
        endpointAddress(errors, `${at}.${list}[${n}]`, address);
    const ports = objects(subset, "ports");
    for (const [n, port] of ports.entries()) {
      const here = `${at}.ports[${n}]`;
      const name = text(port, "name");
      if (ports.length > 1 && name === "") errors.required(`${here}.name`);
      else if (name !== "") errors.label(`${here}.name`, name);
      errors.port(`${here}.port`, number(port, "port"));
      errors.oneOf(`${here}.protocol`, text(port, "protocol"), protocols);
      appProtocol(errors, here, port);
    }
  }
}

function endpointAddress(errors: FieldErrors, at: string, address: JsonObject): void {
  const value = text(address, "ip");
  ip(errors, `${at}.ip`, value);
  if (text(address, "hostname") !== "") errors.label(`${at}.hostname`, text(address, "hostname"));
  const node = read(address, "nodeName");
  if (typeof node === "string") errors.messages(`${at}.nodeName`, node, validateDns1123Subdomain(node));
  nonSpecialIp(errors, `${at}.ip`, value);
}

const addressTypes = ["FQDN", "IPv4", "IPv6"];

/** Endpoints that were there before are not judged again: older servers took more. */
export function endpointSlice(errors: FieldErrors, object: JsonObject, old?: JsonObject): void {
  const type = text(object, "addressType");
  errors.oneOf("addressType", type, addressTypes);
  const isUnchanged = old !== undefined && sameJson(object["endpoints"], old["endpoints"]);
  const all = isUnchanged ? [] : objects(object, "endpoints");
  if (all.length > 1000) errors.tooMany("endpoints", all.length, 1000);
  for (const [index, endpoint] of all.entries()) sliceEndpoint(errors, `endpoints[${index}]`, endpoint, type);
  slicePorts(errors, objects(object, "ports"));
}

function sliceEndpoint(errors: FieldErrors, at: string, endpoint: JsonObject, type: string): void {
  const addresses = texts(endpoint, "addresses");
  if (addresses.length === 0) errors.required(`${at}.addresses`, "must contain at least 1 address");
  if (addresses.length > 100) errors.tooMany(`${at}.addresses`, addresses.length, 100);
  for (const [index, address] of addresses.entries()) {
    const field = `${at}.addresses[${index}]`;
    if (type === "FQDN") errors.add(validateFullyQualifiedDomainName(field, address));
    else if (type === "IPv4" || type === "IPv6") sliceAddress(errors, { at, field, address, type });
  }
  const hostname = read(endpoint, "hostname");
  if (typeof hostname === "string") errors.label(`${at}.hostname`, hostname);
  const node = read(endpoint, "nodeName");
  if (typeof node === "string") errors.messages(`${at}.nodeName`, node, validateDns1123Subdomain(node));
}

interface SliceAddress {
  readonly at: string;
  readonly field: string;
  readonly address: string;
  readonly type: string;
}

function sliceAddress(errors: FieldErrors, { at, field, address, type }: SliceAddress): void {
  const isAddress = parseIp(address, { leadingZeros: true }) !== undefined;
  if (!isAddress) {
    ip(errors, field, address);
    return;
  }
  if (isIpv6(address) !== (type === "IPv6")) errors.invalid(`${at}.addresses`, address, `must be an ${type} address`);
  nonSpecialIp(errors, field, address);
}

function slicePorts(errors: FieldErrors, ports: readonly JsonObject[]): void {
  if (ports.length > 20000) errors.tooMany("ports", ports.length, 20000);
  const names = new Set<JsonValue>();
  for (const [index, port] of ports.entries()) {
    const at = `ports[${index}]`;
    const name = text(port, "name");
    if (name !== "") errors.label(`${at}.name`, name);
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    errors.oneOf(`${at}.protocol`, text(port, "protocol"), protocols);
    appProtocol(errors, at, port);
  }
}

export function endpointSliceUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  endpointSlice(errors, object, old);
  errors.immutable("addressType", read(object, "addressType"), read(old, "addressType"));
}
