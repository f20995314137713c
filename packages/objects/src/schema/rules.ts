import { type JsonArray, type JsonValue, isJsonObject } from "@lateen/base";
import { type FieldError, fieldError, forbiddenField, requiredField } from "../field-error.ts";
import {
  type SchemaNode,
  type ValidationRule,
  correlatedItem,
  correlatedMember,
  hasRules,
  isUnchanged,
} from "./node.ts";

/** Running x-kubernetes-validations over an object. What compiles the rules is given: package `cel`. */

export type RuleOutcome =
  | { readonly kind: "passed"; readonly cost: number }
  /** `message` is that of the messageExpression, where it gave one. */
  | { readonly kind: "failed"; readonly cost: number; readonly message?: string | undefined }
  /** The evaluation ended with an error: `no such key: x`. */
  | { readonly kind: "error"; readonly cost: number; readonly message: string }
  /** The rule alone went over its limit. */
  | { readonly kind: "exceeded"; readonly message: string };

export interface CompiledRule {
  readonly usesOldSelf: boolean;
  /** `old` undefined: there was no value. */
  readonly evaluate: (self: JsonValue, old: JsonValue | undefined) => RuleOutcome;
}

/** Compiles the rules of one node; a rule that does not compile is an error text. */
export type RuleCompiler = (
  node: SchemaNode,
  options: { readonly root: boolean },
) => readonly (CompiledRule | string)[];

/** Cost that the rules of one object may have together. */
export const ruleCostBudget = 10_000_000;

const outOfBudget = "validation failed due to running out of cost budget, no further validation rules will be run";

export class RuleRunner {
  readonly #compiled = new WeakMap<SchemaNode, readonly (CompiledRule | string)[]>();
  readonly #relevant = new WeakMap<SchemaNode, boolean>();
  readonly #compile: RuleCompiler;

  constructor(compile: RuleCompiler) {
    this.#compile = compile;
  }

  /** Errors of all rules on `value` and below it. */
  run(
    value: JsonValue,
    old: JsonValue | undefined,
    node: SchemaNode,
    options: { path?: string; root: boolean },
  ): FieldError[] {
    const run: Run = { errors: [], budget: ruleCostBudget };
    this.#visit(value, old, node, { path: options.path ?? "", root: options.root, run });
    return run.errors;
  }

  #isRelevant(node: SchemaNode): boolean {
    let known = this.#relevant.get(node);
    if (known === undefined) this.#relevant.set(node, (known = hasRules(node)));
    return known;
  }

  #visit(value: JsonValue, old: JsonValue | undefined, node: SchemaNode, place: Place): void {
    if (value === null || place.run.budget < 0 || !this.#isRelevant(node)) return;
    if (node.rules.length > 0) this.#rules(value, old, node, place);
    const { path, run } = place;
    if (Array.isArray(value)) {
      const { items } = node;
      if (items === undefined || !this.#isRelevant(items)) return;
      for (const [i, item] of (value as JsonArray).entries())
        this.#visit(item, correlatedItem(node, old, item), items, { path: `${path}[${i}]`, root: false, run });
    } else if (isJsonObject(value)) {
      for (const name in value) {
        const schema = node.properties.get(name) ?? node.additional;
        if (schema === undefined || value[name] === undefined) continue;
        const member = path === "" ? name : `${path}.${name}`;
        this.#visit(value[name], correlatedMember(old, name), schema, { path: member, root: false, run });
      }
    }
  }

  #rules(value: JsonValue, given: JsonValue | undefined, node: SchemaNode, place: Place): void {
    let compiled = this.#compiled.get(node);
    if (compiled === undefined) this.#compiled.set(node, (compiled = this.#compile(node, { root: place.root })));
    const old = given === null ? undefined : given;
    const { run, path } = place;
    for (const [i, rule] of node.rules.entries()) {
      if (rule.rule.trim() === "") continue;
      const program = compiled[i]!;
      if (typeof program === "string") {
        run.errors.push(brokenRule(path, node, `rule compile error: ${program}`));
        continue;
      }
      if (program.usesOldSelf && old === undefined && rule.optionalOldSelf !== true) continue;
      const outcome = program.evaluate(value, old);
      if (outcome.kind === "exceeded") {
        run.errors.push(
          brokenRule(
            path,
            node,
            `'${outcome.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shownRule(rule)}`,
          ),
        );
        run.budget = -1;
        return;
      }
      if (outcome.cost > run.budget) {
        run.errors.push(brokenRule(path, node, outOfBudget));
        run.budget = -1;
        return;
      }
      run.budget -= outcome.cost;
      const error = errorOf(outcome, { rule, path, value, node });
      // What was there before is not complained about, but by rules about the change itself.
      if (error !== undefined && (program.usesOldSelf || !isUnchanged(node, old, value))) run.errors.push(error);
    }
  }
}

