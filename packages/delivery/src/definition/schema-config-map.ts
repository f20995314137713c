/** ConfigMaps that hold the schema of a definition's parameter, for user interfaces (kubevela-definitions.md 3.4). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { systemNamespace, templateOf } from "./definition-set.ts";
import { parameterSchema } from "./parameter-schema.ts";
import { terraformSchema } from "./terraform-schema.ts";

const typeWords: Readonly<Record<string, string>> = {
  ComponentDefinition: "component",
  TraitDefinition: "trait",
  PolicyDefinition: "policy",
  WorkflowStepDefinition: "workflowstep",
};

/** @throws SchemaError when the template's parameter has no schema. */
export function definitionSchema(definition: KubeObject): JsonObject {
  const terraform = valueAt(definition, "spec", "schematic", "terraform");
  if (isJsonObject(terraform))
    return terraformSchema(typeof terraform.configuration === "string" ? terraform.configuration : "");
  return parameterSchema(templateOf(definition) ?? "");
}

/** @param subject the name of the definition or of a revision of it. */
export function schemaName({ kind }: KubeObject, subject: string): string {
  return `${typeWords[kind] ?? kind.toLowerCase()}-schema-${subject}`;
}

/** One of the definition itself, one of its revision. */
export function schemaConfigMaps(
  definition: KubeObject,
  { revision, revisionUid }: { readonly revision: string; readonly revisionUid?: string },
): readonly KubeObject[] {
  const { name = "", namespace = systemNamespace, labels = {}, uid = "" } = definition.metadata;
  const applied = valueAt(definition, "spec", "appliesToWorkloads");
  const data = { "openapi-v3-json-schema": JSON.stringify(definitionSchema(definition)) };
  const configMap = (subject: string, owner: { kind: string; name: string; uid: string }): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: schemaName(definition, subject),
      namespace,
      labels: { ...labels, "definition.oam.dev": "schema", "definition.oam.dev/name": subject },
      ...(Array.isArray(applied) && applied.length > 0
        ? { annotations: { "definition.oam.dev/appliedWorkloads": applied.join(",") } }
        : {}),
      ownerReferences: [{ apiVersion: "core.oam.dev/v1beta1", ...owner, controller: true, blockOwnerDeletion: true }],
    },
    data,
  });
  return [
    configMap(name, { kind: definition.kind, name, uid }),
    configMap(revision, { kind: "", name: revision, uid: revisionUid ?? "" }),
  ];
}
