/**
 * What is to be done with an object that is no longer wanted. Ownership is proven by the application's UID and the
 * component, never by a name alone; what is foreign or unproven is left; what holds data needs a second key.
 */
import type { KubeObject } from "@lateen/objects";
import { validationAnnotation } from "../application/validation.ts";
import type { App } from "../application/application.ts";
import type { ResourcePolicies } from "../policy/resource-policies.ts";
import { oamLabels } from "../render/metadata.ts";
import { ownerUidAnnotation, ownershipOf, sharersOf } from "./ownership.ts";
import type { ManagedResource } from "./tracker.ts";

export type Verdict =
  | { readonly kind: "gone" }
  /** Somebody else's, or nobody's proof that it is ours. */
  | { readonly kind: "leave"; readonly reason: string }
  | { readonly kind: "unshare"; readonly rest: readonly string[] }
  | { readonly kind: "release" }
  /** Released, because deleting it would delete data and nobody has said so. */
  | { readonly kind: "keep data" }
  | { readonly kind: "wait" }
  | { readonly kind: "delete" };

/** The second key: on the object or on its Application. */
export const deleteDataAnnotation = "lateen.dev/delete-data";

/** Kinds whose deletion deletes what nobody can make again from a manifest. */
const dataKinds: ReadonlySet<string> = new Set([
  "PersistentVolumeClaim",
  "PersistentVolume",
  "Namespace",
  "CustomResourceDefinition",
]);

export interface Collection {
  readonly resource: ManagedResource;
  readonly live: KubeObject | undefined;
  readonly app: App;
  readonly policies: ResourcePolicies;
  readonly orphan: boolean;
}

export function judgeCollection({ resource, live, app, policies, orphan }: Collection): Verdict {
  if (live === undefined) return { kind: "gone" };
  const self = `${app.namespace}/${app.name}`;
  const sharers = sharersOf(live);
  if (sharers.includes(self)) return { kind: "unshare", rest: sharers.filter((one) => one !== self) };
  const ownership = ownershipOf(live, app);
  if (ownership.kind === "nobody") return { kind: "leave", reason: "it belongs to no application" };
  if (ownership.kind === "other") return { kind: "leave", reason: `it belongs to ${ownership.owner}` };
  if (app.uid !== "" && live.metadata.annotations?.[ownerUidAnnotation] !== app.uid)
    return { kind: "leave", reason: "it does not bear the application's UID" };
  const component = live.metadata.labels?.[oamLabels.component] ?? "";
  if (resource.component !== "" && component !== resource.component)
    return { kind: "leave", reason: `it belongs to component ${component}, not ${resource.component}` };
  if (orphan || resource.skipGC) return { kind: "release" };
  if (live.metadata.deletionTimestamp !== undefined) return { kind: "wait" };
  return dataKinds.has(live.kind) && !mayDeleteData(live, app, policies) ? { kind: "keep data" } : { kind: "delete" };
}

function mayDeleteData(live: KubeObject, { annotations }: App, policies: ResourcePolicies): boolean {
  return (
    annotations[deleteDataAnnotation] === "true" ||
    live.metadata.annotations?.[deleteDataAnnotation] === "true" ||
    annotations[validationAnnotation] === "kubevela" ||
    policies.cascades(live)
  );
}
