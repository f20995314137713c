/**
 * What the API server warns about without refusing it (WarningsOnCreate and WarningsOnUpdate of the strategies, 1.36), save
 * for keys that do not belong to their certificate and volumes whose paths overlap.
 */
import type { JsonObject, JsonValue } from "@lateen/base";
import { asJson, type KubeObject } from "../../kube-object.ts";
import { formatCidr, formatIp, isV4Mapped, maskedCidr, parseCidr, parseIp } from "../../names/addresses.ts";
import { validateDns1123Label, validateLabelValue } from "../../names/names.ts";
import { quantityMillis } from "../../values/quantity.ts";
import type { Kind } from "../kind.ts";
import { number, objects, record, text, texts } from "../tables/read.ts";
import { has } from "./field-errors.ts";
import { quantityOf } from "./resources.ts";
import { allContainers } from "./security.ts";

const deprecatedLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const deprecatedVolumes: readonly (readonly [member: string, shown: string, since: string])[] = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

function deprecatedLabel(key: string): string | undefined {
  return Object.hasOwn(deprecatedLabels, key) ? deprecatedLabels[key] : undefined;
}

/** An address that only lenient parsers read, or not in its canonical form. */
function ofIp(field: string, value: string): string[] {
  const parsed = parseIp(value, { leadingZeros: true });
  if (parsed === undefined) return [];
  if (parseIp(value) === undefined || isV4Mapped(parsed))
    return [
      `${field}: non-standard IP address ${JSON.stringify(value)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(formatIp(parsed))}`,
    ];
  const canonical = formatIp(parsed);
  if (!value.includes(":") || canonical === value) return [];
  return [
    `${field}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ];
}

function ofCidr(field: string, value: string): string[] {
  const parsed = parseCidr(value, { leadingZeros: true });
  if (parsed === undefined) return [];
  const canonical = formatCidr(maskedCidr(parsed));
  if (parseCidr(value) !== undefined && formatCidr(parsed) === canonical) return [];
  return [
    `${field}: CIDR value ${JSON.stringify(value)} is ambiguous in this context (should be ${JSON.stringify(canonical)} or ${JSON.stringify(formatIp(parsed.ip))}?)`,
  ];
}

function fractional(field: string, amounts: JsonObject, names: readonly string[]): string[] {
  return names
    .filter((name) => Object.hasOwn(amounts, name) && quantityMillis(quantityOf(amounts[name])) % 1000n !== 0n)
    .map(
      (name) =>
        `${field}[${name}]: fractional byte value ${JSON.stringify(amounts[name])} is invalid, must be an integer`,
    );
}

/** A pod, or the template of one at `prefix` (`spec.template.`). */
function ofPod(prefix: string, pod: JsonObject): string[] {
  const spec = record(pod, "spec");
  const at = `${prefix}spec`;
  return [
    ...ofNodeSelection(at, spec),
    ...ofSpread(at, spec),
    ...Object.keys(record(pod, "metadata", "annotations"))
      .filter((key) => Object.hasOwn(deprecatedAnnotations, key))
      .map((key) => `${prefix}metadata.annotations[${key}]: ${deprecatedAnnotations[key]}`),
    ...ofVolumes(`${at}.volumes`, spec),
    ...repeated(`${at}.hostAliases`, objects(spec, "hostAliases"), "ip"),
    ...ofPullSecrets(`${at}.imagePullSecrets`, objects(spec, "imagePullSecrets")),
    ...fractional(`${at}.overhead`, record(spec, "overhead"), ["memory", "ephemeral-storage"]),
    ...allContainers(at, spec).flatMap(([here, container]) => ofContainer(here, container)),
    ...ofPorts(at, spec),
    ...(number(spec, "terminationGracePeriodSeconds") < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...ofAffinity(`${at}.affinity`, record(spec, "affinity")),
    ...texts(spec, "dnsConfig", "nameservers").flatMap((ip, index) =>
      ofIp(`${at}.dnsConfig.nameservers[${index}]`, ip),
    ),
    ...objects(spec, "hostAliases").flatMap((alias, index) =>
      ofIp(`${at}.hostAliases[${index}].ip`, text(alias, "ip")),
    ),
  ];
}

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

function ofNodeSelection(at: string, spec: JsonObject): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(record(spec, "nodeSelector"))) {
    const message = deprecatedLabel(key);
    if (message !== undefined) warnings.push(`${at}.nodeSelector[${key}]: ${message}`);
  }
  const node = record(spec, "affinity", "nodeAffinity");
  const field = `${at}.affinity.nodeAffinity`;
  for (const [index, term] of objects(node, required, "nodeSelectorTerms").entries())
    warnings.push(...ofTerm(`${field}.${required}.nodeSelectorTerms[${index}]`, term, { values: false }));
  for (const [index, term] of objects(node, preferred).entries())
    warnings.push(
      ...ofTerm(`${field}.${preferred}[${index}].preference`, record(term, "preference"), { values: true }),
    );
  return warnings;
}

function ofTerm(field: string, term: JsonObject, { values }: { readonly values: boolean }): string[] {
  return objects(term, "matchExpressions").flatMap((expression, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const key = text(expression, "key");
    const message = deprecatedLabel(key);
    const bad = texts(expression, "values").flatMap((value, n) =>
      validateLabelValue(value).map((complaint) => `${at}.values[${n}]: ${value} is invalid, ${complaint}`),
    );
    return [...(message === undefined ? [] : [`${at}.key: ${key} is ${message}`]), ...(values ? bad : [])];
  });
}

function ofSpread(at: string, spec: JsonObject): string[] {
  return objects(spec, "topologySpreadConstraints").flatMap((constraint, index) => {
    const field = `${at}.topologySpreadConstraints[${index}]`;
    const key = text(constraint, "topologyKey");
    const message = deprecatedLabel(key);
    return [
      ...(message === undefined ? [] : [`${field}.topologyKey: ${key} is ${message}`]),
      ...(has(constraint, "labelSelector")
        ? []
        : [`${field}.labelSelector: a null labelSelector results in matching no pod`]),
    ];
  });
}

function ofVolumes(field: string, spec: JsonObject): string[] {
  return objects(spec, "volumes").flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const template = record(volume, "ephemeral", "volumeClaimTemplate", "spec");
    return [
      ...deprecatedVolumes
        .filter(([member]) => has(volume, member))
        .map(([, shown, since]) => `${at}.${shown}: ${since}`),
      ...ofClaimSpec(`${at}.ephemeral.volumeClaimTemplate.spec`, template),
    ];
  });
}

function repeated(field: string, items: readonly JsonObject[], member: string): string[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const value = text(item, member);
    const again = seen.has(value);
    seen.add(value);
    return again ? [`${field}[${index}].${member}: duplicate ${member} ${JSON.stringify(value)}`] : [];
  });
}

function ofPullSecrets(field: string, secrets: readonly JsonObject[]): string[] {
  const empty = secrets.flatMap((secret, index) =>
    text(secret, "name") === "" ? [`${field}[${index}].name: invalid empty name ""`] : [],
  );
  return [...repeated(field, secrets, "name"), ...empty];
}

function ofContainer(at: string, container: JsonObject): string[] {
  const names = ["memory", "ephemeral-storage"];
  const resources = record(container, "resources");
  return [
    ...fractional(`${at}.resources.limits`, record(resources, "limits"), names),
    ...fractional(`${at}.resources.requests`, record(resources, "requests"), names),
    ...hiddenVariables(at, objects(container, "env")),
  ];
}

/** A second variable of a name is fine only when it builds on the first. */
function hiddenVariables(at: string, variables: readonly JsonObject[]): string[] {
  const seen = new Set<string>();
  return variables.flatMap((variable, index) => {
    const name = text(variable, "name");
    const value = text(variable, "value");
    const reference = `$(${name})`;
    const again = seen.has(name);
    seen.add(name);
    if (!again) return [];
    const builds = !has(variable, "valueFrom") && value !== reference && value.includes(reference);
    if (builds) return [];
    return [
      `${at}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
    ];
  });
}

