import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { builtinDefinitions } from "../src/definition/builtin.ts";
import { type DefinitionKind, createDefinitionSet } from "../src/definition/definition-set.ts";
import { definitionSchema, schemaConfigMaps } from "../src/definition/schema-config-map.ts";
import { objectHash } from "../src/render/object-hash.ts";
import type { ApplicationCase } from "./applications.ts";

function definitionOf(item: ApplicationCase): KubeObject {
  const named = item.definition as { kind: DefinitionKind; name: string } & KubeObject;
  if (named.spec !== undefined) return named;
  const found = createDefinitionSet([...builtinDefinitions(), ...(item.definitions ?? [])]).find(
    named.kind,
    named.name,
    "vela-system",
  );
  if (found === undefined) throw new Error(`${named.kind} ${named.name} not found`);
  return found;
}

export function answerSchema(item: ApplicationCase): JsonObject {
  return { schema: definitionSchema(definitionOf(item)) };
}

export function answerSchemaConfigMap(item: ApplicationCase): JsonObject {
  const definition = definitionOf(item);
  const configMaps = schemaConfigMaps(definition, { revision: item.revision as string });
  return {
    reference: configMaps[0]!.metadata.name!,
    configMaps: configMaps.map(({ metadata, data }) => ({
      name: metadata.name!,
      namespace: metadata.namespace!,
      labels: { ...metadata.labels },
      annotations: metadata.annotations === undefined ? null : { ...metadata.annotations },
      keys: Object.keys(data as object),
      owners: (metadata.ownerReferences ?? []).map(({ kind, name, controller, blockOwnerDeletion }) => ({
        kind,
        name,
        controller: controller === true,
        blockOwnerDeletion: blockOwnerDeletion === true,
      })),
    })),
  };
}

export function answerHash(item: ApplicationCase): JsonObject {
  return { hash: objectHash(item.manifest as JsonObject) };
}
