import { invalidField } from "@lateen/objects";
import { podSecurityLabelErrors } from "../admission/pod-security.ts";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { statusOf } from "./edit.ts";

export const namespaceBehaviour: KindBehaviour = {
  validate(request, { live, next }) {
    if (request.subresource === undefined) return podSecurityLabelErrors(next);
    if (live === undefined || request.subresource !== "status") return [];
    const { phase } = statusOf(next);
    const deleting = next.metadata.deletionTimestamp !== undefined;
    const wanted = deleting ? "Terminating" : "Active";
    if (phase === wanted) return [];
    const when = deleting ? "not empty" : "empty";
    return [invalidField("status.Phase", phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${when}`)];
  },
};
