import { ApiError, errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { asJson, type KubeObject, patchJson, valueAt } from "@lateen/objects";
import { withDefaults } from "../../kinds/behaviour.ts";
import { listOf, objectsOf } from "../../kinds/edit.ts";
import { convertTo } from "../../object/convert-to.ts";
import { textOf } from "../../object/text.ts";
import { base64ToBytes } from "../../read/base64.ts";
import { annotate } from "../../request/annotations.ts";
import { forbidden, internalError, statusError } from "../../status/errors.ts";
import { isSameObject } from "../../write/pipeline.ts";
import { conditionCompiler, conditionsBudget, PolicyContext } from "./expressions.ts";
import { matchConditions } from "./match-conditions.ts";
import {
  isExempt,
  matchedResource,
  matchesSelectors,
  nameOf,
  type PolicySubject,
  requestSeen,
  reviewRequest,
  subjectIn,
} from "./matching.ts";
import type { Rounds } from "./reinvocation.ts";
import { callWebhook } from "./webhook-call.ts";

const decoder = new TextDecoder();

interface Webhook {
  readonly webhook: JsonObject;
  readonly configuration: string;
  /** Place among all webhooks of the kind. */
  readonly index: number;
}

/**
 * Mutating webhooks, one after the other in the order of their configurations' names; in a second round those that want it.
 * @throws what a webhook or its failure answers.
 */
export async function callMutatingWebhooks(subject: PolicySubject, rounds: Rounds): Promise<KubeObject | undefined> {
  let { object } = subject;
  const webhooks = webhooksFor("mutatingwebhookconfigurations", subject);
  if (webhooks.length === 0) return object;
  rounds.webhooks.begin(object);
  for (const one of webhooks) {
    const seen = await subjectOf(one, { ...subject, object });
    const key = JSON.stringify([one.configuration, one.webhook.name]);
    if (seen === undefined || !rounds.webhooks.isDue(key)) continue;
    const patched = await mutated(one, seen, rounds);
    const changed = patched !== undefined && seen.object !== undefined && !isSameObject(seen.object, patched);
    rounds.webhooks.asked(key, { changed, policy: one.webhook.reinvocationPolicy });
    if (!changed) continue;
    const { core, resource } = subject.request;
    const isSame = seen.matched === undefined || seen.form !== undefined;
    object = isSame ? patched : await convertTo(core, resource, patched);
  }
  rounds.webhooks.end(object);
  return object;
}

/** Validating webhooks, all at once. @throws the first refusal. */
export async function callValidatingWebhooks(subject: PolicySubject): Promise<void> {
  const webhooks = webhooksFor("validatingwebhookconfigurations", subject);
  if (webhooks.length === 0) return;
  const outcomes = await Promise.allSettled(
    webhooks.map(async (one) => {
      const seen = await subjectOf(one, subject);
      if (seen !== undefined) await review(one, seen, howOf(one, { mutating: false, round: 0 }));
    }),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

function webhooksFor(
  plural: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
  subject: PolicySubject,
): readonly Webhook[] {
  const configurations = subject.request.core.configurations.all(plural);
  if (configurations.length === 0 || isExempt(subject)) return [];
  return configurations
    .flatMap((configuration) =>
      objectsOf(valueAt(configuration, "webhooks")).map((webhook) => ({
        webhook,
        configuration: configuration.metadata.name ?? "",
      })),
    )
    .map((one, index) => ({ ...one, index }));
}

/** The write as the webhook is to see it; undefined when it is not meant. @throws Forbidden for a condition that fails. */
async function subjectOf({ webhook }: Webhook, subject: PolicySubject): Promise<PolicySubject | undefined> {
  const matched = matchedResource(webhook.rules, subject, webhook.matchPolicy);
  if (matched === undefined || !matchesSelectors(webhook, subject)) return undefined;
  const seen = await subjectIn(subject, matched);
  if (objectsOf(webhook.matchConditions).length === 0) return seen;
  const context = new PolicyContext(seen, { compiler: conditionCompiler(), budget: conditionsBudget });
  const conditions = matchConditions(context, webhook.matchConditions);
  if (conditions.kind === "decided") return conditions.matches ? seen : undefined;
  if (webhook.failurePolicy === "Ignore") return undefined;
  throw forbidden(subject.request.resource.groupResource, nameOf(subject), conditions.message);
}

async function mutated(one: Webhook, subject: PolicySubject, rounds: Rounds): Promise<KubeObject | undefined> {
  const { request, object } = subject;
  const round = rounds.isSecond ? 1 : 0;
  const place = `round_${round}_index_${one.index}`;
  let next: KubeObject | undefined;
  try {
    const response = await review(one, subject, howOf(one, { mutating: true, round }));
    const patch = response === undefined ? undefined : patchOf(response);
    if (patch !== undefined && (!Array.isArray(patch) || patch.length > 0)) {
      const name = textOf(one.webhook.name);
      if (object === undefined) {
        throw internalError(
          `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
        );
      }
      next = withDefaults(requestSeen(subject), patched(object, patch));
      const summary = { configuration: one.configuration, webhook: name, patch, patchType: "JSONPatch" };
      annotate(request, `patch.webhook.admission.k8s.io/${place}`, JSON.stringify(summary));
    }
    return next;
  } finally {
    const changed = next !== undefined && object !== undefined && !isSameObject(object, next);
    const summary = { configuration: one.configuration, webhook: textOf(one.webhook.name), mutated: changed };
    annotate(request, `mutation.webhook.admission.k8s.io/${place}`, JSON.stringify(summary));
  }
}

interface How {
  readonly mutating: boolean;
  /** Under which key the audit log notes that a failure was ignored. */
  readonly failedOpen: string;
}

function howOf({ index }: Webhook, { mutating, round }: { readonly mutating: boolean; readonly round: number }): How {
  const kind = mutating ? "mutating" : "validating";
  return { mutating, failedOpen: `failed-open.${kind}.webhook.admission.k8s.io/round_${round}_index_${index}` };
}

/** Asks one webhook. @returns its answer; undefined when it failed and that is ignored. @throws its refusal. */
async function review(one: Webhook, subject: PolicySubject, how: How): Promise<JsonObject | undefined> {
  const { webhook } = one;
  const name = textOf(webhook.name);
  const { request } = subject;
  if (subject.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
    throw statusError(400, "BadRequest", `admission webhook ${JSON.stringify(name)} does not support dry run`);
  }
  let response: JsonObject;
  try {
    response = await exchange(webhook, subject, how.mutating);
  } catch (error) {
    request.http.signal.throwIfAborted();
    if (webhook.failurePolicy !== "Ignore")
      throw internalError(`failed calling webhook ${JSON.stringify(name)}: ${errorMessage(error)}`);
    request.core.log({ level: "warn", message: `webhook ${name} failed and is ignored`, error: errorMessage(error) });
    annotate(request, how.failedOpen, name);
    return undefined;
  }
  if (isJsonObject(response.auditAnnotations)) {
    for (const [key, value] of Object.entries(response.auditAnnotations))
      annotate(request, `${name}/${key}`, textOf(value));
  }
  request.warnings.push(...listOf(response.warnings).map(textOf));
  if (response.allowed === true) return response;
  throw refusal(name, response);
}

/** @throws an Error that says what was wrong with the call or its answer. */
async function exchange(webhook: JsonObject, subject: PolicySubject, mutating: boolean): Promise<JsonObject> {
  const { core, http } = subject.request;
  const uid = core.platform.randomUuid();
  let answer: JsonObject;
  try {
    answer = await callWebhook(core, {
      clientConfig: webhook.clientConfig,
      timeoutSeconds: typeof webhook.timeoutSeconds === "number" ? webhook.timeoutSeconds : 10,
      body: {
        kind: "AdmissionReview",
        apiVersion: "admission.k8s.io/v1",
        request: { uid, ...reviewRequest(subject) },
      },
      signal: http.signal,
    });
  } catch (error) {
    throw new Error(`failed to call webhook: ${errorMessage(error)}`, { cause: error });
  }
  const { response } = answer;
  const wrong = (why: string): Error => new Error(`received invalid webhook response: ${why}`);
  if (!isJsonObject(response)) throw wrong("webhook response was absent");
  if (response.uid !== uid) {
    throw wrong(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response.uid))}`);
  }
  if (answer.kind !== "AdmissionReview" || answer.apiVersion !== "admission.k8s.io/v1") {
    const [group = "", version = ""] = textOf(answer.apiVersion).split("/");
    throw wrong(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${group}/${version}, Kind=${textOf(answer.kind)}`,
    );
  }
  const problem = patchProblem(response, mutating);
  if (problem !== undefined) throw wrong(problem);
  return response;
}

function patchProblem({ patch, patchType }: JsonObject, mutating: boolean): string | undefined {
  const hasPatch = textOf(patch) !== "";
  const hasType = (patchType ?? null) !== null;
  if (!mutating) {
    if (hasPatch) return "validating webhook may not return response.patch";
    return hasType ? "validating webhook may not return response.patchType" : undefined;
  }
  if (hasPatch && !hasType) return "webhook returned response.patch but not response.patchType";
  if (!hasPatch && hasType) return "webhook returned response.patchType but not response.patch";
  if (hasPatch && patchType !== "JSONPatch") return `unsupported patch type ${JSON.stringify(textOf(patchType))}`;
  return undefined;
}

function patchOf(response: JsonObject): JsonValue | undefined {
  const patch = textOf(response.patch);
  if (patch === "") return undefined;
  try {
    return JSON.parse(decoder.decode(base64ToBytes(patch))) as JsonValue;
  } catch (error) {
    throw internalError(`received undecodable patch in webhook response: ${errorMessage(error)}`);
  }
}

function patched(object: KubeObject, patch: JsonValue): KubeObject {
  try {
    return patchJson(asJson(object), patch) as unknown as KubeObject;
  } catch (error) {
    throw internalError(errorMessage(error));
  }
}

/** The webhook's own Status, which names it; without a code of a failure it is a bad request. */
function refusal(name: string, { status }: JsonObject): ApiError {
  const code = Number(valueAt(status, "code") ?? 0);
  const message = textOf(valueAt(status, "message"));
  const reason = textOf(valueAt(status, "reason"));
  const head = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message === "" ? reason : message;
  const text = why === "" ? `${head} without explanation` : `${head}: ${why}`;
  const details = valueAt(status, "details");
  return statusError(
    code >= 400 && code < 600 ? code : 400,
    reason,
    text,
    isJsonObject(details) ? (details as unknown as ApiError["status"]["details"]) : undefined,
  );
}
