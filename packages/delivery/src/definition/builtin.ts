import type { KubeObject } from "@lateen/objects";
import { type DefinitionSource, createDefinitionSet } from "./definition-set.ts";
import { bundledDefinitions, bundledDefinitionsHash } from "../generated/definitions.ts";

let set: DefinitionSource | undefined;

/** The definitions that come with Lateen, as objects for `vela-system`. */
export function builtinDefinitions(): readonly KubeObject[] {
  return bundledDefinitions as unknown as readonly KubeObject[];
}

/** Names the bundle's content: installed definitions of the same hash need no writing. */
export const builtinDefinitionsHash = bundledDefinitionsHash;

/** The bundled definitions as a source. */
export function builtinDefinitionSet(): DefinitionSource {
  set ??= createDefinitionSet(builtinDefinitions());
  return set;
}
