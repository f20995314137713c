import { ApiError, errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { asJson, type KubeObject, patchJson, valueAt } from "@lateen/objects";
import { listOf, objectsOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { base64ToBytes } from "../../read/base64.ts";
import { internalError, statusError } from "../../status/errors.ts";
import { PolicyContext } from "./expressions.ts";
import { isExempt, matchesRules, matchesSelectors, type PolicySubject, reviewRequest } from "./matching.ts";
import { matchConditions } from "./validating-policies.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Mutating webhooks, one after the other in the order of their configurations' names. @throws what a webhook or its failure answers. */
export async function callMutatingWebhooks(subject: PolicySubject): Promise<KubeObject | undefined> {
  let object = subject.object;
  for (const webhook of webhooksFor("mutatingwebhookconfigurations", subject)) {
    const current = { ...subject, object };
    if (!applies(webhook, current)) continue;
    const patch = await review(webhook, current);
    if (patch !== undefined && object !== undefined) object = patched(object, patch, textOf(webhook.name));
  }
  return object;
}

/** Validating webhooks, all at once. @throws the first refusal. */
export async function callValidatingWebhooks(subject: PolicySubject): Promise<void> {
  const calls = webhooksFor("validatingwebhookconfigurations", subject).filter((webhook) => applies(webhook, subject));
  await Promise.all(calls.map((webhook) => review(webhook, subject)));
}

function webhooksFor(
  plural: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
  subject: PolicySubject,
): readonly JsonObject[] {
  const configurations = subject.request.core.configurations.all(plural);
  if (configurations.length === 0 || isExempt(subject)) return [];
  return configurations.flatMap((configuration) => objectsOf(valueAt(configuration, "webhooks")));
}

function applies(webhook: JsonObject, subject: PolicySubject): boolean {
  if (!matchesRules(webhook.rules, subject) || !matchesSelectors(webhook, subject)) return false;
  if (objectsOf(webhook.matchConditions).length === 0) return true;
  const matched = matchConditions(new PolicyContext(subject), webhook.matchConditions);
  if (matched.kind === "decided") return matched.matches;
  if (webhook.failurePolicy === "Ignore") return false;
  throw statusError(
    403,
    "Forbidden",
    `admission webhook ${JSON.stringify(textOf(webhook.name))} denied the request: match condition failed: ${matched.message}`,
  );
}

/** Asks one webhook. @returns its JSON patch, if it gives one. */
async function review(webhook: JsonObject, subject: PolicySubject): Promise<JsonValue | undefined> {
  const name = textOf(webhook.name);
  const { core } = subject.request;
  if (subject.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
    throw statusError(400, "BadRequest", `admission webhook ${JSON.stringify(name)} does not support dry run`);
  }
  const uid = core.platform.randomUuid();
  let response: JsonObject;
  try {
    response = await exchange(webhook, subject, uid);
  } catch (error) {
    if (webhook.failurePolicy === "Ignore") {
      core.log({ level: "warn", message: `webhook ${name} failed and is ignored`, error: errorMessage(error) });
      return undefined;
    }
    throw internalError(
      `failed calling webhook ${JSON.stringify(name)}: failed to call webhook: ${errorMessage(error)}`,
    );
  }
  subject.request.warnings.push(...listOf(response.warnings).map(textOf));
  if (response.allowed === true) return patchOf(response);
  throw refusal(name, response);
}

async function exchange(webhook: JsonObject, subject: PolicySubject, uid: string): Promise<JsonObject> {
  const { core, signal } = subject.request;
  const timeoutSeconds = typeof webhook.timeoutSeconds === "number" ? webhook.timeoutSeconds : 10;
  const url = new URL(urlOf(webhook));
  url.searchParams.set("timeout", `${timeoutSeconds}s`);
  if (core.platform.post === undefined) throw new Error(`Post "${url.href}": this server has no way to call out`);
  const review = {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: { uid, ...reviewRequest(subject) },
  };
  const bundle = textOf(valueAt(webhook, "clientConfig", "caBundle"));
  const answer = await core.platform.post({
    url: url.href,
    headers: { "content-type": "application/json", accept: "application/json" },
    body: encoder.encode(JSON.stringify(review)),
    ca: bundle === "" ? undefined : decoder.decode(base64ToBytes(bundle)),
    timeoutMs: timeoutSeconds * 1000,
    signal,
  });
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
  const parsed = JSON.parse(decoder.decode(answer.body)) as JsonValue;
  const response = valueAt(parsed, "response");
  if (!isJsonObject(response)) throw new Error("the answer is no AdmissionReview with a response");
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
  return response;
}

/** The address of a webhook; services are reached by their name. */
function urlOf(webhook: JsonObject): string {
  const url = textOf(valueAt(webhook, "clientConfig", "url"));
  if (url !== "") return url;
  const service = valueAt(webhook, "clientConfig", "service");
  const member = (name: string): string => textOf(valueAt(service, name));
  return `https://${member("name")}.${member("namespace")}.svc:${member("port") || "443"}${member("path")}`;
}

function patchOf(response: JsonObject): JsonValue | undefined {
  const patch = textOf(response.patch);
  return patch === "" ? undefined : (JSON.parse(decoder.decode(base64ToBytes(patch))) as JsonValue);
}

function patched(object: KubeObject, patch: JsonValue, name: string): KubeObject {
  try {
    return patchJson(asJson(object), patch) as unknown as KubeObject;
  } catch (error) {
    throw internalError(`webhook ${JSON.stringify(name)} gave a patch that cannot be applied: ${errorMessage(error)}`);
  }
}

function refusal(name: string, { status }: JsonObject): ApiError {
  const code = Number(valueAt(status, "code") ?? 403);
  const message = textOf(valueAt(status, "message"));
  const why = message === "" ? textOf(valueAt(status, "reason")) : message;
  const head = `admission webhook ${JSON.stringify(name)} denied the request`;
  const text = why === "" ? `${head} without explanation` : `${head}: ${why}`;
  return statusError(code === 0 ? 403 : code, textOf(valueAt(status, "reason")) || "Forbidden", text);
}
