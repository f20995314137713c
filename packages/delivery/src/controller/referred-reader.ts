import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import type { ReferredReader } from "../render/ref-objects.ts";
import type { Dispatcher } from "./ports.ts";

/** Finds referred objects through the API: kinds by their plural or singular names, custom ones by their definitions. */
export function createReferredReader({
  client,
  dispatcher,
  signal,
}: {
  readonly client: Client;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}): ReferredReader {
  return {
    async kindOf(resource, group) {
      const name = resource.toLowerCase();
      const builtin = builtinKinds().kinds.find(
        (kind) => kind.group === group && [kind.plural, kind.singular, ...kind.shortNames].includes(name),
      );
      if (builtin !== undefined)
        return { apiVersion: group === "" ? builtin.version : `${group}/${builtin.version}`, kind: builtin.kind };
      const { items } = await client.list(
        { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
        { signal },
      );
      const custom = items.find(
        (definition) =>
          valueAt(definition, "spec", "group") === group &&
          [valueAt(definition, "spec", "names", "plural"), valueAt(definition, "spec", "names", "singular")].includes(
            name,
          ),
      );
      return custom === undefined ? undefined : customKind(custom, group);
    },
    async get({ cluster, ...reference }) {
      try {
        return await dispatcher.clientFor(cluster).get(reference, { signal });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async list({ cluster, labels, ...reference }) {
      const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
      return (await dispatcher.clientFor(cluster).list(reference, { labelSelector, signal })).items;
    },
  };
}

/** Finds what a revision keeps; only kinds are asked of the server. */
export function storedReader(stored: readonly KubeObject[], live: ReferredReader): ReferredReader {
  const of = (kind: string, namespace: string): readonly KubeObject[] =>
    stored.filter((one) => one.kind === kind && (one.metadata.namespace ?? namespace) === namespace);
  return {
    kindOf: (resource, group) => live.kindOf(resource, group),
    get: async ({ kind, namespace, name }) => of(kind, namespace).find(({ metadata }) => metadata.name === name),
    list: async ({ kind, namespace, labels }) =>
      of(kind, namespace).filter(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
  };
}

function customKind(definition: KubeObject, group: string): { apiVersion: string; kind: string } | undefined {
  const version = valueAt(definition, "spec", "versions", 0, "name");
  const kind = valueAt(definition, "spec", "names", "kind");
  return typeof version === "string" && typeof kind === "string"
    ? { apiVersion: `${group}/${version}`, kind }
    : undefined;
}
