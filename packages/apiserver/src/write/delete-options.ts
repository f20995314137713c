import { isJsonObject, type JsonObject, ownProperty } from "@lateen/base";
import { type FieldError, fieldError, invalidField } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { badRequest, invalidOptions } from "../status/errors.ts";
import { parseBody } from "./body.ts";
import { dryRunErrors } from "./options.ts";

export type Propagation = "Background" | "Foreground" | "Orphan";

/** DeleteOptions (meta/v1), from the body or the query. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: Propagation | undefined;
  readonly preconditions: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
}

/** @throws BadRequest for a body of another kind, Invalid for options that do not hold. */
export function parseDeleteOptions(request: ResourceRequest): DeleteOptions {
  return deleteOptionsOf(bodyOf(request) ?? queryOptions(request));
}

/** @throws Invalid for options that do not hold. */
export function deleteOptionsOf(options: JsonObject): DeleteOptions {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalidField(
        "propagationPolicy",
        propagationPolicy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  } else if (propagationPolicy !== undefined && !isPropagation(propagationPolicy)) {
    errors.push(
      fieldError(
        "FieldValueNotSupported",
        "propagationPolicy",
        propagationPolicy,
        'supported values: "Foreground", "Background", "Orphan", "nil"',
      ),
    );
  }
  const dryRun = Array.isArray(options.dryRun) ? (options.dryRun as string[]) : [];
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors);
  const preconditions = isJsonObject(options.preconditions) ? options.preconditions : {};
  return {
    dryRun: dryRun.length > 0,
    gracePeriodSeconds: typeof options.gracePeriodSeconds === "number" ? options.gracePeriodSeconds : undefined,
    propagation: policyOf(propagationPolicy, orphanDependents),
    preconditions: {
      uid: textOf(preconditions, "uid"),
      resourceVersion: textOf(preconditions, "resourceVersion"),
    },
  };
}

function policyOf(policy: unknown, orphan: unknown): Propagation | undefined {
  if (isPropagation(policy)) return policy;
  if (typeof orphan === "boolean") return orphan ? "Orphan" : "Background";
  return undefined;
}

function isPropagation(policy: unknown): policy is Propagation {
  return policy === "Background" || policy === "Foreground" || policy === "Orphan";
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = ownProperty(object, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bodyOf(request: ResourceRequest): JsonObject | undefined {
  const { body } = request.http;
  if (body === undefined || body.length === 0) return undefined;
  const { value } = parseBody(request, { kind: "DeleteOptions" });
  if (!isJsonObject(value)) {
    if (value === null) return undefined;
    throw badRequest(`json: cannot unmarshal ${typeof value} into Go value of type v1.DeleteOptions`);
  }
  const kind = value.kind ?? "DeleteOptions";
  if (kind !== "DeleteOptions") {
    const version = JSON.stringify(value.apiVersion ?? "");
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${version} in scheme "k8s.io/apimachinery/pkg/apis/meta/v1/register.go:69"`,
    );
  }
  const given = value.dryRun === undefined && request.query.has("dryRun") ? request.query.all("dryRun") : value.dryRun;
  return { ...value, ...(given !== undefined && { dryRun: given as string[] }) };
}

function queryOptions({ query }: ResourceRequest): JsonObject {
  const grace = query.integer("gracePeriodSeconds");
  const policy = query.get("propagationPolicy");
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy && { propagationPolicy: policy }),
    ...(query.has("orphanDependents") && { orphanDependents: query.flag("orphanDependents") }),
    ...(query.has("dryRun") && { dryRun: query.all("dryRun") }),
  };
}
