/**
 * What the registry makes of an object before it validates and stores it, kind by kind (PrepareForCreate and
 * PrepareForUpdate in pkg/registry, 1.36). Generation, uid, names, cluster addresses and admission are the server's.
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonEquals } from "@lateen/base";
import { asJson, type KubeObject } from "../../kube-object.ts";
import { applyKindDefaults } from "../defaults/apply-defaults.ts";
import { childOf, type Draft, draftOf, isAbsent, itemsOf } from "../defaults/draft.ts";
import type { DefaultContext } from "../defaults/walk.ts";
import { validateLabelValue } from "../../names/names.ts";
import type { Kind } from "../kind.ts";
import { objects, read, record, text, texts } from "../tables/read.ts";
import { typedForm } from "../typed/typed-form.ts";
import { qosClassOf } from "./qos.ts";
import { sameAddresses, updateService } from "./service-update.ts";

type Creation = (draft: Draft, context: DefaultContext) => void;
type Change = (draft: Draft, live: JsonObject) => void;

/** Kinds whose creator sets the status, although it is a subresource. */
const keepsStatus = new Set(["/Node"]);

/**
 * A new object with its defaults and what its kind adds at creation; metadata.name and uid must be there already. Custom
 * resources are returned as they are.
 */
export function prepareNew(object: KubeObject, kind: Kind, context: DefaultContext): KubeObject {
  const { type } = kind;
  if (type === undefined) return object;
  const draft = draftOf(asJson(applyKindDefaults(object, kind, context)));
  const key = `${kind.group}/${kind.kind}`;
  if (kind.subresources.includes("status") && !keepsStatus.has(key)) delete draft["status"];
  creations[key]?.(draft, context);
  const prepared = applyKindDefaults(typedForm(draft, type) as unknown as KubeObject, kind, context);
  return key === "batch/Job" ? withOwnLabels(prepared, draft) : prepared;
}

/**
 * A Job takes the labels of its template when it is read from the store, long after it was validated: labels that will be
 * refused are not to be refused twice.
 */
function withOwnLabels(job: KubeObject, before: JsonObject): KubeObject {
  const isValid = Object.values(job.metadata.labels ?? {}).every((label) => validateLabelValue(label).length === 0);
  if (isValid || !isAbsent(record(before, "metadata"), "labels")) return job;
  const { labels: _, ...metadata } = job.metadata;
  return { ...job, metadata };
}

export interface PrepareChange extends DefaultContext {
  readonly live: KubeObject;
}

/** A changed object with its defaults and what its kind keeps from the live one; `status` is the caller's. */
export function prepareChange(next: KubeObject, kind: Kind, context: PrepareChange): KubeObject {
  const { type } = kind;
  if (type === undefined) return next;
  const defaulted = applyKindDefaults(next, kind, context);
  const change = changes[`${kind.group}/${kind.kind}`];
  if (change === undefined) return defaulted;
  const draft = draftOf(asJson(defaulted));
  change(draft, asJson(context.live));
  return applyKindDefaults(typedForm(draft, type) as unknown as KubeObject, kind, context);
}

function seconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function pod(draft: Draft, { now }: DefaultContext): void {
  const status: Draft = { phase: "Pending", qosClass: qosClassOf(draft) };
  if (objects(draft, "spec", "schedulingGates").length > 0)
    status["conditions"] = [{ ...gated, lastTransitionTime: seconds(now) }];
  draft["status"] = status;
  const labels = record(draft, "metadata", "labels");
  const spec = childOf(draft, "spec");
  for (const constraint of itemsOf(spec, "topologySpreadConstraints"))
    addLabelKeys(constraint, labels, { matchLabelKeys: "In" });
  if (isAbsent(spec, "affinity")) return;
  const affinity = childOf(spec, "affinity");
  for (const name of ["podAffinity", "podAntiAffinity"]) {
    if (isAbsent(affinity, name)) continue;
    const terms = childOf(affinity, name);
    const both = { matchLabelKeys: "In", mismatchLabelKeys: "NotIn" };
    for (const term of itemsOf(terms, "requiredDuringSchedulingIgnoredDuringExecution"))
      addLabelKeys(term, labels, both);
    for (const preferred of itemsOf(terms, "preferredDuringSchedulingIgnoredDuringExecution"))
      addLabelKeys(childOf(preferred, "podAffinityTerm"), labels, both);
  }
}

const gated: JsonObject = {
  type: "PodScheduled",
  status: "False",
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
  lastProbeTime: null,
};

