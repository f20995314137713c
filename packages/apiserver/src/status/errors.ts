/** The failures that a Kubernetes API server answers, in its words (apimachinery pkg/api/errors). */
import { ApiError, failureStatus, isApiError, type StatusCause, type StatusDetails } from "@lateen/base";
import { causeOf, type FieldError } from "@lateen/objects";

export interface GroupResource {
  readonly group: string;
  /** Plural, as in URLs. */
  readonly resource: string;
}

/** `deployments.apps`, `pods`: a resource in texts. */
export function resourceText({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: GroupResource, name?: string): StatusDetails {
  return { ...(name ? { name } : {}), ...(group === "" ? {} : { group }), kind: resource };
}

/** A failure with any code; `reason` "" leaves the reason out. */
export function statusError(code: number, reason: string, message: string, details?: StatusDetails): ApiError {
  return new ApiError(failureStatus(code, reason, message, details));
}

export function notFound(resource: GroupResource, name: string): ApiError {
  return statusError(404, "NotFound", `${resourceText(resource)} ${quote(name)} not found`, detailsOf(resource, name));
}

/** A path that names nothing the server knows. */
export function noSuchResource(): ApiError {
  return statusError(404, "NotFound", "the server could not find the requested resource", {});
}

export interface TakenOptions {
  readonly deleting?: boolean;
  readonly retryAfterSeconds?: number;
}

export function alreadyExists(resource: GroupResource, name: string, options: TakenOptions = {}): ApiError {
  const { deleting = false, ...extra } = options;
  const message = `${deleting ? "object is being deleted: " : ""}${resourceText(resource)} ${quote(name)} already exists`;
  return statusError(409, "AlreadyExists", message, { ...detailsOf(resource, name), ...extra });
}

export function conflict(resource: GroupResource, name: string, message: string): ApiError {
  const text = `Operation cannot be fulfilled on ${resourceText(resource)} ${quote(name)}: ${message}`;
  return statusError(409, "Conflict", text, detailsOf(resource, name));
}

export const modifiedText =
  "the object has been modified; please apply your changes to the latest version and try again";

export function forbidden(
  resource: GroupResource,
  name: string,
  message: string,
  causes?: readonly StatusCause[],
): ApiError {
  const subject = name === "" ? resourceText(resource) : `${resourceText(resource)} ${quote(name)}`;
  return statusError(403, "Forbidden", `${subject} is forbidden: ${message}`, {
    ...detailsOf(resource, name),
    ...(causes && { causes }),
  });
}

export function badRequest(message: string): ApiError {
  return statusError(400, "BadRequest", message);
}

export function unauthorized(): ApiError {
  return statusError(401, "Unauthorized", "Unauthorized");
}

export function methodNotAllowed(): ApiError {
  return statusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function internalError(message: string): ApiError {
  return statusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function expired(message: string): ApiError {
  return statusError(410, "Expired", message);
}

/** What is invalid: the kind with its group, and the name of the object. */
export interface InvalidSubject {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

export function invalid({ group, kind, name }: InvalidSubject, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const list = texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  const subject = group === "" ? kind : `${kind}.${group}`;
  return statusError(422, "Invalid", `${subject} ${quote(name)} is invalid: ${list}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    causes: errors.map(causeOf),
  });
}

/** A bad option of a request: `CreateOptions`, `ListOptions` … */
export function invalidOptions(kind: string, errors: readonly FieldError[]): ApiError {
  return invalid({ group: "meta.k8s.io", kind, name: "" }, errors);
}

/** Go's %q of a name. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `404 page not found`: the answer to a path outside of the API, which is text. */
export class PageNotFound extends Error {
  override readonly name = "PageNotFound";
  readonly code = "PageNotFound";

  constructor(path = "") {
    super(`no such page: ${path}`);
  }
}

export function isStatusError(error: unknown): error is ApiError {
  return isApiError(error);
}
