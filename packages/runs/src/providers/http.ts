/**
 * `vela/http`: requests of steps (kubevela-workflow.md 4.3). Any status is a success; no answer is a failure. What changes
 * something is sent once for each time a step means it: at least once where the process dies in between, with a header
 * `Idempotency-Key` that then is the same.
 */
import {
  type Clock,
  type JsonObject,
  type JsonValue,
  deadline,
  errorMessage,
  isJsonObject,
  systemClock,
} from "@lateen/base";
import type { Client } from "@lateen/client";
import { valueAt } from "@lateen/objects";
import { type OutwardProvider, type ProviderContext, type ProviderTable, parseGoDuration } from "@lateen/workflow";
import { textOf } from "../text-of.ts";

/** PEM texts. */
export interface RequestTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Sends a request of a step; the host's `fetch` fits, but knows nothing of `tls`. */
export type StepFetch = (url: string, init: RequestInit & { readonly tls?: RequestTls }) => Promise<Response>;

export interface HttpProviderOptions {
  readonly fetch: StepFetch;
  readonly client: Client;
  /** Shared by all who send through this control plane. */
  readonly limiter?: Limiter;
}

const defaultTimeoutMs = 3_000;
const maxBodyBytes = 8 * 1024 * 1024;
const methods = new Set(["GET", "POST", "PUT", "DELETE"]);

export function httpProviders(options: HttpProviderOptions): ProviderTable {
  const limiter = options.limiter ?? createLimiter(systemClock);
  const entry: OutwardProvider = {
    changes: (params) => textOf(params.method) !== "" && textOf(params.method) !== "GET",
    send: (params, context) => send(options, params, { context, limiter }),
  };
  return { http: { do: entry }, op: { do: entry } };
}

/** Whether one more request may go to a target now. */
export type Limiter = (key: string, limit: number, periodMs: number) => boolean;

const maxLimits = 128;

/** A token bucket a target: `limit` at once, one more each period. */
export function createLimiter(clock: Clock): Limiter {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key, limit, periodMs) => {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: limit, at: now };
    const tokens = Math.min(limit, bucket.tokens + (periodMs > 0 ? (now - bucket.at) / periodMs : 0));
    buckets.delete(key);
    if (buckets.size >= maxLimits) buckets.delete(buckets.keys().next().value!);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  };
}

interface Sending {
  readonly context: ProviderContext & { readonly key?: string };
  readonly limiter: Limiter;
}

async function send(
  options: HttpProviderOptions,
  params: JsonObject,
  { context, limiter }: Sending,
): Promise<JsonObject> {
  const request = isJsonObject(params.request) ? params.request : {};
  const method = textOf(params.method) === "" ? "GET" : textOf(params.method);
  if (!methods.has(method)) throw new Error(`method ${method} is none of GET, POST, PUT and DELETE`);
  const url = textOf(params.url);
  refuseOverLimit(request, `${method}-${url.split("?")[0]}`, limiter);
  const limit = deadline(context.signal, timeoutOf(request), `${method} ${shownUrl(url)}`);
  try {
    const headers = await headersOf(options, request, context);
    const tls = await tlsOf(options, params, context);
    const body = textOf(request.body);
    const response = await options.fetch(url, {
      method,
      headers: { ...(context.key === undefined ? {} : { "Idempotency-Key": context.key }), ...headers },
      signal: limit.signal,
      ...(body === "" ? {} : { body }),
      ...(tls === undefined ? {} : { tls }),
    });
    const text = await bodyOf(response);
    return {
      body: text,
      statusCode: response.status,
      header: headerLists(response.headers),
      ...decoded(text, textOf(request.responseFormat)),
    };
  } catch (error) {
    throw limit.signal.aborted
      ? limit.signal.reason
      : new Error(`${method} ${shownUrl(url)}: ${errorMessage(error)}`, { cause: error });
  } finally {
    limit[Symbol.dispose]();
  }
}

/** Queries and credentials of an address may be secrets. */
function shownUrl(url: string): string {
  return url.replace(/\?.*$/s, "?…").replace(/\/\/[^/@]*@/, "//***@");
}

