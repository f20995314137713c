import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { App, AppComponent } from "../application/application.ts";

const ownFields = new Set([
  "writeConnectionSecretToRef",
  "customRegion",
  "providerRef",
  "forceDelete",
  "gitCredentialsSecretReference",
]);

/** Whether a component of this definition is a Terraform configuration. */
export function isTerraform(definition: KubeObject): boolean {
  return (
    isJsonObject(valueAt(definition, "spec", "schematic", "terraform")) ||
    definition.metadata.annotations?.type === "terraform"
  );
}

/** The Configuration object of a Terraform component (kubevela-engine.md 3.10). */
export function renderTerraform(component: AppComponent, definition: KubeObject, app: App): JsonObject {
  const schematic = valueAt(definition, "spec", "schematic", "terraform");
  const terraform = isJsonObject(schematic) ? schematic : {};
  const properties = component.properties ?? {};
  const pick = (field: string): JsonValue | undefined => properties[field] ?? terraform[field];
  const secret = pick("writeConnectionSecretToRef");
  const type = terraform.type === undefined || terraform.type === "" ? "hcl" : terraform.type;
  const provider = pick("providerRef");
  const git = pick("gitCredentialsSecretReference");
  const { customRegion, deleteResource } = { ...terraform, ...properties };
  return {
    apiVersion: "terraform.core.oam.dev/v1beta2",
    kind: "Configuration",
    metadata: { name: component.name, creationTimestamp: null, annotations: { ...definition.metadata.annotations } },
    spec: {
      gitRef: {},
      ...(type === "hcl" ? { hcl: terraform.configuration ?? "" } : {}),
      ...(type === "remote" ? { remote: terraform.configuration ?? "", path: terraform.path ?? "" } : {}),
      ...(isJsonObject(secret) ? { writeConnectionSecretToRef: { namespace: app.namespace, ...secret } } : {}),
      ...(isJsonObject(provider) ? { providerRef: provider } : {}),
      ...(isJsonObject(git) ? { gitCredentialsSecretReference: git } : {}),
      ...(customRegion === undefined ? {} : { customRegion }),
      ...(deleteResource === undefined ? {} : { deleteResource }),
      ...(properties.forceDelete === undefined ? {} : { forceDelete: properties.forceDelete }),
      variable: Object.fromEntries(Object.entries(properties).filter(([name]) => !ownFields.has(name))),
    },
    status: { apply: {}, destroy: {} },
  };
}
