/** The controls of the Pod Security Standards (k8s.io/pod-security-admission policy, latest version). */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { compact, listOf, objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";

export interface PodParts {
  readonly spec: JsonObject;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A control: the text of what violates it, undefined when nothing does. */
export type PodCheck = (pod: PodParts) => string | undefined;

interface Named {
  readonly name: string;
  readonly context: JsonObject;
  readonly container: JsonObject;
}

function containersOf({ spec }: PodParts): readonly Named[] {
  return [...objectsOf(spec.initContainers), ...objectsOf(spec.containers), ...objectsOf(spec.ephemeralContainers)].map(
    (container) => ({
      name: textOf(container.name),
      container,
      context: isJsonObject(container.securityContext) ? container.securityContext : {},
    }),
  );
}

const podContext = ({ spec }: PodParts): JsonObject => (isJsonObject(spec.securityContext) ? spec.securityContext : {});

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");

function containers(names: readonly string[]): string {
  return `${names.length === 1 ? "container" : "containers"} ${quoted(names)}`;
}

const subject = (names: readonly string[], one: string, many: string): string =>
  `${containers(names)} ${names.length === 1 ? one : many}`;

const allowedCapabilities = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  ),
);

const added = ({ context }: Named): readonly string[] => listOf(valueAt(context, "capabilities", "add")).map(textOf);

const baselineCapabilities: PodCheck = (pod) => {
  const bad = containersOf(pod).filter((one) => added(one).some((name) => !allowedCapabilities.has(name)));
  if (bad.length === 0) return undefined;
  const names = [...new Set(bad.flatMap(added).filter((name) => !allowedCapabilities.has(name)))].toSorted();
  return `non-default capabilities (${containers(bad.map(({ name }) => name))} must not include ${quoted(names)} in securityContext.capabilities.add)`;
};

const hostNamespaces: PodCheck = ({ spec }) => {
  const used = ["hostNetwork", "hostPID", "hostIPC"]
    .filter((name) => spec[name] === true)
    .map((name) => `${name}=true`);
  return used.length === 0 ? undefined : `host namespaces (${used.join(", ")})`;
};

const hostPaths: PodCheck = ({ spec }) => {
  const names = objectsOf(spec.volumes)
    .filter(({ hostPath }) => isJsonObject(hostPath))
    .map(({ name }) => textOf(name));
  return names.length === 0
    ? undefined
    : `hostPath volumes (${names.length === 1 ? "volume" : "volumes"} ${quoted(names)})`;
};

const hostPorts: PodCheck = (pod) => {
  const ports = (one: Named): readonly number[] =>
    objectsOf(one.container.ports)
      .map(({ hostPort }) => Number(hostPort ?? 0))
      .filter((port) => port > 0);
  const bad = containersOf(pod).filter((one) => ports(one).length > 0);
  if (bad.length === 0) return undefined;
  const all = [...new Set(bad.flatMap(ports))].toSorted((a, b) => a - b);
  const word = all.length === 1 ? "hostPort" : "hostPorts";
  return `hostPort (${subject(
    bad.map(({ name }) => name),
    "uses",
    "use",
  )} ${word} ${all.join(", ")})`;
};

const privileged: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ context }) => context.privileged === true);
  return bad.length === 0
    ? undefined
    : `privileged (${containers(bad.map(({ name }) => name))} must not set securityContext.privileged=true)`;
};

const procMount: PodCheck = (pod) => {
  if (pod.spec.hostUsers === false) return undefined;
  const bad = containersOf(pod).filter(
    ({ context }) => context.procMount !== undefined && context.procMount !== "Default",
  );
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(({ context }) => textOf(context.procMount)))].toSorted();
  return `procMount (${containers(bad.map(({ name }) => name))} must not set securityContext.procMount to ${quoted(types)})`;
};

const seLinuxTypes = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);

const seLinux: PodCheck = (pod) => {
  const faults = (context: JsonObject): readonly string[] => {
    const options = isJsonObject(context.seLinuxOptions) ? context.seLinuxOptions : {};
    return [
      ...(seLinuxTypes.has(textOf(options.type)) ? [] : [`type ${JSON.stringify(textOf(options.type))}`]),
      ...(textOf(options.user) === "" ? [] : ["user may not be set"]),
      ...(textOf(options.role) === "" ? [] : ["role may not be set"]),
    ];
  };
  const podFaults = faults(podContext(pod));
  const bad = containersOf(pod).filter(({ context }) => faults(context).length > 0);
  if (podFaults.length === 0 && bad.length === 0) return undefined;
  const setters = [
    ...(podFaults.length > 0 ? ["pod"] : []),
    ...(bad.length > 0 ? [containers(bad.map(({ name }) => name))] : []),
  ];
  const all = [...new Set([...podFaults, ...bad.flatMap(({ context }) => faults(context))])];
  return `seLinuxOptions (${setters.join(" and ")} set forbidden securityContext.seLinuxOptions: ${all.join("; ")})`;
};

