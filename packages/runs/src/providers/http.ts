/** `vela/http`: requests of steps (kubevela-workflow.md 4.3). Any status is a success; no answer is a failure. */
import { type Clock, type JsonObject, deadline, errorMessage, isJsonObject, systemClock } from "@lateen/base";
import type { Client } from "@lateen/client";
import { valueAt } from "@lateen/objects";
import { type ProviderContext, type ProviderFunction, type ProviderTable, parseGoDuration } from "@lateen/workflow";
import { textOf } from "../text-of.ts";

export interface HttpProviderOptions {
  readonly fetch: typeof fetch;
  readonly client: Client;
  readonly clock?: Clock;
}

const defaultTimeoutMs = 3_000;
const maxBodyBytes = 8 * 1024 * 1024;
const methods = new Set(["GET", "POST", "PUT", "DELETE"]);

export function httpProviders(options: HttpProviderOptions): ProviderTable {
  const limiter = createLimiter(options.clock ?? systemClock);
  const run: ProviderFunction = (params, context) => send(options, params, { context, limiter });
  return { http: { do: run }, op: { do: run } };
}

type Limiter = (key: string, limit: number, periodMs: number) => boolean;

const maxLimits = 128;

/** A token bucket a target: `limit` at once, one more each period. */
function createLimiter(clock: Clock): Limiter {
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

async function send(
  options: HttpProviderOptions,
  params: JsonObject,
  { context, limiter }: { context: ProviderContext; limiter: Limiter },
): Promise<JsonObject> {
  const request = isJsonObject(params.request) ? params.request : {};
  const method = textOf(params.method) === "" ? "GET" : textOf(params.method);
  if (!methods.has(method)) throw new Error(`method ${method} is none of GET, POST, PUT and DELETE`);
  const url = textOf(params.url);
  refuseOverLimit(request, `${method}-${url.split("?")[0]}`, limiter);
  const limit = deadline(context.signal, timeoutOf(request), `${method} ${url}`);
  try {
    const headers = await headersOf(options, request, context);
    const body = textOf(request.body);
    const response = await options.fetch(url, {
      method,
      headers,
      signal: limit.signal,
      ...(body === "" ? {} : { body }),
    });
    return { body: await bodyOf(response), statusCode: response.status, header: headerLists(response.headers) };
  } catch (error) {
    throw limit.signal.aborted
      ? limit.signal.reason
      : new Error(`${method} ${url}: ${errorMessage(error)}`, { cause: error });
  } finally {
    limit[Symbol.dispose]();
  }
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

async function bodyOf(response: Response): Promise<string> {
  const text = await response.text();
  if (text.length > maxBodyBytes) throw new Error(`the answer is longer than ${maxBodyBytes} bytes`);
  return text;
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
