/** Containers of pods and pod templates (validateContainers and what it calls, pkg/apis/core/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import {
  validateConfigMapKey,
  validateEnvVarName,
  validateHttpHeaderName,
  validatePortName,
  validateRelaxedEnvVarName,
} from "../../names/names.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { descendingPath } from "./paths.ts";
import { resourceRequirements } from "./resources.ts";
import { securityContext } from "./security.ts";

export interface PodContext {
  readonly errors: FieldErrors;
  readonly spec: JsonObject;
  readonly volumes: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  readonly hostUsers: boolean;
}

const protocols = ["SCTP", "TCP", "UDP"];
const pullPolicies = ["Always", "IfNotPresent", "Never"];

export function containers(context: PodContext, field: string): void {
  const { errors, spec } = context;
  const list = objects(spec, "containers");
  if (list.length === 0) {
    errors.required(field);
    return;
  }
  const names = new Set<string>();
  for (const [index, container] of list.entries()) {
    const at = `${field}[${index}]`;
    common(context, at, container);
    const name = text(container, "name");
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    lifecycle(context, `${at}.lifecycle`, container);
    probes(context, at, container);
    restartPolicy(errors, at, container);
  }
  hostPorts(errors, field, list);
}

export function initContainers(context: PodContext, field: string): void {
  const { errors, spec } = context;
  const names = new Set(objects(spec, "containers").map((container) => text(container, "name")));
  for (const [index, container] of objects(spec, "initContainers").entries()) {
    const at = `${field}[${index}]`;
    const name = text(container, "name");
    common(context, at, container);
    restartPolicy(errors, at, container);
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    else if (name !== "") names.add(name);
    hostPorts(errors, field, [container]);
    if (text(container, "restartPolicy") === "Always") {
      lifecycle(context, `${at}.lifecycle`, container);
      probes(context, at, container);
    } else onlyForSidecars(errors, at, container);
  }
}

function onlyForSidecars(errors: FieldErrors, at: string, container: JsonObject): void {
  for (const name of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
    if (has(container, name))
      errors.forbidden(`${at}.${name}`, "may not be set for init containers without restartPolicy=Always");
  for (const [index, policy] of objects(container, "resizePolicy").entries())
    if (text(policy, "restartPolicy") === "RestartContainer")
      errors.invalid(
        `${at}.resizePolicy[${index}].restartPolicy`,
        "RestartContainer",
        "must not be set to 'RestartContainer' for non-sidecar initContainers",
      );
}

const allowedForEphemeral = new Set([
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "env",
  "envFrom",
  "volumeMounts",
  "volumeDevices",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "imagePullPolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
  "targetContainerName",
]);

export function ephemeralContainers(context: PodContext, field: string): void {
  const { errors, spec } = context;
  const others = [...objects(spec, "containers"), ...objects(spec, "initContainers")].map((item) => text(item, "name"));
  const names = new Set(others);
  for (const [index, container] of objects(spec, "ephemeralContainers").entries()) {
    const at = `${field}[${index}]`;
    const name = text(container, "name");
    common(context, at, container);
    if (names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    const target = text(container, "targetContainerName");
    if (target !== "" && !others.includes(target)) errors.notFound(`${at}.targetContainerName`, target);
    for (const [member, value] of Object.entries(container))
      if (!allowedForEphemeral.has(member) && !isEmptyValue(value))
        errors.forbidden(`${at}.${member}`, "cannot be set for an Ephemeral Container");
    for (const [n, mount] of objects(container, "volumeMounts").entries())
      for (const member of ["subPath", "subPathExpr"])
        if (text(mount, member) !== "")
          errors.forbidden(`${at}.volumeMounts[${n}].${member}`, "cannot be set for an Ephemeral Container");
  }
}

function isEmptyValue(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function common(context: PodContext, at: string, container: JsonObject): void {
  const { errors, spec, claims, hostUsers } = context;
  const name = text(container, "name");
  if (name === "") errors.required(`${at}.name`);
  else errors.label(`${at}.name`, name);
  if (text(container, "image") === "") errors.required(`${at}.image`);
  errors.oneOf(`${at}.terminationMessagePolicy`, text(container, "terminationMessagePolicy"), [
    "File",
    "FallbackToLogsOnError",
  ]);
  ports(errors, `${at}.ports`, container);
  environment(errors, at, container);
  mounts(context, at, container);
  errors.oneOf(`${at}.imagePullPolicy`, text(container, "imagePullPolicy"), pullPolicies);
  resourceRequirements(errors, `${at}.resources`, record(container, "resources"), { level: "container", claims });
  resizePolicy(errors, `${at}.resizePolicy`, container, text(spec, "restartPolicy"));
  securityContext(errors, `${at}.securityContext`, read(container, "securityContext"), hostUsers);
}

function ports(errors: FieldErrors, field: string, container: JsonObject): void {
  const names = new Set<string>();
  for (const [index, port] of objects(container, "ports").entries()) {
    const at = `${field}[${index}]`;
    const name = text(port, "name");
    if (name !== "") {
      const messages = validatePortName(name);
      errors.messages(`${at}.name`, name, messages);
      if (messages.length === 0 && names.has(name)) errors.duplicate(`${at}.name`, name);
      else if (messages.length === 0) names.add(name);
    }
    const containerPort = number(port, "containerPort");
    if (containerPort === 0) errors.required(`${at}.containerPort`);
    else errors.port(`${at}.containerPort`, containerPort);
    if (number(port, "hostPort") !== 0) errors.port(`${at}.hostPort`, number(port, "hostPort"));
    errors.oneOf(`${at}.protocol`, text(port, "protocol"), protocols);
  }
}

function hostPorts(errors: FieldErrors, field: string, list: readonly JsonObject[]): void {
  const seen = new Set<string>();
  for (const [index, container] of list.entries())
    for (const [n, port] of objects(container, "ports").entries()) {
      const hostPort = number(port, "hostPort");
      if (hostPort === 0) continue;
      const key = `${text(port, "protocol")}/${text(port, "hostIP")}/${hostPort}`;
      if (seen.has(key)) errors.duplicate(`${field}[${index}].ports[${n}].hostPort`, key);
      seen.add(key);
    }
}

function environment(errors: FieldErrors, at: string, container: JsonObject): void {
  for (const [index, variable] of objects(container, "env").entries()) {
    const here = `${at}.env[${index}]`;
    const name = text(variable, "name");
    if (name === "") errors.required(`${here}.name`);
    else errors.messages(`${here}.name`, name, validateRelaxedEnvVarName(name));
    valueFrom(errors, `${here}.valueFrom`, variable);
  }
  for (const [index, source] of objects(container, "envFrom").entries()) {
    const prefix = text(source, "prefix");
    const here = `${at}.envFrom[${index}]`;
    if (prefix !== "") errors.messages(`${here}.prefix`, prefix, validateRelaxedEnvVarName(prefix));
    const given = ["configMapRef", "secretRef"].filter((member) => has(source, member));
    for (const member of given) if (text(source, member, "name") === "") errors.required(`${here}.${member}.name`);
    if (given.length === 0) errors.invalid(`${at}.envFrom`, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (given.length > 1)
      errors.invalid(`${at}.envFrom`, "", "may not have more than one field specified at a time");
  }
}

const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

function valueFrom(errors: FieldErrors, field: string, variable: JsonObject): void {
  const from = read(variable, "valueFrom");
  if (from === undefined || from === null) return;
  const given = sources.filter((name) => has(from, name));
  if (given.includes("fieldRef")) fieldRef(errors, `${field}.fieldRef`, record(from, "fieldRef"), "env");
  if (given.includes("resourceFieldRef"))
    resourceFieldRef(errors, `${field}.resourceFieldRef`, record(from, "resourceFieldRef"), { inVolume: false });
  for (const name of ["configMapKeyRef", "secretKeyRef"]) {
    if (!given.includes(name)) continue;
    const ref = record(from, name);
    if (text(ref, "name") === "") errors.required(`${field}.${name}.name`);
    keyOf(errors, `${field}.${name}.key`, text(ref, "key"));
  }
  if (given.includes("fileKeyRef")) fileKeyRef(errors, `${field}.fileKeyRef`, record(from, "fileKeyRef"));
  if (given.length === 0)
    errors.invalid(
      field,
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  else if (text(variable, "value") !== "") errors.invalid(field, "", "may not be specified when `value` is not empty");
  else if (given.length > 1) errors.invalid(field, "", "may not have more than one field specified at a time");
}

function keyOf(errors: FieldErrors, field: string, key: string): void {
  if (key === "") errors.required(field);
  else errors.messages(field, key, validateConfigMapKey(key));
}

function fileKeyRef(errors: FieldErrors, field: string, ref: JsonObject): void {
  const { key, path, volumeName } = {
    key: text(ref, "key"),
    path: text(ref, "path"),
    volumeName: text(ref, "volumeName"),
  };
  if (key === "") errors.required(`${field}.key`);
  else errors.messages(`${field}.key`, key, validateEnvVarName(key));
  if (volumeName === "") errors.required(`${field}.volumeName`);
  if (path === "") errors.required(`${field}.path`);
  else descendingPath(errors, `${field}.path`, path);
}

const envFields = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);
const volumeFields = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.labels",
  "metadata.annotations",
  "metadata.uid",
]);
const convertible = new Set([
  ...envFields,
  ...volumeFields,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);

/** A field of the pod itself; which ones differs between variables and volumes. */
export function fieldRef(errors: FieldErrors, field: string, ref: JsonObject, place: "env" | "volume"): void {
  const path = text(ref, "fieldPath");
  if (text(ref, "apiVersion") === "") {
    errors.required(`${field}.apiVersion`);
    return;
  }
  if (path === "") {
    errors.required(`${field}.fieldPath`);
    return;
  }
  const subscript = /^(metadata\.(?:labels|annotations))\['([^']*)'\]$/.exec(path);
  if (subscript !== null) return;
  if (!convertible.has(path)) {
    errors.invalid(`${field}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`);
    return;
  }
  const allowed = place === "env" ? envFields : volumeFields;
  if (!allowed.has(path)) errors.unsupported(`${field}.fieldPath`, path, [...allowed]);
}

