/** Ingresses, their classes, and network policies (pkg/apis/networking/validation, 1.36). */
import type { JsonObject } from "@lateen/base";
import { parseCidr } from "../../names/addresses.ts";
import { validateDomainPrefixedPath } from "../../names/field-names.ts";
import { validateDns1123Subdomain, validatePortName, validateWildcardSubdomain } from "../../names/names.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { portOrName } from "./containers.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { labelSelector } from "./scheduling.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];

export function ingress(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const rules = objects(spec, "rules");
  if (rules.length === 0 && !has(spec, "defaultBackend"))
    errors.invalid("spec", null, "either `defaultBackend` or `rules` must be specified");
  if (has(spec, "defaultBackend")) backend(errors, "spec.defaultBackend", record(spec, "defaultBackend"));
  for (const [index, rule] of rules.entries()) ingressRule(errors, `spec.rules[${index}]`, rule);
  for (const [index, tls] of objects(spec, "tls").entries()) {
    for (const [n, host] of texts(tls, "hosts").entries()) hostname(errors, `spec.tls[${index}].hosts[${n}]`, host);
    const secret = text(tls, "secretName");
    if (secret !== "") errors.subdomain(`spec.tls[${index}].secretName`, secret);
  }
  const name = read(spec, "ingressClassName");
  if (typeof name === "string") errors.messages("spec.ingressClassName", name, validateDns1123Subdomain(name));
}

/** Once an ingress exists, the old annotation and the field for the class may stand side by side. */
export function newIngress(errors: FieldErrors, object: JsonObject): void {
  const annotation = "kubernetes.io/ingress.class";
  const name = read(object, "spec", "ingressClassName");
  const old = text(object, "metadata", "annotations", annotation);
  if (typeof name === "string" && old !== "" && old !== name)
    errors.invalid(
      `metadata.annotations[${annotation}]`,
      old,
      `can not be set when the class field is also set to a different value`,
    );
  ingress(errors, object);
}

function hostname(errors: FieldErrors, field: string, host: string): void {
  errors.messages(field, host, host.startsWith("*") ? validateWildcardSubdomain(host) : validateDns1123Subdomain(host));
}

function ingressRule(errors: FieldErrors, at: string, rule: JsonObject): void {
  const host = text(rule, "host");
  if (host !== "") {
    if (/^\[?[\da-f.:]+\]?$/i.test(host) && (host.includes(":") || /^\d+(?:\.\d+){3}$/.test(host)))
      errors.invalid(`${at}.host`, host, "must be a DNS name, not an IP address");
    else hostname(errors, `${at}.host`, host);
  }
  if (!has(rule, "http")) return;
  const paths = objects(rule, "http", "paths");
  if (paths.length === 0) errors.required(`${at}.http.paths`);
  for (const [index, path] of paths.entries()) ingressPath(errors, `${at}.http.paths[${index}]`, path);
}

function ingressPath(errors: FieldErrors, at: string, path: JsonObject): void {
  const [type, value] = [text(path, "pathType"), text(path, "path")];
  if (type === "") {
    errors.required(`${at}.pathType`, "pathType must be specified");
    return;
  }
  if (type === "ImplementationSpecific") {
    if (value !== "" && !value.startsWith("/")) errors.invalid(`${at}.path`, value, "must be an absolute path");
  } else if (pathTypes.includes(type)) {
    if (!value.startsWith("/")) errors.invalid(`${at}.path`, value, "must be an absolute path");
    if (value !== "")
      for (const part of ["//", "/./", "/../", "%2f", "%2F"])
        if (value.includes(part)) errors.invalid(`${at}.path`, value, `must not contain '${part}'`);
    for (const part of ["/..", "/."])
      if (value.endsWith(part)) errors.invalid(`${at}.path`, value, `cannot end with '${part}'`);
  } else errors.unsupported(`${at}.pathType`, type, pathTypes);
  backend(errors, `${at}.backend`, record(path, "backend"));
}

function backend(errors: FieldErrors, at: string, given: JsonObject): void {
  const [byResource, byService] = [has(given, "resource"), has(given, "service")];
  if (byResource && byService) {
    errors.invalid(at, "", "cannot set both resource and service backends");
    return;
  }
  if (!byResource && !byService) {
    errors.invalid(at, "", "resource or service backend is required");
    return;
  }
  if (byResource) {
    for (const name of ["name", "kind"]) errors.present(`${at}.resource`, given["resource"], name);
    return;
  }
  const service = record(given, "service");
  const name = text(service, "name");
  if (name === "") errors.required(`${at}.service.name`);
  else errors.messages(`${at}.service.name`, name, serviceName(name));
  const [portName, portNumber] = [text(service, "port", "name"), number(service, "port", "number")];
  if (portName !== "" && portNumber !== 0) errors.invalid(at, "", "cannot set both port name & port number");
  else if (portName === "" && portNumber === 0) errors.required(at, "port name or number is required");
  else if (portName !== "") errors.messages(`${at}.service.port.name`, portName, validatePortName(portName));
  else errors.port(`${at}.service.port.number`, portNumber);
}

