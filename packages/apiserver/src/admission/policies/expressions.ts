import {
  CelList,
  CelMap,
  type CelType,
  type CelValue,
  type CompileResult,
  compileExpression,
  type Declaration,
  dynType,
  mapType,
  readDynamic,
  rootTypeOf,
  stringType,
} from "@lateen/cel";
import { errorMessage, type JsonObject, type JsonValue } from "@lateen/base";
import { readSchemaNode } from "@lateen/objects";
import { namespaceOf, type PolicySubject, reviewRequest } from "./matching.ts";

/** Cost that one expression of a policy may have. */
const costLimit = 1_000_000;

/** An object of any shape. */
const anything: Declaration = (() => {
  const known = rootTypeOf(readSchemaNode({ type: "object", "x-kubernetes-preserve-unknown-fields": true }));
  return { type: dynType, shape: known?.shape as Declaration["shape"] };
})();

const variables: Declaration = { ...anything, type: mapType(stringType, dynType) };

export const policyNames = ["object", "oldObject", "request", "params", "namespaceObject", "authorizer"] as const;

const declarations = new Map<string, Declaration>([
  ...policyNames.map((name) => [name, anything] as const),
  ["variables", variables],
]);

const compiled = new Map<string, CompileResult>();

/** Compiles an expression of a policy or match condition, once. */
export function compilePolicyExpression(text: string): CompileResult {
  let result = compiled.get(text);
  if (result === undefined) {
    result = compileExpression(text, declarations, { messages: isMessage });
    if (compiled.size > 5_000) compiled.clear();
    compiled.set(text, result);
  }
  return result;
}

/** The structs that a mutating policy may build: the object, parts of it, and operations of a JSON patch. */
function isMessage(name: string): boolean {
  return name === "Object" || name.startsWith("Object.") || name === "JSONPatch";
}

export type Outcome =
  | { readonly kind: "value"; readonly value: CelValue }
  | { readonly kind: "error"; readonly message: string };

/** What an expression sees of a write. */
export class PolicyContext {
  readonly #values = new Map<string, CelValue>();
  readonly #named: Record<string, JsonValue> = {};

  constructor(subject: PolicySubject, params: JsonValue = null) {
    const values: JsonObject = {
      object: (subject.object ?? null) as JsonValue,
      oldObject: (subject.old ?? null) as JsonValue,
      request: reviewRequest(subject),
      params,
      namespaceObject: (namespaceOf(subject.request) ?? null) as JsonValue,
      authorizer: null,
    };
    for (const [name, value] of Object.entries(values)) this.#values.set(name, readDynamic(value ?? null));
    this.#values.set("variables", readDynamic({}));
  }

  /** Gives a name to the value of an expression; what failed stays unset, and fails whoever reads it. */
  define(name: string, expression: string): void {
    const outcome = this.evaluate(expression);
    const value = outcome.kind === "value" ? jsonOf(outcome.value) : undefined;
    if (value === undefined) return;
    this.#named[name] = value;
    this.#values.set("variables", readDynamic({ ...this.#named }));
  }

  evaluate(expression: string): Outcome {
    const result = compilePolicyExpression(expression);
    if (result.kind === "invalid") return { kind: "error", message: `compilation error: ${result.message}` };
    try {
      return { kind: "value", value: result.program.run(this.#values, costLimit).value };
    } catch (error) {
      return { kind: "error", message: errorMessage(error) };
    }
  }
}

/** A value of CEL as JSON; undefined for what JSON has no form for. */
export function jsonOf(value: CelValue): JsonValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof CelList) return [...value].map((item) => jsonOf(item) ?? null);
  if (!(value instanceof CelMap)) return undefined;
  const entries: (readonly [string, JsonValue])[] = [];
  for (const key of value.keys()) {
    const item = jsonOf(value.get(key) ?? null);
    if (typeof key === "string" && item !== undefined) entries.push([key, item]);
  }
  return Object.fromEntries(entries);
}

/** Whether an expression can be said to give this type. */
export function givesType(result: CompileResult, kind: CelType["kind"]): boolean {
  return result.kind === "compiled" && (result.type.kind === kind || result.type.kind === "dyn");
}
