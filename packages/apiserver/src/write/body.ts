import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import {
  apiVersionOf,
  asJson,
  type Kind,
  type KubeObject,
  readYamlDocuments,
  refuseInexactInteger,
  type YamlDocument,
} from "@lateen/objects";
import { decodeProtobuf, decodeTyped, readJsonText } from "@lateen/objects/kinds";
import { pruneCustom } from "../crd/custom-objects.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { badRequest, statusError } from "../status/errors.ts";
import type { FieldValidation } from "./options.ts";

export const acceptedTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** A body as data, with what JSON.parse would hide. */
export interface ParsedBody {
  readonly value: JsonValue;
  readonly duplicates: readonly string[];
  readonly literals: ReadonlyMap<string, string>;
  /** Keys that stand twice in a YAML mapping, as texts. */
  readonly yamlDuplicates?: readonly string[];
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "").split(";")[0]!.trim().toLowerCase();
}

export function contentTypeOf(request: ResourceRequest): string | undefined {
  const header = request.http.headers["content-type"];
  return typeof header === "string" ? header : header?.[0];
}

/** Reads the body by its content type. @throws UnsupportedMediaType, BadRequest. */
export function parseBody(request: ResourceRequest, expected: Pick<Kind, "kind">): ParsedBody {
  const bytes = request.http.body ?? new Uint8Array();
  const type = mediaTypeOf(contentTypeOf(request));
  switch (type) {
    case "":
    case "application/json":
      return parseJson(bytes, expected);
    case "application/yaml":
      return parseYaml(bytes, expected);
    case "application/vnd.kubernetes.protobuf":
      if (request.resource.custom === undefined) return parseProtobuf(request, bytes, expected);
      break;
    default:
  }
  throw unsupportedType(request.resource.custom === undefined ? acceptedTypes : acceptedTypes.slice(0, 2));
}

export function unsupportedType(accepted: readonly string[]): Error {
  const list = accepted.join(", ");
  const text = `the body of the request was in an unknown format - accepted media types include: ${list}`;
  return statusError(415, "UnsupportedMediaType", text);
}

function parseJson(bytes: Uint8Array, expected: Pick<Kind, "kind">): ParsedBody {
  const text = new TextDecoder().decode(bytes);
  try {
    return readJsonText(text);
  } catch (error) {
    throw unreadable(text, expected, `couldn't get version/kind; json parse error: ${errorMessage(error)}`);
  }
}

function parseYaml(bytes: Uint8Array, expected: Pick<Kind, "kind">): ParsedBody {
  const text = new TextDecoder().decode(bytes);
  try {
    const [document] = readYamlDocuments(text);
    if (document === undefined) return { value: null, duplicates: [], literals: new Map() };
    refuseInexactInteger(document.inexact);
    return {
      value: document.value,
      duplicates: [],
      literals: new Map(),
      yamlDuplicates: duplicateKeys(text, document),
    };
  } catch (error) {
    throw unreadable(text, expected, errorMessage(error));
  }
}

/** `line 7: key "replicas" already set in map`. */
export function duplicateKeys(text: string, document: YamlDocument): readonly string[] {
  return document.duplicates.map(({ key, offset }) => {
    const line = text.slice(0, offset).split("\n").length;
    return `line ${line}: key ${JSON.stringify(key)} already set in map`;
  });
}

function parseProtobuf(request: ResourceRequest, bytes: Uint8Array, expected: Pick<Kind, "kind">): ParsedBody {
  try {
    const value = decodeProtobuf(bytes, request.table.kinds) as unknown as JsonValue;
    return { value, duplicates: [], literals: new Map() };
  } catch (error) {
    throw unreadable("", expected, errorMessage(error));
  }
}