const seccompOf = (context: JsonObject): string => textOf(valueAt(context, "seccompProfile", "type"));

const baselineSeccomp: PodCheck = (pod) => {
  const setters = [
    ...(seccompOf(podContext(pod)) === "Unconfined" ? ["pod"] : []),
    ...(() => {
      const bad = containersOf(pod).filter(({ context }) => seccompOf(context) === "Unconfined");
      return bad.length === 0 ? [] : [containers(bad.map(({ name }) => name))];
    })(),
  ];
  if (setters.length === 0) return undefined;
  return `seccompProfile (${setters.join(" and ")} must not set securityContext.seccompProfile.type to "Unconfined")`;
};

const safeSysctls = new Set(
  "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem".split(
    " ",
  ),
);

const sysctls: PodCheck = (pod) => {
  const bad = objectsOf(podContext(pod).sysctls)
    .map(({ name }) => textOf(name))
    .filter((name) => !safeSysctls.has(name));
  return bad.length === 0 ? undefined : `forbidden sysctls (${bad.join(", ")})`;
};

const hostProcess: PodCheck = (pod) => {
  const uses = (context: JsonObject): boolean => valueAt(context, "windowsOptions", "hostProcess") === true;
  const bad = containersOf(pod).filter(({ context }) => uses(context));
  const setters = [
    ...(uses(podContext(pod)) ? ["pod"] : []),
    ...(bad.length > 0 ? [containers(bad.map(({ name }) => name))] : []),
  ];
  return setters.length === 0
    ? undefined
    : `hostProcess (${setters.join(" and ")} must not set securityContext.windowsOptions.hostProcess=true)`;
};

const appArmor: PodCheck = (pod) => {
  const unconfined = (context: JsonObject): boolean =>
    textOf(valueAt(context, "appArmorProfile", "type")) === "Unconfined";
  const bad = containersOf(pod).filter(({ context }) => unconfined(context));
  const setters = [
    ...(unconfined(podContext(pod)) ? ["pod"] : []),
    ...(bad.length > 0 ? [containers(bad.map(({ name }) => name))] : []),
  ];
  const prefix = "container.apparmor.security.beta.kubernetes.io/";
  const noted = Object.entries(pod.annotations)
    .filter(
      ([key, value]) =>
        key.startsWith(prefix) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const parts = [
    ...(setters.length > 0 ? [`${setters.join(" and ")} must not set AppArmor profile type to "Unconfined"`] : []),
    ...(noted.length > 0 ? [`annotation ${noted.join(", ")}`] : []),
  ];
  return parts.length === 0 ? undefined : `forbidden AppArmor profile (${parts.join("; ")})`;
};

const hostProbes: PodCheck = (pod) => {
  const handlers = (one: JsonObject): readonly (JsonValue | undefined)[] =>
    ["livenessProbe", "readinessProbe", "startupProbe"]
      .map((name) => one[name])
      .concat([valueAt(one, "lifecycle", "postStart"), valueAt(one, "lifecycle", "preStop")] as JsonValue[]);
  const usesHost = (handler: JsonValue | undefined): boolean =>
    textOf(valueAt(handler, "httpGet", "host")) !== "" || textOf(valueAt(handler, "tcpSocket", "host")) !== "";
  const bad = containersOf(pod).filter(({ container }) => handlers(container).some(usesHost));
  return bad.length === 0
    ? undefined
    : `probe or lifecycle host (${subject(
        bad.map(({ name }) => name),
        "uses",
        "use",
      )} probe or lifecycle hosts)`;
};

const escalation: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ context }) => context.allowPrivilegeEscalation !== false);
  return bad.length === 0
    ? undefined
    : `allowPrivilegeEscalation != false (${containers(bad.map(({ name }) => name))} must set securityContext.allowPrivilegeEscalation=false)`;
};

