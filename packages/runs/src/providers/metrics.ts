/** `vela/metrics`: a Prometheus query that has to hold for some time (kubevela-workflow.md 4.7). */
import { type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import {
  type ProviderContext,
  type ProviderFunction,
  type ProviderTable,
  expressionJson,
  formatTime,
  parseGoDuration,
  parseTime,
  scopeOf,
} from "@lateen/workflow";
import { textOf } from "../text-of.ts";
import type { StepFetch } from "./http.ts";

export interface MetricsProviderOptions {
  readonly fetch: StepFetch;
}

export function metricsProviders(options: MetricsProviderOptions): ProviderTable {
  const promCheck: ProviderFunction = (params, context) => check(options, params, context);
  return { metrics: { promCheck }, op: { promCheck } };
}

const defaultEndpoint = "http://prometheus-server.o11y-system.svc:9090";

async function check(
  options: MetricsProviderOptions,
  params: JsonObject,
  context: ProviderContext,
): Promise<JsonObject> {
  const value = await query(options, params, context.signal);
  const condition = textOf(params.condition);
  const holds = expressionJson(`${value} ${condition}`, scopeOf({}));
  return holds === true
    ? success(params, context, { value, condition })
    : failure(params, context, { value, condition });
}

async function query(
  { fetch: send }: MetricsProviderOptions,
  params: JsonObject,
  signal: AbortSignal,
): Promise<string> {
  const endpoint = textOf(params.metricEndpoint) === "" ? defaultEndpoint : textOf(params.metricEndpoint);
  const response = await send(`${endpoint}/api/v1/query`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ query: textOf(params.query) }).toString(),
    signal,
  });
  if (response.status >= 500) throw new Error(`server_error: server error: ${response.status}`);
  const answer = JSON.parse(await response.text()) as JsonObject;
  if (answer.status !== "success")
    throw new Error(
      `the query failed: ${textOf(answer.error) === "" ? `status ${response.status}` : textOf(answer.error)}`,
    );
  const type = valueAt(answer, "data", "resultType");
  const result = valueAt(answer, "data", "result");
  if (type === "scalar") return textOf(valueAt(result, 1));
  if (type !== "vector" || !Array.isArray(result)) throw new Error("cannot handle the not query value");
  if (result.length !== 1)
    throw new Error(
      `the query is returning ${result.length} results when it should only return one. Please review the query to identify and fix the issue`,
    );
  return textOf(valueAt(result[0] as JsonValue, "value", 1));
}

interface Found {
  readonly value: string;
  readonly condition: string;
}

function success(params: JsonObject, { visit }: ProviderContext, { value, condition }: Found): JsonObject {
  const { values } = visit.variables;
  const key = `${visit.id}.metrics.success.time`;
  delete values[`${visit.id}.metrics.fail.time`];
  const duration = textOf(params.duration);
  const since = values[key] === undefined ? undefined : parseTime(values[key]);
  if (since === undefined) values[key] = formatTime(visit.now);
  const passed = since === undefined ? 0 : visit.now - since;
  const lasting =
    since === undefined
      ? ""
      : ` The success has persisted for ${goDuration(passed)}, with success duration being ${duration}.`;
  const message = `The healthy condition should be ${condition}, and the query result is ${value}, indicating success.${lasting}`;
  return { result: passed >= (parseGoDuration(duration) ?? 0), failed: false, message };
}

function failure(params: JsonObject, { visit }: ProviderContext, { value, condition }: Found): JsonObject {
  const { values } = visit.variables;
  const key = `${visit.id}.metrics.fail.time`;
  delete values[`${visit.id}.metrics.success.time`];
  const limit = textOf(params.failDuration);
  const since = values[key] === undefined ? undefined : parseTime(values[key]);
  if (since === undefined) values[key] = formatTime(visit.now);
  const passed = since === undefined ? 0 : visit.now - since;
  const first =
    since === undefined ? " This is first failed checking." : ` The failure has persisted for ${goDuration(passed)}.`;
  const message = `The healthy condition should be ${condition}, but the query result is ${value}, indicating failure, with the failure duration being ${limit}.${first}`;
  return { result: false, failed: since !== undefined && passed >= (parseGoDuration(limit) ?? 0), message };
}

/** `1m30s`, `0s`: as Go prints a duration of whole seconds. */
function goDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${h > 0 ? `${h}h` : ""}${h > 0 || m > 0 ? `${m}m` : ""}${s}s`;
}