interface SeenPort {
  readonly field: string;
  readonly port: JsonObject;
}

function ofPorts(at: string, spec: JsonObject): string[] {
  const all = allContainers(at, spec).flatMap(([here, container]) =>
    objects(container, "ports").map((port, index): SeenPort => ({ field: `${here}.ports[${index}]`, port })),
  );
  const warnings: string[] = [];
  for (const [index, own] of all.entries())
    for (const other of all.slice(0, index)) {
      const relation = relationOf(own.port, other.port);
      if (relation !== undefined) warnings.push(`${own.field}: ${relation} port definition with ${other.field}`);
    }
  const names = new Map<string, string>();
  for (const { field, port } of all) {
    const name = text(port, "name");
    const first = names.get(name);
    if (name === "") continue;
    if (first === undefined) names.set(name, field);
    else
      warnings.push(
        `${field}: duplicate port name ${JSON.stringify(name)} with ${first}, services and probes that select ports by name will use ${first}`,
      );
  }
  return warnings;
}

function relationOf(port: JsonObject, other: JsonObject): string | undefined {
  const isSame =
    number(port, "containerPort") === number(other, "containerPort") &&
    text(port, "protocol") === text(other, "protocol");
  if (!isSame) return undefined;
  const [ip, otherIp] = [text(port, "hostIP"), text(other, "hostIP")];
  const [host, otherHost] = [number(port, "hostPort"), number(other, "hostPort")];
  if (ip === otherIp && host === otherHost) return "duplicate";
  if (host === 0 || otherHost === 0) return "overlapping";
  return host === otherHost && (ip === "") !== (otherIp === "") ? "dangerously ambiguous" : undefined;
}

