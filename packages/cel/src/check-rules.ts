import type { JsonObject } from "@lateen/base";
import {
  type FieldError,
  type SchemaNode,
  type ValidationRule,
  fieldPathSteps,
  forbiddenField,
  invalidField,
  requiredField,
  schemaNodeOf,
  unsupportedField,
} from "@lateen/objects";
import { compileRule, typeOfNode } from "./rules.ts";
import { maxItemsOf, maxPropertiesOf, maxRequestBytes, minSizeOf } from "./schema-types.ts";

/** Are the rules of a schema sound: do they compile, what can they cost (apiextensions validation). */

/** Cost that one rule may be estimated to have, over all values that it runs on. */
export const ruleEstimateLimit = 10_000_000;
/** Cost that all rules of a schema may be estimated to have. */
export const schemaEstimateLimit = 100_000_000;

/** What costs less is not blamed for the total. */
const notableCost = schemaEstimateLimit / 100;

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

export interface RuleCheckOptions {
  /** False where the schema itself is broken: then only the form of the rules is checked. */
  readonly compile: boolean;
}

/** Errors of all rules of a schema, below `field`. */
export function checkRules(
  schema: JsonObject,
  field: string,
  options: RuleCheckOptions = { compile: true },
): FieldError[] {
  const run: Run = { errors: [], costs: [], options };
  visit(schemaNodeOf(schema), { field, root: true, cardinality: 1, uncorrelatable: undefined, run });
  const total = run.costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total > schemaEstimateLimit) {
    const dearest = run.costs
      .filter(({ cost }) => cost > notableCost)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, 4);
    for (const expensive of dearest)
      run.errors.push(
        forbiddenField(
          expensive.field,
          "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
        ),
      );
    const name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    run.errors.push(forbiddenField(field, tooDear(name, total, schemaEstimateLimit)));
  }
  return run.errors;
}

interface Run {
  readonly errors: FieldError[];
  readonly costs: { readonly field: string; readonly cost: number }[];
  readonly options: RuleCheckOptions;
}

interface Place {
  readonly field: string;
  readonly root: boolean;
  /** On how many values of one object the rule runs; undefined below something without a limit. */
  readonly cardinality: number | undefined;
  /** The list below which old and new values cannot be told to be the same. */
  readonly uncorrelatable: string | undefined;
  readonly run: Run;
}

