/** Data that may be shown: secrets by name and by type are covered, long texts cut. */
import { type JsonValue, isJsonObject } from "./json.ts";

/** What stands in place of a secret. */
export const maskedText = "***";

const secretName =
  /^(?:.*[-_.])?(?:password|passwd|secret|token|apikey|api[-_]key|access[-_]?key(?:[-_]?(?:id|secret))?|secret[-_]?key|private[-_]?key|credentials?|authorization|cookie|set-cookie|client[-_]?secret|input-properties)$/i;
const camelSecretName = /(?:Password|Token|ApiKey|APIKey|AccessKey|SecretKey|PrivateKey|Credentials?|ClientSecret)$/;

/** Whether a field of this name holds a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name) || camelSecretName.test(name);

const maxDepth = 64;

/**
 * The same data with every secret replaced: text, numbers and lists of texts under names that say so, and all `data` and
 * `stringData` of a `Secret`. Objects under such a name are kept, their members covered.
 * @param maxText longer texts are cut, with their length said.
 */
export function maskSecrets(value: JsonValue, { maxText = 2_000 }: { readonly maxText?: number } = {}): JsonValue {
  return masked(value, { maxText, depth: 0, covered: false });
}

function masked(
  value: JsonValue,
  { maxText, depth, covered }: { readonly maxText: number; readonly depth: number; readonly covered: boolean },
): JsonValue {
  if (depth > maxDepth) return "…";
  const deeper = { maxText, depth: depth + 1, covered };
  if (Array.isArray(value)) return value.map((item) => masked(item, deeper));
  if (!isJsonObject(value)) {
    if (covered && value !== null && value !== "" && typeof value !== "boolean") return maskedText;
    return typeof value === "string" && value.length > maxText
      ? `${value.slice(0, maxText)}… (${value.length} characters)`
      : value;
  }
  const isSecret = value.kind === "Secret" && typeof value.apiVersion === "string";
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, JsonValue][] => {
      if (member === undefined) return [];
      // What tools leave in an annotation repeats an object whole, a Secret too.
      const hides =
        covered ||
        isSecretName(name) ||
        name.endsWith("last-applied-configuration") ||
        (isSecret && (name === "data" || name === "stringData"));
      return [[name, masked(member, { ...deeper, covered: hides })]];
    }),
  );
}

/** Shorter texts occur by chance. */
export const minSecretText = 4;

/** A message without these texts, plain or as CUE and JSON write them. The longest are to come first. */
export function withoutTexts(message: string, texts: readonly string[]): string {
  return texts.reduce((left, text) => {
    const written = JSON.stringify(text).slice(1, -1);
    return left.replaceAll(written, maskedText).replaceAll(text, maskedText);
  }, message);
}
