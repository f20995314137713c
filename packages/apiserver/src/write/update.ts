import { jsonEquals, type JsonValue } from "@lateen/base";
import { asJson, invalidField, type KubeObject } from "@lateen/objects";
import { admit } from "../admission/admit.ts";
import { admitValidated } from "../admission/admit-validated.ts";
import type { Answer } from "../answer/answer.ts";
import { objectAnswer } from "../answer/shapes.ts";
import { afterAdmission, behaviourOf, prepareForUpdate, validateObject, withDefaults } from "../kinds/behaviour.ts";
import { listOf, specOf } from "../kinds/edit.ts";
import type { ResourceRequest } from "../request/context.ts";
import { readEntry } from "../object/convert-to.ts";
import { keyOf } from "../registry/resource.ts";
import { conflict, invalid, modifiedText, notFound } from "../status/errors.ts";
import { decodeBody, parseBody, reportStrictErrors } from "./body.ts";
import { keepOtherPart } from "../subresources/other-part.ts";
import { createFrom } from "./create.ts";
import { recordWrite } from "./field-tracking.ts";
import {
  checkName,
  checkNamespace,
  metadataForUpdate,
  validateMetadataChange,
  validateMetadataOf,
} from "./metadata.ts";
import { parseWriteOptions, type WriteOptions } from "./options.ts";
import { commitObject, commitRemoval, isSameObject, maxTries, throwIfInvalid } from "./pipeline.ts";

/** PUT of an object, or of its status. */
export async function updateObject(request: ResourceRequest): Promise<Answer> {
  const { kind, strategy } = request.resource;
  const options = parseWriteOptions(request, "UpdateOptions");
  const decoded = decodeBody(request, kind, parseBody(request, kind));
  reportStrictErrors(request, kind, { strictErrors: decoded.strictErrors, mode: options.fieldValidation });
  const given = checkNamespace(request, decoded.object);
  checkName(request, given);
  if (strategy.createOnUpdate && request.subresource === undefined && !exists(request)) {
    const created = await createFrom(request, given, { options, apply: false });
    return objectAnswer(request, created, 201);
  }
  requireVersion(request, given);
  const updated = await changeObject(request, options, (live) => {
    checkUid(request, live, given);
    return { object: given };
  });
  return objectAnswer(request, updated, 200);
}

/** A PUT of another object that had this name is no update of this one. */
function checkUid({ resource, name }: ResourceRequest, live: KubeObject, given: KubeObject): void {
  const uid = given.metadata.uid ?? "";
  if (uid === "" || uid === live.metadata.uid) return;
  const text = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
  throw conflict(resource.groupResource, name, text);
}

/** Some kinds refuse a PUT that does not say which version it is based on. */
function requireVersion(request: ResourceRequest, given: KubeObject): void {
  const { strategy, groupResource } = request.resource;
  if (strategy.unconditionalUpdate || (given.metadata.resourceVersion ?? "") !== "") return;
  if (!exists(request)) return;
  throw invalid({ group: groupResource.group, kind: groupResource.resource, name: request.name }, [
    invalidField("metadata.resourceVersion", 0, "must be specified for an update"),
  ]);
}

function exists({ core, resource, namespace, name }: ResourceRequest): boolean {
  return core.store.get(keyOf(resource, namespace, name)) !== undefined;
}

/** What a change makes of the live object. */
export interface Changed {
  readonly object: KubeObject;
  /** Managed fields are made already (server-side apply). */
  readonly tracked?: boolean;
}

/**
 * Reads, changes and writes until nobody came between. A change that leaves the object as it is writes nothing. An object
 * that waits for its last finalizer goes with the write that removes it.
 * @throws NotFound, Conflict when the change names another resourceVersion, and what admission and validation answer.
 */