/** The answer as data, where a step asks for it. @throws Error where it is none. */
function decoded(text: string, format: string): JsonObject {
  if (format === "" || format === "text") return {};
  const lines = format === "lines" ? text.split("\n").filter((line) => line.trim() !== "") : undefined;
  if (lines !== undefined) return { lines };
  if (format !== "json") throw new Error(`responseFormat ${format} is none of text, json and lines`);
  try {
    return { json: JSON.parse(text) as JsonValue };
  } catch (error) {
    throw new Error(`the answer is no JSON: ${errorMessage(error)}`, { cause: error });
  }
}

/** The certificates that `tls_config` names: each is base64 text within the Secret's value, as KubeVela writes them. */
async function tlsOf(
  { client }: HttpProviderOptions,
  { tls_config: config }: JsonObject,
  { fields, signal }: ProviderContext,
): Promise<RequestTls | undefined> {
  if (!isJsonObject(config)) return undefined;
  const namespace = textOf(config.namespace) === "" ? textOf(fields.namespace) : textOf(config.namespace);
  const name = textOf(config.secret);
  const secret = await client
    .get({ apiVersion: "v1", kind: "Secret", namespace, name }, { signal })
    .catch((error: unknown) => {
      throw new Error(`tls_config: ${errorMessage(error)}`, { cause: error });
    });
  const pem = (key: string): string | undefined => {
    const value = valueAt(secret, "data", key);
    if (typeof value !== "string") return undefined;
    const text = atob(value);
    return text.includes("-----BEGIN") ? text : atob(text.trim());
  };
  const [ca, cert, key] = [pem("ca.crt"), pem("client.crt"), pem("client.key")];
  if (ca === undefined && cert === undefined)
    throw new Error(`tls_config: Secret ${namespace}/${name} has neither ca.crt nor client.crt`);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function timeoutOf(request: JsonObject): number {
  const text = textOf(request.timeout);
  if (text === "") return defaultTimeoutMs;
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new Error(`invalid timeout ${text}`);
  return ms;
}

function refuseOverLimit(request: JsonObject, key: string, limiter: Limiter): void {
  if (!isJsonObject(request.ratelimiter)) return;
  const { limit, period } = request.ratelimiter;
  if (!limiter(key, Number(limit), parseGoDuration(textOf(period)) ?? 0))
    throw new Error("request exceeds the rate limiter");
}

async function headersOf(
  options: HttpProviderOptions,
  request: JsonObject,
  context: ProviderContext,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  const given = {
    ...(isJsonObject(request.header) ? request.header : {}),
    ...(isJsonObject(request.trailer) ? request.trailer : {}),
  };
  for (const [name, value] of Object.entries(given)) headers[name] = textOf(value);
  if (Object.keys(headers).length === 0) headers["Content-Type"] = "application/json";
  const fromSecrets = Array.isArray(request.headersFromSecret) ? request.headersFromSecret.filter(isJsonObject) : [];
  for (const { header, secret, key } of fromSecrets)
    headers[textOf(header)] = await secretValue(
      options,
      { header: textOf(header), secret: textOf(secret), key: textOf(key) },
      context,
    );
  return headers;
}

async function secretValue(
  { client }: HttpProviderOptions,
  { header, secret, key }: { header: string; secret: string; key: string },
  { fields, signal }: ProviderContext,
): Promise<string> {
  const reference = { apiVersion: "v1", kind: "Secret", namespace: textOf(fields.namespace), name: secret };
  const object = await client.get(reference, { signal }).catch((error: unknown) => {
    throw new Error(`secret "${secret}" not found for header "${header}": ${errorMessage(error)}`, { cause: error });
  });
  const value = valueAt(object, "data", key);
  if (typeof value !== "string") throw new Error(`key "${key}" not found in secret "${secret}"`);
  return atob(value);
}

/** The whole answer, read only as far as it may be long. */
async function bodyOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > maxBodyBytes) throw new Error(`the answer is longer than ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new TextDecoder().decode(whole);
}

function headerLists(headers: Headers): JsonObject {
  const lists: Record<string, readonly string[]> = {};
  headers.forEach((value, name) => {
    const canonical = name.replaceAll(
      /(^|-)([a-z])/g,
      (_, dash: string, letter: string) => dash + letter.toUpperCase(),
    );
    lists[canonical] = [value];
  });
  return lists;
}
