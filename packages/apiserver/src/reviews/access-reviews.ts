import type { JsonObject } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject, valueAt } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import type { Attributes } from "../authz/attributes.ts";
import type { PolicyRule } from "../authz/rules.ts";
import { compact, listOf, specOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest, UserInfo } from "../request/context.ts";
import { badRequest, invalid } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { reviewed } from "./user-reviews.ts";

/** POST of the three reviews that ask for one thing: of oneself, of another, of another in one namespace. */
export function reviewAccess(request: ResourceRequest): Promise<Answer> {
  const { kind } = request.resource;
  const { object } = decodeBody(request, kind, parseBody(request, kind));
  const self = kind.kind === "SelfSubjectAccessReview";
  const spec = specOf(object);
  const errors = specErrors(spec, self);
  if (errors.length > 0) throw invalid({ group: kind.group, kind: "", name: "" }, errors);
  if (kind.kind === "LocalSubjectAccessReview") checkLocal(request, object);
  const user = self ? request.user : userOf(spec);
  const decision = request.core.rbac.authorize(attributesOf(spec, user));
  const status: JsonObject = {
    allowed: decision.kind === "allowed",
    ...(decision.reason !== "" && { reason: decision.reason }),
  };
  const metadata = (object.metadata ?? {}) as JsonObject;
  return Promise.resolve(reviewed(request, { metadata, spec, status }));
}

function specErrors(spec: JsonObject, self: boolean): FieldError[] {
  const resource = valueAt(spec, "resourceAttributes") ?? null;
  const path = valueAt(spec, "nonResourceAttributes") as JsonObject | undefined;
  const errors: FieldError[] = [];
  if (resource !== null && path !== undefined && path !== null) {
    const shown = { Path: textOf(path.path), Verb: textOf(path.verb) };
    errors.push(
      invalidField("spec.nonResourceAttributes", shown, "cannot be specified in combination with resourceAttributes"),
    );
  }
  if (resource === null && (path === undefined || path === null)) {
    errors.push(
      invalidField(
        "spec.resourceAttributes",
        null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
      ),
    );
  }
  if (!self && textOf(spec.user) === "" && listOf(spec.groups).length === 0) {
    errors.push(invalidField("spec.user", "", "at least one of user or group must be specified"));
  }
  return errors;
}

function checkLocal(request: ResourceRequest, object: KubeObject): void {
  const asked = textOf(valueAt(object, "spec", "resourceAttributes", "namespace"));
  if (asked !== request.namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${request.namespace}`);
  }
}

function userOf(spec: JsonObject): UserInfo {
  return { username: textOf(spec.user), uid: textOf(spec.uid) || undefined, groups: listOf(spec.groups).map(textOf) };
}

function attributesOf(spec: JsonObject, user: UserInfo): Attributes {
  const path = valueAt(spec, "nonResourceAttributes");
  if (path !== undefined && path !== null) {
    return { user, kind: "path", verb: textOf(valueAt(path, "verb")), path: textOf(valueAt(path, "path")) };
  }
  const resource = valueAt(spec, "resourceAttributes");
  const member = (name: string): string | undefined => textOf(valueAt(resource, name)) || undefined;
  return {
    user,
    kind: "resource",
    verb: member("verb") ?? "",
    group: member("group"),
    version: member("version"),
    resource: member("resource"),
    subresource: member("subresource"),
    namespace: member("namespace"),
    name: member("name"),
  };
}

/** POST `selfsubjectrulesreviews`: everything that I may do in a namespace. */
export function reviewRules(request: ResourceRequest): Promise<Answer> {
  const { kind } = request.resource;
  const { object } = decodeBody(request, kind, parseBody(request, kind));
  const namespace = textOf(specOf(object).namespace);
  if (namespace === "") throw badRequest("no namespace on request");
  const rules: PolicyRule[] = request.user.groups.includes("system:masters")
    ? [
        { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
        { verbs: ["*"], nonResourceURLs: ["*"] },
      ]
    : [...request.core.rbac.grants(request.user, namespace)].map(({ rule }) => rule);
  return Promise.resolve(
    reviewed(request, {
      metadata: {},
      spec: {},
      status: {
        resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0).map(ordered),
        nonResourceRules: rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0).map(ordered),
        incomplete: false,
      },
    }),
  );
}

/** Members in the order of the Go type, as clients that compare texts see them. */
function ordered({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): JsonObject {
  return compact({ verbs, apiGroups, resources, resourceNames, nonResourceURLs });
}