export async function changeObject(
  request: ResourceRequest,
  options: WriteOptions,
  change: (live: KubeObject) => Changed | Promise<Changed>,
): Promise<KubeObject> {
  const { core, resource } = request;
  const key = keyOf(resource, request.namespace, request.name);
  for (let n = 0; n < maxTries; n++) {
    const entry = core.store.get(key);
    if (entry === undefined) throw notFound(resource.groupResource, request.name);
    const live = await readEntry(core, resource, entry);
    const changed = await change(live);
    const next = await prepareChange(request, { live, changed }, options);
    await admitValidated(request, { object: next, old: live, dryRun: options.dryRun });
    if (isSameObject(live, next)) return live;
    if (options.dryRun)
      return { ...next, metadata: { ...next.metadata, resourceVersion: live.metadata.resourceVersion! } };
    if (isFinished(request, next)) {
      // The last write of a deleted object is seen by nobody: the answer keeps the version that the object had.
      if ((await commitRemoval(request, live, entry.revision)) !== undefined) return next;
      continue;
    }
    const stored = await commitObject(request, next, entry.revision);
    if (stored === undefined) continue;
    await behaviourOf(request).afterWrite?.(request, stored);
    return stored;
  }
  throw conflict(resource.groupResource, request.name, modifiedText);
}

async function prepareChange(
  request: ResourceRequest,
  { live, changed }: { readonly live: KubeObject; readonly changed: Changed },
  options: WriteOptions,
): Promise<KubeObject> {
  const { resource } = request;
  const given = changed.tracked
    ? changed.object
    : await request.core.converter.settle(() =>
        recordWrite(request, { live, updated: withDefaults(request, changed.object) }, options),
      );
  checkVersion(request, live, given);
  let next = metadataForUpdate(live, given);
  next = keepOtherPart(request, live, next);
  next = afterAdmission(request, next, await admit(request, { operation: "UPDATE", object: next, old: live, options }));
  next = await prepareForUpdate(request, { live, next }, options);
  next = countGeneration(request, live, next);
  const changeErrors = validateMetadataChange(live, next);
  // The registry checks common fields once for all kinds, and the strategies of built-in ones once more.
  const again = resource.custom === undefined ? changeErrors : [];
  const earlier = [...changeErrors, ...again, ...validateMetadataOf(request, next)];
  throwIfInvalid(request, live.metadata.name ?? "", [...earlier, ...validateObject(request, { live, next, earlier })]);
  const { resourceVersion: _, ...metadata } = next.metadata;
  return {
    ...next,
    metadata:
      live.metadata.resourceVersion === undefined
        ? metadata
        : { ...metadata, resourceVersion: live.metadata.resourceVersion },
    kind: resource.kind.kind,
  };
}

function checkVersion(request: ResourceRequest, live: KubeObject, given: KubeObject): void {
  const { resource, name } = request;
  const version = given.metadata.resourceVersion ?? "";
  if (version !== "" && version !== live.metadata.resourceVersion) {
    throw conflict(resource.groupResource, name, modifiedText);
  }
}

/** One more when what the user asked for changed: everything but metadata and, where it is served apart, status. */
function countGeneration(request: ResourceRequest, live: KubeObject, next: KubeObject): KubeObject {
  const { strategy, custom } = request.resource;
  // A binding is no change of what was asked for.
  if (!strategy.counted || request.subresource === "binding") return next;
  const generation = live.metadata.generation ?? 1;
  const withoutStatus = custom === undefined || strategy.statusSubresource;
  const changed = !strategy.fixedGeneration && !jsonEquals(wanted(live, withoutStatus), wanted(next, withoutStatus));
  return { ...next, metadata: { ...next.metadata, generation: changed ? generation + 1 : generation } };
}

function wanted(object: KubeObject, withoutStatus: boolean): JsonValue {
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = asJson(object);
  if (!withoutStatus) return rest;
  const { status: ____, ...spec } = rest;
  return spec;
}

/** Nothing holds a deleted object any more: no finalizer, no grace. */
export function isFinished(request: ResourceRequest, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  if (request.resource.kind.kind === "Namespace" && request.resource.kind.group === "") {
    return listOf(specOf(object).finalizers).length === 0;
  }
  return (deletionGracePeriodSeconds ?? 0) === 0;
}
