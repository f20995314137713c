import type { UserInfo } from "../request/context.ts";

export const anonymousUser: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** The user as the rest of the server sees it: a member of `system:authenticated` unless anonymous. */
export function authenticated(user: UserInfo): UserInfo {
  if (user.groups.includes("system:authenticated") || user.username === "system:anonymous") return user;
  return { ...user, groups: [...user.groups, "system:authenticated"] };
}

/** Groups that every service account is in. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

export function serviceAccountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** `system:serviceaccount:NAMESPACE:NAME` taken apart. */
export function parseServiceAccount(
  username: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [system, kind, namespace, name, ...more] = username.split(":");
  if (system !== "system" || kind !== "serviceaccount" || !namespace || !name || more.length > 0) return undefined;
  return { namespace, name };
}
