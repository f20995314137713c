import { codeOf, errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import {
  apiVersionOf,
  asJson,
  type Kind,
  type KubeObject,
  valueAt,
  patchJson,
  patchMerge,
  patchStrategic,
} from "@lateen/objects";
import { decodeTyped, readJsonText } from "@lateen/objects/kinds";
import type { Answer } from "../answer/answer.ts";
import { objectAnswer } from "../answer/shapes.ts";
import { pruneCustom } from "../crd/custom-objects.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { badRequest, invalid, statusError } from "../status/errors.ts";
import { applyPatch } from "./apply.ts";
import { contentTypeOf, mediaTypeOf, unsupportedType } from "./body.ts";
import { checkName, checkNamespace } from "./metadata.ts";
import { parseWriteOptions, type WriteOptions } from "./options.ts";
import { changeObject } from "./update.ts";

export const patchTypes = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
} as const;

export type PatchType = (typeof patchTypes)[keyof typeof patchTypes];

/** PATCH of an object, its status or another part that is the object itself. */
export async function patchObject(request: ResourceRequest): Promise<Answer> {
  const type = patchTypeOf(request);
  const options = parseWriteOptions(request, "PatchOptions", { apply: type === "apply" });
  if (type === "apply") return applyPatch(request, options);
  const patch = readPatch(request, type);
  const patched = await changeObject(request, options, (live) => ({
    object: applyTo(request, { live, type, patch }, options),
  }));
  return objectAnswer(request, patched, 200);
}

/** @throws UnsupportedMediaType. */
export function patchTypeOf(request: ResourceRequest): PatchType {
  const name = mediaTypeOf(contentTypeOf(request));
  const type = Object.hasOwn(patchTypes, name) ? patchTypes[name as keyof typeof patchTypes] : undefined;
  const custom = request.resource.custom !== undefined;
  if (type !== undefined && !(custom && type === "strategic")) return type;
  if (custom) throw unsupportedType(Object.keys(patchTypes).filter((accepted) => !accepted.includes("strategic")));
  throw statusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
}

export function readPatch(request: ResourceRequest, type: PatchType): JsonValue {
  const text = new TextDecoder().decode(request.http.body ?? new Uint8Array());
  try {
    return readJsonText(text).value;
  } catch (error) {
    const why = text === "" ? "unexpected end of JSON input" : errorMessage(error);
    throw badRequest(type === "strategic" ? why : `error decoding patch: ${why}`);
  }
}

interface PatchInput {
  readonly live: KubeObject;
  readonly type: PatchType;
  readonly patch: JsonValue;
}

function applyTo(request: ResourceRequest, input: PatchInput, options: WriteOptions): KubeObject {
  const patched = patchedValue(request, input);
  const object = decodePatched(request, patched, options);
  const scoped = checkNamespace(request, object);
  checkName(request, scoped);
  return scoped;
}

export function patchedValue(request: ResourceRequest, { live, type, patch }: PatchInput): JsonValue {
  const document = asJson(live);
  try {
    switch (type) {
      case "json":
        return patchJson(document, patch);
      case "merge":
        if (Array.isArray(patch)) {
          throw badRequest(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
          );
        }
        return patchMerge(document, patch);
      default:
        if (!isJsonObject(patch)) {
          throw badRequest(
            `json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`,
          );
        }
        return patchStrategic(document, patch, request.resource.kind.type);
    }
  } catch (error) {
    throw patchFailure(error);
  }
}

function patchFailure(error: unknown): unknown {
  switch (codeOf(error)) {
    case "BadPatch":
      return badRequest(errorMessage(error));
    case "NotApplicable":
      return statusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
    case "BadDirective":
      return statusError(500, "", errorMessage(error));
    case "Depth":
      return badRequest(errorMessage(error));
    default:
      return error;
  }
}

/** The patched document as an object of the kind. @throws Invalid with the whole document when it is none. */
function decodePatched(request: ResourceRequest, patched: JsonValue, options: WriteOptions): KubeObject {
  const { kind, custom } = request.resource;
  const fail = (why: string): Error =>
    statusError(
      422,
      "Invalid",
      ` "" is invalid: patch: Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`,
      {
        causes: [
          {
            reason: "FieldValueInvalid",
            message: `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`,
            field: "patch",
          },
        ],
      },
    );
  if (!isJsonObject(patched)) throw fail("json: cannot unmarshal into Go value");
  if (custom !== undefined || kind.type === undefined) {
    const pruned = pruneCustom(request.resource, patched, request.core.rules);
    reportPatchErrors(request, patched, { strictErrors: pruned.strictErrors, options });
    const { metadata } = pruned.object;
    return { ...pruned.object, metadata: isJsonObject(metadata) ? metadata : {} } as unknown as KubeObject;
  }
  if (patched.kind !== kind.kind) throw fail(wrongKindText(patched, kind.kind));
  const { object, strictErrors, error } = decodeTyped(inServedVersion(patched, kind), kind.type);
  if (error !== undefined) throw fail(error);
  reportPatchErrors(request, patched, { strictErrors, options });
  return { ...object, metadata: isJsonObject(object.metadata) ? object.metadata : {} } as unknown as KubeObject;
}

/** Versions of apps that took what is missing from the template's labels. */
const labelledVersions = new Set(["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"]);

/** A patch may name another version of the group: the object is read as that, and is then of the served one. */
function inServedVersion(patched: JsonObject, kind: Kind): JsonObject {
  const apiVersion = apiVersionOf(kind);
  if (patched.apiVersion === apiVersion) return patched;
  const served = { ...patched, apiVersion };
  const metadata = isJsonObject(patched.metadata) ? patched.metadata : {};
  if (!labelledVersions.has(textOf(patched.apiVersion)) || metadata.labels !== undefined) return served;
  const labels = valueAt(patched, "spec", "template", "metadata", "labels");
  return labels === undefined ? served : { ...served, metadata: { ...metadata, labels } };
}

function wrongKindText({ apiVersion, kind }: JsonObject, wanted: string): string {
  return `${textOf(kind)} in version ${JSON.stringify(textOf(apiVersion).split("/").at(-1))} cannot be handled as a ${wanted}: converting (${textOf(apiVersion)}.${textOf(kind)}) to (${wanted}): unknown conversion`;
}

function reportPatchErrors(
  request: ResourceRequest,
  patched: JsonValue,
  { strictErrors, options }: { readonly strictErrors: readonly string[]; readonly options: WriteOptions },
): void {
  if (strictErrors.length === 0 || options.fieldValidation === "Ignore") return;
  if (options.fieldValidation === "Strict") throw strictPatchError(patched, strictErrors);
  for (const error of strictErrors) if (!request.warnings.includes(error)) request.warnings.push(error);
}

function strictPatchError(patched: JsonValue, strictErrors: readonly string[]): Error {
  const why = `strict decoding error: ${strictErrors.join(", ")}`;
  return invalid({ group: "", kind: "", name: "" }, [
    {
      type: "FieldValueInvalid",
      field: "patch",
      detail: why,
      message: `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`,
    },
  ]);
}
