/** `vela/kube`: objects read and written by steps (kubevela-workflow.md 4.2). */
import { type JsonObject, type JsonValue, errorMessage, isJsonObject } from "@lateen/base";
import type { Value } from "@lateen/cue";
import type { Client } from "@lateen/client";
import { type KubeObject, asJson, valueAt } from "@lateen/objects";
import {
  type ProviderContext,
  type ProviderFunction,
  type ProviderTable,
  applyPatch,
  tagsOf,
  treeJson,
  treeOf,
  treeOfJson,
} from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface KubeProviderOptions {
  /** @throws Error for a cluster that is not joined. */
  readonly clientFor: (cluster: string) => Client;
  /** Labels that applied and patched objects get. */
  readonly labels: Readonly<Record<string, string>>;
  readonly fieldManager?: string;
}

const defaultNamespace = "default";

/** Operations under the new and the old provider name. */
export function kubeProviders(options: KubeProviderOptions): ProviderTable {
  const fresh = {
    apply: apply(options, "new"),
    patch: {
      native: (operation: Value, context: ProviderContext) =>
        patchObject(options, operation, { context, style: "new" }),
    },
    "apply-in-parallel": applyAll(options),
    read: read(options, "new"),
    list: list(options, "new"),
    delete: remove(options, "new"),
  };
  const old = {
    apply: apply(options, "old"),
    patch: {
      native: (operation: Value, context: ProviderContext) =>
        patchObject(options, operation, { context, style: "old" }),
    },
    "apply-in-parallel": applyAll(options),
    read: read(options, "old"),
    list: list(options, "old"),
    delete: remove(options, "old"),
  };
  return { kube: fresh, op: old };
}

type Style = "new" | "old";

/** The object that a parameter names, with a namespace. @throws Error when it is none. */
function objectOf(value: JsonValue | undefined): KubeObject {
  if (!isJsonObject(value) || typeof value.kind !== "string" || typeof value.apiVersion !== "string")
    throw new Error(`Object 'Kind' is missing in '${JSON.stringify(value ?? {})}'`);
  const metadata = isJsonObject(value.metadata) ? value.metadata : {};
  const namespace = textOf(metadata.namespace) === "" ? defaultNamespace : metadata.namespace;
  return { ...value, metadata: { ...metadata, namespace } } as unknown as KubeObject;
}

function labelled(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } };
}

const referenceOf = ({
  apiVersion,
  kind,
  metadata,
}: KubeObject): { apiVersion: string; kind: string; namespace: string | undefined; name: string } => ({
  apiVersion,
  kind,
  namespace: metadata.namespace,
  name: metadata.name ?? "",
});

async function write(
  options: KubeProviderOptions,
  cluster: string,
  object: KubeObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  const client = options.clientFor(cluster);
  const written = await client.apply(object, {
    fieldManager: options.fieldManager ?? "lateen-workflow",
    force: true,
    signal,
  });
  return plain(written);
}

/** A live object without what only clutters a step's value. */
function plain(object: KubeObject): JsonObject {
  const { managedFields: _managed, ...metadata } = object.metadata;
  return { ...asJson(object), metadata: metadata as JsonObject };
}

function apply(options: KubeProviderOptions, style: Style): ProviderFunction {
  return async (params, { signal }) => {
    const object = labelled(objectOf(params.value), options.labels);
    const value = await write(options, textOf(params.cluster), object, signal);
    return style === "new" ? { value } : { value };
  };
}

function applyAll(options: KubeProviderOptions): ProviderFunction {
  return async (params, { signal }) => {
    const objects = Array.isArray(params.value) ? params.value.map(objectOf) : [];
    const value: JsonObject[] = [];
    for (const object of objects) value.push(await write(options, textOf(params.cluster), object, signal));
    return { value };
  };
}

async function patchObject(
  options: KubeProviderOptions,
  operation: Value,
  { context, style }: { context: ProviderContext; style: Style },
): Promise<JsonObject | undefined> {
  const root = style === "new" ? operation.lookupPath("$params") : operation;
  const object = objectOf(root.lookupPath("value").toJSON());
  const cluster = root.lookupPath("cluster");
  const client = options.clientFor(cluster.exists ? textOf(cluster.toJSON()) : "");
  const live = await client.get(referenceOf(object), { signal: context.signal });
  const patch = root.lookupPath("patch");
  const { managedFields: _managed, resourceVersion: _version, ...metadata } = live.metadata;
  const base = treeOfJson({ ...asJson(live), metadata: metadata as JsonObject });
  const result = applyPatch(base, treeOf(patch), tagsOf(patch.doc));
  if (result.kind === "failed") throw new Error(result.problems.map(({ message }) => message).join("; "));
  const patched = labelled(objectOf(treeJson(result.tree, [], [])), options.labels);
  const written = await client.update(
    { ...patched, metadata: { ...patched.metadata, resourceVersion: live.metadata.resourceVersion! } },
    { signal: context.signal },
  );
  return { result: plain(written) };
}

function read(options: KubeProviderOptions, style: Style): ProviderFunction {
  return async (params, { signal }) => {
    try {
      const object = objectOf(params.value);
      const found = await options.clientFor(textOf(params.cluster)).get(referenceOf(object), { signal });
      return { value: plain(found) };
    } catch (error) {
      if (signal.aborted) throw error;
      return { ...(style === "new" ? { value: params.value ?? {} } : {}), err: errorMessage(error) };
    }
  };
}

function list(options: KubeProviderOptions, style: Style): ProviderFunction {
  return async (params, { signal }) => {
    const resource = isJsonObject(params.resource) ? params.resource : {};
    const filter = isJsonObject(params.filter) ? params.filter : {};
    try {
      const namespace = textOf(filter.namespace);
      const { items } = await options.clientFor(textOf(params.cluster)).list(
        {
          apiVersion: textOf(resource.apiVersion),
          kind: textOf(resource.kind),
          namespace: namespace === "" ? undefined : namespace,
        },
        { labelSelector: selectorOf(filter.matchingLabels), signal },
      );
      const values = {
        apiVersion: textOf(resource.apiVersion),
        kind: `${textOf(resource.kind)}List`,
        items: items.map(plain),
      };
      return style === "new" ? { values } : { list: values };
    } catch (error) {
      if (signal.aborted) throw error;
      return { err: errorMessage(error) };
    }
  };
}

function selectorOf(labels: JsonValue | undefined): string {
  return isJsonObject(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${textOf(value)}`)
        .join(",")
    : "";
}

function remove(options: KubeProviderOptions, style: Style): ProviderFunction {
  return async (params, { signal }) => {
    const client = options.clientFor(textOf(params.cluster));
    const object = objectOf(params.value);
    try {
      if (isJsonObject(params.filter)) {
        const namespace = textOf(params.filter.namespace);
        const collection = {
          apiVersion: object.apiVersion,
          kind: object.kind,
          namespace: namespace === "" ? undefined : namespace,
        };
        await client.deleteCollection(collection, { labelSelector: selectorOf(params.filter.matchingLabels), signal });
      } else await client.delete(referenceOf(object), { signal });
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return {
        err: errorMessage(error),
        ...(style === "new" && valueAt(params, "value") !== undefined ? { value: params.value! } : {}),
      };
    }
  };
}