const restrictedCapabilities: PodCheck = (pod) => {
  const keeping = containersOf(pod).filter(
    ({ context }) => !listOf(valueAt(context, "capabilities", "drop")).includes("ALL"),
  );
  const adding = containersOf(pod).filter((one) => added(one).some((name) => name !== "NET_BIND_SERVICE"));
  const parts: string[] = [];
  if (keeping.length > 0) {
    parts.push(`${containers(keeping.map(({ name }) => name))} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const names = [...new Set(adding.flatMap(added).filter((name) => name !== "NET_BIND_SERVICE"))].toSorted();
    parts.push(
      `${containers(adding.map(({ name }) => name))} must not include ${quoted(names)} in securityContext.capabilities.add`,
    );
  }
  return parts.length === 0 ? undefined : `unrestricted capabilities (${parts.join("; ")})`;
};

const allowedVolumes = new Set(
  "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(" "),
);

const restrictedVolumes: PodCheck = ({ spec }) => {
  const typeOf = (volume: JsonObject): string =>
    Object.keys(compact(volume)).find((key) => key !== "name") ?? "emptyDir";
  const bad = objectsOf(spec.volumes).filter((volume) => !allowedVolumes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].toSorted();
  const who = `${bad.length === 1 ? "volume" : "volumes"} ${quoted(bad.map(({ name }) => textOf(name)))}`;
  const what = `${types.length === 1 ? "restricted volume type" : "restricted volume types"} ${quoted(types)}`;
  return `restricted volume types (${who} ${bad.length === 1 ? "uses" : "use"} ${what})`;
};

const nonRoot: PodCheck = (pod) => {
  const byPod = podContext(pod).runAsNonRoot;
  const explicit = containersOf(pod).filter(({ context }) => context.runAsNonRoot === false);
  const implicit = containersOf(pod).filter(({ context }) => context.runAsNonRoot === undefined);
  const parts: string[] = [];
  if (byPod === false) parts.push("pod must not set securityContext.runAsNonRoot=false");
  if (explicit.length > 0) {
    parts.push(`${containers(explicit.map(({ name }) => name))} must not set securityContext.runAsNonRoot=false`);
  }
  if (byPod === undefined && implicit.length > 0 && parts.length === 0) {
    parts.push(`pod or ${containers(implicit.map(({ name }) => name))} must set securityContext.runAsNonRoot=true`);
  }
  return parts.length === 0 ? undefined : `runAsNonRoot != true (${parts.join("; ")})`;
};

const rootUser: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ context }) => context.runAsUser === 0);
  const setters = [
    ...(podContext(pod).runAsUser === 0 ? ["pod"] : []),
    ...(bad.length > 0 ? [containers(bad.map(({ name }) => name))] : []),
  ];
  return setters.length === 0 ? undefined : `runAsUser=0 (${setters.join(" and ")} must not set runAsUser=0)`;
};

const goodProfiles = new Set(["RuntimeDefault", "Localhost"]);

const restrictedSeccomp: PodCheck = (pod) => {
  const byPod = seccompOf(podContext(pod));
  const explicit = containersOf(pod).filter(
    ({ context }) => seccompOf(context) !== "" && !goodProfiles.has(seccompOf(context)),
  );
  const implicit = containersOf(pod).filter(({ context }) => seccompOf(context) === "");
  const setters = [
    ...(byPod !== "" && !goodProfiles.has(byPod) ? ["pod"] : []),
    ...(explicit.length > 0 ? [containers(explicit.map(({ name }) => name))] : []),
  ];
  if (setters.length > 0) {
    const values = [
      ...new Set([...(goodProfiles.has(byPod) ? [] : [byPod]), ...explicit.map(({ context }) => seccompOf(context))]),
    ];
    return `seccompProfile (${setters.join(" and ")} must not set securityContext.seccompProfile.type to ${quoted(values.filter((value) => value !== ""))})`;
  }
  if (byPod !== "" || implicit.length === 0) return undefined;
  return `seccompProfile (pod or ${containers(implicit.map(({ name }) => name))} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
};

/** Baseline controls that the restricted ones do not replace. */
const common: readonly PodCheck[] = [
  appArmor,
  hostNamespaces,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinux,
  sysctls,
  hostProcess,
];

export const baselineChecks: readonly PodCheck[] = [
  appArmor,
  baselineCapabilities,
  hostNamespaces,
  hostPaths,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinux,
  baselineSeccomp,
  sysctls,
  hostProcess,
];

export const restrictedChecks: readonly PodCheck[] = [
  ...common,
  escalation,
  restrictedCapabilities,
  restrictedVolumes,
  nonRoot,
  rootUser,
  restrictedSeccomp,
];
