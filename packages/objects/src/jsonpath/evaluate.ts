import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, ownProperty } from "@lateen/base";
import { formatNumber, goText } from "../own.ts";
import { checkDepth } from "../patches/patch-error.ts";
import { JsonPathError, type PathNode, type SliceParameter, parseJsonPath } from "./parse.ts";

export interface JsonPathOptions {
  /** A key that is not there gives nothing instead of an error, as in kubectl. */
  readonly allowMissingKeys?: boolean;
  /** kubectl's `jsonpath-as-json`. */
  readonly jsonOutput?: boolean;
}

/** A number that was written with a point: it compares with no integer. */
class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

type Value = JsonValue | Float;

/** The results of each text and action of a template. @throws JsonPathError */
export function findJsonPath(
  template: string | readonly PathNode[],
  data: JsonValue,
  options: JsonPathOptions = {},
): JsonValue[][] {
  const nodes = typeof template === "string" ? parseJsonPath(template) : template;
  const evaluation = new Evaluation(options.allowMissingKeys ?? true);
  return evaluation
    .results(nodes, data)
    .map((values) => values.map((value) => (value instanceof Float ? value.value : value)));
}

/** A template's text for an object. @throws JsonPathError */
export function evaluateJsonPath(template: string, data: JsonValue, options: JsonPathOptions = {}): string {
  const found = findJsonPath(template, data, options);
  if (options.jsonOutput === true) return found.map((values) => `${goJson(values, "    ")}\n`).join("");
  return found.map((values) => values.map(printed).join(" ")).join("");
}

function printed(value: JsonValue): string {
  if (typeof value === "object" && value !== null) return goJson(value);
  if (value === null) return "null";
  return typeof value === "number" ? formatNumber(value) : String(value);
}

/** JSON as Go writes it: keys sorted, `<`, `>`, `&` escaped. */
function goJson(value: JsonValue, indent?: string): string {
  const text = JSON.stringify(sorted(value, 0), null, indent);
  return text.replaceAll(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sorted(value: JsonValue, depth: number): JsonValue {
  checkDepth(depth);
  if (Array.isArray(value)) return (value as JsonArray).map((item) => sorted(item, depth + 1));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name] ?? null, depth + 1)]),
  );
}

class Evaluation {
  readonly #allowMissingKeys: boolean;
  #beginRange = 0;
  #inRange = 0;
  #endRange = 0;
  #lastEnd: PathNode | undefined;

  constructor(allowMissingKeys: boolean) {
    this.#allowMissingKeys = allowMissingKeys;
  }

  results(nodes: readonly PathNode[], data: Value): Value[][] {
    const all: Value[][] = [];
    for (let i = 0; i < nodes.length; i++) {
      const found = this.#walk([data], nodes[i]!, 0);
      if (this.#endRange > 0 && this.#endRange <= this.#inRange) {
        this.#endRange--;
        this.#lastEnd = nodes[i];
        break;
      }
      if (this.#beginRange === 0) {
        all.push(found);
        continue;
      }
      this.#beginRange--;
      this.#inRange++;
      const body = nodes.slice(i + 1);
      // Without results the body is walked once for nothing, to find its end.
      if (found.length === 0) this.results(body, null);
      for (const value of found) all.push(...this.results(body, value));
      this.#inRange--;
      const end = this.#lastEnd === undefined ? -1 : nodes.indexOf(this.#lastEnd, i + 1);
      if (end >= 0) i = end;
    }
    return all;
  }

