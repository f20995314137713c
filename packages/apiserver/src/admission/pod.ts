import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import type { Admission } from "./admit.ts";
import { defaultLimits } from "./limit-ranger.ts";
import { admitPriority } from "./priority.ts";
import { admitRuntimeClass } from "./runtime-class.ts";
import { admitServiceAccount } from "./service-account.ts";
import { addDefaultTolerations } from "./tolerations.ts";

/** What the plugins for pods make of a new one. */
export function admitPod(request: ResourceRequest, { operation, object }: Admission): KubeObject {
  const { kind } = request.resource;
  if (kind.group === "" && kind.kind === "Pod" && operation === "UPDATE" && request.subresource === undefined) {
    return addDefaultTolerations(object);
  }
  if (kind.group !== "" || kind.kind !== "Pod" || operation !== "CREATE" || request.subresource !== undefined)
    return object;
  let pod = defaultLimits(request, admitServiceAccount(request, object));
  pod = admitPriority(request, pod);
  return admitRuntimeClass(request, addDefaultTolerations(pod));
}