const containerResources = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

export function resourceFieldRef(
  errors: FieldErrors,
  field: string,
  ref: JsonObject,
  { inVolume }: { readonly inVolume: boolean },
): void {
  const resource = text(ref, "resource");
  if (inVolume && text(ref, "containerName") === "") errors.required(`${field}.containerName`);
  else if (resource === "") errors.required(`${field}.resource`);
  else if (!containerResources.includes(resource) && !/^(?:limits|requests)\.hugepages-/.test(resource))
    errors.unsupported(`${field}.resource`, resource, containerResources);
  divisor(errors, `${field}.divisor`, resource, text(ref, "divisor"));
}

function divisor(errors: FieldErrors, field: string, resource: string, value: string): void {
  if (value === "" || value === "0") return;
  const allowed = resource.endsWith(".cpu")
    ? ["1m", "1"]
    : ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
  if (!allowed.includes(value))
    errors.invalid(
      field,
      resource,
      `only divisor's values ${allowed.join(", ")} are supported with the ${resource} resource`,
    );
}

function mounts({ errors, volumes }: PodContext, at: string, container: JsonObject): void {
  const devices = objects(container, "volumeDevices");
  const deviceNames = new Set(devices.map((device) => text(device, "name")));
  const devicePaths = new Set(devices.map((device) => text(device, "devicePath")));
  const mountNames = new Set(objects(container, "volumeMounts").map((mount) => text(mount, "name")));
  const paths = new Set<string>();
  for (const [index, mount] of objects(container, "volumeMounts").entries()) {
    const here = `${at}.volumeMounts[${index}]`;
    const name = text(mount, "name");
    const path = text(mount, "mountPath");
    if (name === "") errors.required(`${here}.name`);
    if (!volumes.has(name)) errors.notFound(`${here}.name`, name);
    if (path === "") errors.required(`${here}.mountPath`);
    if (paths.has(path)) errors.invalid(`${here}.mountPath`, path, "must be unique");
    paths.add(path);
    if (deviceNames.has(name)) errors.invalid(`${here}.name`, name, "must not already exist in volumeDevices");
    if (devicePaths.has(path))
      errors.invalid(`${here}.mountPath`, path, "must not already exist as a path in volumeDevices");
    mountDetails(errors, at, { mount, here, container });
  }
  for (const [index, device] of devices.entries()) {
    const here = `${at}.volumeDevices[${index}]`;
    if (text(device, "name") === "") errors.required(`${here}.name`);
    if (text(device, "devicePath") === "") errors.required(`${here}.devicePath`);
    else if (text(device, "devicePath").split("/").includes(".."))
      errors.invalid(`${here}.devicePath`, text(device, "devicePath"), "can not contain backsteps ('..')");
    if (mountNames.has(text(device, "name")))
      errors.invalid(`${here}.name`, text(device, "name"), "must not already exist in volumeMounts");
    if (!volumes.has(text(device, "name"))) errors.notFound(`${here}.name`, text(device, "name"));
  }
}

