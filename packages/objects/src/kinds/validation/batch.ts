/** Jobs and CronJobs (pkg/apis/batch/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateDomainPrefixedPath } from "../../names/field-names.ts";
import { validateDns1123Label, validateQualifiedName } from "../../names/names.ts";
import { parseCron } from "../../values/cron.ts";
import { number, objects, read, record, text } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { internalPodTemplate } from "./internal-form.ts";
import { podTemplate } from "./pod.ts";
import { labelSelector } from "./scheduling.ts";
import { mismatch, selects } from "./workloads.ts";

const amounts = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
];

function jobSpec(errors: FieldErrors, field: string, spec: JsonObject): void {
  for (const name of amounts) errors.nonNegative(`${field}.${name}`, spec[name]);
  if (has(spec, "maxFailedIndexes") && !has(spec, "backoffLimitPerIndex"))
    errors.required(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified");
  const manager = spec["managedBy"];
  if (typeof manager === "string") {
    errors.add(validateDomainPrefixedPath(`${field}.managedBy`, manager));
    errors.maxBytes(`${field}.managedBy`, manager, 63);
  }
  completionMode(errors, field, spec);
  if (has(spec, "podFailurePolicy")) failurePolicy(errors, `${field}.podFailurePolicy.rules`, spec);
  if (has(spec, "successPolicy")) successPolicy(errors, `${field}.successPolicy`, spec);
  replacement(errors, `${field}.podReplacementPolicy`, spec);
  podTemplate(errors, `${field}.template`, spec["template"]);
  const restart = `${field}.template.spec.restartPolicy`;
  const policy = text(spec, "template", "spec", "restartPolicy");
  if (policy === "Always" || policy === "") errors.required(restart, 'valid values: "OnFailure", "Never"');
  else if (policy !== "OnFailure" && policy !== "Never") errors.unsupported(restart, policy, ["OnFailure", "Never"]);
  else if (has(spec, "podFailurePolicy") && policy !== "Never")
    errors.invalid(restart, policy, 'only "Never" is supported when podFailurePolicy is specified');
}

function completionMode(errors: FieldErrors, field: string, spec: JsonObject): void {
  const mode = text(spec, "completionMode");
  if (has(spec, "completionMode")) errors.anyOf(`${field}.completionMode`, mode, ["NonIndexed", "Indexed"]);
  if (mode === "NonIndexed" || mode === "") {
    for (const name of ["backoffLimitPerIndex", "maxFailedIndexes"])
      if (has(spec, name)) errors.invalid(`${field}.${name}`, spec[name], "requires indexed completion mode");
    return;
  }
  if (mode !== "Indexed") return;
  if (!has(spec, "completions")) errors.required(`${field}.completions`, "when completion mode is Indexed");
  const parallelism = number(spec, "parallelism");
  if (parallelism > 100000)
    errors.invalid(
      `${field}.parallelism`,
      parallelism,
      "must be less than or equal to 100000 when completion mode is Indexed",
    );
  const failed = spec["maxFailedIndexes"];
  const completions = number(spec, "completions");
  if (typeof failed === "number" && has(spec, "completions") && failed > completions)
    errors.invalid(`${field}.maxFailedIndexes`, failed, "must be less than or equal to completions");
  if (typeof failed === "number" && failed > 100000)
    errors.invalid(`${field}.maxFailedIndexes`, failed, "must be less than or equal to 100000");
  if (completions > 100000 && has(spec, "backoffLimitPerIndex")) manyCompletions(errors, field, spec);
}

function manyCompletions(errors: FieldErrors, field: string, spec: JsonObject): void {
  const detail =
    "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index";
  if (!has(spec, "maxFailedIndexes"))
    errors.required(`${field}.maxFailedIndexes`, "must be specified when completions is above 100000");
  for (const name of ["parallelism", "maxFailedIndexes"])
    if (number(spec, name) > 10000) errors.invalid(`${field}.${name}`, spec[name], detail);
}

const actions = ["Count", "FailIndex", "FailJob", "Ignore"];

function failurePolicy(errors: FieldErrors, field: string, spec: JsonObject): void {
  const rules = objects(spec, "podFailurePolicy", "rules");
  if (rules.length > 20) errors.tooMany(field, rules.length, 20);
  for (const [index, rule] of rules.entries()) {
    const at = `${field}[${index}]`;
    const action = text(rule, "action");
    if (action === "") errors.required(`${at}.action`, 'valid values: ["Count" "FailIndex" "FailJob" "Ignore"]');
    else if (action === "FailIndex" && !has(spec, "backoffLimitPerIndex"))
      errors.invalid(`${at}.action`, action, "requires the backoffLimitPerIndex to be set");
    else errors.anyOf(`${at}.action`, action, actions);
    const byCode = has(rule, "onExitCodes");
    const byCondition = objects(rule, "onPodConditions").length > 0;
    if (byCode) exitCodes(errors, `${at}.onExitCodes`, record(rule, "onExitCodes"), spec);
    if (byCondition) podConditions(errors, `${at}.onPodConditions`, objects(rule, "onPodConditions"));
    if (byCode && byCondition)
      errors.invalid(at, undefined, "specifying both OnExitCodes and OnPodConditions is not supported");
    if (!byCode && !byCondition)
      errors.invalid(at, undefined, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

function exitCodes(errors: FieldErrors, field: string, codes: JsonObject, spec: JsonObject): void {
  const operator = text(codes, "operator");
  if (operator === "") errors.required(`${field}.operator`, 'valid values: ["In" "NotIn"]');
  else errors.anyOf(`${field}.operator`, operator, ["In", "NotIn"]);
  const name = codes["containerName"];
  const names = ["containers", "initContainers"].flatMap((list) =>
    objects(spec, "template", "spec", list).map((container) => text(container, "name")),
  );
  if (typeof name === "string" && !names.includes(name))
    errors.invalid(
      `${field}.containerName`,
      name,
      "must be one of the container or initContainer names in the pod template",
    );
  const values = (Array.isArray(codes["values"]) ? codes["values"] : []) as readonly number[];
  if (values.length === 0) errors.invalid(`${field}.values`, null, "at least one value is required");
  if (values.length > 255) errors.tooMany(`${field}.values`, values.length, 255);
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (operator === "In" && value === 0)
      errors.invalid(`${field}.values[${index}]`, 0, "must not be 0 for the In operator");
    if (seen.has(value)) errors.duplicate(`${field}.values[${index}]`, value);
    seen.add(value);
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value))
    errors.invalid(`${field}.values`, values, "must be ordered");
}

function podConditions(errors: FieldErrors, field: string, patterns: readonly JsonObject[]): void {
  if (patterns.length > 20) errors.tooMany(field, patterns.length, 20);
  for (const [index, pattern] of patterns.entries()) {
    const at = `${field}[${index}]`;
    errors.messages(`${at}.type`, text(pattern, "type"), validateQualifiedName(text(pattern, "type")));
    errors.oneOf(`${at}.status`, text(pattern, "status"), ["False", "True", "Unknown"]);
  }
}

/** The policy as a message shows it: the fields of the internal Go type. */
function shownPolicy(rules: readonly JsonObject[]): JsonObject {
  return { Rules: rules.map((rule) => goStruct(rule, "SuccessPolicyRule")) };
}

