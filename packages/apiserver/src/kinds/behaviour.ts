import { asJson, type FieldError, type Kind, type KubeObject } from "@lateen/objects";
import { typedForm } from "@lateen/objects/kinds";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";
import type { Change, KindBehaviour } from "./kind-behaviour.ts";
import { namespaceBehaviour } from "./namespace.ts";
import { podBehaviour } from "./pod.ts";
import { serviceBehaviour } from "./service.ts";
import { claimBehaviour, daemonSetBehaviour, definitionBehaviour, jobBehaviour, volumeBehaviour } from "./workloads.ts";

/** Kinds whose creator may set the status: a node agent registers its node whole. */
const keepsStatus = new Set(["Node"]);

const behaviours: Readonly<Record<string, KindBehaviour>> = {
  Namespace: namespaceBehaviour,
  Pod: podBehaviour,
  Service: serviceBehaviour,
  PersistentVolumeClaim: claimBehaviour,
  PersistentVolume: volumeBehaviour,
  "Job.batch": jobBehaviour,
  "DaemonSet.apps": daemonSetBehaviour,
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
  return normalForm(request, behaviourOf(request).defaults?.(object) ?? object);
}

/** What a kind adds to a new object beyond its defaults. */
export async function prepareForCreate(
  request: ResourceRequest,
  given: KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  const { strategy, kind } = request.resource;
  let object = given;
  if (strategy.statusSubresource && !keepsStatus.has(kind.kind)) object = withoutStatus(object);
  object = (await behaviourOf(request).prepareCreate?.(request, object, options)) ?? object;
  return normalForm(request, object);
}

export async function prepareForUpdate(
  request: ResourceRequest,
  change: Change,
  options: WriteOptions,
): Promise<KubeObject> {
  const next = (await behaviourOf(request).prepareUpdate?.(request, change, options)) ?? change.next;
  return normalForm(request, next);
}

export function validateNew(request: ResourceRequest, object: KubeObject): FieldError[] {
  const change = { live: undefined, next: object };
  request.warnings.push(...(behaviourOf(request).warnings?.(request, change) ?? []));
  return behaviourOf(request).validate?.(request, change) ?? [];
}

export function validateChange(request: ResourceRequest, change: Change): FieldError[] {
  return behaviourOf(request).validate?.(request, change) ?? [];
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
