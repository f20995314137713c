import { invalidField } from "@lateen/objects";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { listOf, specOf, statusOf, withLabels, withSpec, withStatusPart } from "./edit.ts";

const ownFinalizer = "kubernetes";

export const namespaceBehaviour: KindBehaviour = {
  defaults: (object) => withLabels(object, { "kubernetes.io/metadata.name": object.metadata.name ?? "" }),
  prepareCreate(_request, object) {
    const finalizers = listOf(specOf(object).finalizers);
    const own = finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer];
    return withStatusPart(withSpec(object, { finalizers: own }), { phase: "Active" });
  },
  prepareUpdate(request, { live, next }) {
    // Its finalizers change only through /finalize.
    const finalizers = (request.subresource === "finalize" ? specOf(next) : specOf(live)).finalizers;
    return withSpec(next, { finalizers });
  },
  validate(request, { live, next }) {
    if (live === undefined || request.subresource !== "status") return [];
    const { phase } = statusOf(next);
    const deleting = next.metadata.deletionTimestamp !== undefined;
    const wanted = deleting ? "Terminating" : "Active";
    if (phase === wanted) return [];
    const when = deleting ? "not empty" : "empty";
    return [invalidField("status.Phase", phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${when}`)];
  },
};