interface Mount {
  readonly mount: JsonObject;
  readonly here: string;
  readonly container: JsonObject;
}

function mountDetails(errors: FieldErrors, at: string, { mount, here, container }: Mount): void {
  const [subPath, expression] = [text(mount, "subPath"), text(mount, "subPathExpr")];
  if (subPath !== "") descendingPath(errors, `${at}.volumeMounts.subPath`, subPath);
  if (expression !== "") {
    if (subPath !== "")
      errors.invalid(`${here}.subPathExpr`, expression, "subPathExpr and subPath are mutually exclusive");
    descendingPath(errors, `${at}.volumeMounts.subPathExpr`, expression);
  }
  const propagation = text(mount, "mountPropagation");
  if (propagation === "") return;
  const field = `${at}.volumeMounts.mountPropagation`;
  errors.anyOf(field, propagation, ["Bidirectional", "HostToContainer", "None"]);
  if (propagation === "Bidirectional" && read(container, "securityContext", "privileged") !== true)
    errors.forbidden(field, "Bidirectional mount propagation is available only to privileged containers");
}

function resizePolicy(errors: FieldErrors, field: string, container: JsonObject, podPolicy: string): void {
  const seen = new Set<string>();
  for (const [index, policy] of objects(container, "resizePolicy").entries()) {
    const resource = text(policy, "resourceName");
    const restart = text(policy, "restartPolicy");
    if (seen.has(resource)) errors.duplicate(`${field}[${index}]`, resource);
    seen.add(resource);
    errors.oneOf(field, resource, ["cpu", "memory"]);
    errors.oneOf(field, restart, ["NotRequired", "RestartContainer"]);
    if (podPolicy === "Never" && restart !== "NotRequired")
      errors.invalid(field, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
  }
}

function restartPolicy(errors: FieldErrors, at: string, container: JsonObject): void {
  const rules = objects(container, "restartPolicyRules");
  const policy = read(container, "restartPolicy");
  if (policy === undefined && rules.length > 0)
    errors.required(`${at}.restartPolicy`, "must specify restartPolicy when restart rules are used");
  else if (typeof policy === "string") errors.anyOf(`${at}.restartPolicy`, policy, ["Always", "Never", "OnFailure"]);
  if (rules.length > 20) errors.tooMany(`${at}.restartPolicyRules`, rules.length, 20);
  for (const [index, rule] of rules.entries()) {
    const here = `${at}.restartPolicyRules[${index}]`;
    errors.anyOf(`${here}.action`, text(rule, "action"), ["Restart", "RestartAllContainers"]);
    if (!has(rule, "exitCodes")) errors.required(`${here}.exitCodes`, "must be specified");
    else errors.anyOf(`${here}.exitCodes.operator`, text(rule, "exitCodes", "operator"), ["In", "NotIn"]);
  }
}

function lifecycle(context: PodContext, field: string, container: JsonObject): void {
  const hooks = read(container, "lifecycle");
  if (hooks === undefined || hooks === null) return;
  for (const name of ["postStart", "preStop"])
    if (has(hooks, name)) handler(context, `${field}.${name}`, record(hooks, name));
}

function probes(context: PodContext, at: string, container: JsonObject): void {
  const { errors } = context;
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (!has(container, name)) continue;
    const field = `${at}.${name}`;
    const probe = record(container, name);
    handler(context, field, probe);
    for (const member of [
      "initialDelaySeconds",
      "timeoutSeconds",
      "periodSeconds",
      "successThreshold",
      "failureThreshold",
    ])
      errors.nonNegative(`${field}.${member}`, read(probe, member));
    const grace = read(probe, "terminationGracePeriodSeconds");
    if (typeof grace === "number" && grace <= 0)
      errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than 0");
    if (name === "readinessProbe" && grace !== undefined)
      errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, "must not be set for readinessProbes");
    const threshold = number(probe, "successThreshold");
    if (name !== "readinessProbe" && threshold !== 1)
      errors.invalid(`${field}.successThreshold`, threshold, "must be 1");
  }
}

