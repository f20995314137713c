import { type Clock, errorMessage, isJsonObject, type JsonObject, type JsonValue, type Log } from "@lateen/base";
import { CelList, type CelValue, readDynamic } from "@lateen/cel";
import { objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { Platform } from "../platform/platform.ts";
import type { UserInfo } from "../request/context.ts";
import type { TokenAuthenticator } from "./authenticate.ts";
import { isSignedBy, type ParsedJwt, parseJwt } from "./jwt.ts";
import type { ClaimSource, JwtIssuer, Rule } from "./oidc-config.ts";

/** Clocks of issuers may be ahead by so much (go-oidc). */
const leewaySeconds = 300;
/** How often an issuer is asked for its keys at most, and how long it may take. */
const refreshMs = 10_000;
const fetchMs = 10_000;
const maxDocumentBytes = 1024 * 1024;
const costLimit = 10_000_000;

export interface OidcOptions {
  readonly issuers: readonly JwtIssuer[];
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Knows the bearers of ID tokens of these issuers (OpenID Connect Core 1.0, Discovery 1.0): signature by a key that the issuer
 * publishes, issuer, audience and times, then what the configuration demands of the claims and makes of them.
 */
export function oidcAuthenticator({ issuers, platform, clock, log }: OidcOptions): TokenAuthenticator {
  const known = new Map(
    issuers.map((issuer) => [issuer.url, { issuer, keys: new IssuerKeys(issuer, platform, clock) }]),
  );
  return async (token) => {
    const jwt = parseJwt(token);
    const found = known.get(textOf(jwt?.claims.iss));
    if (jwt === undefined || found === undefined) return undefined;
    try {
      return await userOf(jwt, found, clock);
    } catch (error) {
      log({ level: "warn", message: `a token of ${found.issuer.url} is refused`, error: errorMessage(error) });
      return undefined;
    }
  };
}

/** Why a token is refused; said to the log, never to the client. */
class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly code = "TokenRefused";
}

async function userOf(
  jwt: ParsedJwt,
  { issuer, keys }: { readonly issuer: JwtIssuer; readonly keys: IssuerKeys },
  clock: Clock,
): Promise<UserInfo> {
  const { claims } = jwt;
  if (!(await keys.haveSigned(jwt))) throw new TokenRefused("no key of the issuer has signed it");
  checkAudience(claims, issuer);
  checkTimes(claims, clock.now() / 1000);
  for (const { claim, value } of issuer.requiredClaims) {
    if (!Object.hasOwn(claims, claim)) throw new TokenRefused(`required claim ${claim} not present in ID token`);
    if (claims[claim] !== value) throw new TokenRefused(`required claim ${claim} value does not match`);
  }
  checkRules(issuer.claimRules, "claims", claims);
  const user: UserInfo = {
    username: usernameOf(claims, issuer.username),
    groups: issuer.groups === undefined ? [] : textsOf(claims, issuer.groups),
    uid: issuer.uid === undefined ? undefined : textsOf(claims, issuer.uid)[0],
    ...extraOf(claims, issuer),
  };
  checkRules(issuer.userRules, "user", { ...user, uid: user.uid ?? "" } as unknown as JsonObject);
  return user;
}

function checkAudience({ aud }: JsonObject, { audiences }: JwtIssuer): void {
  const given = Array.isArray(aud) ? aud.map(textOf) : [textOf(aud)];
  if (!audiences.some((audience) => given.includes(audience))) throw new TokenRefused("it is for another audience");
}

function checkTimes({ exp, nbf }: JsonObject, now: number): void {
  if (typeof exp !== "number" || exp <= now) throw new TokenRefused("it has expired");
  if (typeof nbf === "number" && nbf > now + leewaySeconds) throw new TokenRefused("it is not valid yet");
}

function checkRules(rules: readonly Rule[], variable: string, value: JsonObject): void {
  for (const { program, message, text } of rules) {
    if (program.run(new Map([[variable, readDynamic(value)]]), costLimit).value === true) continue;
    throw new TokenRefused(message === "" ? `validation expression '${text}' failed` : message);
  }
}

function usernameOf(claims: JsonObject, source: ClaimSource): string {
  const [name = ""] = textsOf(claims, source);
  if (name === "") throw new TokenRefused("the username is empty");
  if (source.kind === "claim" && source.claim === "email" && (claims.email_verified ?? true) !== true) {
    throw new TokenRefused("the email is not verified");
  }
  return name;
}

/** The values of a source; a text stands for a list of one, and what is absent for none. */
function textsOf(claims: JsonObject, source: ClaimSource): readonly string[] {
  if (source.kind === "claim") {
    const value = Object.hasOwn(claims, source.claim) ? claims[source.claim] : undefined;
    return texts(value).map((text) => source.prefix + text);
  }
  const { value } = source.program.run(new Map([["claims", readDynamic(claims)]]), costLimit);
  return celTexts(value);
}

function texts(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new TokenRefused("a claim that is mapped is neither a text nor a list of texts");
}

function celTexts(value: CelValue): readonly string[] {
  if (value === null || value === "") return [];
  if (typeof value === "string") return [value];
  if (value instanceof CelList) {
    return [...value].map((item) => {
      if (typeof item !== "string") throw new TokenRefused("an expression gives a list of other things than texts");
      return item;
    });
  }
  throw new TokenRefused("an expression gives neither a text nor a list of texts");
}

function extraOf(claims: JsonObject, { extra }: JwtIssuer): Pick<UserInfo, "extra"> {
  const entries = extra
    .map(({ key, source }) => [key, textsOf(claims, source)] as const)
    .filter(([, values]) => values.length > 0);
  return entries.length === 0 ? {} : { extra: Object.fromEntries(entries) };
}

/** The keys of one issuer: fetched when they are first needed, and again when a token names one that is not among them. */
class IssuerKeys {
  readonly #issuer: JwtIssuer;
  readonly #platform: Platform;
  readonly #clock: Clock;
  #keys: readonly JsonObject[] = [];
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(issuer: JwtIssuer, platform: Platform, clock: Clock) {
    this.#issuer = issuer;
    this.#platform = platform;
    this.#clock = clock;
  }

  async haveSigned(jwt: ParsedJwt): Promise<boolean> {
    if (await isSignedBy(jwt, this.#keys)) return true;
    if (this.#clock.now() - this.#fetchedMs < refreshMs && this.#fetching === undefined) return false;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    await this.#fetching;
    return isSignedBy(jwt, this.#keys);
  }

  async #fetch(): Promise<void> {
    this.#fetchedMs = this.#clock.now();
    const discovered = await this.#document(this.#issuer.discoveryUrl);
    if (discovered.issuer !== this.#issuer.url) {
      throw new TokenRefused(
        `the discovery document is of the issuer ${JSON.stringify(textOf(discovered.issuer))}, not ${JSON.stringify(this.#issuer.url)}`,
      );
    }
    const address = textOf(discovered.jwks_uri);
    if (!address.startsWith("https://"))
      throw new TokenRefused("the discovery document names no https address of keys");
    this.#keys = objectsOf((await this.#document(address)).keys);
  }

  async #document(url: string): Promise<JsonObject> {
    const platform = this.#platform;
    if (platform.forward === undefined) throw new Error("this server has no way to call out");
    const timeout = new AbortController();
    const cancel = this.#clock.timer(fetchMs, () => timeout.abort(new Error(`GET ${url} takes too long`)));
    try {
      const answer = await platform.forward({
        url,
        method: "GET",
        headers: { accept: "application/json" },
        body: undefined,
        trust: { ca: this.#issuer.certificateAuthority },
        signal: timeout.signal,
      });
      const decoder = new TextDecoder();
      let text = "";
      for await (const part of answer.body) {
        text += decoder.decode(part, { stream: true });
        if (text.length > maxDocumentBytes) throw new Error(`GET ${url}: the answer is too long`);
      }
      if (answer.status !== 200) throw new Error(`GET ${url}: ${answer.status}`);
      const value = JSON.parse(text) as JsonValue;
      if (!isJsonObject(value)) throw new Error(`GET ${url}: no object`);
      return value;
    } finally {
      cancel();
    }
  }
}
