import {
  type JsonArray,
  type JsonObject,
  type JsonValue,
  canonicalJson,
  isJsonObject,
  ownProperty,
} from "@lateen/base";
import { goText } from "../own.ts";
import { checkDepth } from "../patches/patch-error.ts";
import { type ListSchema, type MapSchema, type MergeSchema, type ScalarSchema, resolveSchema } from "./merge-schema.ts";
import { type PathSet, PathSetBuilder, formatStep } from "./path-set.ts";

/** Walks over a value with its merge schema: is it of the type, which paths does it set. */

/** A value that is not of its type; the message is that of structured-merge-diff. */
export class TypedValueError extends Error {
  override readonly name = "TypedValueError";
  readonly code = "TypedValue";
}

const unquoted = /^[\w.:/ -]*$/;

/** Canonical JSON; the texts that keys are made of mostly need no escapes. */
function quote(value: JsonValue): string {
  if (typeof value === "string" && unquoted.test(value)) return `"${value}"`;
  return typeof value === "object" && value !== null ? canonicalJson(value) : JSON.stringify(value);
}

/** The step of an element of a set or map list. @throws TypedValueError for an element that cannot be one */
export function stepOfItem(schema: ListSchema, item: JsonValue): string {
  if (schema.relation === "set") {
    if (typeof item === "object" && item !== null) {
      const shape = Array.isArray(item) ? "list" : "map";
      throw new TypedValueError(`associative list without keys has an element that's a ${shape} type`);
    }
    return `v:${quote(item)}`;
  }
  if (item === null) throw new TypedValueError("associative list with keys may not have a null element");
  if (!isJsonObject(item)) throw new TypedValueError("associative list with keys may not have non-map elements");
  let text = "";
  for (const name of schema.keys) {
    const value = Object.hasOwn(item, name) ? item[name] : ownProperty(schema.defaults, name);
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${quote(name)}:${quote(value)}`;
  }
  return `k:{${text}}`;
}

export function mapOf(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function listOf(value: JsonValue | undefined): JsonArray | undefined {
  return Array.isArray(value) ? (value as JsonArray) : undefined;
}

export interface ValidateOptions {
  /** Elements with equal keys: an error in what is applied, tolerated in what is live. */
  readonly duplicates: "refused" | "tolerated";
}

/**
 * Checks that a value is of its type.
 * @throws TypedValueError with the paths of all that is wrong
 */
export function requireTyped(value: JsonValue, schema: MergeSchema, options: ValidateOptions): void {
  const walker = new Validator(options);
  walker.visit(value, schema);
  const { problems } = walker;
  if (problems.length === 1) throw new TypedValueError(problems[0]);
  if (problems.length > 1) throw new TypedValueError(`errors:\n${problems.map((text) => `  ${text}`).join("\n")}`);
}

function goTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return typeof value === "boolean" ? "bool" : "string";
}

class Validator {
  readonly problems: string[] = [];
  /** Steps, those of fields as their names. */
  readonly #path: string[] = [];
  readonly #named: boolean[] = [];
  readonly #options: ValidateOptions;

  constructor(options: ValidateOptions) {
    this.#options = options;
  }

  #complain(message: string): void {
    const path = this.#path.map((step, i) => formatStep(this.#named[i]! ? `f:${step}` : step)).join("");
    this.problems.push(path === "" ? message : `${path}: ${message}`);
  }

  #enter(step: string, named: boolean): void {
    this.#path.push(step);
    this.#named.push(named);
  }

  #leave(): void {
    this.#path.pop();
    this.#named.pop();
  }

  visit(value: JsonValue | undefined, schema: MergeSchema): void {
    if (value === null || value === undefined) return;
    checkDepth(this.#path.length);
    const resolved = resolveSchema(schema, value);
    if (resolved.kind === "scalar") this.#scalar(value, resolved);
    else if (resolved.kind === "list") this.#list(value, resolved);
    else this.#map(value, resolved);
  }

  #scalar(value: JsonValue, { type }: ScalarSchema): void {
    if (type === "string" && typeof value !== "string")
      this.#complain(`expected string, got &value.valueUnstructured{Value:${goText(value)}}`);
    else if (type === "numeric" && typeof value !== "number")
      this.#complain(`expected numeric (int or float), got ${goTypeOf(value)}`);
    else if (type === "boolean" && typeof value !== "boolean")
      this.#complain(`expected boolean, got &{${goText(value)}}`);
    else if (type === "untyped" && typeof value === "object")
      this.#complain(`expected any scalar, got &{${goText(value)}}`);
  }

  #list(value: JsonValue, schema: ListSchema): void {
    const items = listOf(value);
    if (items === undefined) {
      this.#complain(`expected list, got &{${goText(value)}}`);
      return;
    }
    const seen = schema.relation === "atomic" ? undefined : new Set<string>();
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      let step = seen === undefined ? `i:${i}` : "";
      if (seen !== undefined) {
        try {
          step = stepOfItem(schema, item);
        } catch (error) {
          if (!(error instanceof TypedValueError)) throw error;
          this.#complain(`element ${i}: ${error.message}`);
          return;
        }
        if (seen.has(step) && this.#options.duplicates === "refused")
          this.#complain(`duplicate entries for key ${formatStep(step)}`);
        seen.add(step);
      }
      this.#enter(step, false);
      this.visit(item, schema.item);
      this.#leave();
    }
  }

  #map(value: JsonValue, schema: MapSchema): void {
    const object = mapOf(value);
    if (object === undefined) {
      this.#complain(`expected map, got &{${goText(value)}}`);
      return;
    }
    for (const name in object) {
      this.#enter(name, true);
      const inner = schema.field(name) ?? schema.element;
      if (inner === undefined) this.#complain("field not declared in schema");
      else this.visit(object[name], inner);
      this.#leave();
    }
  }
}

/** Is there no member, or no map at all? */
export function isEmptyMap(map: JsonObject | undefined): boolean {
  if (map !== undefined) for (const _ in map) return false;
  return true;
}

/** The paths that a value sets: its leaves, empty maps, nulls, elements of lists, keys of maps. */
export function fieldSetOf(value: JsonValue, schema: MergeSchema): PathSet {
  const builder = new PathSetBuilder();
  collect(value, schema, builder);
  return builder.build();
}

/** Collects below `builder`; true if the value's own path is to be a member. */
function collect(value: JsonValue, schema: MergeSchema, builder: PathSetBuilder): boolean {
  const resolved = resolveSchema(schema, value);
  switch (resolved.kind) {
    case "scalar":
      return true;
    case "list": {
      if (resolved.relation === "atomic") return true;
      const items = listOf(value);
      if (items !== undefined) collectItems(items, resolved, builder);
      return false;
    }
    case "map": {
      if (resolved.atomic) return true;
      const object = mapOf(value);
      if (object !== undefined) collectMembers(object, resolved, builder);
      return false;
    }
  }
}

function collectItems(items: JsonArray, schema: ListSchema, builder: PathSetBuilder): void {
  const steps = items.map((item) => stepOfItem(schema, item));
  const twins = steps.length > 1 && new Set(steps).size < steps.length;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    builder.insert(step);
    if (twins && steps.indexOf(step) !== steps.lastIndexOf(step)) continue;
    const item = items[i]!;
    if (typeof item === "object" && item !== null) collect(item, schema.item, builder.below(step));
  }
}

function collectMembers(object: JsonObject, schema: MapSchema, builder: PathSetBuilder): void {
  for (const name in object) {
    const value = object[name];
    if (value === undefined) continue;
    const field = schema.field(name);
    const inner = field ?? schema.element;
    if (inner === undefined) continue;
    const step = `f:${name}`;
    const structured = typeof value === "object" && value !== null;
    const own = structured ? collect(value, inner, builder.below(step)) : true;
    if (own || field === undefined || (isJsonObject(value) && isEmptyMap(value))) builder.insert(step);
  }
}
