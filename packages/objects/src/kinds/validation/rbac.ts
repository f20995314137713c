/** Roles and bindings (pkg/apis/rbac/validation, 1.36). */
import type { JsonObject } from "@lateen/base";
import { nameIsPathSegment } from "../../names/names.ts";
import { objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { labelSelector } from "./scheduling.ts";

const group = "rbac.authorization.k8s.io";

export function role(errors: FieldErrors, object: JsonObject): void {
  rules(errors, object, { namespaced: true });
}

export function clusterRole(errors: FieldErrors, object: JsonObject): void {
  rules(errors, object, { namespaced: false });
  if (!has(object, "aggregationRule")) return;
  const selectors = objects(object, "aggregationRule", "clusterRoleSelectors");
  const at = "aggregationRule.clusterRoleSelectors";
  if (selectors.length === 0)
    errors.required(at, "at least one clusterRoleSelector required if aggregationRule is non-nil");
  for (const [index, selector] of selectors.entries()) {
    const before = errors.list.length;
    labelSelector(errors, `${at}[${index}]`, selector);
    if (errors.list.length > before) errors.invalid(`${at}[${index}]`, null, "invalid label selector.");
  }
}

function rules(errors: FieldErrors, object: JsonObject, { namespaced }: { readonly namespaced: boolean }): void {
  for (const [index, rule] of objects(object, "rules").entries()) {
    const at = `rules[${index}]`;
    if (texts(rule, "verbs").length === 0) errors.required(`${at}.verbs`, "verbs must contain at least one value");
    const [urls, groups, resources, names] = ["nonResourceURLs", "apiGroups", "resources", "resourceNames"].map(
      (name) => texts(rule, name),
    );
    if (urls !== undefined && urls.length > 0) {
      if (namespaced)
        errors.invalid(`${at}.nonResourceURLs`, urls, "namespaced rules cannot apply to non-resource URLs");
      if ([groups, resources, names].some((list) => list !== undefined && list.length > 0))
        errors.invalid(
          `${at}.nonResourceURLs`,
          urls,
          "rules cannot apply to both regular resources and non-resource URLs",
        );
      continue;
    }
    if (groups?.length === 0) errors.required(`${at}.apiGroups`, "resource rules must supply at least one api group");
    if (resources?.length === 0) errors.required(`${at}.resources`, "resource rules must supply at least one resource");
  }
}

export function binding(
  errors: FieldErrors,
  object: JsonObject,
  { namespaced }: { readonly namespaced: boolean },
): void {
  const ref = record(object, "roleRef");
  if (text(ref, "apiGroup") !== group) errors.unsupported("roleRef.apiGroup", text(ref, "apiGroup"), [group]);
  errors.anyOf("roleRef.kind", text(ref, "kind"), namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]);
  const name = text(ref, "name");
  if (name === "") errors.required("roleRef.name");
  else errors.messages("roleRef.name", name, nameIsPathSegment(name));
  for (const [index, subject] of objects(object, "subjects").entries())
    subjectOf(errors, `subjects[${index}]`, subject, { namespaced });
}

function subjectOf(
  errors: FieldErrors,
  at: string,
  subject: JsonObject,
  { namespaced }: { readonly namespaced: boolean },
): void {
  const [name, kind, apiGroup] = [text(subject, "name"), text(subject, "kind"), text(subject, "apiGroup")];
  if (name === "") errors.required(`${at}.name`);
  if (kind === "ServiceAccount") {
    if (name !== "") errors.subdomain(`${at}.name`, name);
    if (apiGroup !== "") errors.unsupported(`${at}.apiGroup`, apiGroup, [""]);
    if (!namespaced && text(subject, "namespace") === "") errors.required(`${at}.namespace`);
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== group) errors.unsupported(`${at}.apiGroup`, apiGroup, [group]);
  } else errors.unsupported(`${at}.kind`, kind, ["ServiceAccount", "User", "Group"]);
}

export function bindingUpdate(
  errors: FieldErrors,
  object: JsonObject,
  { old, namespaced }: { readonly old: JsonObject; readonly namespaced: boolean },
): void {
  if (!sameJson(read(object, "roleRef"), read(old, "roleRef")))
    errors.invalid("roleRef", goStruct(record(object, "roleRef"), "RoleRef"), "cannot change roleRef");
  binding(errors, object, { namespaced });
}
