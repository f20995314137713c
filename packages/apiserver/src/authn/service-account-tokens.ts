import { valueAt } from "@lateen/objects";
import { keyOf } from "../registry/resource.ts";
import type { Core } from "../server/core.ts";
import { readObject } from "../server/core.ts";
import type { UserInfo } from "../request/context.ts";
import { parseServiceAccount, serviceAccountGroups } from "./user.ts";

/** What a valid token says of its bearer. */
export interface TokenSubject {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/**
 * The service account that a token was issued to, while it, the object that the token is bound to and the token's time
 * last; undefined for anything else.
 */
export async function tokenSubject(core: Core, token: string): Promise<TokenSubject | undefined> {
  const claims = await core.tokens.verify(token);
  if (claims === undefined || claims.iss !== core.tokens.issuer) return undefined;
  const now = Math.floor(core.clock.now() / 1000);
  if (typeof claims.exp !== "number" || claims.exp <= now) return undefined;
  if (typeof claims.nbf === "number" && claims.nbf > now + 60) return undefined;
  const account = parseServiceAccount(String(claims.sub));
  if (account === undefined) return undefined;
  const uid = valueAt(claims, "kubernetes.io", "serviceaccount", "uid");
  if (uidOf(core, "serviceaccounts", account) !== uid) return undefined;
  const extra: Record<string, readonly string[]> = {
    "authentication.kubernetes.io/credential-id": [`JTI=${String(claims.jti)}`],
  };
  const isPodBound = valueAt(claims, "kubernetes.io", "pod", "name") !== undefined;
  for (const [kind, plural] of [
    ["pod", "pods"],
    ["secret", "secrets"],
    ["node", "nodes"],
  ] as const) {
    const name = valueAt(claims, "kubernetes.io", kind, "name");
    if (typeof name !== "string") continue;
    const namespace = kind === "node" ? undefined : account.namespace;
    const uid = valueAt(claims, "kubernetes.io", kind, "uid");
    // The node of a pod is told along; the token lives with the pod.
    const bound = uidOf(core, plural, { namespace, name });
    if (!(kind === "node" && isPodBound) && (bound === undefined || bound !== uid)) return undefined;
    if (kind === "secret") continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [name];
    if (typeof uid === "string") extra[`authentication.kubernetes.io/${kind}-uid`] = [uid];
  }
  const audiences = Array.isArray(claims.aud) ? claims.aud.map(String) : [String(claims.aud)];
  return {
    user: {
      username: String(claims.sub),
      uid: String(uid),
      groups: serviceAccountGroups(account.namespace),
      extra,
    },
    audiences,
  };
}

function uidOf(
  core: Core,
  plural: string,
  { namespace, name }: { readonly namespace: string | undefined; readonly name: string },
): string | undefined {
  const resource = core.table.lookup({ group: "", version: "v1", plural })!;
  return readObject(core, resource, keyOf(resource, namespace, name))?.metadata.uid;
}
