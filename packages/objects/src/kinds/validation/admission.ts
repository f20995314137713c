/** Webhook configurations and admission policies, without their expressions (pkg/apis/admissionregistration/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateFullyQualifiedName } from "../../names/field-names.ts";
import { validateDns1035Label, validateQualifiedName } from "../../names/names.ts";
import { objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { labelSelector } from "./scheduling.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

export function webhooks(errors: FieldErrors, object: JsonObject, { mutating }: { readonly mutating: boolean }): void {
  const names = new Set<string>();
  for (const [index, webhook] of objects(object, "webhooks").entries()) {
    const at = `webhooks[${index}]`;
    const name = text(webhook, "name");
    webhookOf(errors, at, webhook);
    reviewVersions(errors, `${at}.admissionReviewVersions`, texts(webhook, "admissionReviewVersions"));
    if (name !== "" && names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    const reinvocation = read(webhook, "reinvocationPolicy");
    if (mutating && typeof reinvocation === "string")
      errors.anyOf(`${at}.reinvocationPolicy`, reinvocation, ["IfNeeded", "Never"]);
  }
}

function reviewVersions(errors: FieldErrors, field: string, versions: readonly string[]): void {
  if (versions.length === 0) {
    errors.required(field, "must specify one of v1, v1beta1");
    return;
  }
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    if (seen.has(version)) errors.invalid(`${field}[${index}]`, version, "duplicate version");
    seen.add(version);
    errors.messages(`${field}[${index}]`, version, validateDns1035Label(version));
  }
  if (!versions.some((version) => version === "v1" || version === "v1beta1"))
    errors.invalid(field, versions, "must include at least one of v1, v1beta1");
}

function webhookOf(errors: FieldErrors, at: string, webhook: JsonObject): void {
  errors.add(validateFullyQualifiedName(`${at}.name`, text(webhook, "name")));
  for (const [index, rule] of objects(webhook, "rules").entries()) ruleOf(errors, `${at}.rules[${index}]`, rule);
  const failure = read(webhook, "failurePolicy");
  if (typeof failure === "string") errors.anyOf(`${at}.failurePolicy`, failure, ["Fail", "Ignore"]);
  const match = read(webhook, "matchPolicy");
  if (typeof match === "string") errors.anyOf(`${at}.matchPolicy`, match, ["Equivalent", "Exact"]);
  const effects = read(webhook, "sideEffects");
  if (typeof effects !== "string") errors.required(`${at}.sideEffects`, "must specify one of None, NoneOnDryRun");
  else errors.anyOf(`${at}.sideEffects`, effects, ["None", "NoneOnDryRun"]);
  const seconds = read(webhook, "timeoutSeconds");
  if (typeof seconds === "number" && (seconds < 1 || seconds > 30))
    errors.invalid(`${at}.timeoutSeconds`, seconds, "the timeout value must be between 1 and 30 seconds");
  for (const name of ["namespaceSelector", "objectSelector"])
    labelSelector(errors, `${at}.${name}`, read(webhook, name));
  clientConfig(errors, `${at}.clientConfig`, record(webhook, "clientConfig"));
  matchConditions(errors, `${at}.matchConditions`, webhook);
}

function clientConfig(errors: FieldErrors, at: string, config: JsonObject): void {
  const [byUrl, byService] = [has(config, "url"), has(config, "service")];
  if (byUrl === byService) errors.required(at, "exactly one of url or service is required");
  else if (byUrl) webhookUrl(errors, `${at}.url`, text(config, "url"));
  else webhookService(errors, `${at}.service`, record(config, "service"));
}

const desired = "; desired format: https://host[/path]";

export function webhookUrl(errors: FieldErrors, field: string, url: string): void {
  if (/%(?![\da-f]{2})|[\s\u007f]/i.test(url) || url.startsWith(":")) {
    errors.required(field, `url must be a valid URL${desired}`);
    return;
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
    if (scheme === "https") errors.invalid(field, url, `host must be specified${desired}`);
    else {
      errors.invalid(field, url, `'https' is the only allowed URL scheme${desired}`);
      errors.invalid(field, url, `host must be specified${desired}`);
    }
    return;
  }
  if (parsed.protocol !== "https:") errors.invalid(field, url, `'https' is the only allowed URL scheme${desired}`);
  if (parsed.host === "") errors.invalid(field, url, `host must be specified${desired}`);
  if (parsed.username !== "" || parsed.password !== "")
    errors.invalid(field, parsed.username, "user information is not permitted in the URL");
  if (parsed.hash !== "") errors.invalid(field, parsed.hash.slice(1), "fragments are not permitted in the URL");
  if (parsed.search !== "")
    errors.invalid(field, parsed.search.slice(1), "query parameters are not permitted in the URL");
}

export function webhookService(errors: FieldErrors, at: string, service: JsonObject): void {
  for (const name of ["name", "namespace"]) {
    if (text(service, name) === "") errors.required(`${at}.${name}`, `service ${name} is required`);
  }
  const port = read(service, "port");
  if (typeof port === "number" && (port < 1 || port > 65535))
    errors.invalid(`${at}.port`, port, "port is not valid: must be between 1 and 65535, inclusive");
  const path = read(service, "path");
  if (typeof path !== "string" || path === "/") return;
  if (!path.startsWith("/")) errors.invalid(`${at}.path`, path, "must start with a '/'");
  const steps = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  for (const [index, step] of steps.entries())
    if (step === "") errors.invalid(`${at}.path`, path, `segment[${index}] may not be empty`);
}

function matchConditions(errors: FieldErrors, field: string, owner: JsonObject): void {
  const conditions = objects(owner, "matchConditions");
  const names = new Set<string>();
  if (conditions.length > 64) errors.tooMany(field, conditions.length, 64);
  for (const [index, condition] of conditions.entries()) {
    const at = `${field}[${index}]`;
    const name = text(condition, "name");
    if (name === "") errors.required(`${at}.name`);
    else errors.messages(`${at}.name`, name, validateQualifiedName(name));
    if (name !== "" && names.has(name)) errors.duplicate(`${at}.name`, name);
    names.add(name);
    if (text(condition, "expression").trim() === "") errors.required(`${at}.expression`);
  }
}

function wildcards(errors: FieldErrors, at: string, rule: JsonObject): void {
  for (const name of ["apiGroups", "apiVersions"] as const) {
    const list = texts(rule, name);
    if (list.length === 0) errors.required(`${at}.${name}`);
    if (list.length > 1 && list.includes("*"))
      errors.invalid(
        `${at}.${name}`,
        list,
        "if '*' is present, must not specify other API groups".replace(
          "groups",
          name === "apiGroups" ? "groups" : "versions",
        ),
      );
    if (name === "apiVersions")
      for (const [index, version] of list.entries()) if (version === "") errors.required(`${at}.${name}[${index}]`);
  }
}

export function ruleOf(errors: FieldErrors, at: string, rule: JsonObject): void {
  const given = texts(rule, "operations");
  if (given.length === 0) errors.required(`${at}.operations`);
  if (given.length > 1 && given.includes("*"))
    errors.invalid(`${at}.operations`, given, "if '*' is present, must not specify other operations");
  for (const [index, operation] of given.entries()) errors.anyOf(`${at}.operations[${index}]`, operation, operations);
  wildcards(errors, at, rule);
  const resources = texts(rule, "resources");
  if (resources.length === 0) errors.required(`${at}.resources`);
  resourcesOf(errors, `${at}.resources`, resources);
  const scope = read(rule, "scope");
  if (typeof scope === "string") errors.anyOf(`${at}.scope`, scope, ["*", "Cluster", "Namespaced"]);
}

function resourcesOf(errors: FieldErrors, field: string, resources: readonly string[]): void {
  const [allOfOne, oneOfAll] = [new Set<string>(), new Set<string>()];
  for (const [index, entry] of resources.entries()) {
    if (entry === "") {
      errors.required(`${field}[${index}]`);
      continue;
    }
    const [resource = "", sub] = entry.split("/");
    if (allOfOne.has(resource))
      errors.invalid(`${field}[${index}]`, entry, `if '${resource}/*' is present, must not specify ${entry}`);
    if (sub !== undefined && oneOfAll.has(sub))
      errors.invalid(`${field}[${index}]`, entry, `if '*/${sub}' is present, must not specify ${entry}`);
    if (sub === "*") allOfOne.add(resource);
    if (resource === "*" && sub !== undefined) oneOfAll.add(sub);
  }
  if (resources.length > 1 && resources.includes("*/*"))
    errors.invalid(field, resources, "if '*/*' is present, must not specify other resources");
  if (resources.includes("*") && resources.some((entry) => entry !== "*" && !entry.includes("/")))
    errors.invalid(field, resources, "if '*' is present, must not specify other resources without subresources");
}