function successPolicy(errors: FieldErrors, field: string, spec: JsonObject): void {
  if (text(spec, "completionMode") !== "Indexed") {
    errors.invalid(field, shownPolicy(objects(spec, "successPolicy", "rules")), "requires indexed completion mode");
    return;
  }
  const rules = objects(spec, "successPolicy", "rules");
  if (rules.length === 0)
    errors.required(`${field}.rules`, "at least one rules must be specified when the successPolicy is specified");
  if (rules.length > 20) errors.tooMany(`${field}.rules`, rules.length, 20);
  for (const [index, rule] of rules.entries()) {
    const at = `${field}.rules[${index}]`;
    if (!has(rule, "succeededCount") && !has(rule, "succeededIndexes"))
      errors.required(at, "at least one of succeededCount or succeededIndexes must be specified");
    errors.nonNegative(`${at}.succeededCount`, rule["succeededCount"]);
    const completions = number(spec, "completions");
    if (number(rule, "succeededCount") > completions)
      errors.invalid(
        `${at}.succeededCount`,
        rule["succeededCount"],
        `must be less than or equal to ${completions} (the number of specified completions)`,
      );
  }
}

function replacement(errors: FieldErrors, field: string, spec: JsonObject): void {
  const policy = spec["podReplacementPolicy"];
  if (typeof policy !== "string") return;
  const withFailure = has(spec, "podFailurePolicy");
  errors.anyOf(field, policy, withFailure ? ["Failed"] : ["Failed", "TerminatingOrFailed"]);
}

export function job(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  generatedSelector(errors, object, spec);
  jobSpec(errors, "spec", spec);
  const selector = spec["selector"];
  if (selector === undefined || selector === null) errors.required("spec.selector");
  else labelSelector(errors, "spec.selector", selector);
  if (selects(selector, record(spec, "template", "metadata", "labels")) === false)
    mismatch(errors, "spec.template", spec["template"]);
  const completions = number(spec, "completions");
  if (text(spec, "completionMode") !== "Indexed" || completions <= 0) return;
  const host = `${text(object, "metadata", "name")}-${completions - 1}`;
  if (validateDns1123Label(host).length > 0)
    errors.invalid(
      "metadata.name",
      text(object, "metadata", "name"),
      `will not able to create pod with invalid DNS label: ${host}`,
    );
}

const uidLabel = "batch.kubernetes.io/controller-uid";
const nameLabel = "batch.kubernetes.io/job-name";

