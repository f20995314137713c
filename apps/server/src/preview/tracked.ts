/** What Applications have made, by their trackers. */
import type { Client } from "@lateen/client";
import { type ManagedResource, managedResourcesOf, oamLabels } from "@lateen/delivery/pure";
import type { Subject } from "./subject.ts";

export interface TrackedResource extends ManagedResource {
  /** `NAMESPACE/NAME`. */
  readonly application: string;
}

export async function trackedResources(
  client: Client,
  subjects: readonly Subject[],
): Promise<readonly TrackedResource[]> {
  const names = new Set(subjects.map(({ namespace, name }) => `${namespace}/${name}`));
  const { items } = await client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "ResourceTracker" });
  return items.flatMap((tracker) => {
    const { [oamLabels.name]: name = "", [oamLabels.namespace]: namespace = "" } = tracker.metadata.labels ?? {};
    const application = `${namespace}/${name}`;
    return names.has(application) ? managedResourcesOf(tracker).map((one) => ({ ...one, application })) : [];
  });
}
