/** What steps have read from Secrets: it stands in no message, account or preview, wherever a template carries it. */
import { type JsonObject, type JsonValue, isJsonObject, minSecretText, withoutTexts } from "@lateen/base";

const maxDepth = 64;

export class SecretTexts {
  readonly #texts = new Set<string>();
  #longestFirst: readonly string[] = [];

  /**
   * Takes in the data of every Secret in an operation's answer, as it is and decoded: what the answer brings, not what the
   * operation was given in the open.
   */
  learn(answer: JsonValue | undefined, params: JsonValue): void {
    const secrets = secretsIn(answer, 0);
    if (secrets.length === 0) return;
    const given = JSON.stringify(params);
    for (const { data, stringData } of secrets)
      for (const texts of [data, stringData])
        if (isJsonObject(texts))
          for (const text of Object.values(texts)) if (typeof text === "string") this.#add(text, given);
  }

  #add(text: string, given: string): void {
    const before = this.#texts.size;
    const forms = [text, decoded(text)].filter((form): form is string => form !== undefined);
    if (forms.some((form) => form !== "" && given.includes(JSON.stringify(form)))) return;
    for (const form of forms)
      for (const one of [form, form.trim()]) if (one.length >= minSecretText) this.#texts.add(one);
    if (this.#texts.size > before)
      this.#longestFirst = [...this.#texts].toSorted((left, right) => right.length - left.length);
  }

  cover(text: string): string {
    return this.#longestFirst.length === 0 ? text : withoutTexts(text, this.#longestFirst);
  }

  /** The same data with every text covered; names stay. */
  coverAll(value: JsonValue): JsonValue {
    if (this.#longestFirst.length === 0) return value;
    if (typeof value === "string") return this.cover(value);
    if (Array.isArray(value)) return value.map((item) => this.coverAll(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, member === undefined ? member : this.coverAll(member)]),
    );
  }
}

function secretsIn(value: JsonValue | undefined, depth: number): readonly JsonObject[] {
  if (depth > maxDepth) return [];
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, depth + 1));
  if (!isJsonObject(value)) return [];
  if (value.kind === "Secret") return [value];
  return Object.values(value).flatMap((member) => secretsIn(member, depth + 1));
}

/** Undefined for what is no text in base64. */
function decoded(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
