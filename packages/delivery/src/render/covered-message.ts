/** Messages about values that may be secrets: conditions, events and logs are read by many, an Application's secrets are not. */
import { type JsonObject, type JsonValue, isJsonObject, isSecretName, maskedText, minSecretText } from "@lateen/base";
import { lookupPath } from "@lateen/workflow";

type Path = readonly (string | number)[];

/** Whether a path leads into a secret, by the names on it. `stringData` is what a Secret alone has. */
export const leadsToSecret = (path: Path): boolean =>
  path.some((part) => typeof part === "string" && (part === "stringData" || isSecretName(part)));

/** Whether one of the user's properties is a secret: by its path, or as the value of an entry whose name says so. */
export function isSecretProperty(properties: JsonObject | undefined, path: Path): boolean {
  if (leadsToSecret(path)) return true;
  if (path.at(-1) !== "value") return false;
  const entry: JsonValue | undefined = lookupPath(properties ?? {}, path.slice(0, -1));
  return isJsonObject(entry) && typeof entry.name === "string" && isSecretName(entry.name);
}

const literal = /"""[^]*?"""|'''[^]*?'''|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|(?<![\w.])-?\d[\w.]*/g;

/** A message of CUE without the values in it: texts, bytes and numbers. */
export const withoutValues = (message: string): string => message.replaceAll(literal, maskedText);

const maxDepth = 64;

/** The texts of secrets in properties: below a name that says so, in `stringData`, as the `value` of an entry so named. */
export function secretTexts(properties: JsonValue | undefined): readonly string[] {
  const found = new Set<string>();
  collectTexts(properties, { found, depth: 0, isSecret: false });
  return [...found].toSorted((left, right) => right.length - left.length);
}

function collectTexts(
  value: JsonValue | undefined,
  { found, depth, isSecret }: { readonly found: Set<string>; readonly depth: number; readonly isSecret: boolean },
): void {
  if (depth > maxDepth) return;
  if (typeof value === "string" && isSecret && value.length >= minSecretText) found.add(value);
  if (Array.isArray(value)) for (const item of value) collectTexts(item, { found, depth: depth + 1, isSecret });
  if (!isJsonObject(value)) return;
  const isNamed = typeof value.name === "string" && isSecretName(value.name);
  const isSecretKind = value.kind === "Secret" && typeof value.apiVersion === "string";
  for (const [name, member] of Object.entries(value)) {
    const covers = leadsToSecret([name]) || (isNamed && name === "value") || (isSecretKind && name === "data");
    collectTexts(member, { found, depth: depth + 1, isSecret: isSecret || covers });
  }
}
