/** Priority levels and flow schemas (pkg/apis/flowcontrol/validation, 1.36). */
import type { JsonObject } from "@lateen/base";
import { validateDns1123Label } from "../../names/names.ts";
import { fixedFlowSpec } from "../flow-control.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const maxPrecedence = 10_000;
const maxQueues = 10_000_000;
/** More than the random number that deals a hand holds. */
const maxEntropyBits = 60;

export function flowLevel(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const name = text(object, "metadata", "name");
  const type = text(spec, "type");
  if ((name === "exempt") !== (type === "Exempt"))
    errors.invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
  if (type === "Limited") {
    if (has(spec, "exempt")) errors.forbidden("spec.exempt", "must be nil if the type is Limited");
    if (!has(spec, "limited")) errors.required("spec.limited", "must not be empty when type is Limited");
    else limited(errors, record(spec, "limited"));
  } else if (type === "Exempt") {
    if (has(spec, "limited")) errors.forbidden("spec.limited", "must be nil if the type is not Limited");
    if (has(spec, "exempt")) shares(errors, "spec.exempt", record(spec, "exempt"));
  } else if (type === "") errors.required("spec.type");
  else errors.unsupported("spec.type", type, ["Exempt", "Limited"]);
  const fixed = fixedFlowSpec("PriorityLevelConfiguration", name);
  if (fixed === undefined) return;
  const changeable = name === "exempt" ? { exempt: null } : {};
  if (!sameJson({ ...spec, ...changeable }, { ...fixed, ...changeable })) {
    const what = name === "exempt" ? "spec of 'exempt' except the 'spec.exempt' field" : `spec of '${name}'`;
    errors.invalid("spec", goStruct(spec, "PriorityLevelConfigurationSpec"), `${what} must equal the fixed value`);
  }
}

function limited(errors: FieldErrors, given: JsonObject): void {
  const at = "spec.limited";
  concurrencyShares(errors, at, given);
  response(errors, record(given, "limitResponse"));
  lendable(errors, at, given);
  const borrowing = read(given, "borrowingLimitPercent");
  if (typeof borrowing === "number" && borrowing < 0)
    errors.invalid(`${at}.borrowingLimitPercent`, borrowing, "if specified, must be a non-negative integer");
}

function shares(errors: FieldErrors, at: string, given: JsonObject): void {
  concurrencyShares(errors, at, given);
  lendable(errors, at, given);
}

function concurrencyShares(errors: FieldErrors, at: string, given: JsonObject): void {
  const value = number(given, "nominalConcurrencyShares");
  if (value < 0) errors.invalid(`${at}.nominalConcurrencyShares`, value, "must be a non-negative integer");
}

function lendable(errors: FieldErrors, at: string, given: JsonObject): void {
  const percent = number(given, "lendablePercent");
  if (percent < 0 || percent > 100)
    errors.invalid(`${at}.lendablePercent`, percent, "must be between 0 and 100, inclusive");
}

function response(errors: FieldErrors, given: JsonObject): void {
  const at = "spec.limited.limitResponse";
  const type = text(given, "type");
  if (type === "Queue") {
    if (!has(given, "queuing"))
      errors.required(`${at}.queuing`, "must not be empty if limited.limitResponse.type is Limited");
    else queuing(errors, `${at}.queuing`, record(given, "queuing"));
  } else if (type === "Reject") {
    if (has(given, "queuing"))
      errors.forbidden(`${at}.queuing`, "must be nil if limited.limitResponse.type is not Limited");
  } else if (type === "") errors.required(`${at}.type`);
  else errors.unsupported(`${at}.type`, type, ["Queue", "Reject"]);
}

function queuing(errors: FieldErrors, at: string, given: JsonObject): void {
  const [queues, hand, length] = ["queues", "handSize", "queueLengthLimit"].map((name) => number(given, name)) as [
    number,
    number,
    number,
  ];
  if (length <= 0) errors.invalid(`${at}.queueLengthLimit`, length, "must be positive");
  if (queues <= 0) errors.invalid(`${at}.queues`, queues, "must be positive");
  else if (queues > maxQueues) errors.invalid(`${at}.queues`, queues, `must not be greater than ${maxQueues}`);
  if (hand <= 0) errors.invalid(`${at}.handSize`, hand, "must be positive");
  else if (hand > queues) errors.invalid(`${at}.handSize`, hand, `should not be greater than queues (${queues})`);
  else if (entropyBits(queues, hand) > maxEntropyBits)
    errors.invalid(
      `${at}.handSize`,
      hand,
      `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${maxEntropyBits}`,
    );
}

