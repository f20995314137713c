import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { textOf } from "../../object/text.ts";
import { base64ToBytes } from "../../read/base64.ts";
import type { Core } from "../../server/core.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface WebhookCall {
  readonly clientConfig: JsonValue | undefined;
  readonly body: JsonObject;
  readonly timeoutSeconds: number;
  /** Whether the URL says how long the webhook has (true). */
  readonly tellsTimeout?: boolean;
  readonly signal: AbortSignal;
}

/** POSTs a review to a webhook. @returns what it answers. @throws an Error in the words of Go's HTTP client. */
export async function callWebhook(core: Core, call: WebhookCall): Promise<JsonObject> {
  const { clientConfig, body, timeoutSeconds, tellsTimeout = true, signal } = call;
  const { url, serverName } = addressOf(core, clientConfig);
  if (tellsTimeout) url.searchParams.set("timeout", `${timeoutSeconds}s`);
  const shown = addressShown(clientConfig, url);
  if (core.platform.post === undefined) throw new Error(`Post "${shown}": this server has no way to call out`);
  const bundle = textOf(valueAt(clientConfig, "caBundle"));
  let answer: { readonly status: number; readonly body: Uint8Array };
  try {
    answer = await core.platform.post({
      url: url.href,
      headers: { "content-type": "application/json", accept: "application/json, */*" },
      body: encoder.encode(JSON.stringify(body)),
      ca: bundle === "" ? undefined : decoder.decode(base64ToBytes(bundle)),
      serverName,
      timeoutMs: timeoutSeconds * 1000,
      signal,
    });
  } catch (error) {
    const why = errorMessage(error).replaceAll(url.href, shown);
    throw new Error(why.startsWith("Post ") ? why : `Post "${shown}": ${why}`);
  }
  if (answer.status < 200 || answer.status > 206) throw new Error(serverSaid(answer.status, answer.body));
  const parsed = JSON.parse(decoder.decode(answer.body)) as JsonValue;
  if (!isJsonObject(parsed)) throw new Error("the answer is no JSON object");
  return parsed;
}

/** What client-go says of an answer that is no success. */
function serverSaid(status: number, body: Uint8Array): string {
  const text = decoder.decode(body.subarray(0, 2048)).trim();
  if (status === 404) return "the server could not find the requested resource";
  if (status === 401) return "the server has asked for the client to provide credentials";
  if (status === 403) return text === "" ? "forbidden" : text;
  return status >= 500
    ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
    : `the server responded with the status code ${status} but did not return more details`;
}

function member(value: JsonValue | undefined, name: string): string {
  return textOf(valueAt(value, name));
}

/** The name of a service, by which it is shown and its certificate checked. */
function hostOf(service: JsonValue | undefined): string {
  return `${member(service, "name")}.${member(service, "namespace")}.svc`;
}

/** Where a webhook is: its own URL, or an endpoint of its service, whose certificate is that of the service. */
function addressOf(core: Core, clientConfig: JsonValue | undefined): { url: URL; serverName: string | undefined } {
  const own = member(clientConfig, "url");
  if (own !== "") return { url: new URL(own), serverName: undefined };
  const service = valueAt(clientConfig, "service");
  const target = core.resolveService({
    namespace: member(service, "namespace"),
    name: member(service, "name"),
    port: Number(member(service, "port") || 443),
  });
  const url = new URL(`https://${target}`);
  url.pathname = member(service, "path") || "/";
  return { url, serverName: hostOf(service) };
}

function addressShown(clientConfig: JsonValue | undefined, url: URL): string {
  const service = valueAt(clientConfig, "service");
  if (member(clientConfig, "url") !== "" || service === undefined) return url.href;
  return `https://${hostOf(service)}:${member(service, "port") || "443"}${url.pathname}${url.search}`;
}
