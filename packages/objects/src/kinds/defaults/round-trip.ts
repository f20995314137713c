/**
 * What the conversion to the internal version and back makes of an object, beside its defaults (pkg/apis/.../conversion.go,
 * 1.36).
 */
import type { JsonObject, JsonValue } from "@lateen/base";
import { isJsonObject } from "@lateen/base";
import type { Kind } from "../kind.ts";
import { number, record, text } from "../tables/read.ts";
import { childOf, type Draft, draftOf, ifUnset, isAbsent, itemsOf } from "./draft.ts";

type Conversion = (draft: Draft) => void;

/** `serviceAccount` is the old name of `serviceAccountName`, which wins. */
function podSpec(spec: Draft): void {
  const name = text(spec, "serviceAccountName") || text(spec, "serviceAccount");
  if (name === "") return;
  spec["serviceAccountName"] = name;
  spec["serviceAccount"] = name;
}

/** Applies to the pod spec at a path, if there is one. */
function podSpecAt(...path: readonly string[]): Conversion {
  return (draft) => {
    const spec = record(draft, ...path);
    if (text(spec, "serviceAccountName") === "" && text(spec, "serviceAccount") === "") return;
    let inner = draft;
    for (const name of path) inner = childOf(inner, name);
    podSpec(inner);
  };
}

function secret(draft: Draft): void {
  const texts = draft["stringData"];
  if (texts === undefined) return;
  delete draft["stringData"];
  if (!isJsonObject(texts)) return;
  const data: Record<string, JsonValue> = { ...record(draft, "data") } as Record<string, JsonValue>;
  for (const [key, value] of Object.entries(texts))
    if (typeof value === "string") define(data, key, base64OfText(value));
  draft["data"] = data;
}

function define(target: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function base64OfText(value: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(value)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const generation = "deprecated.daemonset.template.generation";

/** The template generation lives in an annotation of apps/v1. */
function daemonSet(draft: Draft): void {
  const given = text(draft, "metadata", "annotations", generation);
  const kept = /^[+-]?\d+$/.test(given) ? String(BigInt(given)) : "0";
  childOf(childOf(draft, "metadata"), "annotations")[generation] = kept;
}

function replicationController(draft: Draft): void {
  podSpecAt("spec", "template", "spec")(draft);
  const spec = childOf(draft, "spec");
  if (isAbsent(spec, "replicas")) spec["replicas"] = 1;
}

/** A single value and the list whose first element it is: the single one wins, the list fills it in. */
function firstOf(
  draft: Draft,
  single: string,
  { list, item }: { readonly list: string; readonly item?: string },
): void {
  const one = text(draft, single);
  const first = item === undefined ? text(draft, list, 0) : text(draft, list, 0, item);
  if (one !== "" && one !== first) draft[list] = [item === undefined ? one : { [item]: one }];
  else if (one === "" && first !== "") draft[single] = first;
}

function pod(draft: Draft): void {
  podSpecAt("spec")(draft);
  const grace = number(draft, "spec", "terminationGracePeriodSeconds");
  if (grace < 0) childOf(draft, "spec")["terminationGracePeriodSeconds"] = 1;
  firstOf(childOf(draft, "status"), "podIP", { list: "podIPs", item: "ip" });
}

function statefulSet(draft: Draft): void {
  podSpecAt("spec", "template", "spec")(draft);
  for (const claim of itemsOf(childOf(draft, "spec"), "volumeClaimTemplates")) {
    ifUnset(claim, "kind", "PersistentVolumeClaim");
    ifUnset(claim, "apiVersion", "v1");
  }
}

const conversions: Readonly<Record<string, Conversion>> = {
  "/Pod": pod,
  "/Node": (draft) => firstOf(childOf(draft, "spec"), "podCIDR", { list: "podCIDRs" }),
  "/PodTemplate": podSpecAt("template", "spec"),
  "/ReplicationController": replicationController,
  "/Secret": secret,
  "apps/Deployment": podSpecAt("spec", "template", "spec"),
  "apps/ReplicaSet": podSpecAt("spec", "template", "spec"),
  "apps/StatefulSet": statefulSet,
  "apps/DaemonSet": (draft) => {
    podSpecAt("spec", "template", "spec")(draft);
    daemonSet(draft);
  },
  "batch/Job": podSpecAt("spec", "template", "spec"),
  "batch/CronJob": podSpecAt("spec", "jobTemplate", "spec", "template", "spec"),
};

export function roundTrip(object: JsonObject, { group, kind }: Kind): JsonObject {
  const conversion = conversions[`${group}/${kind}`];
  if (conversion === undefined) return object;
  const draft = draftOf(object);
  conversion(draft);
  return draft;
}