  #list(input: Value[], nodes: readonly PathNode[], depth: number): Value[] {
    let current = input;
    for (const node of nodes) current = this.#walk(current, node, depth);
    return current;
  }

  #walk(input: Value[], node: PathNode, depth: number): Value[] {
    switch (node.kind) {
      case "list":
        return this.#list(input, node.nodes, depth + 1);
      case "text":
        return [node.text];
      case "literal":
        return input.map(() => (node.float ? new Float(node.value as number) : node.value));
      case "field":
        return this.#field(input, node.name);
      case "identifier":
        return this.#identifier(input, node.name);
      case "wildcard":
        return input.flatMap(childrenOf);
      case "recursive":
        return descend(input, 0);
      case "slice":
        return slice(input, node.parameters);
      case "union":
        return node.choices.flatMap((choice) => this.#list(input, choice, depth + 1));
      case "filter":
        return this.#filter(input, node, depth);
    }
  }

  #field(input: Value[], name: string): Value[] {
    const found: Value[] = [];
    for (const value of input) {
      const member = value instanceof Float || !isJsonObject(value) ? undefined : ownProperty(value, name);
      if (member !== undefined) found.push(member);
    }
    if (input.length > 0 && found.length === 0 && !this.#allowMissingKeys)
      throw new JsonPathError(`${name} is not found`);
    return found;
  }

  #identifier(input: Value[], name: string): Value[] {
    if (name === "range") {
      this.#beginRange++;
      return input;
    }
    if (name !== "end") throw new JsonPathError(`unrecognized identifier ${name}`);
    if (this.#inRange === 0) throw new JsonPathError("not in range, nothing to end");
    this.#endRange++;
    return [];
  }

  #filter(input: Value[], node: PathNode & { kind: "filter" }, depth: number): Value[] {
    const found: Value[] = [];
    for (const list of input) {
      if (list instanceof Float || !Array.isArray(list))
        throw new JsonPathError(`${goText(plain(list))} is not array or slice and cannot be filtered`);
      for (const item of list as JsonArray) if (this.#passes(item, node, depth)) found.push(item);
    }
    return found;
  }

  #passes(item: JsonValue, { left, operator, right }: PathNode & { kind: "filter" }, depth: number): boolean {
    if (operator === "exists") {
      try {
        return this.#list([item], left, depth + 1).length > 0;
      } catch (error) {
        // What is not found does not exist; anything else found nothing to look at either.
        if (error instanceof JsonPathError) return false;
        throw error;
      }
    }
    const lefts = this.#list([item], left, depth + 1);
    if (lefts.length === 0) return false;
    if (lefts.length > 1) throw new JsonPathError("can only compare one element at a time");
    const rights = this.#list([item], right, depth + 1);
    if (rights.length === 0) return false;
    if (rights.length > 1) throw new JsonPathError("can only compare one element at a time");
    return compare(lefts[0]!, operator, rights[0]!);
  }
}

const plain = (value: Value): JsonValue => (value instanceof Float ? value.value : value);

function childrenOf(value: Value): Value[] {
  if (value instanceof Float || typeof value !== "object" || value === null) return [];
  return Array.isArray(value) ? [...(value as JsonArray)] : (Object.values(value as JsonObject) as JsonValue[]);
}

/** Every value that has something in it, each before what is in it. */
function descend(input: Value[], depth: number): Value[] {
  checkDepth(depth);
  const found: Value[] = [];
  for (const value of input) {
    const children = childrenOf(value);
    if (children.length === 0) continue;
    found.push(value);
    for (const inner of descend(children, depth + 1)) found.push(inner);
  }
  return found;
}

function goTypeOf(value: Value): string {
  if (value instanceof Float) return "float64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

function slice(input: Value[], parameters: readonly SliceParameter[]): Value[] {
  const [from, to, by] = parameters as [SliceParameter, SliceParameter, SliceParameter];
  const found: Value[] = [];
  for (const list of input) {
    if (list === null) continue;
    if (list instanceof Float || !Array.isArray(list))
      throw new JsonPathError(`${goTypeOf(list)} is not array or slice`);
    const { length } = list;
    let start = from.known ? from.value : 0;
    if (start < 0) start += length;
    let end = to.known ? to.value : length;
    if (end < 0 || (end === 0 && to.derived === true)) end += length;
    if (start === end) return found;
    const outside = (index: number): JsonPathError =>
      new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
    if (start >= length || start < 0) throw outside(start);
    if (end > length || end < 0) throw outside(end - 1);
    if (start > end) throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`);
    if (by.known && by.value <= 0) throw new JsonPathError("step must be > 0");
    for (let i = start; i < end; i += by.known ? by.value : 1) found.push((list as JsonArray)[i]!);
  }
  return found;
}

function kindOf(value: Value): "bool" | "int" | "float" | "string" {
  if (value instanceof Float) return "float";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      throw new JsonPathError("invalid type for comparison");
  }
}

function compare(left: Value, operator: string, right: Value): boolean {
  const kind = kindOf(left);
  if (kind !== kindOf(right)) throw new JsonPathError("incompatible types for comparison");
  const a = plain(left) as string | number | boolean;
  const b = plain(right) as string | number | boolean;
  if (kind === "bool" && operator !== "==" && operator !== "!=") throw new JsonPathError("invalid type for comparison");
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`);
  }
}
