import type { JsonValue } from "@lateen/base";
import type { CompiledRule, RuleCompiler, RuleOutcome, SchemaNode, ValidationRule } from "@lateen/objects";
import { type CompileResult, type Declaration, compileExpression } from "./compile.ts";
import { CostLimitError, EvaluationError } from "./evaluate.ts";
import { type SchemaType, rootTypeOf, schemaTypeOf } from "./schema-types.ts";
import { optionalType } from "./types.ts";
import { CelError, CelOptional, type CelValue } from "./values.ts";

/** The rules of custom resources (apiextensions-apiserver pkg/apiserver/schema/cel). */

/** Cost that one evaluation of a rule may have. */
export const ruleCostLimit = 1_000_000;

type Compiled = Extract<CompileResult, { kind: "compiled" }>;

export type RuleResult =
  | {
      readonly kind: "compiled";
      readonly rule: Compiled;
      readonly message: Compiled | undefined;
      readonly messageError: string | undefined;
    }
  | { readonly kind: "invalid"; readonly error: string; readonly messageError: string | undefined };

export function typeOfNode(node: SchemaNode, options: { readonly root: boolean }): SchemaType | undefined {
  return options.root ? rootTypeOf(node) : schemaTypeOf(node);
}

/** Compiles one rule on a value of a type. */
export function compileRule(rule: ValidationRule, { type, shape }: SchemaType): RuleResult {
  const old = rule.optionalOldSelf === true ? optionalType(type) : type;
  const declarations = new Map<string, Declaration>([
    ["self", { type, shape }],
    ["oldSelf", { type: old, shape }],
  ]);
  const compiled = compileExpression(rule.rule, declarations);
  const { message, error: messageError } = compileMessage(rule, declarations);
  if (compiled.kind === "invalid")
    return { kind: "invalid", error: `compilation failed: ${compiled.message}`, messageError };
  if (compiled.type.kind !== "bool")
    return { kind: "invalid", error: "cel expression must evaluate to a bool", messageError };
  return { kind: "compiled", rule: compiled, message, messageError };
}

function compileMessage(
  { messageExpression }: ValidationRule,
  declarations: ReadonlyMap<string, Declaration>,
): { message?: Compiled; error?: string } {
  if (messageExpression === undefined || messageExpression === "") return {};
  if (messageExpression.trim() === "") return { error: "messageExpression must be non-empty if specified" };
  const compiled = compileExpression(messageExpression, declarations);
  if (compiled.kind === "invalid") return { error: `messageExpression compilation failed: ${compiled.message}` };
  if (compiled.type.kind !== "string") return { error: "messageExpression must evaluate to a string" };
  return { message: compiled };
}

/** The compiler of rules that `compileSchema` of package objects takes. */
export const celRules: RuleCompiler = (node, options) => {
  const type = typeOfNode(node, options);
  return node.rules.map((rule): CompiledRule | string => {
    if (type === undefined) return "the value has no type that a rule could see";
    const result = compileRule(rule, type);
    if (result.kind === "invalid") return result.error;
    return runnable(rule, result.rule, { message: result.message, type });
  });
};

function runnable(
  rule: ValidationRule,
  compiled: Compiled,
  { message, type }: { readonly message: Compiled | undefined; readonly type: SchemaType },
): CompiledRule {
  const usesOldSelf = compiled.used.has("oldSelf");
  const needsOld = usesOldSelf || message?.used.has("oldSelf") === true;
  return {
    usesOldSelf,
    evaluate(self, old) {
      let variables: Map<string, CelValue>;
      try {
        variables = variablesOf(self, needsOld ? old : undefined, { rule, type });
      } catch (error) {
        if (error instanceof CelError) return { kind: "error", cost: 0, message: error.message };
        throw error;
      }
      return evaluate(compiled, message, variables);
    },
  };
}

function variablesOf(
  self: JsonValue,
  old: JsonValue | undefined,
  { rule, type }: { readonly rule: ValidationRule; readonly type: SchemaType },
): Map<string, CelValue> {
  const variables = new Map<string, CelValue>([["self", type.read(self)]]);
  const before = old === undefined ? undefined : type.read(old);
  if (rule.optionalOldSelf === true)
    variables.set("oldSelf", before === undefined ? CelOptional.none : new CelOptional(before));
  else if (before !== undefined) variables.set("oldSelf", before);
  return variables;
}

function evaluate(
  compiled: Compiled,
  message: Compiled | undefined,
  variables: ReadonlyMap<string, CelValue>,
): RuleOutcome {
  try {
    const { value, cost } = compiled.program.run(variables, ruleCostLimit);
    if (value === true) return { kind: "passed", cost };
    return { kind: "failed", cost, message: messageOf(message, variables) };
  } catch (error) {
    if (error instanceof EvaluationError) return { kind: "error", cost: error.cost, message: error.message };
    if (error instanceof CostLimitError) return { kind: "exceeded", message: error.message };
    throw error;
  }
}

/** The text of a messageExpression; undefined when it fails, is blank or has line breaks. */
function messageOf(message: Compiled | undefined, variables: ReadonlyMap<string, CelValue>): string | undefined {
  if (message === undefined) return undefined;
  try {
    const { value } = message.program.run(variables, ruleCostLimit);
    if (typeof value !== "string" || value.trim() === "" || /[\r\n]/.test(value.trim())) return undefined;
    return value.trim();
  } catch (error) {
    if (error instanceof CelError || error instanceof CostLimitError) return undefined;
    throw error;
  }
}
