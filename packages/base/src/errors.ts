/** A Kubernetes `Status` of a failed request (meta/v1), as the API server answers it. */
export interface FailureStatus {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly status: "Failure";
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly details?: StatusDetails;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** A request that the API answered with a failure. `status` is what the server said, `retryAfterMs` what it asked for. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: FailureStatus;

  constructor(status: FailureStatus, options: { readonly attempted?: string; readonly cause?: unknown } = {}) {
    super(options.attempted === undefined ? status.message : `${options.attempted}: ${status.message}`, {
      cause: options.cause,
    });
    this.status = status;
    this.code = status.reason;
  }

  get retryAfterMs(): number | undefined {
    const seconds = this.status.details?.retryAfterSeconds;
    return seconds === undefined ? undefined : seconds * 1000;
  }
}

/** Makes the Status of a failure; `code` is the HTTP status, `reason` one of Kubernetes' StatusReasons. */
export function failureStatus(code: number, reason: string, message: string, details?: StatusDetails): FailureStatus {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details && { details }),
    code,
  };
}

/** An error that trying again cannot mend. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
  readonly code = "Terminal";
}

/** Our own bug: something that cannot be was. Never caught below the process's edge. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
  readonly code = "Invariant";
}

/** The wait was given up because its time was over (ours, not the caller's cancel). */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "Deadline";
}

/** Errors are asked by code, not by class: classes differ between copies and realms. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

export const isNotFound = (error: unknown): boolean => codeOf(error) === "NotFound";
export const isConflict = (error: unknown): boolean => codeOf(error) === "Conflict";
export const isAlreadyExists = (error: unknown): boolean => codeOf(error) === "AlreadyExists";
export const isInvalid = (error: unknown): boolean => codeOf(error) === "Invalid";
export const isForbidden = (error: unknown): boolean => codeOf(error) === "Forbidden";
export const isExpired = (error: unknown): boolean => codeOf(error) === "Expired" || codeOf(error) === "Gone";
export const isTerminal = (error: unknown): boolean => codeOf(error) === "Terminal";
export const isDeadline = (error: unknown): boolean => codeOf(error) === "Deadline";
export const isApiError = (error: unknown): error is ApiError => error instanceof Error && error.name === "ApiError";
export const isAborted = (error: unknown): boolean =>
  typeof error === "object" && error !== null && (error as { name?: unknown }).name === "AbortError";

/** The message of anything thrown, with the messages of its causes. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message];
  for (let cause = error.cause, n = 0; cause instanceof Error && n < 5; cause = cause.cause, n++) {
    if (!parts.some((part) => part.includes((cause as Error).message))) parts.push(cause.message);
  }
  return parts.join(": ");
}

export function assertNever(value: never): never {
  throw new InvariantError(`unexpected ${JSON.stringify(value)}`);
}

/** @throws InvariantError unless `condition`. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
