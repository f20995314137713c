import { type JsonValue, canonicalJson } from "@lateen/base";
import type { PodTemplate } from "../api/pod.ts";

export const templateHashLabel = "pod-template-hash";

/** Letters that spell no words (apimachinery, util/rand). */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name for a template: FNV-1a (32 bit) of its canonical JSON and the collision count, in the alphabet that
 * Kubernetes uses. Kubernetes hashes Go's print of the struct instead, so that the hashes themselves differ.
 */
export function templateHash(template: PodTemplate | undefined, collisionCount: number | undefined): string {
  const text =
    canonicalJson((template ?? {}) as unknown as JsonValue) +
    (collisionCount === undefined ? "" : `#${collisionCount}`);
  const sum = String(fnv32a(new TextEncoder().encode(text)));
  return sum.replaceAll(/\d/g, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]!);
}

function fnv32a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The template without the label that the controller adds. */
export function withoutHash(template: PodTemplate | undefined): PodTemplate {
  if (template?.metadata?.labels?.[templateHashLabel] === undefined) return template ?? {};
  const { [templateHashLabel]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}
