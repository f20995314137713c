import type { KubeObject } from "@lateen/objects";
import type { App } from "../application/application.ts";
import { oamLabels } from "../render/metadata.ts";

/** The Application that an object belongs to, by its UID: names come again, UIDs do not. */
export const ownerUidAnnotation = "lateen.dev/application-uid";
export const sharedByAnnotation = "app.oam.dev/shared-by";

export type Ownership =
  | { readonly kind: "own" }
  | { readonly kind: "nobody" }
  | { readonly kind: "other"; readonly owner: string };

/** Whose a live object is, as its labels and the recorded UID prove it. */
export function ownershipOf(live: KubeObject, app: Pick<App, "name" | "namespace" | "uid">): Ownership {
  const labels = live.metadata.labels ?? {};
  const name = labels[oamLabels.name];
  const namespace = labels[oamLabels.namespace];
  if (name === undefined || namespace === undefined) return { kind: "nobody" };
  if (name !== app.name || namespace !== app.namespace) return { kind: "other", owner: `${namespace}/${name}` };
  const uid = live.metadata.annotations?.[ownerUidAnnotation];
  if (uid !== undefined && app.uid !== "" && uid !== app.uid)
    return { kind: "other", owner: `${namespace}/${name} (an earlier application of this name, uid ${uid})` };
  return { kind: "own" };
}

/** Applications that share an object, `namespace/name`. */
export function sharersOf(live: KubeObject): readonly string[] {
  const text = live.metadata.annotations?.[sharedByAnnotation];
  return text === undefined || text === "" ? [] : text.split(",");
}
