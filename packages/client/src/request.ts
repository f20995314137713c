import {
  ApiError,
  type FailureStatus,
  type JsonValue,
  codeOf,
  failureStatus,
  isAborted,
  isJsonObject,
} from "@lateen/base";
import type { ApiRequest, ApiResponse, Transport } from "@lateen/objects";

/** The server could not be reached, or the connection broke: nothing is known about what it did. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code = "Unreachable";
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | JsonValue | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What messages say was attempted: `get Deployment default/web`. */
  readonly attempted: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Sends a request and gives the answer, whose body may still be streaming.
 * @throws ApiError on a status of 400 or more; TransportError when there was no answer; the signal's reason.
 */
export async function send(transport: Transport, call: Call): Promise<ApiResponse> {
  // A signal of its own for a caller that gave none: a shared one would gather the listeners of all requests.
  const signal = call.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const body = encodeBody(call.body);
  const request: ApiRequest = {
    method: call.method,
    path: call.path,
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...call.headers,
    },
    ...(body !== undefined && { body }),
    signal,
  };
  const response = await reach(transport, request, call.attempted);
  if (response.status < 400) return response;
  throw new ApiError(await readStatus(response), { attempted: call.attempted });
}

/** As `send`, with the body read and parsed. */
export async function sendJson<T>(transport: Transport, call: Call): Promise<T> {
  const response = await send(transport, call);
  const text = decoder.decode(await collect(response.body));
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new TransportError(`${call.attempted}: the answer is no JSON`, { cause });
  }
}

async function reach(transport: Transport, request: ApiRequest, attempted: string): Promise<ApiResponse> {
  try {
    return await transport(request);
  } catch (cause) {
    if (request.signal.aborted || isAborted(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    if (codeOf(cause) === "Unreachable") throw new TransportError(`${attempted}: ${why}`, { cause });
    throw new TransportError(`${attempted}: the API server gave no answer (${why})`, { cause });
  }
}

function encodeBody(body: Call["body"]): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return encoder.encode(JSON.stringify(body));
}

/** Reads a body to its end. */
export async function collect(body: ApiResponse["body"]): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
  }
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** StatusReasons of answers that carry no Status (a proxy's page, `404 page not found`). */
const reasonOf: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

async function readStatus(response: ApiResponse): Promise<FailureStatus> {
  const text = decoder.decode(await collect(response.body));
  const parsed = parseOrUndefined(text);
  if (isJsonObject(parsed) && parsed.kind === "Status" && typeof parsed.message === "string") {
    return statusOf(parsed as unknown as Partial<FailureStatus> & { readonly message: string }, response.status);
  }
  const shown = text.length > 500 ? `${text.slice(0, 500)}…` : text.trim();
  return failureStatus(
    response.status,
    reasonOf[response.status] ?? "Unknown",
    shown === "" ? `status ${response.status} without a text` : shown,
  );
}

/** Some statuses of the API carry no reason; the code then gives it. */
export function statusOf(
  status: Partial<FailureStatus> & { readonly message: string },
  httpStatus: number,
): FailureStatus {
  const code = status.code ?? httpStatus;
  return failureStatus(code, status.reason ?? reasonOf[code] ?? "Unknown", status.message, status.details);
}

function parseOrUndefined(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
