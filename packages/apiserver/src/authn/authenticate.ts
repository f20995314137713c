import type { ApiRequest } from "@lateen/objects";
import type { Peer, UserInfo } from "../request/context.ts";
import { base64UrlToText } from "../read/base64.ts";
import { unauthorized } from "../status/errors.ts";
import { anonymousUser, authenticated } from "./user.ts";

/** Knows the bearer of a token; undefined when the token is none of its own. */
export type TokenAuthenticator = (token: string) => Promise<UserInfo | undefined>;

export interface AuthenticateOptions {
  readonly tokens: readonly TokenAuthenticator[];
  /** Whether a request without credentials may be made at all. */
  readonly anonymous: boolean;
}

/**
 * Who sends the request: the in-process caller, the client certificate, the bearer token, nobody. A certificate wins over a
 * token; a token that nobody knows is never anonymous.
 * @throws Unauthorized.
 */
export async function authenticate(
  request: ApiRequest,
  peer: Peer,
  { tokens, anonymous }: AuthenticateOptions,
): Promise<UserInfo> {
  if (peer.user !== undefined) return authenticated(peer.user);
  if (peer.certificate !== undefined) {
    const { commonName, organizations } = peer.certificate;
    return authenticated({ username: commonName, groups: organizations });
  }
  const token = bearerToken(request);
  if (token === undefined) {
    if (!anonymous) throw unauthorized();
    return anonymousUser;
  }
  for (const knows of tokens) {
    const user = await knows(token);
    if (user !== undefined) return authenticated(user);
  }
  throw unauthorized();
}

const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** The token of `Authorization: Bearer …`, or of a WebSocket's subprotocol, where browsers must put it. */
function bearerToken(request: ApiRequest): string | undefined {
  const header = request.headers.authorization;
  const text = typeof header === "string" ? header : header?.[0];
  const [scheme = "", token = ""] = (text ?? "").trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer" && token !== "") return token;
  const offered = request.headers["sec-websocket-protocol"];
  const protocols = (typeof offered === "string" ? offered : (offered ?? []).join(",")).split(",");
  const encoded = protocols.map((one) => one.trim()).find((one) => one.startsWith(protocolPrefix));
  if (encoded === undefined) return undefined;
  try {
    return base64UrlToText(encoded.slice(protocolPrefix.length));
  } catch {
    return undefined;
  }
}

export interface StaticToken extends UserInfo {
  readonly token: string;
}

/** Tokens of a file, compared without telling by time how much of one was right. */
export function staticTokens(tokens: readonly StaticToken[]): TokenAuthenticator {
  return (given) => {
    let found: UserInfo | undefined;
    for (const { token, ...user } of tokens) if (equalTexts(token, given)) found = user;
    return Promise.resolve(found);
  };
}

function equalTexts(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < right.length; i++)
    difference |= right.charCodeAt(i) ^ left.charCodeAt(i % Math.max(1, left.length));
  return difference === 0;
}

/**
 * The static token file of kube-apiserver: CSV lines `token,user,uid[,"group1,group2"]`.
 * @throws SyntaxError naming the line.
 */
export function parseTokenFile(text: string): readonly StaticToken[] {
  const tokens: StaticToken[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = csvFields(line);
    const [token = "", username = "", uid = "", groups = ""] = fields;
    if (token === "" || username === "" || fields.length < 3) {
      throw new SyntaxError(`token file, line ${index + 1}: want token,user,uid[,"groups"]`);
    }
    tokens.push({
      token,
      username,
      uid,
      groups: groups
        .split(",")
        .map((group) => group.trim())
        .filter((group) => group !== ""),
    });
  }
  return tokens;
}

function csvFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll('""', '"'),
  );
}
