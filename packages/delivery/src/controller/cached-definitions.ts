import type { Cache } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { type DefinitionSource, createDefinitionSet, definitionKinds } from "../definition/definition-set.ts";

const apiVersion = "core.oam.dev/v1beta1";

/** The kinds that definitions are stored as. */
export const definitionObjectKinds: readonly { readonly apiVersion: string; readonly kind: string }[] = [
  ...Object.values(definitionKinds),
  "DefinitionRevision",
].map((kind) => ({ apiVersion, kind }));

/**
 * Sees the definitions that a cache holds, rebuilt after a change of one.
 * @param further what counts where the cache has nothing of that name.
 */
export function cachedDefinitions(cache: Cache, further: readonly KubeObject[] = []): () => DefinitionSource {
  let set: DefinitionSource | undefined;
  for (const kind of definitionObjectKinds) {
    cache.watch(kind);
    cache.onChange(kind, () => {
      set = undefined;
    });
  }
  return () => {
    set ??= createDefinitionSet([...further, ...definitionObjectKinds.flatMap((kind) => cache.list(kind))]);
    return set;
  };
}
