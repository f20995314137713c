import type { JsonObject } from "@lateen/base";
import { type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector, valueAt } from "@lateen/objects";
import { admitForm } from "../admission/admit-form.ts";
import type { Answer } from "../answer/answer.ts";
import { objectsOf, specOf, statusOf, withStatusPart } from "../kinds/edit.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { internalResourceRequest } from "../server/internal-request.ts";
import { readObject } from "../server/core.ts";
import { badRequest, notFound, statusError } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { removeObject } from "../write/delete.ts";
import { timestamp } from "../write/metadata.ts";
import { parseWriteOptions } from "../write/options.ts";
import { changeObject } from "../write/update.ts";
import { deleteOptionsOf } from "../write/delete-options.ts";
import { foreignKind } from "./foreign-kind.ts";

const evictionKind = { group: "policy", version: "v1", kind: "Eviction" };

/** POST `pods/NAME/eviction`: a deletion that disruption budgets may refuse (pkg/registry/core/pod/storage/eviction.go). */
export async function evictPod(request: ResourceRequest): Promise<Answer> {
  const { core, resource, namespace, name } = request;
  const options = parseWriteOptions(request, "CreateOptions");
  const kind = foreignKind(request, evictionKind);
  const { object: eviction } = decodeBody(request, kind, parseBody(request, kind));
  if ((eviction.metadata.name ?? name) !== name) {
    throw badRequest(`name in URL does not match name in Eviction object`);
  }
  const pod = readObject(core, resource, keyOf(resource, namespace, name));
  if (pod === undefined) throw notFound(resource.groupResource, name);
  const admitted = await admitForm(request, {
    kind,
    operation: "CREATE",
    object: { ...eviction, metadata: { ...eviction.metadata, name, ...(namespace !== undefined && { namespace }) } },
    dryRun: options.dryRun,
  });
  const deletion = deleteOptionsOf((valueAt(admitted, "deleteOptions") ?? {}) as JsonObject);
  if (!mayGoFreely(pod)) await takeFromBudget(request, pod, options.dryRun || deletion.dryRun);
  await removeObject(
    { ...request, subresource: undefined, admitted: true },
    { ...deletion, dryRun: options.dryRun || deletion.dryRun },
  );
  return {
    kind: "object",
    status: 201,
    object: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
  };
}

/** Pods that have ended, wait for a node or are going anyway disturb nobody. */
function mayGoFreely(pod: KubeObject): boolean {
  const { phase } = statusOf(pod);
  return (
    phase === "Succeeded" || phase === "Failed" || phase === "Pending" || pod.metadata.deletionTimestamp !== undefined
  );
}

async function takeFromBudget(request: ResourceRequest, pod: KubeObject, dryRun: boolean): Promise<void> {
  const budgets = budgetsOf(request, pod);
  if (budgets.length === 0) return;
  if (budgets.length > 1) {
    throw statusError(
      500,
      "",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  }
  const budget = budgets[0]!;
  if (!isReady(pod) && specOf(budget).unhealthyPodEvictionPolicy === "AlwaysAllow") return;
  const resource = request.table.lookup({ group: "policy", version: "v1", plural: "poddisruptionbudgets" })!;
  const target = {
    resource,
    verb: "update" as const,
    namespace: request.namespace,
    name: budget.metadata.name ?? "",
    subresource: "status",
  };
  const write = { dryRun, fieldManager: "lateen", fieldValidation: "Ignore" as const, force: true };
  await changeObject(internalResourceRequest(request.core, target), write, (live) => ({
    object: disrupted(request, live, pod),
  }));
}

/** The budget with one disruption less. @throws TooManyRequests when it allows none. */
function disrupted(request: ResourceRequest, budget: KubeObject, pod: KubeObject): KubeObject {
  const status = statusOf(budget);
  const name = budget.metadata.name ?? "";
  if (Number(status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = Number(status.disruptionsAllowed ?? 0);
  if (allowed <= 0) {
    throw tooMany(
      `The disruption budget ${name} needs ${Number(status.desiredHealthy ?? 0)} healthy pods and has ${Number(status.currentHealthy ?? 0)} currently`,
    );
  }
  const disruptedPods = (status.disruptedPods ?? {}) as JsonObject;
  return withStatusPart(budget, {
    conditions: withAllowed(request, budget, allowed - 1),
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...disruptedPods, [pod.metadata.name ?? ""]: timestamp(request.core) },
  });
}

/** The condition that says whether another disruption may follow. */
function withAllowed(request: ResourceRequest, budget: KubeObject, allowed: number): readonly JsonObject[] {
  const wanted = {
    type: "DisruptionAllowed",
    status: allowed > 0 ? "True" : "False",
    observedGeneration: Number(statusOf(budget).observedGeneration ?? 0),
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
  };
  const conditions = objectsOf(statusOf(budget).conditions);
  const old = conditions.find(({ type }) => type === wanted.type);
  const since = old?.status === wanted.status ? old.lastTransitionTime : undefined;
  return [
    ...conditions.filter((one) => one !== old),
    { ...wanted, lastTransitionTime: since ?? timestamp(request.core) },
  ];
}

function tooMany(cause: string, retryAfterSeconds?: number): Error {
  return statusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message: cause }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

function isReady(pod: KubeObject): boolean {
  const conditions = statusOf(pod).conditions;
  return (
    Array.isArray(conditions) &&
    conditions.some((one) => valueAt(one, "type") === "Ready" && valueAt(one, "status") === "True")
  );
}

function budgetsOf(request: ResourceRequest, pod: KubeObject): readonly KubeObject[] {
  const { core, table, namespace = "" } = request;
  const resource = table.lookup({ group: "policy", version: "v1", plural: "poddisruptionbudgets" })!;
  return core.store
    .range(`${resource.prefix}${namespace}/`)
    .entries.map((entry) => core.reader.read(resource, entry))
    .filter((budget) =>
      matchesLabels(
        labelSelectorOf((specOf(budget).selector ?? null) as MetaLabelSelector | null),
        pod.metadata.labels,
      ),
    );
}