/** Labels and selector must be those that the server makes, unless the job selects by hand. */
function generatedSelector(errors: FieldErrors, object: JsonObject, spec: JsonObject): void {
  if (spec["manualSelector"] === true || spec["selector"] === undefined) return;
  const uid = text(object, "metadata", "uid");
  const name = text(object, "metadata", "name");
  if (uid === "" || name === "") return;
  const labels = record(spec, "template", "metadata", "labels");
  const expected: readonly (readonly [string, string])[] = [
    ["controller-uid", uid],
    ["job-name", name],
    [uidLabel, uid],
    [nameLabel, name],
  ];
  for (const [key, value] of expected) {
    const field = `spec.template.metadata.labels[${key}]`;
    if (!Object.hasOwn(labels, key)) errors.required(field, `must be '${value}'`);
    else if (labels[key] !== value) errors.invalid("spec.template.metadata.labels", labels, `must be '${value}'`);
  }
  const selected = { matchLabels: { [uidLabel]: uid } };
  const old = { matchLabels: { "controller-uid": uid } };
  if (!sameJson(spec["selector"], selected) && !sameJson(spec["selector"], old))
    errors.invalid("spec.selector", spec["selector"], "`selector` not auto-generated");
}

const schedulingMembers = ["nodeSelector", "affinity", "tolerations", "schedulingGates"];

/** The registry checks a changed job as a new one, and then its spec once more with what may not change. */
export function jobUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  job(errors, object);
  const [spec, before] = [record(object, "spec"), record(old, "spec")];
  jobSpec(errors, "spec", spec);
  if (spec["selector"] === undefined) errors.required("spec.selector");
  else labelSelector(errors, "spec.selector", spec["selector"]);
  if (selects(spec["selector"], record(spec, "template", "metadata", "labels")) === false)
    mismatch(errors, "spec.template", spec["template"]);
  completionsUpdate(errors, spec, before);
  errors.immutable("spec.selector", spec["selector"], before["selector"]);
  templateUpdate(errors, { spec, before, old });
  for (const name of ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
    errors.immutable(`spec.${name}`, spec[name], before[name]);
}

function completionsUpdate(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  if (sameJson(spec["completions"], before["completions"])) return;
  if (text(spec, "completionMode") !== "Indexed")
    errors.immutable("spec.completions", spec["completions"], before["completions"]);
  else if (has(spec, "completions") && number(spec, "completions") !== number(spec, "parallelism"))
    errors.invalid("spec.completions", spec["completions"], `can only be modified in tandem with spec.parallelism`);
}

interface TemplateUpdate {
  readonly spec: JsonObject;
  readonly before: JsonObject;
  readonly old: JsonObject;
}

/** A job that is suspended and has not started may still change where its pods run. */
function templateUpdate(errors: FieldErrors, { spec, before, old }: TemplateUpdate): void {
  const isOpen = before["suspend"] === true && read(old, "status", "startTime") === undefined;
  const fixed = (of: JsonObject): JsonValue => {
    const template = record(of, "template");
    if (!isOpen) return template;
    const inner = Object.entries(record(template, "spec")).filter(([name]) => !schedulingMembers.includes(name));
    return { spec: Object.fromEntries(inner) };
  };
  if (!sameJson(fixed(spec), fixed(before)))
    errors.invalid("spec.template", internalPodTemplate(record(spec, "template")), "field is immutable");
}

export function cronJob(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const schedule = text(spec, "schedule");
  if (schedule === "") errors.required("spec.schedule");
  else if (/TZ/.test(schedule))
    errors.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  else {
    try {
      parseCron(schedule);
    } catch (error) {
      errors.invalid("spec.schedule", schedule, error instanceof Error ? error.message : "no schedule");
    }
  }
  errors.nonNegative("spec.startingDeadlineSeconds", spec["startingDeadlineSeconds"]);
  timeZone(errors, spec["timeZone"]);
  errors.oneOf("spec.concurrencyPolicy", text(spec, "concurrencyPolicy"), ["Allow", "Forbid", "Replace"]);
  jobTemplate(errors, spec);
  for (const name of ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"])
    errors.nonNegative(`spec.${name}`, spec[name]);
  const name = text(object, "metadata", "name");
  if (name.length > 52) errors.invalid("metadata.name", name, "must be no more than 52 characters");
}

function jobTemplate(errors: FieldErrors, spec: JsonObject): void {
  const inner = record(spec, "jobTemplate", "spec");
  jobSpec(errors, "spec.jobTemplate.spec", inner);
  if (inner["manualSelector"] === true)
    errors.unsupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]);
}

function timeZone(errors: FieldErrors, zone: JsonValue | undefined): void {
  if (typeof zone !== "string") return;
  if (zone === "") errors.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string");
  else if (zone.toLowerCase() === "local")
    errors.invalid(
      "spec.timeZone",
      zone,
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
    );
  else if (!isTimeZone(zone)) errors.invalid("spec.timeZone", zone, `unknown time zone ${zone}`);
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}