function ofAffinity(field: string, affinity: JsonObject): string[] {
  const message = "labelSelector: a null labelSelector results in matching no pod";
  return ["podAffinity", "podAntiAffinity"].flatMap((name) => {
    const terms = record(affinity, name);
    const hard = objects(terms, required).flatMap((term, index) =>
      has(term, "labelSelector") ? [] : [`${field}.${name}.${required}[${index}].${message}`],
    );
    const soft = objects(terms, preferred).flatMap((term, index) =>
      has(record(term, "podAffinityTerm"), "labelSelector")
        ? []
        : [`${field}.${name}.${preferred}[${index}].podAffinityTerm.${message}`],
    );
    return [...hard, ...soft];
  });
}

function ofClaimSpec(field: string, spec: JsonObject): string[] {
  return [
    ...fractional(`${field}.resources.requests`, record(spec, "resources", "requests"), ["storage"]),
    ...fractional(`${field}.resources.limits`, record(spec, "resources", "limits"), ["storage"]),
  ];
}

function ofService(service: JsonObject): string[] {
  const spec = record(service, "spec");
  const type = text(spec, "type");
  const external = texts(spec, "externalIPs");
  const isHeadless = texts(spec, "clusterIPs")[0] === "None";
  const hints = "service.kubernetes.io/topology-aware-hints";
  const when = (holds: boolean, warning: string): string[] => (holds ? [warning] : []);
  return [
    ...when(
      has(record(service, "metadata", "annotations"), hints),
      `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ),
    ...(isHeadless ? [] : texts(spec, "clusterIPs").flatMap((ip, index) => ofIp(`spec.clusterIPs[${index}]`, ip))),
    ...when(isHeadless && text(spec, "loadBalancerIP") !== "", "spec.loadBalancerIP is ignored for headless services"),
    ...when(isHeadless && external.length > 0, "spec.externalIPs is ignored for headless services"),
    ...when(
      isHeadless && text(spec, "sessionAffinity") !== "None",
      "spec.SessionAffinity is ignored for headless services",
    ),
    ...external.flatMap((ip, index) => ofIp(`spec.externalIPs[${index}]`, ip)),
    ...when(
      external.length > 0 && !isHeadless && type !== "ExternalName",
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ),
    ...ofIp("spec.loadBalancerIP", text(spec, "loadBalancerIP")),
    ...texts(spec, "loadBalancerSourceRanges").flatMap((cidr, index) =>
      ofCidr(`spec.loadBalancerSourceRanges[${index}]`, cidr),
    ),
    ...when(
      type === "ExternalName" && external.length > 0,
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ),
    ...when(
      type !== "ExternalName" && text(spec, "externalName") !== "",
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
    ...when(
      text(spec, "trafficDistribution") === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}

/** Names that end up in host names should be labels. */
function ofName(object: JsonObject, use: string): string[] {
  const messages = validateDns1123Label(text(object, "metadata", "name"));
  if (messages.length === 0) return [];
  return [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`,
  ];
}

function ofSecret(secret: JsonObject): string[] {
  if (text(secret, "type") !== "kubernetes.io/tls") return [];
  const isPem = (value: JsonValue | undefined): boolean => {
    try {
      return typeof value === "string" && atob(value).includes("-----BEGIN ");
    } catch {
      return false;
    }
  };
  const data = record(secret, "data");
  if (!isPem(data["tls.crt"])) return ["tls: failed to find any PEM data in certificate input"];
  return isPem(data["tls.key"]) ? [] : ["tls: failed to find any PEM data in key input"];
}

function ofNode(node: JsonObject): string[] {
  const spec = record(node, "spec");
  return [
    ...(has(spec, "configSource") ? ["spec.configSource: the feature is removed"] : []),
    ...(text(spec, "externalID") === ""
      ? []
      : ["spec.externalID: this field is deprecated, and is unused by Kubernetes"]),
    ...texts(spec, "podCIDRs").flatMap((cidr, index) => ofCidr(`spec.podCIDRs[${index}]`, cidr)),
  ];
}

const podNames = "Pod names and hostnames";

function ofTemplate(object: JsonObject, { named = true } = {}): string[] {
  return [...(named ? ofName(object, podNames) : []), ...ofPod("spec.template.", record(object, "spec", "template"))];
}

function ofStatefulSet(object: JsonObject): string[] {
  const claims = objects(object, "spec", "volumeClaimTemplates");
  return [
    ...ofTemplate(object, { named: false }),
    ...claims.flatMap((claim, index) => ofClaimSpec(`spec.volumeClaimTemplates[${index}]`, record(claim, "spec"))),
    ...(number(object, "spec", "revisionHistoryLimit") < 0
      ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
      : []),
  ];
}

const betaClass = "volume.beta.kubernetes.io/storage-class";

function ofClass(object: JsonObject): string[] {
  return has(record(object, "metadata", "annotations"), betaClass)
    ? [`metadata.annotations[${betaClass}]: deprecated since v1.8; use "storageClassName" attribute instead`]
    : [];
}

function ofEndpoints(object: JsonObject): string[] {
  return objects(object, "subsets").flatMap((subset, index) =>
    ["addresses", "notReadyAddresses"].flatMap((list) =>
      objects(subset, list).flatMap((address, n) => ofIp(`subsets[${index}].${list}[${n}].ip`, text(address, "ip"))),
    ),
  );
}

const byKind: Readonly<Record<string, (object: JsonObject) => string[]>> = {
  "/Pod": (object) => [...ofName(object, "the Pod's hostname"), ...ofPod("", object)],
  "/PodTemplate": (object) => ofPod("template.", record(object, "template")),
  "/Service": ofService,
  "/Secret": ofSecret,
  "/Node": ofNode,
  "/Endpoints": ofEndpoints,
  "/PersistentVolumeClaim": (object) => [...ofClass(object), ...ofClaimSpec("spec", record(object, "spec"))],
  "/PersistentVolume": ofClass,
  "/ReplicationController": ofTemplate,
  "apps/Deployment": ofTemplate,
  "apps/ReplicaSet": ofTemplate,
  "apps/StatefulSet": ofStatefulSet,
  "apps/DaemonSet": (object) => ofTemplate(object, { named: false }),
  "batch/Job": ofTemplate,
  "batch/CronJob": (object) => [
    ...ofName(object, podNames),
    ...ofPod("spec.jobTemplate.spec.template.", record(object, "spec", "jobTemplate", "spec", "template")),
  ],
};

/** The texts of the Warning headers for a built-in object that is written; each once, in the order of the fields. */
export function warningsOfKind(object: KubeObject, kind: Kind, old?: KubeObject): readonly string[] {
  const warnings = byKind[`${kind.group}/${kind.kind}`]?.(asJson(object)) ?? [];
  const isUpdate = old !== undefined;
  // Only a creation is warned about the name, which cannot change any more.
  const shown = isUpdate ? warnings.filter((warning) => !warning.startsWith("metadata.name:")) : warnings;
  return [...new Set(shown)];
}
