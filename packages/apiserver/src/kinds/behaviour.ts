import { asJson, type FieldError, type KubeObject } from "@lateen/objects";
import { typedForm } from "@lateen/objects/kinds";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";

/** Kinds whose creator may set the status: a node agent registers its node whole. */
const keepsStatus = new Set(["Node"]);

/** The object with its defaults, in the form in which its type is written. */
export function withDefaults(request: ResourceRequest, object: KubeObject): KubeObject {
  return normalForm(request, object);
}

/** What a kind adds to a new object beyond its defaults. */
export function prepareForCreate(
  request: ResourceRequest,
  given: KubeObject,
  _options: WriteOptions,
): Promise<KubeObject> {
  const { strategy, kind } = request.resource;
  let object = given;
  if (strategy.statusSubresource && !keepsStatus.has(kind.kind)) object = withoutStatus(object);
  return Promise.resolve(normalForm(request, object));
}

export function prepareForUpdate(
  request: ResourceRequest,
  { next }: { readonly live: KubeObject; readonly next: KubeObject },
  _options: WriteOptions,
): Promise<KubeObject> {
  return Promise.resolve(normalForm(request, next));
}

export function validateNew(_request: ResourceRequest, _object: KubeObject): FieldError[] {
  return [];
}

export function validateChange(
  _request: ResourceRequest,
  _change: { readonly live: KubeObject; readonly next: KubeObject },
): FieldError[] {
  return [];
}

/** As the Go types would write it: empty structs that are always written are there, empty values that never are are not. */
function normalForm(request: ResourceRequest, object: KubeObject): KubeObject {
  const { type } = request.resource.kind;
  return type === undefined ? object : (typedForm(asJson(object), type) as unknown as KubeObject);
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  return rest as KubeObject;
}
