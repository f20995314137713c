import { type FieldError, forbiddenField, invalidField, requiredField } from "../field-error.ts";
import { validateLabelValue, validateQualifiedName } from "../names/names.ts";
import { validateLabels } from "../names/metadata.ts";

/**
 * Label selectors: k8s.io/apimachinery pkg/labels and meta/v1's LabelSelector. All requirements of a selector must hold.
 */

export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** `requirements` sorted by key; `nothing` is the selector of a null LabelSelector, which matches no object. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  readonly nothing: boolean;
}

/** LabelSelector of meta/v1 as it stands in objects. */
export interface MetaLabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly MetaLabelRequirement[] | null;
}

export interface MetaLabelRequirement {
  readonly key: string;
  /** `In`, `NotIn`, `Exists`, `DoesNotExist`. */
  readonly operator: string;
  readonly values?: readonly string[] | null;
}

/** A text or object that is no selector; the message is the server's. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
  readonly code = "Selector";
}

export const everything: LabelSelector = { requirements: [], nothing: false };
export const nothing: LabelSelector = { requirements: [], nothing: true };

type Token = "identifier" | "end" | "error" | "(" | ")" | "," | "!" | "=" | "==" | "!=" | ">" | "<" | "in" | "notin";

interface Item {
  readonly token: Token;
  readonly text: string;
}

const symbols = new Set<string>(["(", ")", ",", "!", "=", "==", "!=", ">", "<"]);
const isSymbol = (letter: string): boolean => "=!(),><".includes(letter);
const isBlank = (letter: string): boolean => " \t\r\n".includes(letter);

/** Symbols are read greedily: `a!==b` is `a`, `!=`, `=`, `b`. */
function scan(text: string): Item[] {
  const items: Item[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const letter = text[at]!;
    if (isBlank(letter)) {
      at++;
    } else if (isSymbol(letter)) {
      at++;
      while (at < text.length && symbols.has(text.slice(start, at + 1))) at++;
      const symbol = text.slice(start, at);
      items.push({ token: symbol as Token, text: symbol });
    } else {
      while (at < text.length && !isSymbol(text[at]!) && !isBlank(text[at]!)) at++;
      const word = text.slice(start, at);
      items.push({ token: word === "in" || word === "notin" ? word : "identifier", text: word });
    }
  }
  return items;
}

const end: Item = { token: "end", text: "" };
const binaryOperators = "in, notin, =, ==, !=, gt, lt";

class Parser {
  readonly #items: readonly Item[];
  #at = 0;

  constructor(text: string) {
    this.#items = scan(text);
  }

  /** The next item where a word is meant: `in` and `notin` are words there. */
  #peek(): Item {
    const item = this.#items[this.#at] ?? end;
    return item.token === "in" || item.token === "notin" ? { token: "identifier", text: item.text } : item;
  }

  #take(): Item {
    const item = this.#peek();
    this.#at++;
    return item;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.token === "end") return requirements;
      if (first.token !== "identifier" && first.token !== "!")
        throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.token === "end") return requirements;
      if (next.token !== ",") throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.token !== "identifier" && after.token !== "!")
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`);
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#readRequirement();
    } catch (error) {
      if (error instanceof SelectorError)
        throw new SelectorError(`unable to parse requirement: ${error.message}`, { cause: error });
      throw error;
    }
  }

  #readRequirement(): LabelRequirement {
    let item = this.#take();
    const negated = item.token === "!";
    if (negated) item = this.#take();
    if (item.token !== "identifier") throw new SelectorError(`found '${item.text}', expected: identifier`);
    const key = item.text;
    checkKey(key, "<nil>");
    const next = this.#peek().token;
    if (negated) return { key, operator: "!", values: [] };
    if (next === "end" || next === ",") return { key, operator: "exists", values: [] };
    const symbol = this.#items[this.#at++] ?? end;
    const operator = operatorOf(symbol);
    const values = operator === "in" || operator === "notin" ? this.#values() : [this.#exactValue()];
    return checkedRequirement({ key, operator, values });
  }

  #exactValue(): string {
    const next = this.#peek().token;
    if (next === "end" || next === ",") return "";
    const item = this.#take();
    if (item.token === "identifier") return item.text;
    throw new SelectorError(`found '${item.text}', expected: identifier`);
  }

  #values(): string[] {
    const open = this.#take();
    if (open.token !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.token === ")") {
      this.#at++;
      return [""];
    }
    if (first.token !== "identifier" && first.token !== ",")
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#valueList();
    this.#at++;
    return values.toSorted();
  }

  /** Up to the closing parenthesis, which stays. Nothing between two commas is the empty value. */
  #valueList(): string[] {
    const values = new Set<string>();
    for (;;) {
      const item = this.#take();
      if (item.token === "identifier") {
        values.add(item.text);
        const next = this.#peek();
        if (next.token === ")") return [...values];
        if (next.token !== ",") throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
      } else if (item.token === ",") {
        if (values.size === 0) values.add("");
        const next = this.#peek().token;
        if (next === ")" || next === ",") values.add("");
        if (next === ")") return [...values];
        if (next === ",") this.#at++;
      } else throw new SelectorError(`found '${item.text}', expected: ',', or identifier`);
    }
  }
}

function operatorOf(item: Item): LabelOperator {
  switch (item.token) {
    case "in":
    case "notin":
    case "=":
    case "==":
    case "!=":
      return item.token;
    case ">":
      return "gt";
    case "<":
      return "lt";
    default:
      throw new SelectorError(`found '${item.text}', expected: ${binaryOperators}`);
  }
}

function checkKey(key: string, path: string): void {
  const messages = validateQualifiedName(key);
  if (messages.length > 0) throw new SelectorError(describe(invalidField(path, key, messages.join("; "))));
}

const describe = (error: FieldError): string => `${error.field}: ${error.message}`;

/** @throws SelectorError for values that the operator cannot have. */
function checkedRequirement(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  const errors: FieldError[] = [];
  if (operator === "in" || operator === "notin") {
    if (values.length === 0)
      errors.push(invalidField("values", null, "for 'in', 'notin' operators, values set can't be empty"));
  } else if (operator === "exists" || operator === "!") {
    if (values.length > 0)
      errors.push(invalidField("values", values, "values set must be empty for exists and does not exist"));
  } else if (operator === "gt" || operator === "lt") {
    for (const [i, value] of values.entries()) {
      if (parseInt64(value) === undefined)
        errors.push(invalidField(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  }
  for (const [i, value] of values.entries()) {
    const messages = validateLabelValue(value);
    if (messages.length > 0) errors.push(invalidField(`values[${i}][${key}]`, value, messages.join("; ")));
  }
  if (errors.length === 0) return requirement;
  const texts = errors.map(describe);
  throw new SelectorError(texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`);
}