/** Label keys become requirements with the values of the pod's own labels. */
function addLabelKeys(term: Draft, labels: JsonObject, operators: Readonly<Record<string, string>>): void {
  if (isAbsent(term, "labelSelector")) return;
  const added: JsonObject[] = [];
  for (const [list, operator] of Object.entries(operators))
    for (const key of texts(term, list))
      if (Object.hasOwn(labels, key)) added.push({ key, operator, values: [text(labels, key)] });
  if (added.length === 0) return;
  const selector = childOf(term, "labelSelector");
  selector["matchExpressions"] = [...objects(selector, "matchExpressions"), ...added];
}

function job(draft: Draft): void {
  const spec = childOf(draft, "spec");
  if (spec["manualSelector"] === true) return;
  const name = text(draft, "metadata", "name");
  const uid = text(draft, "metadata", "uid");
  const template = childOf(spec, "template");
  const own: JsonObject = {
    "job-name": name,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "batch.kubernetes.io/controller-uid": uid,
  };
  const metadata = childOf(template, "metadata");
  metadata["labels"] = { ...own, ...record(metadata, "labels") };
  const selector = childOf(spec, "selector");
  const key = "batch.kubernetes.io/controller-uid";
  selector["matchLabels"] = { [key]: uid, ...record(selector, "matchLabels") };
}

function namespace(draft: Draft): void {
  const spec = childOf(draft, "spec");
  const finalizers = texts(spec, "finalizers");
  if (!finalizers.includes("kubernetes")) spec["finalizers"] = [...finalizers, "kubernetes"];
  draft["status"] = { phase: "Active" };
}

/** `dataSource` and `dataSourceRef` are one thing said twice. */
function claim(draft: Draft): void {
  const spec = childOf(draft, "spec");
  const source = read(spec, "dataSource");
  const group = read(source, "apiGroup") ?? "";
  const isForeignCore = isJsonObject(source) && group === "" && text(source, "kind") !== "PersistentVolumeClaim";
  if (isForeignCore && isAbsent(spec, "dataSourceRef")) delete spec["dataSource"];
  if (!isAbsent(spec, "dataSource") && isAbsent(spec, "dataSourceRef"))
    spec["dataSourceRef"] = spec["dataSource"] ?? null;
  else if (
    isAbsent(spec, "dataSource") &&
    !isAbsent(spec, "dataSourceRef") &&
    text(spec, "dataSourceRef", "namespace") === ""
  )
    spec["dataSource"] = withoutNamespace(record(spec, "dataSourceRef"));
}

function withoutNamespace(reference: JsonObject): JsonValue {
  return Object.fromEntries(Object.entries(reference).filter(([name]) => name !== "namespace")) as JsonObject;
}

const templateGeneration = "deprecated.daemonset.template.generation";

function annotate(draft: Draft, generation: number): void {
  childOf(childOf(draft, "metadata"), "annotations")[templateGeneration] = String(generation);
}

const creations: Readonly<Record<string, Creation>> = {
  "/Pod": pod,
  "/Namespace": namespace,
  "/Service": (draft) => sameAddresses(childOf(draft, "spec")),
  "/PersistentVolume": (draft, { now }) => {
    draft["status"] = { phase: "Pending", lastPhaseTransitionTime: seconds(now) };
  },
  "/PersistentVolumeClaim": claim,
  "batch/Job": job,
  "apps/DaemonSet": (draft) => {
    const given = Number(text(draft, "metadata", "annotations", templateGeneration) || "0");
    annotate(draft, given < 1 ? 1 : given);
  },
  "apiregistration.k8s.io/APIService": (draft, { now }) => {
    if (!isAbsent(record(draft, "spec"), "service")) return;
    const available = {
      type: "Available",
      status: "True",
      lastTransitionTime: seconds(now),
      reason: "Local",
      message: "Local APIServices are always available",
    };
    draft["status"] = { conditions: [available] };
  },
};

const changes: Readonly<Record<string, Change>> = {
  "/Namespace": (draft, live) => {
    const spec = childOf(draft, "spec");
    const finalizers = read(live, "spec", "finalizers");
    if (finalizers === undefined) delete spec["finalizers"];
    else spec["finalizers"] = finalizers;
  },
  "/Service": updateService,
  "/PersistentVolumeClaim": claim,
  "apps/DaemonSet": (draft, live) => {
    const before = Number(text(live, "metadata", "annotations", templateGeneration) || "0");
    const changed = !jsonEquals(read(draft, "spec", "template") ?? null, read(live, "spec", "template") ?? null);
    annotate(draft, before + (changed ? 1 : 0));
  },
};
