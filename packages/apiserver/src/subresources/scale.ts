import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import {
  formatLabelSelector,
  type KubeObject,
  labelSelectorOf,
  type MetaLabelSelector,
  valueAt,
} from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { specOf, withSpec } from "../kinds/edit.ts";
import { readEntry } from "../object/convert-to.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { conflict, internalError, invalid, methodNotAllowed, modifiedText, notFound } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { checkName } from "../write/metadata.ts";
import { parseWriteOptions } from "../write/options.ts";
import { patchedValue, patchTypeOf, readPatch } from "../write/patch.ts";
import { changeObject } from "../write/update.ts";
import { foreignKind } from "./token.ts";
import { applyScale } from "./apply-scale.ts";
import { invalidField } from "@lateen/objects";

const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale" };

/** GET, PUT and PATCH of `/scale`: the replicas of anything that has some, as autoscaling/v1 Scale. */
export async function handleScale(request: ResourceRequest): Promise<Answer> {
  switch (request.verb) {
    case "get":
      return scaleAnswer(request, await readLive(request));
    case "update":
      return updateScale(request);
    case "patch":
      return patchScale(request);
    default:
      throw methodNotAllowed();
  }
}

async function readLive(request: ResourceRequest): Promise<KubeObject> {
  const { core, resource } = request;
  const entry = core.store.get(keyOf(resource, request.namespace, request.name));
  if (entry === undefined) throw notFound(resource.groupResource, request.name);
  return readEntry(core, resource, entry);
}

function scaleAnswer(request: ResourceRequest, object: KubeObject): Answer {
  return { kind: "object", status: 200, object: scaleOf(request, object) };
}

async function updateScale(request: ResourceRequest): Promise<Answer> {
  const options = parseWriteOptions(request, "UpdateOptions");
  const kind = foreignKind(request, scaleKind);
  const plain = { ...request, resource: { ...request.resource, custom: undefined } };
  const { object: scale } = decodeBody(plain, kind, parseBody(plain, kind));
  checkName(request, scale);
  const updated = await changeObject(request, options, (live) => ({ object: scaled(request, live, scale) }));
  return scaleAnswer(request, updated);
}

async function patchScale(request: ResourceRequest): Promise<Answer> {
  const plain = { ...request, resource: { ...request.resource, custom: undefined } };
  const type = patchTypeOf(plain);
  const options = parseWriteOptions(request, "PatchOptions", { apply: type === "apply" });
  if (type === "apply") return scaleAnswer(request, await applyScale(request, options, scaleOf));
  const patch = readPatch(request, type);
  const updated = await changeObject(request, options, (live) => {
    const current = scaleOf(request, live) as unknown as KubeObject;
    const patched = patchedValue(request, { live: current, type, patch }) as unknown as KubeObject;
    return { object: scaled(request, live, patched) };
  });
  return scaleAnswer(request, updated);
}

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
