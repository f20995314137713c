import { isJsonObject, type JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { valueAt } from "@lateen/objects";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { specOf, withMetadata, withSpec, withStatusPart } from "./edit.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";

/** Jobs select their pods by their own uid, unless told otherwise (pkg/registry/batch/job/strategy.go). */
export const jobBehaviour: KindBehaviour = {
  prepareCreate(_request, object) {
    if (specOf(object).manualSelector === true) return object;
    const uid = object.metadata.uid ?? "";
    const name = object.metadata.name ?? "";
    const labels = {
      [uidLabel]: uid,
      "batch.kubernetes.io/job-name": name,
      "controller-uid": uid,
      "job-name": name,
    };
    const template = (specOf(object).template ?? {}) as JsonObject;
    const metadata = (template.metadata ?? {}) as JsonObject;
    const own = (metadata.labels ?? {}) as JsonObject;
    const selector = (specOf(object).selector ?? {}) as JsonObject;
    const matchLabels = (selector.matchLabels ?? {}) as JsonObject;
    const labelled =
      Object.keys(object.metadata.labels ?? {}).length === 0
        ? withMetadata(object, { labels: { ...labels, ...(own as Record<string, string>) } })
        : object;
    return withSpec(labelled, {
      selector: { ...selector, matchLabels: { ...matchLabels, [uidLabel]: uid } },
      template: { ...template, metadata: { ...metadata, labels: { ...own, ...labels } } },
    });
  },
};

const generationAnnotation = "deprecated.daemonset.template.generation";

export const daemonSetBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) => withTemplateGeneration(object, 1),
  prepareUpdate(_request, { live, next }) {
    const before = Number(live.metadata.annotations?.[generationAnnotation] ?? "1");
    const changed =
      JSON.stringify(valueAt(live, "spec", "template")) !== JSON.stringify(valueAt(next, "spec", "template"));
    return withTemplateGeneration(next, changed ? before + 1 : before);
  },
};

function withTemplateGeneration(object: KubeObject, generation: number): KubeObject {
  return withMetadata(object, {
    annotations: { ...object.metadata.annotations, [generationAnnotation]: String(generation) },
  });
}

/** The protection finalizers and the phase that a new claim or volume has. */
export const claimBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) =>
    withStatusPart(withFinalizer(object, "kubernetes.io/pvc-protection"), { phase: "Pending" }),
};

export const volumeBehaviour: KindBehaviour = {
  prepareCreate: (_request, object) =>
    withStatusPart(withFinalizer(object, "kubernetes.io/pv-protection"), { phase: "Pending" }),
};

function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(finalizer) ? object : withMetadata(object, { finalizers: [...finalizers, finalizer] });
}

/** The status of a new definition names nothing as accepted yet, and the version that is stored. */
export const definitionBehaviour: KindBehaviour = {
  prepareCreate(_request, object) {
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
  afterWrite: (request, object) => request.core.definitions.settled(object.metadata.name ?? ""),
};
