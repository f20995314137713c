import { isJsonObject } from "@lateen/base";
import { asJson, checkDefinition, type KubeObject, valueAt, withDefinitionDefaults } from "@lateen/objects";
import { serverUser } from "../server/internal-request.ts";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { withMetadata } from "./edit.ts";

/** Claims and volumes that are in use survive their deletion (StorageObjectInUseProtection). */
export const claimBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) => withFinalizer(object, "kubernetes.io/pvc-protection"),
};

export const volumeBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) => withFinalizer(object, "kubernetes.io/pv-protection"),
};

function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(finalizer) ? object : withMetadata(object, { finalizers: [...finalizers, finalizer] });
}

/** The status of a new definition names nothing as accepted yet, and the version that is stored. */
export const definitionBehaviour: KindBehaviour = {
  prepareCreate(_request, given) {
    const object = withDefinitionDefaults(asJson(given)) as unknown as KubeObject;
    const versions = valueAt(object, "spec", "versions");
    const storage = Array.isArray(versions)
      ? versions.filter(isJsonObject).find((version) => version.storage === true)?.name
      : undefined;
    return {
      ...object,
      status: {
        conditions: null,
        acceptedNames: { plural: "", kind: "" },
        storedVersions: storage === undefined ? [] : [storage],
      },
    };
  },
  prepareUpdate: (_request, { next }) => withDefinitionDefaults(asJson(next)) as unknown as KubeObject,
  validate: (request, { live, next }) =>
    request.subresource === "status" ? [] : checkDefinition(asJson(next), live === undefined ? {} : {}),
  // The reconciler of definitions writes as the server itself; were it to wait, it would wait for itself.
  afterWrite: (request, object) =>
    request.user === serverUser ? Promise.resolve() : request.core.definitions.settled(object.metadata.name ?? ""),
};
