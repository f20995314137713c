export { type BackoffOptions, type RetryOptions, backoffMs, itemBackoff, retry } from "./backoff.ts";
export { Broadcast, Channel } from "./broadcast.ts";
export { type Budget, budgetUntil, defaultBudget } from "./budget.ts";
export { type Clock, type ManualClock, type ManualClockOptions, createManualClock, systemClock } from "./clock.ts";
export { type Deadline, abortable, deadline, formatMs, shielded } from "./deadline.ts";
export { type Deferred, createDeferred } from "./deferred.ts";
export {
  type Diagnostic,
  type Fix,
  type FormatDiagnosticOptions,
  type Pos,
  formatDiagnostic,
  formatPath,
  formatPos,
  nearestName,
} from "./diagnostic.ts";
export { DisposeStack } from "./dispose-stack.ts";
export {
  ApiError,
  DeadlineError,
  type FailureStatus,
  InvariantError,
  type StatusCause,
  type StatusDetails,
  TerminalError,
  assertNever,
  codeOf,
  errorMessage,
  failureStatus,
  invariant,
  isAborted,
  isAlreadyExists,
  isApiError,
  isConflict,
  isDeadline,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isTerminal,
} from "./errors.ts";
export {
  type DeepReadonly,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  canonicalJson,
  deepFreeze,
  isJsonObject,
  jsonEquals,
  maxJsonDepth,
  ownProperty,
} from "./json.ts";
export { type Log, type LogEvent, silentLog } from "./log.ts";
export { isSecretName, maskSecrets, maskedText, minSecretText, withoutTexts } from "./mask.ts";
export { type Random, createRandom } from "./random.ts";
export { TaskGroup } from "./task-group.ts";