function unreadable(text: string, expected: Pick<Kind, "kind">, why: string): Error {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${startOf(text)})`,
  );
}

/** The first bytes of a body, in hex when it is not text. */
function startOf(text: string): string {
  const cut = text.slice(0, 64);
  // oxlint-disable-next-line no-control-regex
  return /^[\x20-\x7e\n\t]*$/.test(cut) ? JSON.stringify(cut).slice(1, -1) : hexOf(cut);
}

function hexOf(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface DecodedBody {
  readonly object: KubeObject;
  /** Unknown and duplicate fields. */
  readonly strictErrors: readonly string[];
}

/**
 * The object of a POST or PUT in the version of the URL. Missing apiVersion and kind are filled in for built-in kinds.
 * @throws BadRequest when it is of another kind, or a value has the wrong type.
 */
export function decodeBody(request: ResourceRequest, kind: Kind, body: ParsedBody): DecodedBody {
  const raw = body.value ?? {};
  if (!isJsonObject(raw)) {
    throw unreadable(JSON.stringify(raw), kind, "couldn't get version/kind; json parse error: json: cannot unmarshal");
  }
  const filled = fillGvk(request, kind, raw);
  const more = body.yamlDuplicates ?? [];
  if (kind.type === undefined) {
    const whole = asJson(metadataOnly(filled, kind));
    const { object, strictErrors } = pruneCustom(request.resource, whole, request.core.rules);
    const duplicates = body.duplicates.map((path) => `duplicate field "${path}"`);
    return { object: withMetadata(object), strictErrors: [...more, ...strictErrors, ...duplicates] };
  }
  const { object, strictErrors, error } = decodeTyped(filled, kind.type, body);
  if (error !== undefined) throw badRequest(`${cannotHandle(kind)}: ${error}`);
  return { object: withMetadata(object), strictErrors: [...more, ...strictErrors] };
}

export function cannotHandle({ kind, version }: Pick<Kind, "kind" | "version">): string {
  return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}`;
}

function fillGvk(request: ResourceRequest, kind: Kind, raw: JsonObject): JsonObject {
  const apiVersion = apiVersionOf(kind);
  const given = { apiVersion: raw.apiVersion, kind: raw.kind };
  if (request.resource.custom !== undefined) {
    if (typeof given.kind !== "string" || given.kind === "") {
      throw badRequest(`error decoding: Object 'Kind' is missing in '${JSON.stringify(raw).slice(0, 200)}'`);
    }
  }
  const wantedKind = given.kind === undefined || given.kind === "" ? kind.kind : given.kind;
  const wantedVersion = given.apiVersion === undefined || given.apiVersion === "" ? apiVersion : given.apiVersion;
  if (wantedVersion !== apiVersion || wantedKind !== kind.kind)
    throw wrongKind(kind, textOf(wantedVersion), textOf(wantedKind));
  return { ...raw, apiVersion, kind: kind.kind };
}

function wrongKind(kind: Kind, apiVersion: string, given: string): Error {
  if (given !== kind.kind) {
    return badRequest(`${given} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${kind.kind}`);
  }
  return badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`,
  );
}

/** Custom resources: fields are the schema's business, but metadata has a type. */
function metadataOnly(raw: JsonObject, kind: Kind): KubeObject {
  const { metadata } = raw;
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) {
    throw badRequest(`${cannotHandle(kind)}: json: cannot unmarshal ${typeof metadata} into Go struct field .metadata`);
  }
  return withMetadata(raw);
}

function withMetadata(object: JsonObject): KubeObject {
  return { ...object, metadata: isJsonObject(object.metadata) ? object.metadata : {} } as unknown as KubeObject;
}

/** Strict refuses, Warn warns, Ignore keeps silent. @throws BadRequest. */
export function reportStrictErrors(
  request: ResourceRequest,
  kind: Kind,
  { strictErrors, mode }: { readonly strictErrors: readonly string[]; readonly mode: FieldValidation },
): void {
  if (strictErrors.length === 0 || mode === "Ignore") return;
  if (mode === "Strict") {
    const yaml = strictErrors[0]!.startsWith("line ") ? "yaml: unmarshal errors:\n  " : "";
    throw badRequest(`${cannotHandle(kind)}: strict decoding error: ${yaml}${strictErrors.join(", ")}`);
  }
  request.warnings.push(...strictErrors);
}