/** Both kinds of policies. */
export function admissionPolicy(
  errors: FieldErrors,
  object: JsonObject,
  { mutating }: { readonly mutating: boolean },
): void {
  const spec = record(object, "spec");
  const failure = read(spec, "failurePolicy");
  if (failure === undefined) errors.required("spec.failurePolicy");
  else if (typeof failure === "string") errors.anyOf("spec.failurePolicy", failure, ["Fail", "Ignore"]);
  if (has(spec, "paramKind")) paramKind(errors, "spec.paramKind", record(spec, "paramKind"));
  if (!has(spec, "matchConstraints")) errors.required("spec.matchConstraints");
  else matchResources(errors, "spec.matchConstraints", record(spec, "matchConstraints"), { needsRules: true });
  matchConditions(errors, "spec.matchConditions", spec);
  variables(errors, "spec.variables", objects(spec, "variables"));
  if (mutating) mutations(errors, spec);
  else validations(errors, spec);
}

function paramKind(errors: FieldErrors, at: string, kind: JsonObject): void {
  const apiVersion = text(kind, "apiVersion");
  if (apiVersion === "") errors.required(`${at}.apiVersion`);
  else if (apiVersion.split("/").length > 2)
    errors.invalid(`${at}.apiVersion`, apiVersion, "must be in the form of <group>/<version>");
  if (text(kind, "kind") === "") errors.required(`${at}.kind`);
}

