/**
 * How an object lies in the store: a header line, then its canonical JSON without apiVersion, kind and
 * metadata.resourceVersion, the members of metadata first and without its opening brace:
 *
 *     apps/v1 Deployment TAG {"app":"web"}⏎"name":"web","uid":"…"},"spec":{…}}
 *
 * So the whole object is one prefix and the stored bytes, whatever revision it got; a list or a watch splices and never
 * parses. The labels stand in the header for selectors, the tag names the schema that a custom resource was stored under.
 */
import { canonicalJson, deepFreeze, type JsonObject } from "@lateen/base";
import { asJson, type KubeObject } from "@lateen/objects";
import { textOf } from "./text.ts";
import type { Entry } from "../store/store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const newline = 10;

export interface StoredHeader {
  readonly apiVersion: string;
  readonly kind: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the body begins. */
  readonly bodyStart: number;
}

/** The bytes to store. `tag` must hold no white space. */
export function encodeStored(object: KubeObject, tag = "-"): Uint8Array {
  const { apiVersion, kind, metadata, ...rest } = asJson(object) as JsonObject & { readonly metadata: JsonObject };
  const { resourceVersion: _, ...meta } = metadata;
  const labels = canonicalJson((meta.labels as JsonObject | undefined) ?? {});
  const metaText = canonicalJson(meta);
  const restText = canonicalJson(rest);
  const tail = restText === "{}" ? "}" : `,${restText.slice(1)}`;
  return encoder.encode(`${textOf(apiVersion)} ${textOf(kind)} ${tag} ${labels}\n${metaText.slice(1)}${tail}`);
}

export function readHeader(bytes: Uint8Array): StoredHeader {
  const end = bytes.indexOf(newline);
  const line = decoder.decode(bytes.subarray(0, end));
  const [apiVersion = "", kind = "", tag = ""] = line.split(" ", 3);
  const labels = line.slice(apiVersion.length + kind.length + tag.length + 3);
  return { apiVersion, kind, tag, labels: labelsOf(labels), bodyStart: end + 1 };
}

/** Objects of one workload have the same labels: each text is read once. */
const known = new Map<string, Readonly<Record<string, string>>>([["{}", Object.freeze({})]]);

function labelsOf(text: string): Readonly<Record<string, string>> {
  let labels = known.get(text);
  if (labels === undefined) {
    labels = Object.freeze(JSON.parse(text) as Record<string, string>);
    if (known.size > 5_000) known.clear();
    known.set(text, labels);
  }
  return labels;
}

/** The stored object, frozen, as of its revision. */
export function decodeStored(entry: Entry): KubeObject {
  return deepFreeze(parseStored(entry));
}

/** As `decodeStored`, not frozen: for who reads once and keeps nothing. */
export function parseStored(entry: Entry): KubeObject {
  const { apiVersion, kind, bodyStart } = readHeader(entry.bytes);
  const text = decoder.decode(entry.bytes.subarray(bodyStart));
  const head = `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},"metadata":{"resourceVersion":"${entry.revision}",`;
  return JSON.parse(head + text) as KubeObject;
}

/** What stands before the stored body: with apiVersion and kind, or as an item of a typed list without them. */
export function objectPrefix(
  revision: number,
  gvk?: { readonly apiVersion: string; readonly kind: string },
): Uint8Array {
  const head =
    gvk === undefined ? "" : `"apiVersion":${JSON.stringify(gvk.apiVersion)},"kind":${JSON.stringify(gvk.kind)},`;
  return encoder.encode(`{${head}"metadata":{"resourceVersion":"${revision}",`);
}

/** The object's JSON text as bytes, spliced. */
export function spliceStored(
  entry: Entry,
  gvk?: { readonly apiVersion: string; readonly kind: string },
): readonly [Uint8Array, Uint8Array] {
  const bodyStart = entry.bytes.indexOf(newline) + 1;
  return [objectPrefix(entry.revision, gvk), entry.bytes.subarray(bodyStart)];
}

/** The stored bytes after the header. */
export function storedBody({ bytes }: Entry): Uint8Array {
  return bytes.subarray(bytes.indexOf(newline) + 1);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