/** Exactly one of exec, httpGet, tcpSocket, grpc, sleep. */
function handler({ errors, spec }: PodContext, field: string, owner: JsonObject): void {
  const given = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"].filter((name) => has(owner, name));
  const [first, ...others] = given;
  if (first === undefined) {
    errors.required(field, "must specify a handler type");
    return;
  }
  const at = `${field}.${first}`;
  const action = record(owner, first);
  if (first === "exec" && texts(action, "command").length === 0) errors.required(`${at}.command`);
  if (first === "httpGet") httpGet(errors, at, action);
  if (first === "tcpSocket") portOrName(errors, `${at}.port`, read(action, "port"));
  if (first === "grpc") errors.port(`${at}.port`, number(action, "port"));
  if (first === "sleep") {
    const grace = number(spec, "terminationGracePeriodSeconds");
    const seconds = number(action, "seconds");
    if (seconds < 0 || seconds > grace)
      errors.invalid(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`);
  }
  for (const name of others) errors.forbidden(`${field}.${name}`, "may not specify more than 1 handler type");
}

function httpGet(errors: FieldErrors, at: string, action: JsonObject): void {
  if (text(action, "path") === "") errors.required(`${at}.path`);
  portOrName(errors, `${at}.port`, read(action, "port"));
  errors.anyOf(`${at}.scheme`, text(action, "scheme"), ["HTTP", "HTTPS"]);
  for (const header of objects(action, "httpHeaders"))
    errors.messages(`${at}.httpHeaders`, text(header, "name"), validateHttpHeaderName(text(header, "name")));
}

export function portOrName(errors: FieldErrors, field: string, port: JsonValue | undefined): void {
  if (typeof port === "string") errors.messages(field, port, validatePortName(port));
  else errors.port(field, typeof port === "number" ? port : 0);
}
