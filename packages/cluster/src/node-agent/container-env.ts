/** The environment of a container, with what it takes from ConfigMaps, Secrets and its own pod (kubelet, makeEnvironmentVariables). */
import { isNotFound } from "@lateen/base";
import { type KubeObject, parseQuantity, quantityMillis, quantityValue } from "@lateen/objects";
import { configMapKind, secretKind } from "../api/cluster.ts";
import type { Container, EnvVar, Pod } from "../api/pod.ts";

/** A value that cannot be had: the container waits with CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = "ContainerConfigError";
  readonly code = "CreateContainerConfigError";
}

export interface EnvironmentSources {
  /** @throws NotFound */
  readonly get: (ref: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  }) => Promise<KubeObject>;
  /** Facts that a fieldRef may ask for and the pod object may not hold yet. */
  readonly facts: Readonly<Record<string, string>>;
}

/** @throws ContainerConfigError naming what is missing. */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  const reader = new SourceReader(pod.metadata.namespace ?? "", sources);
  const env: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    const data = await reader.data(configMapRef === undefined ? secretKind : configMapKind, {
      name: ref?.name ?? "",
      optional: ref?.optional === true,
    });
    for (const [key, value] of Object.entries(data ?? {})) env[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, { pod, container, reader, sources, env });
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

interface Resolving {
  readonly pod: Pod;
  readonly container: Container;
  readonly reader: SourceReader;
  readonly sources: EnvironmentSources;
  readonly env: Readonly<Record<string, string>>;
}

async function valueOf({ name, value, valueFrom }: EnvVar, context: Resolving): Promise<string | undefined> {
  if (valueFrom === undefined) return expandVariables(value ?? "", context.env);
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  const keyRef = configMapKeyRef ?? secretKeyRef;
  if (keyRef !== undefined) {
    const kind = configMapKeyRef === undefined ? secretKind : configMapKind;
    const optional = keyRef.optional === true;
    const data = await context.reader.data(kind, { name: keyRef.name ?? "", optional });
    if (data !== undefined && Object.hasOwn(data, keyRef.key)) return data[keyRef.key];
    if (optional) return undefined;
    throw new ContainerConfigError(
      `couldn't find key ${keyRef.key} in ${kind.kind} ${context.pod.metadata.namespace}/${keyRef.name}`,
    );
  }
  if (fieldRef !== undefined) return fieldOf(fieldRef.fieldPath, context);
  if (resourceFieldRef !== undefined) return resourceOf(resourceFieldRef, context);
  throw new ContainerConfigError(`environment variable ${name} names no source that this node knows`);
}

function fieldOf(path: string, { pod, sources }: Resolving): string {
  const { metadata } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) {
    const values = (keyed[1] === "labels" ? metadata.labels : metadata.annotations) ?? {};
    return Object.hasOwn(values, keyed[2]!) ? (values[keyed[2]!] ?? "") : "";
  }
  switch (path) {
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "default";
    default:
      if (Object.hasOwn(sources.facts, path)) return sources.facts[path] ?? "";
      throw new ContainerConfigError(`unsupported fieldPath: ${path}`);
  }
}

function resourceOf(
  { resource, divisor = "1", containerName }: NonNullable<NonNullable<EnvVar["valueFrom"]>["resourceFieldRef"]>,
  { pod, container }: Resolving,
): string {
  const subject =
    containerName === undefined
      ? container
      : (pod.spec?.containers.find(({ name }) => name === containerName) ?? container);
  const dot = resource.indexOf(".");
  const list = resource.slice(0, dot);
  const name = resource.slice(dot + 1);
  const text = (list === "limits" ? subject.resources?.limits : subject.resources?.requests)?.[name];
  if (text === undefined) return "0";
  const amount = parseQuantity(text);
  const unit = parseQuantity(divisor === "0" ? "1" : divisor);
  const ratio =
    name === "cpu"
      ? Number(quantityMillis(amount)) / Number(quantityMillis(unit))
      : Number(quantityValue(amount)) / Number(quantityValue(unit));
  return String(Math.ceil(ratio));
}

/** `$(NAME)` of what is set already; `$$` is one `$`; an unknown name stays as it is written. */
export function expandVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return name !== undefined && Object.hasOwn(env, name) ? env[name]! : whole;
  });
}

class SourceReader {
  readonly #namespace: string;
  readonly #sources: EnvironmentSources;
  readonly #known = new Map<string, Readonly<Record<string, string>> | undefined>();

  constructor(namespace: string, sources: EnvironmentSources) {
    this.#namespace = namespace;
    this.#sources = sources;
  }

  async data(
    kind: { readonly apiVersion: string; readonly kind: string },
    { name, optional }: { readonly name: string; readonly optional: boolean },
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const key = `${kind.kind}/${name}`;
    if (!this.#known.has(key)) this.#known.set(key, await this.#read(kind, name));
    const data = this.#known.get(key);
    if (data === undefined && !optional)
      throw new ContainerConfigError(`${kind.kind.toLowerCase()} "${name}" not found`);
    return data;
  }

  async #read(
    kind: { readonly apiVersion: string; readonly kind: string },
    name: string,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      const object = await this.#sources.get({ ...kind, namespace: this.#namespace, name });
      const data = (object.data ?? {}) as Readonly<Record<string, string>>;
      return kind.kind === "Secret"
        ? Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(value)]))
        : data;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}
