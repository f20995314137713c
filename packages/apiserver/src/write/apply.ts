import { codeOf, errorMessage, isJsonObject, type JsonValue } from "@lateen/base";
import {
  apiVersionOf,
  applyObject,
  asJson,
  type KubeObject,
  readYamlDocuments,
  refuseInexactInteger,
} from "@lateen/objects";
import { decodeTyped, readJsonText } from "@lateen/objects/kinds";
import type { Answer } from "../answer/answer.ts";
import { objectAnswer } from "../answer/shapes.ts";
import { withDefaults } from "../kinds/behaviour.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { badRequest, notFound, statusError } from "../status/errors.ts";
import { duplicateKeys } from "./body.ts";
import { createFrom } from "./create.ts";
import { trackingOptions } from "./field-tracking.ts";
import { checkName, checkNamespace } from "./metadata.ts";
import type { WriteOptions } from "./options.ts";
import { changeObject } from "./update.ts";

/** Server-side apply: the object is made when it is absent, else merged into. */
export async function applyPatch(request: ResourceRequest, options: WriteOptions): Promise<Answer> {
  const applied = readApplied(request);
  const { core, resource } = request;
  const exists = core.store.get(keyOf(resource, request.namespace, request.name)) !== undefined;
  if (!exists && request.subresource === undefined) {
    const given = await core.converter.settle(() =>
      withDefaults(request, merged(request, undefined, { applied, options })),
    );
    checkName(request, given);
    try {
      return objectAnswer(request, await createFrom(request, given, { options, apply: true }), 201);
    } catch (error) {
      // Somebody created it meanwhile: then it is merged into.
      if (codeOf(error) !== "AlreadyExists" || options.dryRun) throw error;
    }
  } else if (!exists) throw notFound(resource.groupResource, request.name);
  const object = await changeObject(request, options, (live) =>
    core.converter.settle(() => ({
      object: withDefaults(request, merged(request, live, { applied, options })),
      tracked: true,
    })),
  );
  return objectAnswer(request, object, 200);
}

function readApplied(request: ResourceRequest): KubeObject {
  const text = new TextDecoder().decode(request.http.body ?? new Uint8Array());
  let value: unknown = readPlainJson(text);
  try {
    if (value === undefined) value = readApplyYaml(request, text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${errorMessage(error)}`);
  }
  if (!isJsonObject(value))
    throw badRequest("error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}");
  const { kind } = request.resource;
  if (value.kind !== kind.kind || value.apiVersion !== apiVersionOf(kind)) throw wrongType(value);
  const metadata = isJsonObject(value.metadata) ? value.metadata : {};
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const object = { ...value, metadata } as unknown as KubeObject;
  checkNamespace(request, object);
  // Without a name it is about what is there.
  if ((object.metadata.name ?? "") !== "") checkName(request, object);
  return object;
}

/** Clients send JSON, which is YAML that is read faster; undefined for what only YAML's rules can judge. */
function readPlainJson(text: string): JsonValue | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const { value, duplicates, literals } = readJsonText(text);
    return duplicates.length === 0 && literals.size === 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function readApplyYaml(request: ResourceRequest, text: string): unknown {
  const [document] = readYamlDocuments(text);
  if (document === undefined) return undefined;
  refuseInexactInteger(document.inexact);
  request.warnings.push(...duplicateKeys(text, document));
  return document.value;
}

function wrongType(value: { readonly kind?: unknown; readonly apiVersion?: unknown }): Error {
  const shown = (text: unknown): string => (typeof text === "string" ? text : "");
  const apiVersion = shown(value.apiVersion);
  const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  return badRequest(`invalid object type: ${groupVersion}, Kind=${shown(value.kind)}`);
}

function merged(
  request: ResourceRequest,
  live: KubeObject | undefined,
  { applied, options }: { readonly applied: KubeObject; readonly options: WriteOptions },
): KubeObject {
  try {
    const result = applyObject({
      ...trackingOptions(request),
      live,
      applied,
      manager: options.fieldManager,
      force: options.force,
    });
    if (result.kind === "applied") return typed(request, applied, result.object);
    throw statusError(409, "Conflict", result.message, {
      causes: result.conflicts.map(({ field, message }) => ({ reason: "FieldManagerConflict", message, field })),
    });
  } catch (error) {
    switch (codeOf(error)) {
      case "BadRequest":
        throw badRequest(errorMessage(error));
      case "Typed":
        throw statusError(500, "", errorMessage(error));
      default:
        throw error;
    }
  }
}

/** As the Go type writes it: maps and lists that became empty are gone. */
function typed(request: ResourceRequest, applied: KubeObject, object: KubeObject): KubeObject {
  const { type } = request.resource.kind;
  if (type === undefined) return object;
  const form = decodeTyped(asJson(object), type);
  if (form.error !== undefined) {
    const { namespace = "", name = "" } = applied.metadata;
    const groupVersion = applied.apiVersion.includes("/") ? applied.apiVersion : `/${applied.apiVersion}`;
    const kind = `${groupVersion}, Kind=${applied.kind}`;
    const failed = `failed to convert new object (${namespace}/${name}; ${kind}) to proper version`;
    throw statusError(500, "", `${failed}: unable to convert unstructured object to ${kind}: ${form.error}`);
  }
  return form.object as unknown as KubeObject;
}