function tooDear(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

function visit(node: SchemaNode, place: Place): void {
  for (const [i, rule] of node.rules.entries())
    checkRule(rule, node, { ...place, at: `${place.field}.x-kubernetes-validations[${i}]` });
  const { field, run } = place;
  const times = (count: number | undefined): number | undefined =>
    place.cardinality === undefined || count === undefined ? undefined : place.cardinality * count;
  const inner = { root: false, run, uncorrelatable: place.uncorrelatable };
  for (const [name, property] of node.properties)
    visit(property, { ...inner, field: `${field}.properties[${name}]`, cardinality: place.cardinality });
  if (node.additional !== undefined)
    visit(node.additional, {
      ...inner,
      field: `${field}.additionalProperties`,
      cardinality: times(node.maxProperties === undefined ? undefined : maxPropertiesOf(node)),
    });
  if (node.items !== undefined)
    visit(node.items, {
      ...inner,
      field: `${field}.items`,
      cardinality: times(node.maxItems === undefined ? undefined : maxItemsOf(node)),
      uncorrelatable: node.listType === "map" ? place.uncorrelatable : (place.uncorrelatable ?? field),
    });
}

const hasBreaks = (text: string): boolean => /[\r\n]/.test(text);

interface RulePlace extends Place {
  readonly at: string;
}

function checkRule(rule: ValidationRule, node: SchemaNode, place: RulePlace): void {
  checkForm(rule, node, place);
  if (rule.rule.trim() === "" || !place.run.options.compile) return;
  compileAndPrice(rule, node, place);
}

function checkForm(rule: ValidationRule, node: SchemaNode, { at, run }: RulePlace): void {
  const { errors } = run;
  const text = rule.rule.trim();
  const message = rule.message?.trim() ?? "";
  if (text === "") errors.push(requiredField(`${at}.rule`, "rule is not specified"));
  else if ((rule.message ?? "") !== "" && message === "")
    errors.push(invalidField(`${at}.message`, rule.message, "must be non-empty if specified"));
  else if (hasBreaks(message)) errors.push(invalidField(`${at}.message`, rule.message, "must not contain line breaks"));
  else if (hasBreaks(text) && message === "")
    errors.push(requiredField(`${at}.message`, "message must be specified if rule contains line breaks"));
  if ((rule.messageExpression ?? "") !== "" && rule.messageExpression!.trim() === "")
    errors.push(requiredField(`${at}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (rule.reason !== undefined && !reasons.includes(rule.reason))
    errors.push(unsupportedField(`${at}.reason`, rule.reason, reasons));
  const { fieldPath } = rule;
  if (fieldPath === undefined || fieldPath === "") return;
  if (fieldPath.trim() === "")
    errors.push(invalidField(`${at}.fieldPath`, fieldPath, "must be non-empty if specified"));
  if (hasBreaks(fieldPath)) errors.push(invalidField(`${at}.fieldPath`, fieldPath, "must not contain line breaks"));
  if (!leadsSomewhere(fieldPath, node)) errors.push(invalidField(`${at}.fieldPath`, fieldPath, "must be a valid path"));
}

function leadsSomewhere(fieldPath: string, node: SchemaNode): boolean {
  const steps = fieldPathSteps(fieldPath);
  if (steps === undefined || steps.length === 0) return false;
  let current: SchemaNode | undefined = node;
  for (const { name } of steps) {
    current = current.properties.get(name) ?? current.additional;
    if (current === undefined) return false;
  }
  return true;
}

/** A rule as the server's messages show it. */
function ruleValue(rule: ValidationRule): JsonObject {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf === true ? true : null,
  };
}

function compileAndPrice(rule: ValidationRule, node: SchemaNode, place: RulePlace): void {
  const { at, run, cardinality } = place;
  const { errors, costs } = run;
  const type = typeOfNode(node, place);
  if (type === undefined) {
    errors.push(invalidField(`${at}.rule`, rule.rule, "the value has no type that a rule could see"));
    return;
  }
  const result = compileRule(rule, type);
  // Without declared limits, as many values as fit into a request.
  const count = cardinality ?? Math.floor(maxRequestBytes / (minSizeOf(node) + 1));
  const price = (maxCost: number, name: string, field: string): void => {
    const cost = maxCost === 0 || count === 0 ? 0 : maxCost * count;
    if (cost > ruleEstimateLimit)
      errors.push(forbiddenField(field, tooDear(`estimated ${name} cost`, cost, ruleEstimateLimit)));
    costs.push({ field, cost });
  };
  if (result.messageError !== undefined && rule.messageExpression!.trim() !== "")
    errors.push(invalidField(`${at}.messageExpression`, ruleValue(rule), result.messageError));
  if (result.kind === "invalid") {
    errors.push(invalidField(`${at}.rule`, ruleValue(rule), result.error));
    return;
  }
  price(result.rule.maxCost, "rule", `${at}.rule`);
  if (result.message !== undefined) price(result.message.maxCost, "messageExpression", `${at}.messageExpression`);
  const usesOldSelf = result.rule.used.has("oldSelf");
  if (usesOldSelf && place.uncorrelatable !== undefined)
    errors.push(
      invalidField(
        `${at}.rule`,
        rule.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`,
      ),
    );
  if (rule.optionalOldSelf === true && !usesOldSelf)
    errors.push(invalidField(`${at}.optionalOldSelf`, true, "may not be set if oldSelf is not used in rule"));
}
