/** Admission of X-Definitions: what their texts prove wrong is refused, with fields and lines. */
import { canonicalJson } from "@lateen/base";
import type { Cache } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { type AdmissionAnswer, type AdmissionReview, refusal, sameSpec, shownLine, validationOf } from "./admission.ts";
import type { Validation } from "./application/diagnose.ts";
import { definitionRevisionApi, revisedKinds, versionOf } from "./controller/definition-revision.ts";
import { builtinDefinitions } from "./definition/builtin.ts";
import { diagnoseDefinition } from "./definition/diagnose-definition.ts";
import { systemNamespace } from "./definition/definition-set.ts";
import type { KnowsOperation } from "./definition/template-faults.ts";

export interface DefinitionAdmitterOptions {
  /** Holds the DefinitionRevisions: one that exists never changes. */
  readonly cache?: Cache;
  /** Which provider calls steps may make; without it they are not looked at. */
  readonly knows?: KnowsOperation;
  /** `kubevela`: what is wrong with a template is a warning, as long as it parses. The object's annotation wins. */
  readonly validation?: Validation;
}

/** Judges definitions; everything else passes, and so does a write that leaves `spec` and annotations alone. */
export function createDefinitionAdmitter(
  options: DefinitionAdmitterOptions = {},
): (review: AdmissionReview) => Promise<AdmissionAnswer> {
  return async (review) => admitDefinition(review, options);
}

export function admitDefinition(review: AdmissionReview, options: DefinitionAdmitterOptions): AdmissionAnswer {
  const { object, oldObject, operation, subresource } = review;
  if (!["CREATE", "UPDATE"].includes(operation.toUpperCase()) || (subresource ?? "") !== "") return { kind: "allowed" };
  if (object === undefined || !isDefinition(object) || object.metadata.deletionTimestamp !== undefined)
    return { kind: "allowed" };
  if (oldObject !== undefined && sameSpec(object, oldObject) && sameAnnotations(object, oldObject))
    return { kind: "allowed" };
  if (isBundled(object)) return { kind: "allowed" };
  const lenient = validationOf(object, options) === "kubevela";
  const found = diagnoseDefinition(object, {
    ...(options.knows === undefined ? {} : { knows: options.knows }),
    revision: namedRevision(object, options.cache),
  });
  const errors = found.filter(
    ({ severity, code }) => severity !== "warning" && !(lenient && code === "definition-template"),
  );
  if (errors.length > 0) return { kind: "denied", status: refusal(object, errors) };
  const warnings = found.map(shownLine);
  return warnings.length === 0 ? { kind: "allowed" } : { kind: "allowed", warnings };
}

const isDefinition = ({ apiVersion, kind }: KubeObject): boolean =>
  apiVersion.startsWith("core.oam.dev/") && Object.hasOwn(revisedKinds, kind);

/** The definitions that come along are judged by tests, not at each first start. */
function isBundled(object: KubeObject): boolean {
  if (object.metadata.namespace !== systemNamespace) return false;
  const same = builtinDefinitions().find(
    ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
  );
  return same !== undefined && sameSpec(object, same);
}

const sameAnnotations = (one: KubeObject, other: KubeObject): boolean =>
  canonicalJson({ ...one.metadata.annotations }) === canonicalJson({ ...other.metadata.annotations });

/** The revision of the definition's version or name, if there is one already. */
function namedRevision(definition: KubeObject, cache: Cache | undefined): KubeObject | undefined {
  const version = versionOf(definition);
  if (version === undefined || cache === undefined) return undefined;
  const { name = "", namespace = systemNamespace } = definition.metadata;
  return cache.get({ ...definitionRevisionApi, namespace, name: `${name}-v${version}` });
}
