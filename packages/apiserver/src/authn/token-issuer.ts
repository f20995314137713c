import { bytesToBase64Url, base64UrlToBytes, base64UrlToText, textToBase64Url } from "../read/base64.ts";

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

/** Signs and verifies JSON Web Tokens with ES256 (RFC 7519, RFC 7518). */
export class TokenIssuer {
  readonly issuer: string;
  readonly #key: Promise<ServiceAccountKey>;

  constructor(issuer: string, key: ServiceAccountKey | undefined) {
    this.issuer = issuer;
    this.#key = key === undefined ? createServiceAccountKey() : Promise.resolve(key);
  }

  async sign(claims: Claims): Promise<string> {
    const { d, ...rest } = await this.#key;
    const key = await crypto.subtle.importKey("jwk", { ...rest, d }, algorithm, false, ["sign"]);
    const head = textToBase64Url(JSON.stringify({ alg: "ES256", kid: await this.#keyId() }));
    const text = `${head}.${textToBase64Url(JSON.stringify(claims))}`;
    const signature = await crypto.subtle.sign(signing, key, new TextEncoder().encode(text));
    return `${text}.${bytesToBase64Url(new Uint8Array(signature))}`;
  }

  /** The claims of a token that this key signed; undefined for any other text. Times are the caller's to check. */
  async verify(token: string): Promise<Claims | undefined> {
    const parts = token.split(".");
    if (parts.length !== 3 || token.length > 16_384) return undefined;
    try {
      const header = JSON.parse(base64UrlToText(parts[0]!)) as { readonly alg?: string };
      if (header.alg !== "ES256") return undefined;
      const { d: _, ...rest } = await this.#key;
      const key = await crypto.subtle.importKey("jwk", rest, algorithm, false, ["verify"]);
      const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
      const signature = base64UrlToBytes(parts[2]!) as Uint8Array<ArrayBuffer>;
      if (!(await crypto.subtle.verify(signing, key, signature, signed))) return undefined;
      return JSON.parse(base64UrlToText(parts[1]!)) as Claims;
    } catch {
      return undefined;
    }
  }

  /** `/openid/v1/jwks`. */
  async jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }> {
    const { d: _, ...rest } = await this.#key;
    return { keys: [{ ...rest, use: "sig", alg: "ES256", kid: await this.#keyId() }] };
  }

  async #keyId(): Promise<string> {
    const { x } = await this.#key;
    return x.slice(0, 16);
  }
}
