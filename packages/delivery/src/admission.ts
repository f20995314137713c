/** Admission of Applications: what their definitions prove wrong is refused, with field paths. */
import { type Diagnostic, type FailureStatus, type JsonValue, canonicalJson, formatPath } from "@lateen/base";
import type { Cache } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { type Validation, diagnoseApplication } from "./application/diagnose.ts";
import { appAnnotations } from "./application/application.ts";
import { fault } from "./application/fault.ts";
import { type Submitter, changesIdentity, submittedBy } from "./controller/identity.ts";
import { validationAnnotation } from "./application/validation.ts";
import { cachedDefinitions } from "./controller/cached-definitions.ts";
import { builtinDefinitionSet, builtinDefinitions } from "./definition/builtin.ts";
import type { DefinitionSource } from "./definition/definition-set.ts";

/** A write that is to be judged, as the API server's admission port and a webhook ask it. */
export interface AdmissionReview {
  readonly operation: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string } | string;
  readonly object?: KubeObject | undefined;
  readonly oldObject?: KubeObject | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly subresource?: string | undefined;
  readonly userInfo?: Submitter | undefined;
}

export type AdmissionAnswer =
  | { readonly kind: "allowed"; readonly object?: KubeObject; readonly warnings?: readonly string[] }
  | { readonly kind: "denied"; readonly status: FailureStatus };

export interface ApplicationAdmitterOptions {
  /** The definitions that count, or the cache that holds them (bundled ones fill what it has not got yet). */
  readonly definitions?: () => DefinitionSource;
  readonly cache?: Cache;
  /** Whether a user may act as a service account; without it only cluster administrators may. */
  readonly mayActAs?: (
    user: Submitter,
    account: { readonly namespace: string; readonly name: string },
  ) => Promise<boolean>;
  /** What the server says; an Application's annotation `lateen.dev/validation` wins. */
  readonly validation?: Validation;
}

/** Judges Applications; everything else passes. */
export function createApplicationAdmitter(
  options: ApplicationAdmitterOptions,
): (review: AdmissionReview) => Promise<AdmissionAnswer> {
  const { cache } = options;
  const definitions =
    options.definitions ??
    (cache === undefined ? builtinDefinitionSet : cachedDefinitions(cache, builtinDefinitions()));
  return async (review) => admitSubmission(review, admitApplication(review, { ...options, definitions }), options);
}

/** Writes down who submitted the application; a service account only for who may act as it. */
async function admitSubmission(
  { object, oldObject, operation, subresource, userInfo }: AdmissionReview,
  answer: AdmissionAnswer,
  { mayActAs = async ({ groups = [] }) => groups.includes("system:masters") }: ApplicationAdmitterOptions,
): Promise<AdmissionAnswer> {
  if (answer.kind === "denied" || object === undefined || userInfo === undefined || !isApplication(object))
    return answer;
  if (!["CREATE", "UPDATE"].includes(operation.toUpperCase()) || (subresource ?? "") !== "") return answer;
  const untouched = oldObject !== undefined && sameSpec(object, oldObject) && !changesIdentity(object, oldObject);
  if (untouched || object.metadata.deletionTimestamp !== undefined) return answer;
  const account = object.metadata.annotations?.[appAnnotations.serviceAccount] ?? "";
  const namespace = object.metadata.namespace ?? "default";
  if (account !== "" && !(await mayActAs(userInfo, { namespace, name: account }))) {
    const path = ["metadata", "annotations", appAnnotations.serviceAccount];
    const message = `user ${JSON.stringify(userInfo.username)} may not act as service account ${namespace}/${account}`;
    const help = "it needs the verb impersonate on this serviceaccount";
    return { kind: "denied", status: refusal(object, [fault("identity", message, path, help)]) };
  }
  return { ...answer, object: submittedBy(object, userInfo) };
}

export function admitApplication(review: AdmissionReview, options: ApplicationAdmitterOptions): AdmissionAnswer {
  const { object, oldObject, operation, subresource } = review;
  const write = operation.toUpperCase() === "CREATE" || operation.toUpperCase() === "UPDATE";
  if (!write || object === undefined || !isApplication(object) || (subresource !== undefined && subresource !== ""))
    return { kind: "allowed" };
  if (object.metadata.deletionTimestamp !== undefined || (oldObject !== undefined && sameSpec(object, oldObject)))
    return { kind: "allowed" };
  const diagnostics = diagnoseApplication(object, (options.definitions ?? builtinDefinitionSet)(), {
    validation: validationOf(object, options),
  });
  const errors = diagnostics.filter(({ severity }) => severity !== "warning");
  if (errors.length > 0) return { kind: "denied", status: refusal(object, errors) };
  const warnings = diagnostics.map(shownLine);
  return warnings.length === 0 ? { kind: "allowed" } : { kind: "allowed", warnings };
}

const isApplication = ({ apiVersion, kind }: KubeObject): boolean =>
  kind === "Application" && apiVersion.startsWith("core.oam.dev/");

export function sameSpec(object: KubeObject, old: KubeObject): boolean {
  const spec = (one: KubeObject): JsonValue => (one.spec as JsonValue | undefined) ?? null;
  return canonicalJson(spec(object)) === canonicalJson(spec(old));
}

/** What counts for an object: its annotation, then what the server says, then `strict`. */
export function validationOf(object: KubeObject, options: { readonly validation?: Validation }): Validation {
  const annotated = object.metadata.annotations?.[validationAnnotation];
  if (annotated === "kubevela" || annotated === "strict") return annotated;
  return options.validation ?? "strict";
}

/** `path: message`, as warnings and refusals show it. */
export const shownLine = ({ path, message }: Diagnostic): string =>
  path.length === 0 ? message : `${formatPath(path)}: ${message}`;

/** The answer to a write of an object of core.oam.dev that has errors: each with its field. */
export function refusal(object: KubeObject, errors: readonly Diagnostic[]): FailureStatus {
  const name = object.metadata.name ?? "";
  const { kind } = object;
  const shown = errors.map(shownLine);
  const message =
    shown.length === 1
      ? `${kind} ${JSON.stringify(name)} is invalid: ${shown[0]}`
      : `${kind} ${JSON.stringify(name)} is invalid:\n${shown.map((line, index) => `${index + 1}. ${line}`).join("\n")}`;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "Invalid",
    code: 422,
    details: {
      name,
      group: "core.oam.dev",
      kind,
      causes: errors.map((error) => ({
        reason: "FieldValueInvalid",
        field: formatPath(error.path),
        message: error.help === undefined ? error.message : `${error.message}\n${error.help}`,
      })),
    },
  };
}
