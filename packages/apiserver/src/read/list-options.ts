import { type FieldError, forbiddenField, fieldError, unsupportedField } from "@lateen/objects";
import type { Query } from "../request/query.ts";
import { badRequest, invalidOptions, statusError } from "../status/errors.ts";
import { base64UrlToText, textToBase64Url } from "./base64.ts";

/** The resourceVersion of a request: absent, "any" (`0`), or a revision. */
export type AskedRevision =
  | { readonly kind: "latest" }
  | { readonly kind: "any" }
  | { readonly kind: "revision"; readonly revision: number };

export interface ListOptions {
  readonly asked: AskedRevision;
  readonly exact: boolean;
  readonly limit: number | undefined;
  readonly continueFrom: Continue | undefined;
}

export interface Continue {
  /** -1: the latest state, after the token's own revision was compacted. */
  readonly revision: number;
  /** Relative key of the last object seen. */
  readonly after: string;
}

export interface WatchOptions {
  readonly asked: AskedRevision;
  readonly sendInitialEvents: boolean | undefined;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const maxRevision = 2 ** 63;

/** @throws Invalid for what does not go together, BadRequest for what cannot be read. */
export function parseListOptions(query: Query): ListOptions {
  const limit = query.integer("limit");
  query.integer("timeoutSeconds");
  const token = query.get("continue") ?? "";
  const version = query.get("resourceVersion") ?? "";
  checkListOptions(query, { version, token });
  const asked = parseRevision(version, (message) => badRequest(`invalid resource version: ${message}`));
  return {
    asked,
    exact: query.get("resourceVersionMatch") === "Exact",
    limit: limit === undefined || limit <= 0 ? undefined : limit,
    continueFrom: token === "" ? undefined : parseContinue(token),
  };
}

function checkListOptions(
  query: Query,
  { version, token }: { readonly version: string; readonly token: string },
): void {
  const errors: FieldError[] = [];
  const match = query.get("resourceVersionMatch") ?? "";
  if (query.has("sendInitialEvents")) {
    errors.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (match !== "") {
    const path = "resourceVersionMatch";
    if (version === "") {
      errors.push(forbiddenField(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (token !== "") errors.push(forbiddenField(path, "resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(unsupportedMatch(match, ["Exact", "NotOlderThan", ""]));
    } else if (match === "Exact" && version === "0") {
      errors.push(forbiddenField(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (errors.length > 0) throw invalidOptions("ListOptions", errors);
}

function unsupportedMatch(match: string, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(", ");
  return fieldError("FieldValueNotSupported", "resourceVersionMatch", match, `supported values: ${list}`);
}

export function parseWatchOptions(query: Query): WatchOptions {
  const errors: FieldError[] = [];
  const match = query.get("resourceVersionMatch") ?? "";
  const version = query.get("resourceVersion") ?? "";
  const initial = query.has("sendInitialEvents") ? query.flag("sendInitialEvents") : undefined;
  const path = "resourceVersionMatch";
  if (match !== "" && initial === undefined) {
    errors.push(
      forbiddenField(path, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
    );
  }
  if (initial !== undefined) {
    if (match !== "NotOlderThan") {
      errors.push(forbiddenField(path, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
      if (match !== "") errors.push(unsupportedField(path, match, ["NotOlderThan"]));
    }
    if ((query.get("continue") ?? "") !== "") {
      errors.push(forbiddenField(path, "resourceVersionMatch is forbidden when continue is provided"));
    }
  }
  if (errors.length > 0) throw invalidOptions("ListOptions", errors);
  return {
    asked: parseRevision(version, watchRevisionError),
    sendInitialEvents: initial,
    bookmarks: query.flag("allowWatchBookmarks"),
    timeoutSeconds: query.integer("timeoutSeconds"),
  };
}

/** A bad revision on GET or watch is answered with 500 and no reason. */
export function watchRevisionError(message: string): Error {
  return statusError(500, "", message);
}

export function parseRevision(text: string, errorOf: (message: string) => Error): AskedRevision {
  if (text === "") return { kind: "latest" };
  if (text === "0") return { kind: "any" };
  const shown = JSON.stringify(text);
  const problem = !/^\d+$/.test(text)
    ? "invalid syntax"
    : Number(text) >= maxRevision * 2
      ? "value out of range"
      : undefined;
  if (problem !== undefined) {
    throw errorOf(`resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${problem}`);
  }
  return { kind: "revision", revision: Number(text) };
}

export function formatContinue({ revision, after }: Continue): string {
  return textToBase64Url(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: `${after}\u0000` }));
}

function parseContinue(token: string): Continue {
  const bad = (why: string): Error => badRequest(`invalid continue token: ${why}`);
  let value: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    value = JSON.parse(base64UrlToText(token)) as typeof value;
  } catch {
    throw bad("illegal base64 data at input byte 4");
  }
  if (value?.v !== "meta.k8s.io/v1") throw bad(`unrecognized API version ${JSON.stringify(value?.v ?? "")}`);
  if (typeof value.rv !== "number" || typeof value.start !== "string") throw bad("continue key is not valid");
  if (value.start === "" || value.start.split("/").some((part) => part === ".." || part === ".")) {
    throw bad('continue key is not valid: ".."');
  }
  return { revision: value.rv, after: value.start.replace(/\u0000$/, "") };
}
