import type { KubeObject } from "@lateen/objects";
import { admit } from "../admission/admit.ts";
import { admitValidated } from "../admission/admit-validated.ts";
import type { Answer } from "../answer/answer.ts";
import { objectAnswer } from "../answer/shapes.ts";
import { afterAdmission, behaviourOf, prepareForCreate, validateObject, withDefaults } from "../kinds/behaviour.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { alreadyExists, statusError } from "../status/errors.ts";
import { decodeBody, parseBody, reportStrictErrors } from "./body.ts";
import { recordWrite } from "./field-tracking.ts";
import { checkNamespace, metadataForCreate, validateMetadataOf, withUniqueOwners } from "./metadata.ts";
import { parseWriteOptions, type WriteOptions } from "./options.ts";
import { commitObject, throwIfInvalid } from "./pipeline.ts";

/** How often a generated name that is taken is drawn anew (as kube-apiserver since 1.30). */
const nameTries = 8;

/** POST of a collection. */
export async function createObject(request: ResourceRequest): Promise<Answer> {
  const { kind } = request.resource;
  const options = parseWriteOptions(request, "CreateOptions");
  const decoded = decodeBody(request, kind, parseBody(request, kind));
  reportStrictErrors(request, kind, { strictErrors: decoded.strictErrors, mode: options.fieldValidation });
  const created = await createFrom(request, decoded.object, { options, apply: false });
  return objectAnswer(request, created, 201);
}

export interface CreateFrom {
  readonly options: WriteOptions;
  /** By server-side apply: its managed fields are made already. */
  readonly apply: boolean;
}

/** Creates `given` with all that a new object goes through. @throws what the API answers. */
export async function createFrom(request: ResourceRequest, given: KubeObject, how: CreateFrom): Promise<KubeObject> {
  let scoped = withUniqueOwners(request, checkNamespace(request, given));
  if (!how.apply) {
    scoped = withDefaults(request, scoped);
    const updated = scoped;
    scoped = await request.core.converter.settle(() => recordWrite(request, { live: undefined, updated }, how.options));
  }
  const generated = (scoped.metadata.name ?? "") === "" && (scoped.metadata.generateName ?? "") !== "";
  for (let n = 1; ; n++) {
    const created = await tryCreate(request, scoped, how);
    if (created !== undefined) return created;
    if (!generated || n === nameTries) throw nameTaken(request, scoped, generated);
  }
}

async function tryCreate(
  request: ResourceRequest,
  given: KubeObject,
  { options, apply }: CreateFrom,
): Promise<KubeObject | undefined> {
  const { core, resource } = request;
  let object = metadataForCreate(request, given);
  object = afterAdmission(request, object, await admit(request, { operation: "CREATE", object, options }));
  object = await prepareForCreate(request, object, options);
  const name = object.metadata.name ?? "";
  const earlier = validateMetadataOf(request, object);
  throwIfInvalid(request, name, [...earlier, ...validateObject(request, { live: undefined, next: object, earlier })]);
  if (!apply && !options.dryRun) refuseVersion(given);
  if (core.store.get(keyOf(resource, object.metadata.namespace, name)) !== undefined) return undefined;
  await admitValidated(request, { object, old: undefined, dryRun: options.dryRun });
  if (options.dryRun) {
    return core.store.get(keyOf(resource, object.metadata.namespace, name)) === undefined ? object : undefined;
  }
  const stored = await commitObject(request, object, 0);
  if (stored !== undefined) await behaviourOf(request).afterWrite?.(request, stored);
  return stored;
}

/** The store's own complaint, which comes last (etcd3/store.go); what is no number counts as none. */
function refuseVersion({ metadata: { resourceVersion = "" } }: KubeObject): void {
  if (/^0*[1-9]\d*$/.test(resourceVersion))
    throw statusError(500, "", "resourceVersion should not be set on objects to be created");
}

function nameTaken(request: ResourceRequest, given: KubeObject, generated: boolean): Error {
  const { resource, core } = request;
  const name = given.metadata.name ?? given.metadata.generateName ?? "";
  if (generated) return alreadyExists(resource.groupResource, name, { retryAfterSeconds: 1 });
  const entry = core.store.get(keyOf(resource, request.namespace, name));
  const deleting = entry !== undefined && core.reader.stored(entry).metadata.deletionTimestamp !== undefined;
  return alreadyExists(resource.groupResource, name, { deleting });
}