/** Bits of a number that deals `hand` different cards of a deck, one after the other. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0;
  for (let dealt = 0; dealt < hand && bits <= maxEntropyBits; dealt++) bits += Math.log2(deck - dealt);
  return Math.ceil(bits);
}

export function flowSchema(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const name = text(object, "metadata", "name");
  precedence(errors, name, number(spec, "matchingPrecedence"));
  const method = text(spec, "distinguisherMethod", "type");
  if (has(spec, "distinguisherMethod") && method !== "ByNamespace" && method !== "ByUser")
    errors.unsupported("spec.distinguisherMethod.type", { Type: method }, ["ByNamespace", "ByUser"]);
  const level = text(spec, "priorityLevelConfiguration", "name");
  if (level === "") errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level");
  else errors.subdomain("spec.priorityLevelConfiguration.name", level);
  for (const [index, rule] of objects(spec, "rules").entries()) ruleOf(errors, `spec.rules[${index}]`, rule);
  const fixed = fixedFlowSpec("FlowSchema", name);
  if (fixed !== undefined && !sameJson(spec, fixed))
    errors.invalid("spec", goStruct(spec, "FlowSchemaSpec"), `spec of '${name}' must equal the fixed value`);
}

function precedence(errors: FieldErrors, name: string, value: number): void {
  const at = "spec.matchingPrecedence";
  if (value <= 0) errors.invalid(at, value, "must be a positive value");
  if (value > maxPrecedence) errors.invalid(at, value, `must not be greater than ${maxPrecedence}`);
  if (value === 1 && name !== "exempt")
    errors.invalid(at, value, "only the schema named 'exempt' may have matchingPrecedence 1");
}

function ruleOf(errors: FieldErrors, at: string, rule: JsonObject): void {
  const subjects = objects(rule, "subjects");
  if (subjects.length === 0) errors.required(`${at}.subjects`, "subjects must contain at least one value");
  for (const [index, subject] of subjects.entries()) subjectOf(errors, `${at}.subjects[${index}]`, subject);
  const resources = objects(rule, "resourceRules");
  const paths = objects(rule, "nonResourceRules");
  if (resources.length + paths.length === 0)
    errors.required(at, "at least one of resourceRules and nonResourceRules has to be non-empty");
  for (const [index, one] of resources.entries()) resourceRule(errors, `${at}.resourceRules[${index}]`, one);
  for (const [index, one] of paths.entries()) pathRule(errors, `${at}.nonResourceRules[${index}]`, one);
}

const members = [
  { kind: "ServiceAccount", member: "serviceAccount" },
  { kind: "User", member: "user" },
  { kind: "Group", member: "group" },
] as const;

function subjectOf(errors: FieldErrors, at: string, subject: JsonObject): void {
  const kind = text(subject, "kind");
  if (!members.some((one) => one.kind === kind)) {
    errors.unsupported(`${at}.kind`, kind, ["Group", "ServiceAccount", "User"]);
    return;
  }
  const { member } = members.find((one) => one.kind === kind)!;
  if (has(subject, member)) named(errors, `${at}.${member}`, record(subject, member), kind);
  else errors.required(`${at}.${member}`, `${member} is required when subject kind is '${kind}'`);
  for (const { kind: needs, member: other } of members)
    if (needs !== kind && has(subject, other))
      errors.forbidden(`${at}.${other}`, `${other} is forbidden when subject kind is not '${needs}'`);
}

function named(errors: FieldErrors, at: string, subject: JsonObject, kind: string): void {
  const name = text(subject, "name");
  if (name === "") errors.required(`${at}.name`);
  if (kind !== "ServiceAccount") return;
  if (name !== "" && name !== "*") errors.subdomain(`${at}.name`, name);
  const namespace = text(subject, "namespace");
  if (namespace === "") errors.required(`${at}.namespace`, "must specify namespace for service account");
  else errors.label(`${at}.namespace`, namespace);
}

/** A list that is `*` alone or names. @returns whether there is anything more to say about its members. */
function wildcardList(errors: FieldErrors, at: string, list: readonly string[], what: string): boolean {
  if (list.length <= 1 || !list.includes("*")) return true;
  errors.invalid(at, list, `if '*' is present, must not specify other ${what}`);
  return false;
}

function verbsOf(errors: FieldErrors, at: string, rule: JsonObject): void {
  const list = texts(rule, "verbs");
  if (list.length === 0) errors.required(`${at}.verbs`, "verbs must contain at least one value");
  else if (!wildcardList(errors, `${at}.verbs`, list, "verbs")) return;
  else if (!list.includes("*") && !list.every((verb) => verbs.includes(verb)))
    errors.unsupported(`${at}.verbs`, list, verbs);
}

function resourceRule(errors: FieldErrors, at: string, rule: JsonObject): void {
  verbsOf(errors, at, rule);
  for (const { member, one, many } of [
    { member: "apiGroups", one: "api group", many: "api groups" },
    { member: "resources", one: "resource", many: "resources" },
  ]) {
    const list = texts(rule, member);
    if (list.length === 0) errors.required(`${at}.${member}`, `resource rules must supply at least one ${one}`);
    else wildcardList(errors, `${at}.${member}`, list, many);
  }
  const namespaces = texts(rule, "namespaces");
  if (namespaces.length === 0 && rule.clusterScope !== true)
    errors.required(
      `${at}.namespaces`,
      "resource rules that are not cluster scoped must supply at least one namespace",
    );
  else if (wildcardList(errors, `${at}.namespaces`, namespaces, "namespaces"))
    for (const [index, namespace] of namespaces.entries())
      if (namespace !== "*")
        errors.messages(
          `${at}.namespaces[${index}]`,
          namespace,
          validateDns1123Label(namespace).map(
            (message) => `each member of this list must be '*' or a DNS-1123 label; ${message}`,
          ),
        );
}

function pathRule(errors: FieldErrors, at: string, rule: JsonObject): void {
  verbsOf(errors, at, rule);
  const urls = texts(rule, "nonResourceURLs");
  const place = `${at}.nonResourceURLs`;
  if (urls.length === 0) errors.required(place, "nonResourceURLs must contain at least one value");
  else if (wildcardList(errors, place, urls, "non-resource URLs"))
    for (const [index, url] of urls.entries()) {
      const complaint = url === "*" ? undefined : pathComplaint(url);
      if (complaint !== undefined) errors.invalid(`${place}[${index}]`, url, complaint);
    }
}

function pathComplaint(path: string): string | undefined {
  if (path === "") return "must not be empty";
  if (path === "/") return undefined;
  if (!path.startsWith("/")) return "must start with slash";
  if (path.includes(" ")) return "must not contain white-space";
  if (path.includes("//")) return "must not contain double slash";
  const wildcards = path.split("*").length - 1;
  if (wildcards > 1 || (wildcards === 1 && !path.endsWith("/*"))) return "wildcard can only do suffix matching";
  return undefined;
}
