import { isAlreadyExists, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { valueAt } from "@lateen/objects";
import { builtinDefinitions, builtinDefinitionsHash } from "../definition/builtin.ts";
import { systemNamespace } from "../definition/definition-set.ts";

const marker = { apiVersion: "v1", kind: "ConfigMap", namespace: systemNamespace, name: "lateen-definitions" } as const;

/** How many definitions were written, or that the bundle is the one of the last time. */
export type InstalledDefinitions = { readonly installed: number } | "unchanged";

const writesAtOnce = 8;

/** Writes the bundled definitions as objects of `vela-system`, if the bundle is another one than at the last time. */
export async function installDefinitions(
  client: Client,
  { signal }: { readonly signal: AbortSignal },
): Promise<InstalledDefinitions> {
  const known = await client.get(marker, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (known !== undefined && valueAt(known, "data", "hash") === builtinDefinitionsHash) return "unchanged";
  await client
    .create({ apiVersion: "v1", kind: "Namespace", metadata: { name: systemNamespace } }, { signal })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  const definitions = builtinDefinitions();
  for (let i = 0; i < definitions.length; i += writesAtOnce) {
    const some = definitions.slice(i, i + writesAtOnce);
    await Promise.all(
      some.map((definition) => client.apply(definition, { fieldManager: "lateen-definitions", force: true, signal })),
    );
  }
  const { apiVersion, kind, namespace, name } = marker;
  await client.apply(
    { apiVersion, kind, metadata: { namespace, name }, data: { hash: builtinDefinitionsHash } },
    { fieldManager: "lateen-definitions", force: true, signal },
  );
  return { installed: definitions.length };
}