interface Run {
  readonly errors: FieldError[];
  budget: number;
}

interface Place {
  readonly path: string;
  readonly root: boolean;
  readonly run: Run;
}

/** How errors name a rule: by its message if it has one. */
function shownRule(rule: ValidationRule): string {
  return rule.message !== undefined && rule.message !== "" ? rule.message.trim() : rule.rule.trim();
}

function ruleError(path: string, value: JsonValue, detail: string): FieldError {
  const field = path === "" ? "<nil>" : path;
  if (typeof value !== "object") return fieldError("FieldValueInvalid", field, value, detail);
  return { type: "FieldValueInvalid", field, detail, message: `Invalid value: ${detail}` };
}

/** A rule that gives no answer is reported with the type of the value. */
function brokenRule(path: string, node: SchemaNode, detail: string): FieldError {
  return fieldError("FieldValueInvalid", path === "" ? "<nil>" : path, node.type ?? "", detail);
}

function errorOf(
  outcome: Exclude<RuleOutcome, { kind: "exceeded" }>,
  { rule, path, value, node }: { rule: ValidationRule; path: string; value: JsonValue; node: SchemaNode },
): FieldError | undefined {
  if (outcome.kind === "passed") return undefined;
  if (outcome.kind === "error") {
    const detail = outcome.message.startsWith("no such overload")
      ? `'${outcome.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shownRule(rule)}`
      : `${outcome.message} evaluating rule: ${shownRule(rule)}`;
    return brokenRule(path, node, detail);
  }
  const plain =
    rule.message !== undefined && rule.message.trim() !== "" ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`;
  const detail = outcome.message ?? plain;
  const field = fieldOf(path, rule.fieldPath);
  switch (rule.reason) {
    case "FieldValueRequired":
      return requiredField(field, detail);
    case "FieldValueForbidden":
      return forbiddenField(field, detail);
    case "FieldValueDuplicate":
      return typeof value === "object"
        ? { type: "FieldValueDuplicate", field, detail: "", message: "Duplicate value" }
        : fieldError("FieldValueDuplicate", field, value);
    default:
      return ruleError(field, value, detail);
  }
}

function fieldOf(path: string, fieldPath: string | undefined): string {
  if (fieldPath === undefined || fieldPath === "") return path;
  const steps = fieldPathSteps(fieldPath);
  if (steps === undefined) return path;
  let field = path;
  for (const step of steps) {
    if (step.bracket) field += `[${step.name}]`;
    else field += field === "" ? step.name : `.${step.name}`;
  }
  return field;
}

/** The steps of a rule's fieldPath (`.a.b`, `['x.y']`), or undefined when it is malformed. */
export function fieldPathSteps(fieldPath: string): { readonly name: string; readonly bracket: boolean }[] | undefined {
  const steps: { name: string; bracket: boolean }[] = [];
  let rest = fieldPath;
  while (rest !== "") {
    const match = /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest);
    if (match === null) return undefined;
    const name = match[1] ?? match[2]!.replaceAll(/\\(.)/g, "$1");
    steps.push({ name, bracket: match[1] === undefined });
    rest = rest.slice(match[0].length);
  }
  return steps;
}
