import { errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { asJson, type KubeObject, validateAnnotations, validateLabels, valueAt } from "@lateen/objects";
import { callWebhook } from "../admission/policies/webhook-call.ts";
import { listOf } from "../kinds/edit.ts";
import type { AskWebhook } from "../object/converter.ts";
import { textOf } from "../object/text.ts";
import type { Core } from "../server/core.ts";
import { statusError } from "../status/errors.ts";
import type { CustomVersion } from "./custom-kind.ts";

const timeoutSeconds = 30;
const never = new AbortController().signal;

/**
 * Asks a definition's conversion webhook (apiextensions.k8s.io ConversionReview; apiextensions-apiserver
 * pkg/apiserver/conversion, webhook_converter.go). Of metadata only labels and annotations may change.
 */
export function conversionWebhook(core: () => Core): AskWebhook {
  return async (custom, objects, apiVersion) => {
    const [first] = objects;
    const kind = `${first!.apiVersion}, Kind=${first!.kind}`;
    const converted = await review(core(), { custom, objects, apiVersion, kind });
    if (converted.length !== objects.length) {
      throw failure(`conversion webhook for ${kind} returned ${converted.length} objects, expected ${objects.length}`);
    }
    return objects.map((object, i) => {
      try {
        return accepted(object, converted[i], apiVersion);
      } catch (error) {
        throw failure(`conversion webhook for ${kind} returned ${errorMessage(error)}`);
      }
    });
  };
}

/** A failure that the server gives no reason for. */
function failure(message: string): Error {
  return statusError(500, "", message);
}

interface Asked {
  readonly custom: CustomVersion;
  readonly objects: readonly KubeObject[];
  readonly apiVersion: string;
  readonly kind: string;
}

async function review(core: Core, { custom, objects, apiVersion, kind }: Asked): Promise<readonly JsonValue[]> {
  const webhook = custom.conversion;
  const version = listOf(webhook?.conversionReviewVersions).find((one) => one === "v1" || one === "v1beta1");
  if (webhook === undefined || version === undefined) throw failure("no supported conversion review versions");
  const uid = core.platform.randomUuid();
  const apiVersionOfReview = `apiextensions.k8s.io/${textOf(version)}`;
  try {
    const answer = await callWebhook(core, {
      clientConfig: webhook.clientConfig,
      timeoutSeconds,
      tellsTimeout: false,
      body: {
        kind: "ConversionReview",
        apiVersion: apiVersionOfReview,
        request: { uid, desiredAPIVersion: apiVersion, objects: objects.map(asJson) },
      },
      signal: never,
    });
    if (version === "v1" && (answer.kind !== "ConversionReview" || answer.apiVersion !== apiVersionOfReview)) {
      throw new Error(
        `expected webhook response of ${apiVersionOfReview}, Kind=ConversionReview, got ${textOf(answer.apiVersion)}, Kind=${textOf(answer.kind)}`,
      );
    }
    return objectsIn(answer, version === "v1" ? uid : undefined);
  } catch (error) {
    throw failure(`conversion webhook for ${kind} failed: ${errorMessage(error)}`);
  }
}

function objectsIn({ response }: JsonObject, uid: string | undefined): readonly JsonValue[] {
  if (!isJsonObject(response)) throw new Error("no response provided");
  if (uid !== undefined && response.uid !== uid) {
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response.uid))}`);
  }
  const status = textOf(valueAt(response, "result", "status"));
  if (status !== "Success") {
    const message = textOf(valueAt(response, "result", "message"));
    throw new Error(message === "" ? `response.result.status was '${status}', not 'Success'` : message);
  }
  return listOf(response.convertedObjects);
}

/** What the webhook made of an object, with the object's own metadata. @throws an Error that says what is wrong with it. */
function accepted(original: KubeObject, converted: JsonValue | undefined, apiVersion: string): KubeObject {
  if (!isJsonObject(converted)) throw new Error("invalid object at index 0: it is no object");
  if (converted.apiVersion !== apiVersion) {
    throw new Error(
      `invalid object at index 0: invalid groupVersion (expected ${apiVersion}, received ${textOf(converted.apiVersion)})`,
    );
  }
  if (converted.kind !== original.kind) {
    throw new Error(
      `invalid object at index 0: invalid kind (expected ${original.kind}, received ${textOf(converted.kind)})`,
    );
  }
  const { metadata } = converted;
  if (!isJsonObject(metadata)) throw new Error("invalid metadata: missing metadata in converted object");
  for (const member of ["name", "namespace", "uid"] as const) {
    const [was, is] = [original.metadata[member] ?? "", textOf(metadata[member])];
    const shown = member === "uid" ? "UID" : member;
    if (was !== is) throw new Error(`invalid object: must have the same ${shown}: ${was} != ${is}`);
  }
  const { labels: _, annotations: __, ...own } = original.metadata;
  const labels = textsOf(metadata.labels, "labels");
  const annotations = textsOf(metadata.annotations, "annotations");
  const errors = [
    ...validateLabels(labels ?? {}, "metadata.labels"),
    ...validateAnnotations(annotations ?? {}, "metadata.annotation"),
  ];
  if (errors.length > 0) {
    throw new Error(`invalid metadata: ${errors.map(({ field, message }) => `${field}: ${message}`).join(", ")}`);
  }
  return {
    ...converted,
    metadata: { ...own, ...(labels && { labels }), ...(annotations && { annotations }) },
  } as unknown as KubeObject;
}

function textsOf(value: JsonValue | undefined, member: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw new Error(`invalid metadata: invalid metadata.${member} in converted object`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text === "string") continue;
    throw new Error(
      `invalid metadata: metadata.${member}[${key}] must be a string, but is ${typeof text} in converted object`,
    );
  }
  return value as Readonly<Record<string, string>>;
}
