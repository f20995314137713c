import { isJsonObject } from "@lateen/base";
import { celRules, checkRules } from "@lateen/cel";
import {
  asJson,
  checkDefinition,
  type FieldError,
  invalidField,
  type KubeObject,
  valueAt,
  withDefinitionDefaults,
} from "@lateen/objects";
import { serverUser } from "../server/internal-request.ts";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { isEstablished } from "../crd/kinds-of-definition.ts";
import { textOf } from "../object/text.ts";
import { listOf, objectsOf, withMetadata } from "./edit.ts";

/** Claims and volumes that are in use survive their deletion (StorageObjectInUseProtection). */
export const claimBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) => withFinalizer(object, "kubernetes.io/pvc-protection"),
};

export const volumeBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) => withFinalizer(object, "kubernetes.io/pv-protection"),
};

const celChecks = { rules: celRules, ruleChecks: checkRules };

function definitionErrors(live: KubeObject | undefined, next: KubeObject): FieldError[] {
  if (live === undefined) return checkDefinition(asJson(next), celChecks);
  const changed = (["scope", "group"] as const).filter(
    (name) => valueAt(live, "spec", name) !== valueAt(next, "spec", name),
  );
  const errors = changed.map((name) => invalidField(`spec.${name}`, valueAt(next, "spec", name), "field is immutable"));
  const established = isEstablished(live);
  for (const name of established ? ["kind", "plural"] : []) {
    const value = valueAt(next, "spec", "names", name);
    if (value !== valueAt(live, "spec", "names", name))
      errors.push(invalidField(`spec.names.${name}`, value, "field is immutable"));
  }
  return errors.length > 0 ? errors : [...checkDefinition(asJson(next), celChecks), ...storedVersionErrors(next)];
}

/** A version that objects may still be stored in must stay. */
function storedVersionErrors(definition: KubeObject): FieldError[] {
  const names = objectsOf(valueAt(definition, "spec", "versions")).map(({ name }) => name);
  return listOf(valueAt(definition, "status", "storedVersions")).flatMap((stored, index) =>
    names.includes(stored)
      ? []
      : [
          invalidField(
            `status.storedVersions[${index}]`,
            stored,
            `missing from spec.versions; ${textOf(stored)} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${textOf(stored)} and removes ${textOf(stored)} from status.storedVersions`,
          ),
        ],
  );
}

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
  validate: (request, { live, next }) => (request.subresource === "status" ? [] : definitionErrors(live, next)),
  // The reconciler of definitions writes as the server itself; were it to wait, it would wait for itself.
  afterWrite: (request, object) =>
    request.user === serverUser ? Promise.resolve() : request.core.definitions.settled(object.metadata.name ?? ""),
};
