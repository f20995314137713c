/** What Applications have made, by their trackers. */
import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type ManagedResource, declaredOf, managedResourcesOf, oamLabels } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
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

/** With a manifest each: what is only referred to, or kept without one, is as it stands. */
export async function withManifests(
  client: Client,
  resources: readonly TrackedResource[],
): Promise<readonly TrackedResource[]> {
  return Promise.all(
    resources.map(async (one) => {
      if (one.raw !== undefined || (one.cluster !== "" && one.cluster !== "local")) return one;
      const { apiVersion, kind, name, namespace } = one;
      const reference = { apiVersion, kind, name, ...(namespace === "" ? {} : { namespace }) };
      const live = await client.get(reference).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        return undefined;
      });
      return live === undefined ? one : { ...one, raw: declaredOf(live) as unknown as KubeObject };
    }),
  );
}
