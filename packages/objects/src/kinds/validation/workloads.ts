/** Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers (pkg/apis/apps/validation, 1.36). */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { validatePercent } from "../../names/names.ts";
import { labelSelectorOf, matchesLabels, type MetaLabelSelector } from "../../selectors/labels.ts";
import { number, objects, read, record, text } from "../tables/read.ts";
import { claimSpec } from "./claims.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { podTemplate } from "./pod.ts";
import { labelMap, labelSelector } from "./scheduling.ts";

/** The selector as the API reads it; undefined when it cannot be. */
export function selects(selector: JsonValue | undefined, labels: JsonObject): boolean | undefined {
  try {
    const parsed = labelSelectorOf(selector as MetaLabelSelector | null | undefined);
    return matchesLabels(parsed, labels as Readonly<Record<string, string>>);
  } catch {
    return undefined;
  }
}

export function mismatch(errors: FieldErrors, field: string, template: JsonValue | undefined): void {
  const labels = read(template, "metadata", "labels");
  errors.invalid(`${field}.metadata.labels`, labels ?? null, "`selector` does not match template `labels`");
}

interface Selecting {
  readonly spec: JsonObject;
  /** `deployment`, for the message about an empty selector. */
  readonly kind: string;
  readonly requires: boolean;
}

/** Checks the selector and, when it can be read (true), the template by it. */
function selectorAndTemplate(errors: FieldErrors, { spec, kind, requires }: Selecting, detail: string): boolean {
  const selector = read(spec, "selector");
  if (selector === undefined || selector === null) {
    if (requires) errors.required("spec.selector");
  } else {
    labelSelector(errors, "spec.selector", selector);
    if (Object.keys(record(selector, "matchLabels")).length + objects(selector, "matchExpressions").length === 0)
      errors.invalid("spec.selector", selector, `empty selector is invalid for ${kind}`);
  }
  const labels = record(spec, "template", "metadata", "labels");
  const matches = selects(selector, labels);
  if (matches === undefined) {
    errors.invalid("spec.selector", selector, detail);
    return false;
  }
  const isEmpty = selector === undefined || selector === null || sameEmpty(selector);
  if (!matches && !isEmpty) mismatch(errors, "spec.template", spec["template"]);
  if (!matches && (selector === undefined || selector === null) && requires)
    mismatch(errors, "spec.template", spec["template"]);
  podTemplate(errors, "spec.template", templateOf(spec));
  return true;
}

function sameEmpty(selector: JsonValue): boolean {
  return Object.keys(record(selector, "matchLabels")).length + objects(selector, "matchExpressions").length === 0;
}

/** A StatefulSet's claims become volumes of its pods. */
function templateOf(spec: JsonObject): JsonValue | undefined {
  const claims = objects(spec, "volumeClaimTemplates");
  const template = record(spec, "template");
  if (claims.length === 0) return spec["template"];
  const names = claims.map((claim) => text(claim, "metadata", "name"));
  const kept = objects(template, "spec", "volumes").filter((volume) => !names.includes(text(volume, "name")));
  const added = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...record(template, "spec"), volumes: [...added, ...kept] } };
}

