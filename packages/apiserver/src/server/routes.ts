import type { Answer } from "../answer/answer.ts";
import { getObject } from "../read/get.ts";
import { listObjects } from "../read/list.ts";
import { watchObjects } from "../read/watch.ts";
import type { ResourceRequest, Verb } from "../request/context.ts";
import type { ResourcePath } from "../request/request-info.ts";
import type { Resource } from "../registry/resource.ts";
import { methodNotAllowed, noSuchResource, PageNotFound } from "../status/errors.ts";
import { createObject } from "../write/create.ts";
import { deleteCollection, deleteObject } from "../write/delete.ts";
import { patchObject } from "../write/patch.ts";
import { bindPod } from "../subresources/binding.ts";
import { reviewAccess, reviewRules } from "../reviews/access-reviews.ts";
import { reviewSelf, reviewToken } from "../reviews/user-reviews.ts";
import { readMetrics } from "../reviews/metrics.ts";
import { readComponentStatus } from "../reviews/component-status.ts";
import { proxyRequest } from "../subresources/proxy.ts";
import { refuseWithoutUpgrade } from "../subresources/connect.ts";
import { evictPod } from "../subresources/eviction.ts";
import { issueToken } from "../subresources/token.ts";
import { readLog } from "../subresources/log.ts";
import { handleScale } from "../subresources/scale.ts";
import { updateObject } from "../write/update.ts";

/** What a method means on a path (requestinfo.go). */
export function verbOf(method: string, path: ResourcePath, watch: boolean): Verb {
  const collection = path.name === undefined;
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return collection ? "deletecollection" : "delete";
    case "GET":
    case "HEAD":
      if (path.watch || watch) return path.subresource === undefined ? "watch" : "get";
      return collection ? "list" : "get";
    default:
      throw methodNotAllowed();
  }
}

/** Whether the scope of the path is that of the kind. Lists and watches of namespaced kinds may go over all namespaces. */
export function checkScope(resource: Resource, path: ResourcePath): void {
  const { namespaced } = resource.kind;
  const wrong = namespaced ? path.namespace === undefined && path.name !== undefined : path.namespace !== undefined;
  if (wrong) throw resource.custom === undefined ? noSuchResource() : new PageNotFound();
}

/** @throws MethodNotAllowed where the resource does not know the verb in this place. */
export function checkMethod(resource: Resource, path: ResourcePath, verb: Verb): void {
  const { kind } = resource;
  const collection = path.name === undefined;
  const onCollection = verb === "create" || verb === "list" || verb === "deletecollection";
  if (path.subresource === undefined) {
    if (verb !== "watch" && onCollection !== collection) throw methodNotAllowed();
    if (!kind.verbs.includes(verb)) throw methodNotAllowed();
    if (kind.namespaced && path.namespace === undefined && (verb === "create" || verb === "deletecollection")) {
      throw methodNotAllowed();
    }
  }
}

export function dispatch(request: ResourceRequest): Promise<Answer> {
  const special = request.subresource === undefined ? specialOf(request) : subresources[request.subresource];
  if (special !== undefined) return special(request);
  switch (request.verb) {
    case "get":
      return getObject(request);
    case "list":
      return listObjects(request);
    case "watch":
      return watchObjects(request);
    case "create":
      return createObject(request);
    case "update":
      return updateObject(request);
    case "patch":
      return patchObject(request);
    case "delete":
      return deleteObject(request);
    case "deletecollection":
      return deleteCollection(request);
    default:
      return Promise.reject(methodNotAllowed());
  }
}

/** Subresources that are not simply another way to the object. */
const subresources: Readonly<Record<string, (request: ResourceRequest) => Promise<Answer>>> = {
  scale: handleScale,
  binding: bindPod,
  attach: refuseWithoutUpgrade,
  eviction: evictPod,
  exec: refuseWithoutUpgrade,
  log: readLog,
  portforward: refuseWithoutUpgrade,
  proxy: proxyRequest,
  token: issueToken,
};

/** Kinds that are asked rather than stored. */
const asked: Readonly<Record<string, (request: ResourceRequest) => Promise<Answer>>> = {
  "/Binding": bindPod,
  "/ComponentStatus": readComponentStatus,
  "metrics.k8s.io/NodeMetrics": readMetrics,
  "metrics.k8s.io/PodMetrics": readMetrics,
  "authentication.k8s.io/SelfSubjectReview": reviewSelf,
  "authentication.k8s.io/TokenReview": reviewToken,
  "authorization.k8s.io/SelfSubjectAccessReview": reviewAccess,
  "authorization.k8s.io/SubjectAccessReview": reviewAccess,
  "authorization.k8s.io/LocalSubjectAccessReview": reviewAccess,
  "authorization.k8s.io/SelfSubjectRulesReview": reviewRules,
};

function specialOf({ resource }: ResourceRequest): ((request: ResourceRequest) => Promise<Answer>) | undefined {
  return asked[`${resource.kind.group}/${resource.kind.kind}`];
}
