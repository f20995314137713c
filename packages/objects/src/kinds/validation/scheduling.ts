/** Affinity, tolerations, topology and gates of pods (pkg/apis/core/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateLabels } from "../../names/metadata.ts";
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
  validateQualifiedName,
} from "../../names/names.ts";
import { type MetaLabelSelector, validateLabelSelector } from "../../selectors/labels.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has } from "./field-errors.ts";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function qualified(errors: FieldErrors, field: string, name: string): void {
  errors.messages(field, name, validateQualifiedName(name));
}

export function labelSelector(errors: FieldErrors, field: string, selector: JsonValue | undefined): void {
  errors.add(validateLabelSelector(selector as MetaLabelSelector | undefined, field));
}

export function labelMap(errors: FieldErrors, field: string, labels: JsonObject): void {
  errors.add(validateLabels(labels as Readonly<Record<string, string>>, field));
}

export function scheduling(errors: FieldErrors, field: string, spec: JsonObject): void {
  affinity(errors, `${field}.affinity`, record(spec, "affinity"));
  for (const [index, gate] of objects(spec, "readinessGates").entries())
    qualified(errors, `${field}.readinessGates[${index}].conditionType`, text(gate, "conditionType"));
  schedulingGates(errors, `${field}.schedulingGates`, spec);
  topologySpread(errors, `${field}.topologySpreadConstraints`, spec);
  tolerations(errors, `${field}.tolerations`, spec);
}

function schedulingGates(errors: FieldErrors, field: string, spec: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, gate] of objects(spec, "schedulingGates").entries()) {
    const name = text(gate, "name");
    qualified(errors, `${field}[${index}]`, name);
    if (seen.has(name)) errors.duplicate(`${field}[${index}]`, name);
    seen.add(name);
  }
}

export function tolerations(errors: FieldErrors, field: string, spec: JsonObject): void {
  for (const [index, toleration] of objects(spec, "tolerations").entries()) {
    const at = `${field}[${index}]`;
    const [key, operator, value, effect] = ["key", "operator", "value", "effect"].map((name) =>
      text(toleration, name),
    ) as [string, string, string, string];
    if (key !== "") qualified(errors, `${at}.key`, key);
    else if (operator !== "Exists")
      errors.invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (has(toleration, "tolerationSeconds") && effect !== "NoExecute")
      errors.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    tolerationOperator(errors, at, { operator, value });
    if (effect !== "") errors.anyOf(`${at}.effect`, effect, taintEffects);
  }
}

function tolerationOperator(
  errors: FieldErrors,
  at: string,
  { operator, value }: { readonly operator: string; readonly value: string },
): void {
  if (operator === "Equal" || operator === "") {
    const messages = validateLabelValue(value);
    if (messages.length > 0) errors.invalid(`${at}.operator`, value, messages.join(";"));
  } else if (operator === "Exists") {
    if (value !== "") errors.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'");
  } else if (operator === "Lt" || operator === "Gt") {
    if (!/^(?:0|-?[1-9]\d*)$/.test(value))
      errors.invalid(`${at}.value`, value, "must be a valid decimal integer in canonical form");
  } else errors.unsupported(`${at}.operator`, operator, ["Equal", "Exists"]);
}

function affinity(errors: FieldErrors, field: string, given: JsonObject): void {
  const node = record(given, "nodeAffinity");
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  if (has(node, required)) nodeSelector(errors, `${field}.nodeAffinity.${required}`, record(node, required));
  for (const [index, term] of objects(node, preferred).entries()) {
    const at = `${field}.nodeAffinity.${preferred}[${index}]`;
    weight(errors, at, term);
    nodeSelectorTerm(errors, `${at}.preference`, record(term, "preference"), { labelValues: false });
  }
  for (const name of ["podAffinity", "podAntiAffinity"]) {
    const pods = record(given, name);
    for (const [index, term] of objects(pods, required).entries())
      podTerm(errors, `${field}.${name}.${required}[${index}]`, term);
    for (const [index, term] of objects(pods, preferred).entries()) {
      const at = `${field}.${name}.${preferred}[${index}]`;
      weight(errors, at, term);
      podTerm(errors, `${at}.podAffinityTerm`, record(term, "podAffinityTerm"));
    }
  }
}

function weight(errors: FieldErrors, at: string, term: JsonObject): void {
  const value = number(term, "weight");
  if (value <= 0 || value > 100) errors.invalid(`${at}.weight`, value, "must be in the range 1-100");
}

export function nodeSelector(errors: FieldErrors, field: string, selector: JsonObject): void {
  const terms = objects(selector, "nodeSelectorTerms");
  if (terms.length === 0) errors.required(`${field}.nodeSelectorTerms`, "must have at least one node selector term");
  for (const [index, term] of terms.entries())
    nodeSelectorTerm(errors, `${field}.nodeSelectorTerms[${index}]`, term, { labelValues: true });
}

function nodeSelectorTerm(
  errors: FieldErrors,
  field: string,
  term: JsonObject,
  options: { readonly labelValues: boolean },
): void {
  for (const [index, requirement] of objects(term, "matchExpressions").entries())
    nodeRequirement(errors, `${field}.matchExpressions[${index}]`, requirement, options);
  for (const [index, requirement] of objects(term, "matchFields").entries())
    fieldRequirement(errors, `${field}.matchFields[${index}]`, requirement);
}

function nodeRequirement(
  errors: FieldErrors,
  at: string,
  requirement: JsonObject,
  { labelValues }: { readonly labelValues: boolean },
): void {
  const operator = text(requirement, "operator");
  const values = texts(requirement, "values");
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0)
      errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (operator === "Gt" || operator === "Lt") {
    if (values.length !== 1)
      errors.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
  } else errors.invalid(`${at}.operator`, operator, "not a valid selector operator");
  qualified(errors, `${at}.key`, text(requirement, "key"));
  if (labelValues)
    for (const [index, value] of values.entries())
      errors.messages(`${at}.values[${index}]`, value, validateLabelValue(value));
}

function fieldRequirement(errors: FieldErrors, at: string, requirement: JsonObject): void {
  const operator = text(requirement, "operator");
  const values = texts(requirement, "values");
  if (operator !== "In" && operator !== "NotIn")
    errors.invalid(`${at}.operator`, operator, "not a valid selector operator");
  else if (values.length !== 1)
    errors.required(
      `${at}.values`,
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    );
  const key = text(requirement, "key");
  if (key !== "metadata.name") errors.invalid(`${at}.key`, key, "not a valid field selector key");
  else
    for (const [index, value] of values.entries())
      errors.messages(`${at}.values[${index}]`, value, validateDns1123Subdomain(value));
}

function podTerm(errors: FieldErrors, at: string, term: JsonObject): void {
  labelSelector(errors, `${at}.labelSelector`, read(term, "labelSelector"));
  labelSelector(errors, `${at}.namespaceSelector`, read(term, "namespaceSelector"));
  for (const name of texts(term, "namespaces")) errors.messages(`${at}.namespace`, name, validateDns1123Label(name));
  labelKeys(errors, at, term, ["matchLabelKeys", "mismatchLabelKeys"]);
  const topologyKey = text(term, "topologyKey");
  if (topologyKey === "") errors.required(`${at}.topologyKey`, "can not be empty");
  qualified(errors, `${at}.topologyKey`, topologyKey);
}

function labelKeys(errors: FieldErrors, at: string, term: JsonObject, lists: readonly string[]): void {
  for (const list of lists) {
    const keys = texts(term, list);
    if (keys.length === 0) continue;
    if (!has(term, "labelSelector"))
      errors.forbidden(`${at}.${list}`, "must not be specified when labelSelector is not set");
    else for (const [index, key] of keys.entries()) qualified(errors, `${at}.${list}[${index}]`, key);
  }
}

function topologySpread(errors: FieldErrors, field: string, spec: JsonObject): void {
  const list = objects(spec, "topologySpreadConstraints");
  for (const [index, constraint] of list.entries()) {
    const at = `${field}[${index}]`;
    const skew = number(constraint, "maxSkew");
    if (skew <= 0) errors.invalid(`${at}.maxSkew`, skew, "must be greater than zero");
    const key = text(constraint, "topologyKey");
    if (key === "") errors.required(`${at}.topologyKey`, "can not be empty");
    const action = text(constraint, "whenUnsatisfiable");
    errors.anyOf(`${at}.whenUnsatisfiable`, action, ["DoNotSchedule", "ScheduleAnyway"]);
    const again = list
      .slice(index + 1)
      .some((other) => text(other, "topologyKey") === key && text(other, "whenUnsatisfiable") === action);
    if (again) errors.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${key}, ${action}}`);
    minDomains(errors, `${at}.minDomains`, { constraint, action });
    for (const name of ["nodeAffinityPolicy", "nodeTaintsPolicy"]) {
      const policy = read(constraint, name);
      if (typeof policy === "string") errors.anyOf(`${at}.${name}`, policy, ["Honor", "Ignore"]);
    }
    labelKeys(errors, at, constraint, ["matchLabelKeys"]);
    labelSelector(errors, `${at}.labelSelector`, read(constraint, "labelSelector"));
  }
}

function minDomains(
  errors: FieldErrors,
  field: string,
  { constraint, action }: { readonly constraint: JsonObject; readonly action: string },
): void {
  if (!has(constraint, "minDomains")) return;
  const value = number(constraint, "minDomains");
  if (value <= 0) errors.invalid(field, value, "must be greater than zero");
  if (action !== "DoNotSchedule")
    errors.invalid(field, value, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`);
}
