/** The history of StatefulSets and DaemonSets: ControllerRevisions, each holding the pod template as a patch (pkg/controller/history). */
import { type JsonValue, canonicalJson, isAlreadyExists, isNotFound } from "@lateen/base";
import type { Environment } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import type { PodTemplate } from "../api/pod.ts";
import { templateHash } from "../deployment/template-hash.ts";
import { ownedBy } from "../pods/owned.ts";
import { observe, ownerReferenceTo } from "../pods/pod-control.ts";

export interface ControllerRevision extends KubeObject {
  readonly data?: JsonValue;
  readonly revision?: number;
}

export const controllerRevisionKind = { apiVersion: "apps/v1", kind: "ControllerRevision" } as const;
export const revisionHashLabel = "controller-revision-hash";

export interface Workload extends KubeObject {
  readonly spec?: { readonly template?: PodTemplate; readonly revisionHistoryLimit?: number };
}

export interface Revisions {
  /** The revision of the present template. */
  readonly update: ControllerRevision;
  /** All of the workload, oldest first. */
  readonly all: readonly ControllerRevision[];
}

const templatePatch = (template: PodTemplate | undefined): JsonValue =>
  ({ spec: { template: { ...template, $patch: "replace" } } }) as unknown as JsonValue;

/** The template that a revision holds. */
export function templateOf(revision: ControllerRevision): PodTemplate | undefined {
  const { template } =
    (
      revision.data as
        | { readonly spec?: { readonly template?: PodTemplate & { readonly $patch?: string } } }
        | undefined
    )?.spec ?? {};
  if (template === undefined) return undefined;
  const { $patch: _, ...plain } = template;
  return plain;
}

export const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[revisionHashLabel] ?? "";

/** Finds or makes the revision of the present template; an old one that is used again gets the newest number. */
export async function syncRevisions(
  environment: Environment,
  workload: Workload,
  signal: AbortSignal,
): Promise<Revisions> {
  const all = [...ownedBy<ControllerRevision>(environment, controllerRevisionKind, workload)].toSorted(
    (a, b) => (a.revision ?? 0) - (b.revision ?? 0),
  );
  const wanted = canonicalJson(templatePatch(workload.spec?.template));
  const newest = all.at(-1);
  const equal = all.findLast(({ data }) => data !== undefined && canonicalJson(data) === wanted);
  if (equal !== undefined && equal === newest) return { update: equal, all };
  const revision = (newest?.revision ?? 0) + 1;
  if (equal !== undefined) {
    const update = await environment.client.update<ControllerRevision>({ ...equal, revision }, { signal });
    await observe(environment, controllerRevisionKind, update.metadata.resourceVersion, signal);
    return { update, all: [...all.filter((known) => known !== equal), update] };
  }
  const update = await createRevision(environment, { workload, revision }, signal);
  return { update, all: [...all, update] };
}

async function createRevision(
  environment: Environment,
  { workload, revision }: { readonly workload: Workload; readonly revision: number },
  signal: AbortSignal,
): Promise<ControllerRevision> {
  const { namespace = "", name = "" } = workload.metadata;
  for (let collisions: number | undefined; ; collisions = (collisions ?? 0) + 1) {
    const hash = templateHash(workload.spec?.template, collisions);
    try {
      const created = await environment.client.create<ControllerRevision>(
        {
          ...controllerRevisionKind,
          metadata: {
            namespace,
            name: `${name}-${hash}`,
            labels: { ...workload.spec?.template?.metadata?.labels, [revisionHashLabel]: hash },
            ownerReferences: [ownerReferenceTo(workload)],
          },
          data: templatePatch(workload.spec?.template),
          revision,
        },
        { signal },
      );
      await observe(environment, controllerRevisionKind, created.metadata.resourceVersion, signal);
      return created;
    } catch (error) {
      if (!isAlreadyExists(error) || (collisions ?? 0) > 10) throw error;
    }
  }
}

/** Deletes the oldest revisions beyond the history limit; those in `live` are kept. */
export async function trimRevisions(
  { client }: Environment,
  {
    workload,
    all,
    live,
  }: { readonly workload: Workload; readonly all: readonly ControllerRevision[]; readonly live: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<void> {
  const old = all.filter(({ metadata }) => !live.has(metadata.name ?? ""));
  const surplus = old.length - (workload.spec?.revisionHistoryLimit ?? 10);
  for (const { metadata } of old.slice(0, Math.max(0, surplus))) {
    const { namespace = "", name = "" } = metadata;
    await client.delete({ ...controllerRevisionKind, namespace, name }, { signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
