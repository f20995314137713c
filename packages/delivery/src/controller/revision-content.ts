/**
 * The content of an ApplicationRevision on the wire: compressed, as KubeVela's engine writes it with its gate for gzip
 * (kubevela-engine.md 1.5), and in full in memory.
 */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { Compression } from "./ports.ts";

/** Texts below this length are not worth packing. */
const minPackedLength = 2_000;
const compressible = [
  "application",
  "componentDefinitions",
  "workloadDefinitions",
  "traitDefinitions",
  "policyDefinitions",
  "workflowStepDefinitions",
  "policies",
  "workflow",
  "referredObjects",
] as const;

/** A revision whose content cannot be read. */
export class RevisionContentError extends Error {
  override readonly name = "RevisionContentError";
  readonly code = "revision";
}

const chunkLength = 8_192;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += chunkLength)
    text += String.fromCharCode(...bytes.subarray(i, i + chunkLength));
  return btoa(text);
}

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** The spec as it is written: packed where somebody can and that saves something. */
export function packRevisionSpec(spec: JsonObject, compression: Compression | undefined): JsonObject {
  if (compression === undefined) return spec;
  const text = JSON.stringify(Object.fromEntries(compressible.map((field) => [field, spec[field]])));
  if (text.length < minPackedLength) return spec;
  const packed = compression.gzip(new TextEncoder().encode(text));
  const application = isJsonObject(spec.application) ? spec.application : {};
  return {
    // As KubeVela leaves it: whose revision it is can be read without unpacking.
    application: { ...application, spec: { components: [] } },
    compression: { type: "gzip", data: toBase64(packed) },
  };
}

const unpacked = new WeakMap<KubeObject, KubeObject>();

/** The revision with its whole content. @throws RevisionContentError for a form that cannot be read. */
export function unpackRevision(revision: KubeObject, compression: Compression | undefined): KubeObject {
  const type = valueAt(revision, "spec", "compression", "type");
  if (typeof type !== "string" || type === "") return revision;
  const known = unpacked.get(revision);
  if (known !== undefined) return known;
  const { name } = revision.metadata;
  if (type !== "gzip" || compression === undefined)
    throw new RevisionContentError(
      `revision ${name} is compressed with ${type}, which cannot be read here; have it written without compression`,
    );
  const data = valueAt(revision, "spec", "compression", "data");
  const whole = contentOf(typeof data === "string" ? data : "", name ?? "", compression);
  const result = { ...revision, spec: whole } as KubeObject;
  unpacked.set(revision, result);
  return result;
}

function contentOf(data: string, name: string, compression: Compression): JsonObject {
  try {
    const content = JSON.parse(new TextDecoder().decode(compression.gunzip(fromBase64(data)))) as unknown;
    if (isJsonObject(content)) return content;
  } catch (error) {
    throw new RevisionContentError(`the content of revision ${name} is damaged`, { cause: error });
  }
  throw new RevisionContentError(`the content of revision ${name} is damaged`);
}
