import type { FieldError, Kind, KubeObject } from "@lateen/objects";
import { applyKindDefaults, prepareChange, prepareNew } from "@lateen/objects/kinds";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";
import type { Change, KindBehaviour } from "./kind-behaviour.ts";
import { namespaceBehaviour } from "./namespace.ts";
import { serviceBehaviour } from "./service.ts";
import { claimBehaviour, definitionBehaviour, volumeBehaviour } from "./storage-and-definitions.ts";

const behaviours: Readonly<Record<string, KindBehaviour>> = {
  Namespace: namespaceBehaviour,
  Service: serviceBehaviour,
  PersistentVolumeClaim: claimBehaviour,
  PersistentVolume: volumeBehaviour,
  "CustomResourceDefinition.apiextensions.k8s.io": definitionBehaviour,
};

const none: KindBehaviour = {};

export function behaviourOf({ resource }: ResourceRequest): KindBehaviour {
  return resource.custom === undefined ? (behaviours[kindKey(resource.kind)] ?? none) : none;
}

function kindKey({ group, kind }: Kind): string {
  return group === "" ? kind : `${kind}.${group}`;
}

/** The object with its defaults, in the form in which its type is written. */
export function withDefaults(request: ResourceRequest, object: KubeObject): KubeObject {
  return applyKindDefaults(object, request.resource.kind, { now: request.core.clock.now() });
}

/** What a kind adds to a new object beyond its defaults. */
export async function prepareForCreate(
  request: ResourceRequest,
  given: KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  const { strategy, kind, custom } = request.resource;
  const context = { now: request.core.clock.now() };
  const object =
    custom === undefined ? prepareNew(given, kind, context) : strategy.statusSubresource ? withoutStatus(given) : given;
  const { prepareCreate } = behaviourOf(request);
  if (prepareCreate === undefined) return object;
  return applyKindDefaults(await prepareCreate(request, object, options), kind, context);
}

export async function prepareForUpdate(
  request: ResourceRequest,
  { live, next }: Change,
  options: WriteOptions,
): Promise<KubeObject> {
  const { kind } = request.resource;
  const context = { now: request.core.clock.now(), live };
  const object = request.subresource === undefined ? prepareChange(next, kind, context) : next;
  const { prepareUpdate } = behaviourOf(request);
  if (prepareUpdate === undefined) return object;
  return applyKindDefaults(await prepareUpdate(request, { live, next: object }, options), kind, context);
}

export function validateNew(request: ResourceRequest, object: KubeObject): FieldError[] {
  const change = { live: undefined, next: object };
  request.warnings.push(...(behaviourOf(request).warnings?.(request, change) ?? []));
  return behaviourOf(request).validate?.(request, change) ?? [];
}

export function validateChange(request: ResourceRequest, change: Change): FieldError[] {
  return behaviourOf(request).validate?.(request, change) ?? [];
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  return rest as KubeObject;
}
