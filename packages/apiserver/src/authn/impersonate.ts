import type { ApiRequest } from "@lateen/objects";
import type { UserInfo } from "../request/context.ts";
import { badRequest } from "../status/errors.ts";
import type { Attributes } from "../authz/attributes.ts";
import { anonymousUser, authenticated, parseServiceAccount, serviceAccountGroups } from "./user.ts";

export interface Impersonation {
  readonly user: UserInfo;
  /** What the real user must be allowed to. */
  readonly needs: readonly Attributes[];
}

const extraPrefix = "impersonate-extra-";

/** Who the caller wants to be, from the Impersonate headers; undefined without them. @throws BadRequest. */
export function impersonationOf(request: ApiRequest, caller: UserInfo): Impersonation | undefined {
  const name = headerValues(request, "impersonate-user")[0] ?? "";
  const groups = headerValues(request, "impersonate-group");
  const uid = headerValues(request, "impersonate-uid")[0];
  const extra = extraOf(request);
  if (name === "") {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0) {
      const list = groups.map((group) => JSON.stringify(group)).join(", ");
      const shown = groups.length === 0 ? "[]string(nil)" : `[]string{${list}}`;
      throw badRequest(
        `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid ?? "")}, Groups:${shown}, Extra:map[string][]string(nil)} without impersonating a user name`,
      );
    }
    return undefined;
  }
  const account = parseServiceAccount(name);
  const base = { user: caller, verb: "impersonate", group: "", version: "v1", kind: "resource" } as const;
  const needs: Attributes[] = [
    account === undefined
      ? { ...base, resource: "users", name }
      : { ...base, resource: "serviceaccounts", namespace: account.namespace, name: account.name },
    ...groups.map((group): Attributes => ({ ...base, resource: "groups", name: group })),
    ...(uid === undefined ? [] : [{ ...base, group: "authentication.k8s.io", resource: "uids", name: uid }]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map(
        (value): Attributes => ({
          ...base,
          group: "authentication.k8s.io",
          resource: "userextras",
          subresource: key,
          name: value,
        }),
      ),
    ),
  ];
  return {
    user: withOwnGroups({ username: name, groups, uid, ...(Object.keys(extra).length > 0 && { extra }) }),
    needs,
  };
}

function withOwnGroups(user: UserInfo): UserInfo {
  if (user.username === anonymousUser.username) {
    return { ...user, groups: user.groups.length > 0 ? user.groups : anonymousUser.groups };
  }
  const account = parseServiceAccount(user.username);
  const groups =
    account === undefined || user.groups.length > 0 ? user.groups : serviceAccountGroups(account.namespace);
  return authenticated({ ...user, groups });
}

function headerValues(request: ApiRequest, name: string): readonly string[] {
  const value = request.headers[name];
  if (value === undefined) return [];
  // Node joins repeated headers with ", "; group names hold no comma of that kind.
  const list = typeof value === "string" ? [value] : value;
  return name === "impersonate-group" ? list.flatMap((text) => text.split(", ")) : list;
}

function extraOf(request: ApiRequest): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(extraPrefix)) continue;
    const key = decodeURIComponentOr(name.slice(extraPrefix.length));
    extra[key] = headerValues(request, name);
  }
  return extra;
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
