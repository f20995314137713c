import { bytesToBase64Url, textToBase64Url } from "../read/base64.ts";
import { isSignedBy, parseJwt } from "./jwt.ts";

/** The private key of service account tokens as a JWK (EC, P-256), so that it survives restarts. */
export interface ServiceAccountKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

export type Claims = Readonly<Record<string, unknown>>;

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const signing = { name: "ECDSA", hash: "SHA-256" };

/** Makes a key for a new data directory. */
export async function createServiceAccountKey(): Promise<ServiceAccountKey> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const { x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { kty: "EC", crv: "P-256", x: x!, y: y!, d: d! };
}

type Keys = readonly [ServiceAccountKey, ...ServiceAccountKey[]];

/** Signs JSON Web Tokens with ES256 (RFC 7519, RFC 7518) by its first key, and verifies those of all its keys. */
export class TokenIssuer {
  readonly issuer: string;
  readonly #keys: Promise<Keys>;
  #signer: Promise<CryptoKey> | undefined;

  constructor(issuer: string, keys: ServiceAccountKey | readonly ServiceAccountKey[] | undefined) {
    this.issuer = issuer;
    const [first, ...others] = keys === undefined ? [] : "kty" in keys ? [keys] : keys;
    this.#keys =
      first === undefined
        ? createServiceAccountKey().then((key): Keys => [key])
        : Promise.resolve<Keys>([first, ...others]);
  }

  async sign(claims: Claims): Promise<string> {
    const [first] = await this.#keys;
    this.#signer ??= crypto.subtle.importKey("jwk", { ...first }, algorithm, false, ["sign"]);
    const head = textToBase64Url(JSON.stringify({ alg: "ES256", kid: keyIdOf(first) }));
    const text = `${head}.${textToBase64Url(JSON.stringify(claims))}`;
    const signature = await crypto.subtle.sign(signing, await this.#signer, new TextEncoder().encode(text));
    return `${text}.${bytesToBase64Url(new Uint8Array(signature))}`;
  }

  /** The claims of a token that one of the keys signed; undefined for any other text. Times are the caller's to check. */
  async verify(token: string): Promise<Claims | undefined> {
    const jwt = parseJwt(token);
    if (jwt === undefined || jwt.header.alg !== "ES256") return undefined;
    const { keys } = await this.jwks();
    return (await isSignedBy(jwt, keys)) ? jwt.claims : undefined;
  }

  /** `/openid/v1/jwks`. */
  async jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }> {
    const keys = await this.#keys;
    return { keys: keys.map((key) => ({ ...publicPart(key), use: "sig", alg: "ES256", kid: keyIdOf(key) })) };
  }
}

type CryptoKey = Parameters<typeof crypto.subtle.sign>[1];

function publicPart({ kty, crv, x, y }: ServiceAccountKey): Omit<ServiceAccountKey, "d"> {
  return { kty, crv, x, y };
}

function keyIdOf({ x }: ServiceAccountKey): string {
  return x.slice(0, 16);
}
