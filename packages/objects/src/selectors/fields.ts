import { SelectorError } from "./labels.ts";

/** Field selectors (k8s.io/apimachinery pkg/fields): `metadata.name=a,status.phase!=Running`. All must hold. */

export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
}

const operators = ["!=", "==", "="] as const;

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.filter((term) => term !== "").sort();
}

function unescapeValue(text: string): string {
  let value = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === "\\") {
      const next = text[++i] ?? "";
      if (next !== "\\" && next !== "," && next !== "=")
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`);
      value += next;
    } else if (letter === "," || letter === "=") {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${letter.charCodeAt(0)}`);
    } else value += letter;
  }
  return value;
}

/**
 * Reads a field selector. Blanks are not trimmed, empty terms are skipped, `\,` `\=` `\\` are escapes in values.
 * @throws SelectorError
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements = splitTerms(text).map((term): FieldRequirement => {
    for (let i = 0; i < term.length; i++) {
      const operator = operators.find((candidate) => term.startsWith(candidate, i));
      if (operator === undefined) continue;
      const value = unescapeValue(term.slice(i + operator.length));
      return { field: term.slice(0, i), operator: operator === "!=" ? "!=" : "=", value };
    }
    throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
  });
  return { requirements };
}

/** A field that is absent reads as empty. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  return selector.requirements.every(({ field, operator, value }) => {
    const actual = Object.hasOwn(fields, field) ? fields[field]! : "";
    return (actual === value) === (operator === "=");
  });
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector.requirements
    .map(({ field, operator, value }) => `${field}${operator}${value.replaceAll(/[\\,=]/g, "\\$&")}`)
    .join(",");
}
