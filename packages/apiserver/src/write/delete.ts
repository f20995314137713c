import { codeOf, type JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { admitDelete } from "../admission/admit-delete.ts";
import type { Answer } from "../answer/answer.ts";
import { listAnswer, objectAnswer } from "../answer/shapes.ts";
import type { ResourceRequest } from "../request/context.ts";
import { readCollection } from "../read/list.ts";
import { parseListOptions } from "../read/list-options.ts";
import { parseSelection } from "../read/selection.ts";
import { readEntry, withEntries } from "../object/convert-to.ts";
import { keyOf } from "../registry/resource.ts";
import { conflict, invalid, modifiedText, notFound } from "../status/errors.ts";
import { type DeleteOptions, parseDeleteOptions, type Propagation } from "./delete-options.ts";
import { timestamp } from "./metadata.ts";
import { commitObject, commitRemoval, maxTries, withRevision } from "./pipeline.ts";
import { invalidField } from "@lateen/objects";

/** DELETE of one object. */
export async function deleteObject(request: ResourceRequest): Promise<Answer> {
  const options = parseDeleteOptions(request);
  const outcome = await removeObject(request, options);
  if (outcome.kind === "kept" || request.resource.strategy.answersDeleted) {
    return objectAnswer(request, outcome.object, 200);
  }
  return { kind: "object", status: 200, object: deletedStatus(request, outcome.object) };
}

/** DELETE of a collection: each object as if deleted alone; the answer is the list as it was before. */
export async function deleteCollection(request: ResourceRequest): Promise<Answer> {
  const options = parseDeleteOptions(request);
  const selection = parseSelection(request.resource, request.query);
  const collection = await readCollection(request, { options: parseListOptions(request.query), selection });
  const { core, resource } = request;
  const { entries } = collection;
  const objects = await withEntries(core, { resource, entries }, () =>
    entries.map((entry) => core.reader.read(resource, entry)),
  );
  for (const object of objects) {
    try {
      await removeObject(
        { ...request, namespace: object.metadata.namespace, name: object.metadata.name ?? "" },
        options,
      );
    } catch (error) {
      if (codeOf(error) !== "NotFound") throw error;
    }
  }
  return listAnswer(request, { meta: collection.meta, objects });
}

export type Removal =
  /** It is gone; the object carries the revision of its deletion. */
  | { readonly kind: "gone"; readonly object: KubeObject }
  /** It waits for finalizers, a grace period or its namespace's content. */
  | { readonly kind: "kept"; readonly object: KubeObject };

/** @throws NotFound, Conflict when a precondition does not hold, what admission answers. */
export async function removeObject(request: ResourceRequest, options: DeleteOptions): Promise<Removal> {
  const { core, resource, name } = request;
  for (let n = 0; n < maxTries; n++) {
    const entry = core.store.get(keyOf(resource, request.namespace, name));
    if (entry === undefined) throw notFound(resource.groupResource, name);
    const live = await readEntry(core, resource, entry);
    checkPreconditions(request, live, options);
    await admitDelete(request, live, options);
    const marked = markDeleted(request, live, options);
    if (marked !== undefined) {
      if (marked === live || options.dryRun) return { kind: "kept", object: marked };
      const stored = await commitObject(request, marked, entry.revision);
      if (stored !== undefined) return { kind: "kept", object: stored };
      continue;
    }
    const last = lastForm(request, live, options);
    if (options.dryRun) return { kind: "gone", object: last };
    const revision = await commitRemoval(request, live, entry.revision);
    if (revision !== undefined) return { kind: "gone", object: withRevision(last, revision) };
  }
  throw conflict(resource.groupResource, name, modifiedText);
}

function checkPreconditions(request: ResourceRequest, live: KubeObject, { preconditions }: DeleteOptions): void {
  const { kind } = request.resource;
  // In these texts the subject is the kind, not the plural.
  const subject = { group: kind.group, resource: kind.kind };
  const { uid, resourceVersion } = preconditions;
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(
      subject,
      request.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(
      subject,
      request.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** The object as it waits for its end; itself when it waits already; undefined when nothing holds it. */
function markDeleted(request: ResourceRequest, live: KubeObject, options: DeleteOptions): KubeObject | undefined {
  const { core, resource } = request;
  const graceSeconds = resource.strategy.graceful ? graceOf(live, options) : 0;
  if (live.metadata.deletionTimestamp !== undefined) return remark(request, live, { options, graceSeconds });
  const marked = resource.strategy.terminate?.(live, request);
  const finalizers = finalizersFor(marked ?? live, options.propagation ?? policyByDefault(request, live));
  if (finalizers.length === 0 && graceSeconds === 0 && marked === undefined) return undefined;
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    throw invalid({ group: resource.kind.group, kind: resource.kind.kind, name: request.name }, [
      invalidField(
        "metadata.finalizers",
        finalizers as string[],
        "finalizer orphan and foregroundDeletion cannot be both set",
      ),
    ]);
  }
  const { finalizers: _, ...metadata } = live.metadata;
  const generation = live.metadata.generation;
  const counts = generation !== undefined && resource.strategy.counted && resource.strategy.terminate === undefined;
  return {
    ...(marked ?? live),
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 && { finalizers }),
      deletionTimestamp: timestamp(core, graceSeconds * 1000),
      ...(resource.strategy.terminate === undefined && { deletionGracePeriodSeconds: graceSeconds }),
      ...(counts && { generation: generation + 1 }),
    },
  };
}

/** A pod that goes at once is shown as if it had waited no time. */
function lastForm(request: ResourceRequest, live: KubeObject, options: DeleteOptions): KubeObject {
  if (!request.resource.strategy.graceful) return live;
  const { deletionTimestamp, generation } = live.metadata;
  const forced = deletionTimestamp !== undefined && options.gracePeriodSeconds !== undefined;
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...(deletionTimestamp === undefined
        ? {
            deletionTimestamp: timestamp(request.core),
            deletionGracePeriodSeconds: 0,
            ...(generation !== undefined && { generation: generation + 1 }),
          }
        : forced && { deletionGracePeriodSeconds: 0 }),
    },
  };
}

