import { type JsonValue, errorMessage, failureStatus, isApiError, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { describeObject } from "@lateen/objects";
import type { PreviewOptions, PreviewRefusal } from "./report.ts";
import { isSubject } from "./subject.ts";

export interface Applied {
  readonly objects: readonly { apiVersion: string; kind: string; namespace: string; name: string }[];
  readonly refusals: readonly PreviewRefusal[];
  readonly warnings: readonly string[];
}

export interface ApplyOptions {
  readonly options: PreviewOptions;
  /** Namespaces that nobody has made are taken to be there. */
  readonly assumesNamespaces: boolean;
  /** Lets what was written be seen by who judges later writes: admission knows definitions from its cache. */
  readonly rest: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Applies what is asked for: definitions and other objects first. */
export async function applyObjects(
  author: Client,
  system: Client,
  { options, assumesNamespaces, rest, signal }: ApplyOptions,
): Promise<Applied> {
  const { namespace = "default", force = false } = options;
  const objects: Applied["objects"][number][] = [];
  const refusals: PreviewRefusal[] = [];
  const warnings: string[] = [];
  const indexed = options.objects.map((object, index) => ({ object, index }));
  const ordered = [
    ...indexed.filter(({ object }) => !isSubject(object)),
    ...indexed.filter(({ object }) => isSubject(object)),
  ];
  if (assumesNamespaces) {
    const named = new Set(
      options.objects.flatMap((object) => (isSubject(object) ? namespacesIn(object.spec as JsonValue) : [])),
    );
    for (const { kind, metadata } of options.objects) if (kind === "Namespace") named.delete(metadata.name ?? "");
    for (const name of named)
      if (await assumeNamespace(system, name, signal)) warnings.push(`namespace ${name} is taken to exist`);
  }
  for (const { object, index } of ordered) {
    if (isSubject(object)) await rest();
    try {
      const { namespaced } = await author.resolve(object.apiVersion, object.kind, { signal });
      const placed = namespaced
        ? { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } }
        : object;
      if (
        namespaced &&
        assumesNamespaces &&
        (await assumeNamespace(system, placed.metadata.namespace ?? namespace, signal))
      )
        warnings.push(`namespace ${placed.metadata.namespace ?? namespace} is taken to exist`);
      const written = await author.apply(placed, { fieldManager: "lateen", force, signal });
      objects.push({
        apiVersion: object.apiVersion,
        kind: object.kind,
        namespace: written.metadata.namespace ?? "",
        name: written.metadata.name ?? "",
      });
    } catch (error) {
      signal.throwIfAborted();
      refusals.push({
        index,
        status: isApiError(error)
          ? error.status
          : failureStatus(422, "Invalid", `${describeObject(object)}: ${errorMessage(error)}`),
      });
    }
  }
  return { objects, refusals, warnings };
}

/** Namespaces that a spec names: where policies and objects go. */
function namespacesIn(value: JsonValue | undefined, depth = 0): readonly string[] {
  if (depth > 64) return [];
  if (Array.isArray(value)) return value.flatMap((item) => namespacesIn(item, depth + 1));
  if (!isJsonObject(value)) return [];
  const { namespace, ...rest } = value;
  const own =
    typeof namespace === "string" && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace) ? [namespace] : [];
  return [...own, ...Object.values(rest).flatMap((member) => namespacesIn(member, depth + 1))];
}

/** @returns whether it was not there. */
export async function assumeNamespace(client: Client, name: string, signal?: AbortSignal): Promise<boolean> {
  const found = await client.get({ apiVersion: "v1", kind: "Namespace", name }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
  if (found !== undefined) return false;
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { signal });
  return true;
}