function variables(errors: FieldErrors, field: string, list: readonly JsonObject[]): void {
  for (const [index, variable] of list.entries()) {
    const name = text(variable, "name");
    if (name.trim() === "") errors.required(`${field}[${index}].name`, "name is not specified");
    else if (!/^[_a-zA-Z]\w*$/.test(name))
      errors.invalid(`${field}[${index}].name`, name, "must be a valid CEL identifier");
    if (text(variable, "expression").trim() === "")
      errors.required(`${field}[${index}].expression`, "expression is not specified");
  }
}

function validations(errors: FieldErrors, spec: JsonObject): void {
  const [rules, audits] = [objects(spec, "validations"), objects(spec, "auditAnnotations")];
  if (rules.length === 0 && audits.length === 0)
    for (const name of ["validations", "auditAnnotations"])
      errors.required(`spec.${name}`, "validations or auditAnnotations must contain at least one item");
  for (const [index, rule] of rules.entries()) {
    const at = `spec.validations[${index}]`;
    if (text(rule, "expression").trim() === "") errors.required(`${at}.expression`, "expression is not specified");
    const reason = read(rule, "reason");
    if (typeof reason === "string")
      errors.anyOf(`${at}.reason`, reason, ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"]);
    const message = text(rule, "message");
    if (message.includes("\n")) errors.invalid(`${at}.message`, message, "message must not contain line breaks");
  }
  const keys = new Set<string>();
  for (const [index, audit] of audits.entries()) {
    const at = `spec.auditAnnotations[${index}]`;
    const key = text(audit, "key");
    if (key === "") errors.required(`${at}.key`);
    else if (keys.has(key)) errors.duplicate(`${at}.key`, key);
    keys.add(key);
    if (text(audit, "valueExpression").trim() === "")
      errors.required(`${at}.valueExpression`, "valueExpression is not specified");
  }
}

function mutations(errors: FieldErrors, spec: JsonObject): void {
  const list = objects(spec, "mutations");
  if (list.length === 0) errors.required("spec.mutations", "mutations must contain at least one item");
  for (const [index, mutation] of list.entries()) {
    const at = `spec.mutations[${index}]`;
    const type = text(mutation, "patchType");
    const member = type === "ApplyConfiguration" ? "applyConfiguration" : "jsonPatch";
    errors.oneOf(`${at}.patchType`, type, ["ApplyConfiguration", "JSONPatch"]);
    if (type !== "ApplyConfiguration" && type !== "JSONPatch") continue;
    if (!has(mutation, member)) errors.required(`${at}.${member}`, `must be specified when patchType is ${type}`);
    else if (text(mutation, member, "expression").trim() === "")
      errors.required(`${at}.${member}.expression`, "expression is not specified");
  }
  const reinvocation = text(spec, "reinvocationPolicy");
  if (reinvocation === "") errors.required("spec.reinvocationPolicy");
  else errors.anyOf("spec.reinvocationPolicy", reinvocation, ["IfNeeded", "Never"]);
}

function matchResources(
  errors: FieldErrors,
  at: string,
  match: JsonObject,
  { needsRules }: { readonly needsRules: boolean },
): void {
  const policy = read(match, "matchPolicy");
  if (typeof policy === "string") errors.anyOf(`${at}.matchPolicy`, policy, ["Equivalent", "Exact"]);
  for (const name of ["namespaceSelector", "objectSelector"]) labelSelector(errors, `${at}.${name}`, read(match, name));
  const rules = objects(match, "resourceRules");
  if (needsRules && rules.length === 0) errors.required(`${at}.resourceRules`);
  for (const list of ["resourceRules", "excludeResourceRules"])
    for (const [index, rule] of objects(match, list).entries()) ruleOf(errors, `${at}.${list}[${index}]`, rule);
}

export function policyBinding(
  errors: FieldErrors,
  object: JsonObject,
  { mutating }: { readonly mutating: boolean },
): void {
  const spec = record(object, "spec");
  const policy = text(spec, "policyName");
  if (policy === "") errors.required("spec.policyName");
  else errors.subdomain("spec.policyName", policy);
  if (has(spec, "paramRef")) paramRef(errors, "spec.paramRef", record(spec, "paramRef"));
  if (has(spec, "matchResources"))
    matchResources(errors, "spec.matchResources", record(spec, "matchResources"), { needsRules: false });
  if (mutating) return;
  const actions = texts(spec, "validationActions");
  if (actions.length === 0) errors.required("spec.validationActions", "at least one validation action is required");
  const seen = new Set<JsonValue>();
  for (const [index, action] of actions.entries()) {
    errors.anyOf(`spec.validationActions[${index}]`, action, ["Audit", "Deny", "Warn"]);
    if (seen.has(action)) errors.duplicate(`spec.validationActions[${index}]`, action);
    seen.add(action);
  }
  if (seen.has("Deny") && seen.has("Warn"))
    errors.invalid(
      "spec.validationActions",
      actions,
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
    );
}

function paramRef(errors: FieldErrors, at: string, ref: JsonObject): void {
  const [name, hasSelector] = [text(ref, "name"), has(ref, "selector")];
  if (name !== "") {
    if (hasSelector) errors.forbidden(`${at}.name`, "name and selector are mutually exclusive");
  } else if (!hasSelector) errors.required(at, "one of name or selector must be specified");
  else labelSelector(errors, `${at}.selector`, read(ref, "selector"));
  const action = read(ref, "parameterNotFoundAction");
  if (typeof action !== "string") errors.required(`${at}.parameterNotFoundAction`);
  else errors.anyOf(`${at}.parameterNotFoundAction`, action, ["Allow", "Deny"]);
}
