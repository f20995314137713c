import {
  authorizerType,
  CelError,
  CelList,
  CelMap,
  type CelType,
  type CelValue,
  type CompileResult,
  compileExpression,
  type Declaration,
  dynType,
  readDynamic,
  resourceCheckType,
  rootTypeOf,
} from "@lateen/cel";
import { errorMessage, type JsonObject, type JsonValue } from "@lateen/base";
import { type KubeObject, readSchemaNode, valueAt } from "@lateen/objects";
import { objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { authorizerOf, requestResourceOf } from "./authorizer.ts";
import { namespaceOf, type PolicySubject, reviewRequest } from "./matching.ts";

/** Cost that one expression of a policy may have (apis/cel/config.go). */
const costLimit = 1_000_000;
/** Cost of all expressions of one policy, and of the match conditions of one webhook or policy. */
const policyBudget = 10_000_000;
export const conditionsBudget = 2_500_000;

const outOfBudget = "validation failed due to running out of cost budget, no further validation rules will be run";

/** An object of any shape. */
const anything: Declaration = (() => {
  const known = rootTypeOf(readSchemaNode({ type: "object", "x-kubernetes-preserve-unknown-fields": true }));
  return { type: dynType, shape: known?.shape as Declaration["shape"] };
})();

const ofType = (type: CelType): Declaration => ({ ...anything, type });

/** Which names an expression may use beside object, oldObject, request and namespaceObject. */
interface Names {
  readonly params: boolean;
  readonly authorizer: boolean;
}

/**
 * Compiles the expressions of one policy, once each. Its variables have types of their own, and each may use those before
 * it (k8s.io/apiserver pkg/admission/plugin/cel, composition.go).
 */
export class PolicyCompiler {
  readonly #params: boolean;
  readonly #variables: ReadonlyMap<string, string>;
  readonly #variableTypes = new Map<string, CelType>();
  readonly #variableResults = new Map<string, CompileResult>();
  readonly #compiled = new Map<string, CompileResult>();

  constructor({ params, variables = [] }: { readonly params: boolean; readonly variables?: readonly JsonObject[] }) {
    this.#params = params;
    this.#variables = new Map(variables.map(({ name, expression }) => [textOf(name), textOf(expression)]));
    for (const [name, expression] of this.#variables) {
      const result = this.compile(expression);
      this.#variableResults.set(name, result);
      this.#variableTypes.set(name, result.kind === "compiled" ? storedType(result.type) : dynType);
    }
  }

  /** The expression of a variable. */
  variable(name: string): string | undefined {
    return this.#variables.get(name);
  }

  /** What became of a variable, which sees those before it. */
  variableResult(name: string): CompileResult | undefined {
    return this.#variableResults.get(name);
  }

  get variableNames(): Iterable<string> {
    return this.#variables.keys();
  }

  /** Expressions that are kept compiled. */
  get size(): number {
    return this.#compiled.size;
  }

  compile(text: string, { authorizer = true }: { readonly authorizer?: boolean } = {}): CompileResult {
    // What a variable sees are those before it.
    const key = `${authorizer} ${this.#variableTypes.size} ${text}`;
    let result = this.#compiled.get(key);
    if (result === undefined) {
      const declarations = this.#declarations({ params: this.#params, authorizer });
      result = compileExpression(text, declarations, { messages: isMessage });
      this.#compiled.set(key, result);
    }
    return result;
  }

  #declarations({ params, authorizer }: Names): ReadonlyMap<string, Declaration> {
    const fields = new Map(this.#variableTypes);
    const variables: CelType = {
      kind: "object",
      name: "kubernetes.variables",
      fieldOf: (name) => fields.get(name),
    };
    return new Map([
      ...["object", "oldObject", "request", "namespaceObject"].map((name) => [name, anything] as const),
      ...(params ? [["params", anything] as const] : []),
      ...(authorizer
        ? [
            ["authorizer", ofType(authorizerType)] as const,
            ["authorizer.requestResource", ofType(resourceCheckType)] as const,
          ]
        : []),
      ["variables", ofType(variables)] as const,
    ]);
  }
}

/** Types of libraries are not carried by a variable. */
function storedType(type: CelType): CelType {
  return type.kind === "opaque" || type.kind === "object" || type.kind === "type" ? dynType : type;
}

const compilers = new WeakMap<KubeObject, PolicyCompiler>();

/** The compiler of a policy as it is stored. */
export function compilerOf(policy: KubeObject): PolicyCompiler {
  let compiler = compilers.get(policy);
  if (compiler === undefined) {
    const params = (valueAt(policy, "spec", "paramKind") ?? null) !== null;
    compiler = new PolicyCompiler({ params, variables: objectsOf(specOf(policy).variables) });
    compilers.set(policy, compiler);
  }
  return compiler;
}

let conditions = new PolicyCompiler({ params: false });

/** Compiles match conditions of webhooks, which have neither parameters nor variables. */
export function conditionCompiler(): PolicyCompiler {
  // Forgets now and then what deleted webhooks asked.
  if (conditions.size > 5_000) conditions = new PolicyCompiler({ params: false });
  return conditions;
}

/** The structs that a mutating policy may build: the object, parts of it, and operations of a JSON patch. */
function isMessage(name: string): boolean {
  return name === "Object" || name.startsWith("Object.") || name === "JSONPatch";
}

export type Outcome =
  | { readonly kind: "value"; readonly value: CelValue }
  | { readonly kind: "error"; readonly message: string };

export interface ContextOptions {
  readonly compiler: PolicyCompiler;
  readonly params?: JsonValue;
  readonly budget?: number;
}

/** What the expressions of one policy see of a write; they share a budget. */
export class PolicyContext {
  readonly #values: Map<string, CelValue>;
  readonly #compiler: PolicyCompiler;
  #left: number;

  constructor(subject: PolicySubject, { compiler, params = null, budget = policyBudget }: ContextOptions) {
    this.#compiler = compiler;
    this.#left = budget;
    this.#values = new Map<string, CelValue>([
      ["object", readDynamic((subject.object ?? null) as JsonValue)],
      ["oldObject", readDynamic((subject.old ?? null) as JsonValue)],
      ["request", readDynamic(reviewRequest(subject))],
      ["params", readDynamic(params)],
      ["namespaceObject", readDynamic(namespaceObjectOf(subject))],
      ["authorizer", authorizerOf(subject)],
      ["authorizer.requestResource", requestResourceOf(subject)],
      ["variables", new Variables(compiler, (name, expression) => this.#variable(name, expression))],
    ]);
  }

  evaluate(expression: string, options: { readonly authorizer?: boolean } = {}): Outcome {
    try {
      return { kind: "value", value: this.#run(expression, options) };
    } catch (error) {
      return { kind: "error", message: errorMessage(error) };
    }
  }

  #run(expression: string, options: { readonly authorizer?: boolean } = {}): CelValue {
    const result = this.#compiler.compile(expression, options);
    if (result.kind === "invalid") throw new CelError(`compilation error: ${result.message}`);
    if (this.#left <= 0) throw new CelError(outOfBudget);
    const { value, cost } = result.program.run(this.#values, costLimit);
    this.#left -= cost;
    if (this.#left < 0) throw new CelError(outOfBudget);
    return value;
  }

  #variable(name: string, expression: string): CelValue {
    try {
      return this.#run(expression);
    } catch (error) {
      throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${errorMessage(error)}`);
    }
  }
}

/** The variables of a policy, each evaluated when it is first read. */
class Variables extends CelMap {
  readonly #compiler: PolicyCompiler;
  readonly #evaluate: (name: string, expression: string) => CelValue;
  readonly #values = new Map<string, CelValue>();

  constructor(compiler: PolicyCompiler, evaluate: (name: string, expression: string) => CelValue) {
    super();
    this.#compiler = compiler;
    this.#evaluate = evaluate;
  }

  get size(): number {
    return [...this.#compiler.variableNames].length;
  }

  get(key: CelValue): CelValue | undefined {
    const expression = typeof key === "string" ? this.#compiler.variable(key) : undefined;
    if (typeof key !== "string" || expression === undefined) return undefined;
    let value = this.#values.get(key);
    if (value === undefined) this.#values.set(key, (value = this.#evaluate(key, expression)));
    return value;
  }

  keys(): Iterable<CelValue> {
    return this.#compiler.variableNames;
  }
}

/** The namespace of the object, but not of a namespace itself; without what only its owner needs to see. */
function namespaceObjectOf({ request }: PolicySubject): JsonValue {
  const { kind } = request.resource;
  if (kind.group === "" && kind.kind === "Namespace") return null;
  return (namespaceOf(request) ?? null) as JsonValue;
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
