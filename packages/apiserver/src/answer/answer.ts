import { type ApiError, canonicalJson, codeOf, errorMessage, type JsonObject, type JsonValue } from "@lateen/base";
import { type ApiRequest, type ApiResponse, asJson, type KubeObject, toYaml } from "@lateen/objects";
import type { Platform } from "../platform/platform.ts";
import { internalError, isStatusError, statusError } from "../status/errors.ts";
import type { AcceptedForm } from "./accept.ts";

/** An answer before it is written: an object, bytes that are JSON already, plain text, or a stream. */
export type Answer =
  | { readonly kind: "object"; readonly status: number; readonly object: KubeObject | JsonObject }
  | { readonly kind: "json"; readonly status: number; readonly bytes: Uint8Array; readonly contentType?: string }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly contentType?: string;
      readonly bytes: Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "text"; readonly status: number; readonly text: string }
  /** What another server answered. */
  | {
      readonly kind: "forwarded";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      readonly stream: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: "stream"; readonly contentType: string; readonly stream: AsyncIterable<Uint8Array> };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Answers above this size are compressed for clients that take gzip (as kube-apiserver does). */
const gzipFromBytes = 128 * 1024;

export interface WriteAnswerOptions {
  readonly request: ApiRequest;
  readonly form: AcceptedForm;
  readonly warnings: readonly string[];
  readonly platform: Platform;
  readonly auditId: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes an object as protobuf. @throws for kinds that have no such form. */
  readonly encode?: (value: JsonValue) => Uint8Array;
}

export async function writeAnswer(answer: Answer, options: WriteAnswerOptions): Promise<ApiResponse> {
  const headers: Record<string, string | readonly string[]> = {
    "audit-id": options.auditId,
    "cache-control": "no-cache, private",
    ...options.headers,
  };
  if (options.warnings.length > 0) headers.warning = options.warnings.map(warningHeader);
  if (answer.kind === "stream") {
    return { status: 200, headers: { ...headers, "content-type": answer.contentType }, body: answer.stream };
  }
  if (answer.kind === "forwarded") {
    const { status, stream } = answer;
    return { status, headers: { ...answer.headers, "audit-id": options.auditId }, body: stream };
  }
  if (answer.kind === "text") {
    return {
      status: answer.status,
      headers: { ...headers, "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
      body: encoder.encode(answer.text),
    };
  }
  if (answer.kind === "bytes") Object.assign(headers, answer.headers);
  const written = answer.kind === "bytes" ? answer : writeBody(answer, options);
  if (written.contentType !== undefined) headers["content-type"] = written.contentType;
  let body = written.bytes;
  if (body.length > gzipFromBytes && acceptsGzip(options.request)) {
    body = await options.platform.gzip(body);
    headers["content-encoding"] = "gzip";
    headers.vary = "Accept-Encoding";
  }
  return { status: answer.status, headers, body };
}

function writeBody(
  answer: Extract<Answer, { readonly kind: "object" | "json" }>,
  options: Pick<WriteAnswerOptions, "form" | "encode">,
): { readonly bytes: Uint8Array; readonly contentType: string } {
  const { form } = options;
  if (form.mediaType === "application/yaml") {
    const value =
      answer.kind === "json" ? (JSON.parse(decoder.decode(answer.bytes)) as JsonValue) : json(answer.object);
    return { bytes: encoder.encode(toYaml(sortKeys(value))), contentType: "application/yaml" };
  }
  if (form.mediaType === "application/vnd.kubernetes.protobuf" && options.encode !== undefined) {
    const value =
      answer.kind === "json" ? (JSON.parse(decoder.decode(answer.bytes)) as JsonValue) : json(answer.object);
    return { bytes: options.encode(value), contentType: form.mediaType };
  }
  if (answer.kind === "json") return { bytes: answer.bytes, contentType: answer.contentType ?? "application/json" };
  const text = form.pretty ? JSON.stringify(answer.object, undefined, 2) : JSON.stringify(answer.object);
  return { bytes: encoder.encode(`${text}\n`), contentType: "application/json" };
}

function sortKeys(value: JsonValue): JsonValue {
  return JSON.parse(canonicalJson(value)) as JsonValue;
}

function json(object: KubeObject | JsonObject): JsonObject {
  return asJson(object as KubeObject);
}

function acceptsGzip(request: ApiRequest): boolean {
  const header = request.headers["accept-encoding"];
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  return text.split(",").some((part) => part.trim().split(";")[0] === "gzip");
}

/** `299 - "text"` with quotes and backslashes escaped and control characters dropped (RFC 7234, 5.5). */
function warningHeader(text: string): string {
  const clean = text.replaceAll(/[\u0000-\u001f\u007f]/g, " ").replaceAll(/["\\]/g, "\\$&");
  return `299 - "${clean}"`;
}

/** Any failure as the error that the client reads; our own bugs become an InternalError. */
export function asApiError(error: unknown): ApiError {
  if (isStatusError(error)) return error;
  switch (codeOf(error)) {
    case "full":
      return statusError(507, "InsufficientStorage", `the store is full: ${errorMessage(error)}`);
    case "closed":
      return statusError(503, "ServiceUnavailable", "the server is shutting down");
    default:
      return internalError(errorMessage(error));
  }
}

/** The Status of a failure as it is written: without a reason where the server gives none. */
export function failureAnswer(error: ApiError): Answer {
  const { reason, ...rest } = error.status;
  const status = reason === "" ? rest : error.status;
  return { kind: "object", status: error.status.code, object: status as unknown as JsonObject };
}

export function failureHeaders(error: ApiError): Record<string, string> {
  const seconds = error.status.details?.retryAfterSeconds;
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}