function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function selectorOf(requirements: LabelRequirement[]): LabelSelector {
  return { requirements: requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)), nothing: false };
}

/**
 * Reads a selector as it stands in URLs and on command lines: `app=web,tier in (a,b),!canary`.
 * @throws SelectorError
 */
export function parseLabelSelector(text: string): LabelSelector {
  return selectorOf(new Parser(text).parse());
}

const metaOperators: Readonly<Record<string, LabelOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * The selector of a LabelSelector object: null matches nothing, `{}` everything.
 * @throws SelectorError
 */
export function labelSelectorOf(selector: MetaLabelSelector | null | undefined): LabelSelector {
  if (selector === null || selector === undefined) return nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    checkKey(key, "key");
    requirements.push(checkedRequirement({ key, operator: "=", values: [value] }));
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (!Object.hasOwn(metaOperators, operator))
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    checkKey(key, "key");
    requirements.push(checkedRequirement({ key, operator: metaOperators[operator]!, values: values ?? [] }));
  }
  return selectorOf(requirements);
}

export function matchesLabels(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  if (selector.nothing) return false;
  for (const requirement of selector.requirements) if (!holds(requirement, labels ?? {})) return false;
  return true;
}

function holds({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt": {
      const actual = value === undefined ? undefined : parseInt64(value);
      const limit = parseInt64(values[0]!);
      if (actual === undefined || limit === undefined) return false;
      return operator === "gt" ? actual > limit : actual < limit;
    }
  }
}

/** Canonical text: sorted by key. The selector that matches nothing is empty, too. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(formatRequirement).join(",");
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.toSorted().join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** The labels that a selector of equalities alone demands (`a=b,c=d`), as old APIs take them. @throws SelectorError */
export function labelsOfSelector(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  if (text === "") return labels;
  for (const part of text.split(",")) {
    const sides = part.split("=");
    if (sides.length !== 2) throw new SelectorError(`invalid selector: [${sides.join(" ")}]`);
    const [key, value] = sides.map((side) => side.trim()) as [string, string];
    checkKey(key, "<nil>");
    const messages = validateLabelValue(value);
    if (messages.length > 0) throw new SelectorError(describe(invalidField(`[${key}]`, value, messages.join("; "))));
    labels[key] = value;
  }
  return labels;
}

/** What the API server refuses in a LabelSelector object. */
export function validateLabelSelector(selector: MetaLabelSelector | null | undefined, field: string): FieldError[] {
  if (selector === null || selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels ?? {}, `${field}.matchLabels`);
  for (const [i, { key, operator, values }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    const count = values?.length ?? 0;
    if (operator === "In" || operator === "NotIn") {
      if (count === 0)
        errors.push(requiredField(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (count > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else errors.push(invalidField(`${at}.operator`, operator, "not a valid selector operator"));
    for (const message of validateQualifiedName(key)) errors.push(invalidField(`${at}.key`, key, message));
    for (const [n, value] of (values ?? []).entries())
      for (const message of validateLabelValue(value)) errors.push(invalidField(`${at}.values[${n}]`, value, message));
  }
  return errors;
}