function onlyAlways(errors: FieldErrors, spec: JsonObject, kind: string): void {
  const policy = text(spec, "template", "spec", "restartPolicy");
  if (policy !== "Always") errors.unsupported("spec.template.spec.restartPolicy", policy, ["Always"]);
  if (has(record(spec, "template", "spec"), "activeDeadlineSeconds"))
    errors.forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${kind} is not Supported`);
}

export function deployment(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  errors.nonNegative("spec.replicas", spec["replicas"]);
  const isReadable = selectorAndTemplate(
    errors,
    { spec, kind: "deployment", requires: true },
    "invalid label selector",
  );
  if (isReadable) onlyAlways(errors, spec, "ReplicaSet");
  strategy(errors, spec);
  errors.nonNegative("spec.minReadySeconds", spec["minReadySeconds"]);
  errors.nonNegative("spec.revisionHistoryLimit", spec["revisionHistoryLimit"]);
  const deadline = spec["progressDeadlineSeconds"];
  if (typeof deadline !== "number") return;
  errors.nonNegative("spec.progressDeadlineSeconds", deadline);
  if (deadline <= number(spec, "minReadySeconds"))
    errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
}

function strategy(errors: FieldErrors, spec: JsonObject): void {
  const given = record(spec, "strategy");
  const type = text(given, "type");
  const field = "spec.strategy.rollingUpdate";
  if (type === "Recreate") {
    if (has(given, "rollingUpdate")) errors.forbidden(field, "may not be specified when strategy `type` is 'Recreate'");
  } else if (type === "RollingUpdate") {
    const rolling = record(given, "rollingUpdate");
    const [unavailable, surge] = [read(rolling, "maxUnavailable"), read(rolling, "maxSurge")];
    intOrPercent(errors, `${field}.maxUnavailable`, unavailable);
    intOrPercent(errors, `${field}.maxSurge`, surge);
    if (amountOf(unavailable) === 0 && amountOf(surge) === 0)
      errors.invalid(`${field}.maxUnavailable`, unavailable, "may not be 0 when `maxSurge` is 0");
    notAboveAll(errors, `${field}.maxUnavailable`, unavailable);
  } else errors.unsupported("spec.strategy", goStruct(given, "Strategy"), ["Recreate", "RollingUpdate"]);
}

/** A number from 0, or a percentage. */
export function intOrPercent(errors: FieldErrors, field: string, value: JsonValue | undefined): void {
  if (typeof value === "string") errors.messages(field, value, validatePercent(value));
  else errors.nonNegative(field, value);
}

export function notAboveAll(errors: FieldErrors, field: string, value: JsonValue | undefined): void {
  const percent = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  if (percent !== undefined && Number(percent) > 100) errors.invalid(field, value, "must not be greater than 100%");
}

function amountOf(value: JsonValue | undefined): number {
  if (typeof value === "string") return Number(/^(\d+)%$/.exec(value)?.[1] ?? "0");
  return typeof value === "number" ? value : 0;
}

export function deploymentUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  deployment(errors, object);
  errors.immutable("spec.selector", read(object, "spec", "selector"), read(old, "spec", "selector"));
}

export function replicaSet(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  errors.nonNegative("spec.replicas", spec["replicas"]);
  errors.nonNegative("spec.minReadySeconds", spec["minReadySeconds"]);
  const isReadable = selectorAndTemplate(
    errors,
    { spec, kind: "deployment", requires: true },
    "invalid label selector",
  );
  if (isReadable) onlyAlways(errors, spec, "ReplicaSet");
}

export function replicaSetUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  replicaSet(errors, object);
  errors.immutable("spec.selector", read(object, "spec", "selector"), read(old, "spec", "selector"));
}

export function replicationController(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  errors.nonNegative("spec.replicas", spec["replicas"]);
  errors.nonNegative("spec.minReadySeconds", spec["minReadySeconds"]);
  const selector = record(spec, "selector");
  if (Object.keys(selector).length === 0) errors.required("spec.selector");
  if (!has(spec, "template")) {
    errors.required("spec.template");
    return;
  }
  const labels = record(spec, "template", "metadata", "labels");
  const matches = Object.entries(selector).every(([key, value]) => labels[key] === value);
  if (!matches) mismatch(errors, "spec.template", spec["template"]);
  podTemplate(errors, "spec.template", spec["template"]);
  onlyAlways(errors, spec, "ReplicationController");
}

export function statefulSet(errors: FieldErrors, object: JsonObject, { isUpdate = false } = {}): void {
  const spec = record(object, "spec");
  const policy = text(spec, "podManagementPolicy");
  if (policy === "") errors.required("spec.podManagementPolicy");
  else if (policy !== "OrderedReady" && policy !== "Parallel")
    errors.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
  statefulStrategy(errors, spec);
  for (const name of ["whenDeleted", "whenScaled"])
    errors.anyOf(
      `spec.persistentVolumeClaimRetentionPolicy.${name}`,
      text(spec, "persistentVolumeClaimRetentionPolicy", name),
      ["Retain", "Delete"],
    );
  if (!isUpdate)
    for (const [index, claim] of objects(spec, "volumeClaimTemplates").entries())
      claimSpec(errors, `spec.volumeClaimTemplates[${index}].spec`, record(claim, "spec"));
  errors.nonNegative("spec.replicas", spec["replicas"]);
  errors.nonNegative("spec.minReadySeconds", spec["minReadySeconds"]);
  errors.nonNegative("spec.ordinals.start", read(spec, "ordinals", "start"));
  const service = text(spec, "serviceName");
  if (!isUpdate && service !== "") errors.label("spec.serviceName", service);
  selectorAndTemplate(errors, { spec, kind: "statefulset", requires: true }, "");
  labelMap(errors, "spec.template.labels", record(spec, "template", "metadata", "labels"));
  onlyAlways(errors, spec, "StatefulSet");
}

function statefulStrategy(errors: FieldErrors, spec: JsonObject): void {
  const given = record(spec, "updateStrategy");
  const type = text(given, "type");
  const rolling = read(given, "rollingUpdate");
  const field = "spec.updateStrategy.rollingUpdate";
  if (type === "") errors.required("spec.updateStrategy");
  else if (type === "OnDelete") {
    if (rolling !== undefined) errors.invalid(field, rolling, "only allowed for updateStrategy 'RollingUpdate'");
  } else if (type === "RollingUpdate") {
    errors.nonNegative(`${field}.partition`, read(rolling, "partition"));
    const unavailable = read(rolling, "maxUnavailable");
    if (unavailable === undefined) return;
    intOrPercent(errors, `${field}.maxUnavailable`, unavailable);
    if (amountOf(unavailable) === 0) errors.invalid(`${field}.maxUnavailable`, unavailable, "cannot be 0");
    notAboveAll(errors, `${field}.maxUnavailable`, unavailable);
  } else errors.invalid("spec.updateStrategy", goStruct(given, "Strategy"), "must be 'RollingUpdate' or 'OnDelete'");
}

const changeable = [
  "replicas",
  "template",
  "updateStrategy",
  "minReadySeconds",
  "ordinals",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
];

export function statefulSetUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  statefulSet(errors, object, { isUpdate: true });
  const fixed = (of: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(record(of, "spec")).filter(([name]) => !changeable.includes(name)));
  if (!sameJson(fixed(object), fixed(old)))
    errors.forbidden(
      "spec",
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
}

export function daemonSet(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const selector = read(spec, "selector");
  labelSelector(errors, "spec.selector", selector);
  if (selects(selector, record(spec, "template", "metadata", "labels")) === false)
    mismatch(errors, "spec.template", spec["template"]);
  if (selector !== undefined && selector !== null && sameEmpty(selector))
    errors.invalid("spec.selector", selector, "empty selector is invalid for daemonset");
  podTemplate(errors, "spec.template", spec["template"]);
  onlyAlways(errors, spec, "DaemonSet");
  errors.nonNegative("spec.minReadySeconds", spec["minReadySeconds"]);
  daemonStrategy(errors, record(spec, "updateStrategy"));
  errors.nonNegative("spec.revisionHistoryLimit", spec["revisionHistoryLimit"]);
}

function daemonStrategy(errors: FieldErrors, given: JsonObject): void {
  const type = text(given, "type");
  const field = "spec.updateStrategy.rollingUpdate";
  if (type === "OnDelete") return;
  if (type !== "RollingUpdate") {
    errors.unsupported("spec.updateStrategy", goStruct(given, "Strategy"), ["RollingUpdate", "OnDelete"]);
    return;
  }
  const rolling = record(given, "rollingUpdate");
  const [unavailable, surge] = [read(rolling, "maxUnavailable"), read(rolling, "maxSurge")];
  for (const [name, value] of [
    ["maxUnavailable", unavailable],
    ["maxSurge", surge],
  ] as const) {
    intOrPercent(errors, `${field}.${name}`, value);
    notAboveAll(errors, `${field}.${name}`, value);
  }
  const [hasUnavailable, hasSurge] = [amountOf(unavailable) !== 0, amountOf(surge) !== 0];
  if (hasUnavailable && hasSurge)
    errors.invalid(`${field}.maxSurge`, surge, "may not be set when maxUnavailable is non-zero");
  if (!hasUnavailable && !hasSurge) errors.required(`${field}.maxUnavailable`, "cannot be 0 when maxSurge is 0");
}

export function daemonSetUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  errors.immutable("spec.selector", read(object, "spec", "selector"), read(old, "spec", "selector"));
  daemonSet(errors, object);
}

export function controllerRevision(errors: FieldErrors, object: JsonObject): void {
  if (!has(object, "data")) errors.required("data", "data is mandatory");
  else if (!isJsonObject(object["data"])) errors.required("data", "data must be a valid JSON object");
  errors.nonNegative("revision", object["revision"]);
}

export function controllerRevisionUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  errors.nonNegative("revision", object["revision"]);
  errors.immutable("data", object["data"], old["data"]);
}
