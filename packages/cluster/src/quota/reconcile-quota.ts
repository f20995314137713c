/** Keeps what quotas say is used (pkg/controller/resourcequota): admission adds to it, and only this takes away. */
import { type JsonValue, jsonEquals } from "@lateen/base";
import type { Controller, Environment, ReconcileContext, Request, Result } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { serviceKind } from "../api/cluster.ts";
import { type ServedResource, discoverResources } from "../api/discovery.ts";
import { type Pod, podKind } from "../api/pod.ts";
import { volumeClaimKind } from "../api/volume.ts";
import { isPodFinished } from "../pods/pod-state.ts";
import { type Quota, resourcesOf, sumUsage } from "./quota-usage.ts";

const quotaKind = { apiVersion: "v1", kind: "ResourceQuota" } as const;
/** What is counted of kinds that are not watched for this is looked at again after so long. */
const recountMs = 30_000;
const watched: ReadonlySet<string> = new Set(["pods", "services", "persistentvolumeclaims"]);

export function createQuotaController(environment: Environment): Controller {
  const ofNamespace = ({ metadata }: KubeObject): readonly Request[] => {
    const namespace = metadata.namespace ?? "";
    return environment.cache
      .list<Quota>({ ...quotaKind, namespace })
      .map((quota) => ({ namespace, name: quota.metadata.name ?? "" }));
  };
  // Additions are charged by admission already; changes of pods matter when they end.
  const ends = (object: KubeObject, previous: KubeObject | undefined): boolean =>
    object === previous || isPodFinished(object as Pod);
  return {
    name: "resource-quota",
    sources: [
      { ...quotaKind },
      { ...podKind, when: ends, map: ofNamespace },
      { ...serviceKind, map: ofNamespace },
      { ...volumeClaimKind, map: ofNamespace },
    ],
    reconcile: (request, context) => reconcileQuota(environment, request, context),
  };
}

export async function reconcileQuota(
  { cache, client }: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const known = cache.get<Quota>({ ...quotaKind, namespace, name });
  if (known === undefined || known.metadata.deletionTimestamp !== undefined) return {};
  // Asked anew: between this answer and the write below admission may charge, and then the write conflicts.
  const quota = await client.get<Quota>({ ...quotaKind, namespace, name }, { signal });
  const hard = quota.spec?.hard ?? {};
  const wanted = resourcesOf(hard);
  const objects: { readonly resource: string; readonly object: KubeObject }[] = [];
  for (const [resource, kind] of kindsOf(await discoverResources(client, signal))) {
    if (!wanted.has(resource)) continue;
    const { items } = await client.list({ ...kind, namespace }, { signal });
    objects.push(...items.map((object) => ({ resource, object })));
  }
  const status = { hard, used: sumUsage(quota, objects) };
  if (!jsonEquals(status as JsonValue, (quota.status ?? {}) as JsonValue)) {
    await client.updateStatus<Quota>({ ...quota, status }, { signal });
  }
  return [...wanted].every((resource) => watched.has(resource)) ? {} : { requeueAfterMs: recountMs };
}

/** `deployments.apps`, `pods`: as quotas name resources. */
function kindsOf(
  resources: readonly ServedResource[],
): ReadonlyMap<string, { readonly apiVersion: string; readonly kind: string }> {
  return new Map(
    resources
      .filter(({ namespaced, verbs }) => namespaced && verbs.includes("list"))
      .map(({ apiVersion, kind, plural }) => [
        apiVersion.includes("/") ? `${plural}.${apiVersion.split("/")[0]}` : plural,
        { apiVersion, kind },
      ]),
  );
}
