import { parseFieldSelectorName } from "../read/selection.ts";
import type { Query } from "../request/query.ts";
import type { UserInfo } from "../request/context.ts";
import type { ResourcePath } from "../request/request-info.ts";
import { statusError } from "../status/errors.ts";
import type { Attributes } from "./attributes.ts";

/** What a request to a resource asks leave for (requestinfo.go). */
export function resourceAttributes(
  user: UserInfo,
  path: ResourcePath,
  { method, query }: { readonly method: string; readonly query: Query },
): Attributes {
  const isNamespace = path.group === "" && path.resource === "namespaces";
  const collection = path.name === undefined;
  const byName = collection && method === "GET" ? parseFieldSelectorName(query.get("fieldSelector")) : undefined;
  return {
    user,
    kind: "resource",
    verb: requestVerb(method, path, query.flag("watch")),
    group: path.group,
    version: path.version,
    resource: path.resource,
    subresource: path.subresource,
    namespace: path.namespace ?? (isNamespace ? path.name : undefined),
    name: path.name ?? byName,
  };
}

function requestVerb(method: string, path: ResourcePath, watch: boolean): string {
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
      if (path.watch) return "watch";
      return collection ? (watch ? "watch" : "list") : "get";
    default:
      return method.toLowerCase();
  }
}

export function pathAttributes(user: UserInfo, path: string, method: string): Attributes {
  return { user, kind: "path", verb: method.toLowerCase(), path };
}

/** The 403 of a request that no rule allows. */
export function forbiddenRequest(asked: Attributes, reason: string, named: boolean): Error {
  const why = reason === "" ? "" : `: ${reason}`;
  const who = `User ${JSON.stringify(asked.user.username)}`;
  if (asked.kind === "path") {
    const text = `forbidden: ${who} cannot ${asked.verb} path ${JSON.stringify(asked.path)}${why}`;
    return statusError(403, "Forbidden", text, {});
  }
  const { group = "", resource = "", subresource, namespace, name } = asked;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const scope = namespace === undefined ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const shown = group === "" ? resource : `${resource}.${group}`;
  const subject = named && name !== undefined ? `${shown} ${JSON.stringify(name)}` : shown;
  const text = `${subject} is forbidden: ${who} cannot ${asked.verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}${why}`;
  return statusError(403, "Forbidden", text, {
    ...(named && name !== undefined && { name }),
    ...(group !== "" && { group }),
    kind: resource,
  });
}