/** A second deletion can only shorten the grace period. */
function remark(
  request: ResourceRequest,
  live: KubeObject,
  { graceSeconds, options }: { readonly graceSeconds: number; readonly options: DeleteOptions },
): KubeObject | undefined {
  const before = live.metadata.deletionGracePeriodSeconds ?? 0;
  const finalizers = live.metadata.finalizers ?? [];
  const shortens = options.gracePeriodSeconds !== undefined && graceSeconds < before;
  if (!shortens) {
    const done = finalizers.length === 0 && before === 0 && request.resource.strategy.terminate === undefined;
    return done ? undefined : live;
  }
  if (graceSeconds === 0 && finalizers.length === 0) return undefined;
  const end = Date.parse(live.metadata.deletionTimestamp!) - (before - graceSeconds) * 1000;
  return {
    ...live,
    metadata: {
      ...live.metadata,
      deletionTimestamp: `${new Date(end).toISOString().slice(0, 19)}Z`,
      deletionGracePeriodSeconds: graceSeconds,
    },
  };
}

/** Pods: the option, else what the pod says, else 30 s; nothing to wait for where no node runs it. */
function graceOf(pod: KubeObject, options: DeleteOptions): number {
  const own = valueAt(pod, "spec", "terminationGracePeriodSeconds");
  let seconds = options.gracePeriodSeconds ?? (typeof own === "number" ? own : 30);
  if (seconds < 0) seconds = 1;
  const phase = valueAt(pod, "status", "phase");
  const unscheduled = (valueAt(pod, "spec", "nodeName") ?? "") === "";
  return unscheduled || phase === "Succeeded" || phase === "Failed" ? 0 : seconds;
}

function policyByDefault(request: ResourceRequest, live: KubeObject): Propagation | undefined {
  if ((live.metadata.finalizers ?? []).some((name) => name === "orphan" || name === "foregroundDeletion"))
    return undefined;
  const policy = request.resource.strategy.defaultPropagation;
  if (policy === "Orphan" && request.resource.kind.kind === "Job" && !request.warnings.includes(jobWarning)) {
    request.warnings.push(jobWarning);
  }
  return policy;
}

const jobWarning =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

function finalizersFor(live: KubeObject, policy: Propagation | undefined): readonly string[] {
  const finalizers = live.metadata.finalizers ?? [];
  if (policy === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== "orphan" && name !== "foregroundDeletion");
  if (policy === "Background") return others;
  return [...others, policy === "Orphan" ? "orphan" : "foregroundDeletion"];
}

function deletedStatus(request: ResourceRequest, object: KubeObject): JsonObject {
  const { kind } = request.resource;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: object.metadata.name,
      ...(kind.group !== "" && { group: kind.group }),
      kind: kind.plural,
      uid: object.metadata.uid,
    },
  };
}
