import type { JsonObject } from "@lateen/base";
import { asJson, type FieldError, type Kind, type KubeObject, type ObjectMeta, valueAt } from "@lateen/objects";
import {
  applyKindDefaults,
  prepareChange,
  prepareNew,
  typedForm,
  validateKind,
  warningsOfKind,
} from "@lateen/objects/kinds";
import { defaultCustom, pruneCustom, validateCustom } from "../crd/custom-objects.ts";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";
import { conditionErrors, mutatingPolicyErrors, policyErrors } from "../admission/policies/policy-errors.ts";
import { objectsOf } from "./edit.ts";
import type { Change, KindBehaviour } from "./kind-behaviour.ts";
import { namespaceBehaviour } from "./namespace.ts";
import { serviceBehaviour, serviceErrorsToTell } from "./service.ts";
import { claimBehaviour, definitionBehaviour, volumeBehaviour } from "./storage-and-definitions.ts";

const policyBehaviour: KindBehaviour = { validate: (_request, { next }) => policyErrors(next) };
const webhookBehaviour: KindBehaviour = {
  validate: (_request, { next }) =>
    objectsOf(valueAt(next, "webhooks")).flatMap((webhook, i) =>
      conditionErrors(webhook.matchConditions, `webhooks[${i}].matchConditions`),
    ),
};

const behaviours: Readonly<Record<string, KindBehaviour>> = {
  Namespace: namespaceBehaviour,
  Service: serviceBehaviour,
  PersistentVolumeClaim: claimBehaviour,
  PersistentVolume: volumeBehaviour,
  "ValidatingAdmissionPolicy.admissionregistration.k8s.io": policyBehaviour,
  "MutatingAdmissionPolicy.admissionregistration.k8s.io": {
    validate: (_request, { next }) => mutatingPolicyErrors(next),
  },
  "ValidatingWebhookConfiguration.admissionregistration.k8s.io": webhookBehaviour,
  "MutatingWebhookConfiguration.admissionregistration.k8s.io": webhookBehaviour,
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
  const { kind, custom } = request.resource;
  if (custom !== undefined) {
    const defaulted = defaultCustom(custom, asJson(object), request.core.rules) as unknown as KubeObject;
    return { ...defaulted, metadata: typedForm(defaulted.metadata as JsonObject, request.core.metaType) as ObjectMeta };
  }
  return applyKindDefaults(object, kind, { now: request.core.clock.now() });
}

/** What admission has changed of a custom resource passes through its schema again. */
export function afterAdmission(request: ResourceRequest, before: KubeObject, after: KubeObject): KubeObject {
  if (after === before || request.resource.custom === undefined) return after;
  const { object } = pruneCustom(request.resource, asJson(after), request.core.rules);
  return withDefaults(request, object as unknown as KubeObject);
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
  const prepared = await behaviourOf(request).prepareCreate?.(request, object, options);
  return prepared === undefined ? object : applyKindDefaults(prepared, kind, context);
}

export async function prepareForUpdate(
  request: ResourceRequest,
  { live, next }: Change,
  options: WriteOptions,
): Promise<KubeObject> {
  const { kind } = request.resource;
  const context = { now: request.core.clock.now(), live };
  const object = request.subresource === undefined ? prepareChange(next, kind, context) : next;
  const prepared = await behaviourOf(request).prepareUpdate?.(request, { live, next: object }, options);
  return prepared === undefined ? object : applyKindDefaults(prepared, kind, context);
}

export interface Validation {
  readonly live: KubeObject | undefined;
  readonly next: KubeObject;
  /** Errors of the metadata, found before. */
  readonly earlier: readonly FieldError[];
}

/** All that is wrong with a new or changed object beside its metadata; warnings go to the client on the way. */
export function validateObject(request: ResourceRequest, { live, next, earlier }: Validation): FieldError[] {
  const { resource, core } = request;
  if (resource.custom !== undefined) return validateCustom(resource, { live, next, earlier }, core.rules);
  const errors = validateBuiltin(request, { live, next });
  if (earlier.length === 0 && errors.length === 0) warn(request, { live, next });
  return errors;
}

function validateBuiltin(request: ResourceRequest, { live, next }: Omit<Validation, "earlier">): FieldError[] {
  const { kind } = request.resource;
  const own = behaviourOf(request).validate?.(request, { live, next }) ?? [];
  if (request.subresource !== undefined) return own;
  const errors = [...validateKind(next, kind, live), ...own];
  return kind.kind === "Service" && kind.group === "" ? [...serviceErrorsToTell(errors)] : errors;
}

/** Warns of what a valid object had better not say. */
function warn(request: ResourceRequest, { live, next }: Omit<Validation, "earlier">): void {
  const { kind } = request.resource;
  const general = request.subresource === undefined ? warningsOfKind(next, kind, live) : [];
  for (const warning of [...general, ...(behaviourOf(request).warnings?.(request, { live, next }) ?? [])]) {
    if (!request.warnings.includes(warning)) request.warnings.push(warning);
  }
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  return rest as KubeObject;
}