function serviceName(name: string): string[] {
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= 63
    ? []
    : [
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ];
}

export function ingressClass(errors: FieldErrors, object: JsonObject): void {
  const controller = text(object, "spec", "controller");
  if (controller === "") errors.required("spec.controller");
  else {
    errors.add(validateDomainPrefixedPath("spec.controller", controller));
    errors.maxBytes("spec.controller", controller, 250);
  }
  if (!has(record(object, "spec"), "parameters")) return;
  const parameters = record(object, "spec", "parameters");
  const at = "spec.parameters";
  const group = read(parameters, "apiGroup");
  if (typeof group === "string") errors.messages(`${at}.apiGroup`, group, validateDns1123Subdomain(group));
  for (const name of ["kind", "name"]) errors.present(at, parameters, name);
  const scope = text(parameters, "scope");
  errors.oneOf(`${at}.scope`, scope, ["Cluster", "Namespace"]);
  const namespace = text(parameters, "namespace");
  if (scope === "Namespace" && namespace === "")
    errors.required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'");
  if (scope === "Cluster" && namespace !== "")
    errors.forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'");
}

export function ingressClassUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  errors.immutable("spec.controller", read(object, "spec", "controller"), read(old, "spec", "controller"));
  ingressClass(errors, object);
}

export function networkPolicy(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  labelSelector(errors, "spec.podSelector", read(spec, "podSelector"));
  for (const [list, peers] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const)
    for (const [index, rule] of objects(spec, list).entries()) {
      const at = `spec.${list}[${index}]`;
      for (const [n, port] of objects(rule, "ports").entries()) policyPort(errors, `${at}.ports[${n}]`, port);
      for (const [n, peer] of objects(rule, peers).entries()) policyPeer(errors, `${at}.${peers}[${n}]`, peer);
    }
  const types = texts(spec, "policyTypes");
  if (types.length > 2) errors.invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
  else
    for (const [index, type] of types.entries())
      errors.anyOf(`spec.policyTypes[${index}]`, type, ["Egress", "Ingress"]);
}

function policyPort(errors: FieldErrors, at: string, given: JsonObject): void {
  const protocol = read(given, "protocol");
  if (typeof protocol === "string") errors.anyOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]);
  const port = read(given, "port");
  if (port !== undefined) portOrName(errors, `${at}.port`, port);
  const end = read(given, "endPort");
  if (typeof end !== "number") return;
  if (port === undefined) errors.required(`${at}.port`, "must be specified when `endPort` is specified");
  else if (typeof port === "string")
    errors.invalid(`${at}.endPort`, end, "may not be specified when `port` is non-numeric");
  else if (typeof port === "number") {
    errors.port(`${at}.endPort`, end);
    if (end < port) errors.invalid(`${at}.endPort`, port, "must be greater than or equal to `port`");
  }
}

function policyPeer(errors: FieldErrors, at: string, peer: JsonObject): void {
  const given = ["podSelector", "namespaceSelector", "ipBlock"].filter((name) => has(peer, name));
  for (const name of ["podSelector", "namespaceSelector"])
    if (given.includes(name)) labelSelector(errors, `${at}.${name}`, read(peer, name));
  if (given.includes("ipBlock")) ipBlock(errors, `${at}.ipBlock`, record(peer, "ipBlock"));
  if (given.length === 0) errors.required(at, "must specify a peer");
  else if (given.length > 1 && given.includes("ipBlock"))
    errors.forbidden(at, "may not specify both ipBlock and another peer");
}

const invalidCidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

function ipBlock(errors: FieldErrors, at: string, block: JsonObject): void {
  const cidr = text(block, "cidr");
  if (cidr === "") {
    errors.required(`${at}.cidr`);
    return;
  }
  if (parseCidr(cidr, { leadingZeros: true }) === undefined) errors.invalid(`${at}.cidr`, cidr, invalidCidr);
  for (const [index, except] of texts(block, "except").entries())
    if (parseCidr(except, { leadingZeros: true }) === undefined)
      errors.invalid(`${at}.except[${index}]`, except, invalidCidr);
}
