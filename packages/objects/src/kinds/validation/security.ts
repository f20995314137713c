/** Security contexts of pods and containers (pkg/apis/core/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { descendingPath } from "./paths.ts";

const maxId = 2 ** 31 - 1;

function id(errors: FieldErrors, field: string, value: JsonValue | undefined): void {
  if (typeof value === "number" && (value < 0 || value > maxId))
    errors.invalid(field, value, `must be between 0 and ${maxId}, inclusive`);
}

export function securityContext(
  errors: FieldErrors,
  field: string,
  context: JsonValue | undefined,
  hostUsers: boolean,
): void {
  if (context === undefined || context === null) return;
  id(errors, `${field}.runAsUser`, read(context, "runAsUser"));
  id(errors, `${field}.runAsGroup`, read(context, "runAsGroup"));
  const procMount = read(context, "procMount");
  if (typeof procMount === "string") {
    errors.anyOf(`${field}.procMount`, procMount, ["Default", "Unmasked"]);
    if (hostUsers && procMount === "Unmasked")
      errors.invalid(`${field}.procMount`, procMount, "`hostUsers` must be false to use `Unmasked`");
  }
  seccomp(errors, `${field}.seccompProfile`, read(context, "seccompProfile"));
  escalation(errors, field, context as JsonObject);
  windows(errors, `${field}.windowsOptions`, read(context, "windowsOptions"));
  appArmor(errors, `${field}.appArmorProfile`, read(context, "appArmorProfile"));
}

function escalation(errors: FieldErrors, field: string, context: JsonObject): void {
  if (read(context, "allowPrivilegeEscalation") !== false) return;
  const shown = goStruct(context, "SecurityContext");
  if (read(context, "privileged") === true)
    errors.invalid(field, shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  for (const capability of texts(context, "capabilities", "add"))
    if (capability === "CAP_SYS_ADMIN")
      errors.invalid(
        field,
        shown,
        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
      );
}

function seccomp(errors: FieldErrors, field: string, profile: JsonValue | undefined): void {
  if (profile === undefined || profile === null) return;
  const type = text(profile, "type");
  const types = ["Localhost", "RuntimeDefault", "Unconfined"];
  if (type === "") errors.required(`${field}.type`, "type is required when seccompProfile is set");
  else errors.anyOf(`${field}.type`, type, types);
  const local = read(profile, "localhostProfile");
  if (type === "Localhost") {
    if (typeof local !== "string")
      errors.required(`${field}.localhostProfile`, "must be set when seccomp type is Localhost");
    else descendingPath(errors, `${field}.localhostProfile`, local);
  } else if (local !== undefined)
    errors.invalid(
      `${field}.localhostProfile`,
      goStruct(profile as JsonObject, "SeccompProfile"),
      "can only be set when seccomp type is Localhost",
    );
}

function appArmor(errors: FieldErrors, field: string, profile: JsonValue | undefined): void {
  if (profile === undefined || profile === null) return;
  const type = text(profile, "type");
  const local = read(profile, "localhostProfile");
  const at = `${field}.localhostProfile`;
  if (type === "") errors.required(`${field}.type`, "type is required when appArmorProfile is set");
  else errors.anyOf(`${field}.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"]);
  if (type === "Localhost") {
    if (typeof local !== "string" || local.trim() === "")
      errors.required(at, "must be set when AppArmor type is Localhost");
    else if (local !== local.trim()) errors.invalid(at, local, "must not be padded with whitespace");
  } else if (local !== undefined && (type === "RuntimeDefault" || type === "Unconfined"))
    errors.invalid(at, local, "can only be set when AppArmor type is Localhost");
}

function windows(errors: FieldErrors, field: string, options: JsonValue | undefined): void {
  if (options === undefined || options === null) return;
  const user = read(options, "runAsUserName");
  if (user === "") errors.invalid(`${field}.runAsUserName`, "", "runAsUserName cannot be an empty string");
  const spec = read(options, "gmsaCredentialSpec");
  if (spec === "") errors.invalid(`${field}.gmsaCredentialSpec`, "", "gmsaCredentialSpec cannot be an empty string");
}

const sysctlName = /^(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

/** What concerns the whole pod: user, groups, kernel settings, and what the host shares. */
export function podSecurity(errors: FieldErrors, field: string, spec: JsonObject): void {
  const context = record(spec, "securityContext");
  const at = `${field}.securityContext`;
  for (const name of ["fsGroup", "runAsUser", "runAsGroup"]) id(errors, `${at}.${name}`, read(context, name));
  const groups = read(context, "supplementalGroups");
  if (Array.isArray(groups))
    for (const [index, group] of (groups as readonly JsonValue[]).entries())
      id(errors, `${at}.supplementalGroups[${index}]`, group);
  if (read(spec, "shareProcessNamespace") === true && read(spec, "hostPID") === true)
    errors.invalid(`${at}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled");
  sysctls(errors, `${at}.sysctls`, context, spec);
  const policies: readonly (readonly [string, readonly string[]])[] = [
    ["fsGroupChangePolicy", ["Always", "OnRootMismatch"]],
    ["supplementalGroupsPolicy", ["Merge", "Strict"]],
    ["seLinuxChangePolicy", ["MountOption", "Recursive"]],
  ];
  for (const [name, supported] of policies) {
    const value = read(context, name);
    if (typeof value === "string") errors.anyOf(`${at}.${name}`, value, supported);
  }
  seccomp(errors, `${at}.seccompProfile`, read(context, "seccompProfile"));
  windows(errors, `${at}.windowsOptions`, read(context, "windowsOptions"));
  appArmor(errors, `${at}.appArmorProfile`, read(context, "appArmorProfile"));
  hostUsers(errors, field, spec);
}

function sysctls(errors: FieldErrors, field: string, context: JsonObject, spec: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, { name: given }] of objects(context, "sysctls").entries()) {
    const name = typeof given === "string" ? given : "";
    const at = `${field}[${index}].name`;
    if (name === "") errors.required(at);
    else if (name.length > 253 || !sysctlName.test(name))
      errors.invalid(
        at,
        name,
        "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
      );
    else if (seen.has(name)) errors.duplicate(at, name);
    const dotted = name.replaceAll("/", ".");
    if (read(spec, "hostNetwork") === true && dotted.startsWith("net."))
      errors.invalid(at, name, "may not be specified when 'hostNetwork' is true");
    if (read(spec, "hostIPC") === true && /^(?:kernel\.shm|kernel\.msg|kernel\.sem|fs\.mqueue\.)/.test(dotted))
      errors.invalid(at, name, "may not be specified when 'hostIPC' is true");
    seen.add(name);
  }
}

function hostUsers(errors: FieldErrors, field: string, spec: JsonObject): void {
  if (read(spec, "hostUsers") !== false) return;
  const shared: readonly (readonly [string, string])[] = [
    ["hostNetwork", "hostNetwork"],
    ["hostPID", "HostPID"],
    ["hostIPC", "HostIPC"],
  ];
  for (const [name, shown] of shared)
    if (read(spec, name) === true) errors.forbidden(`${field}.${shown}`, "when `hostUsers` is false");
}

const notForWindowsPods: readonly (readonly [string, string])[] = [
  ["appArmorProfile", "securityContext.appArmorProfile"],
  ["seLinuxOptions", "securityContext.seLinuxOptions"],
  ["seccompProfile", "securityContext.seccompProfile"],
  ["fsGroup", "securityContext.fsGroup"],
  ["fsGroupChangePolicy", "securityContext.fsGroupChangePolicy"],
  ["runAsUser", "securityContext.runAsUser"],
  ["runAsGroup", "securityContext.runAsGroup"],
  ["supplementalGroups", "securityContext.supplementalGroups"],
  ["supplementalGroupsPolicy", "securityContext.supplementalGroupsPolicy"],
  ["seLinuxChangePolicy", "securityContext.seLinuxChangePolicy"],
];

const notForWindowsContainers = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

/** What the operating system that a pod asks for does not have. */
export function operatingSystem(errors: FieldErrors, field: string, spec: JsonObject): void {
  if (!has(spec, "os")) return;
  const name = text(spec, "os", "name");
  if (name === "") errors.required(`${field}.os.name`);
  else errors.anyOf(`${field}.os`, name, ["linux", "windows"]);
  if (name === "windows") windowsPod(errors, field, spec);
  if (name !== "linux") return;
  const forbidden = "windows options cannot be set for a linux pod";
  if (has(record(spec, "securityContext"), "windowsOptions"))
    errors.forbidden(`${field}.securityContext.windowsOptions`, forbidden);
  for (const [at, container] of allContainers(field, spec))
    if (has(record(container, "securityContext"), "windowsOptions"))
      errors.forbidden(`${at}.securityContext.windowsOptions`, forbidden);
}

function windowsPod(errors: FieldErrors, field: string, spec: JsonObject): void {
  const forbidden = "cannot be set for a windows pod";
  const context = record(spec, "securityContext");
  for (const [name, at] of notForWindowsPods) if (has(context, name)) errors.forbidden(`${field}.${at}`, forbidden);
  if (objects(context, "sysctls").length > 0) errors.forbidden(`${field}.securityContext.sysctls`, forbidden);
  for (const name of ["hostPID", "hostIPC"])
    if (read(spec, name) === true) errors.forbidden(`${field}.${name}`, forbidden);
  for (const name of ["hostUsers", "shareProcessNamespace"])
    if (has(spec, name)) errors.forbidden(`${field}.${name}`, forbidden);
  for (const [at, container] of allContainers(field, spec)) {
    const own = record(container, "securityContext");
    for (const name of notForWindowsContainers)
      if (has(own, name)) errors.forbidden(`${at}.securityContext.${name}`, forbidden);
  }
}

export function allContainers(field: string, spec: JsonObject): readonly (readonly [string, JsonObject])[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    objects(spec, list).map((container, index) => [`${field}.${list}[${index}]`, container] as const),
  );
}

export function positiveDeadline(errors: FieldErrors, field: string, spec: JsonObject): void {
  if (!has(spec, "activeDeadlineSeconds")) return;
  const value = number(spec, "activeDeadlineSeconds");
  if (value < 1 || value > maxId) errors.invalid(field, value, `must be between 1 and ${maxId}, inclusive`);
}
