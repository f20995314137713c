/** Objects that have replicas, seen as autoscaling/v1 Scale, and back. */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import {
  formatLabelSelector,
  invalidField,
  type KubeObject,
  labelSelectorOf,
  type MetaLabelSelector,
  valueAt,
} from "@lateen/objects";
import type { AdmittedForm } from "../admission/admit-form.ts";
import { specOf, withSpec } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { foreignKind } from "./foreign-kind.ts";
import { conflict, internalError, invalid, modifiedText } from "../status/errors.ts";

export const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale" };

/** The object with the replicas of the Scale. @throws Conflict, Invalid. */
export function scaled(request: ResourceRequest, live: KubeObject, scale: KubeObject): KubeObject {
  const { resource, name } = request;
  const version = valueAt(scale, "metadata", "resourceVersion") ?? "";
  if (version !== "" && version !== live.metadata.resourceVersion) {
    throw conflict(resource.groupResource, name, modifiedText);
  }
  const uid = valueAt(scale, "metadata", "uid") ?? "";
  if (uid !== "" && uid !== live.metadata.uid) throw conflict(resource.groupResource, name, modifiedText);
  const replicas = valueAt(scale, "spec", "replicas") ?? 0;
  if (typeof replicas !== "number" || replicas < 0) {
    throw invalid({ group: "autoscaling", kind: "Scale", name }, [
      invalidField("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  const path = pathOf(resource.custom?.scale?.specReplicasPath ?? ".spec.replicas");
  if (resource.custom === undefined) return withSpec(live, { replicas });
  return setAt(live as unknown as JsonObject, path, replicas) as unknown as KubeObject;
}

function pathOf(path: string): readonly string[] {
  return path.split(".").slice(1);
}

function setAt(object: JsonObject, [first, ...rest]: readonly string[], value: JsonValue): JsonObject {
  const inner = object[first!];
  return { ...object, [first!]: rest.length === 0 ? value : setAt(isJsonObject(inner) ? inner : {}, rest, value) };
}

export function scaleOf(request: ResourceRequest, object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as JsonObject,
    ...(request.resource.custom === undefined ? builtinScale(object) : customScale(request, object)),
  };
}

function builtinScale(object: KubeObject): JsonObject {
  const { replicas, selector } = specOf(object);
  const text =
    object.kind === "ReplicationController" ? labelsText(selector as JsonObject) : selectorText(selector as JsonObject);
  return {
    spec: withoutZero({ replicas: replicas ?? 0 }),
    status: { replicas: valueAt(object, "status", "replicas") ?? 0, ...(text !== "" && { selector: text }) },
  };
}

function customScale({ resource }: ResourceRequest, object: KubeObject): JsonObject {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = resource.custom!.scale!;
  const replicas = valueAt(object, ...pathOf(specReplicasPath));
  if (typeof replicas !== "number") {
    throw internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
  }
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, ...pathOf(labelSelectorPath));
  const current = valueAt(object, ...pathOf(statusReplicasPath));
  return {
    spec: withoutZero({ replicas }),
    status: {
      replicas: typeof current === "number" ? current : 0,
      ...(typeof selector === "string" && selector !== "" && { selector }),
    },
  };
}

function withoutZero(spec: { readonly replicas: JsonValue }): JsonObject {
  return spec.replicas === 0 ? {} : spec;
}

function selectorText(selector: JsonObject | undefined): string {
  return selector === undefined ? "" : formatLabelSelector(labelSelectorOf(selector as unknown as MetaLabelSelector));
}

function labelsText(labels: JsonObject | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .toSorted()
    .join(",");
}

/** A write through `/scale` as policies and webhooks see it: both objects as Scales. */
export function scaleForm(
  request: ResourceRequest,
  { object, old, dryRun }: { readonly object: KubeObject; readonly old: KubeObject; readonly dryRun: boolean },
): AdmittedForm & { readonly old: KubeObject } {
  const seen = (one: KubeObject): KubeObject => scaleOf(request, one) as unknown as KubeObject;
  return {
    kind: foreignKind(request, scaleKind),
    operation: "UPDATE",
    object: seen(object),
    old: seen(old),
    dryRun,
  };
}
