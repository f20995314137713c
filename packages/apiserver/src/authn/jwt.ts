import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { base64UrlToBytes, base64UrlToText } from "../read/base64.ts";

/** A JSON Web Token taken apart; its signature is not checked. */
export interface ParsedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

const maxLength = 64 * 1024;

/** Undefined for a text that is no token. */
export function parseJwt(token: string): ParsedJwt | undefined {
  const parts = token.split(".");
  if (parts.length !== 3 || token.length > maxLength) return undefined;
  try {
    const header = JSON.parse(base64UrlToText(parts[0]!)) as JsonValue;
    const claims = JSON.parse(base64UrlToText(parts[1]!)) as JsonValue;
    if (!isJsonObject(header) || !isJsonObject(claims)) return undefined;
    return {
      header,
      claims,
      signed: new TextEncoder().encode(`${parts[0]}.${parts[1]}`),
      signature: base64UrlToBytes(parts[2]!) as Uint8Array<ArrayBuffer>,
    };
  } catch {
    return undefined;
  }
}

interface Scheme {
  readonly kty: "RSA" | "EC";
  readonly imported:
    | { readonly name: string; readonly hash: string }
    | { readonly name: string; readonly namedCurve: string };
  readonly verified:
    | { readonly name: string }
    | { readonly name: string; readonly hash: string }
    | { readonly name: string; readonly saltLength: number };
}

const rsa = (name: string, bits: number): Scheme => ({
  kty: "RSA",
  imported: { name, hash: `SHA-${bits}` },
  verified: name === "RSA-PSS" ? { name, saltLength: bits / 8 } : { name },
});

const ec = (namedCurve: string, bits: number): Scheme => ({
  kty: "EC",
  imported: { name: "ECDSA", namedCurve },
  verified: { name: "ECDSA", hash: `SHA-${bits}` },
});

/** Algorithms with public keys (RFC 7518); those with shared secrets, and none, are not accepted. */
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ["RS256", rsa("RSASSA-PKCS1-v1_5", 256)],
  ["RS384", rsa("RSASSA-PKCS1-v1_5", 384)],
  ["RS512", rsa("RSASSA-PKCS1-v1_5", 512)],
  ["PS256", rsa("RSA-PSS", 256)],
  ["PS384", rsa("RSA-PSS", 384)],
  ["PS512", rsa("RSA-PSS", 512)],
  ["ES256", ec("P-256", 256)],
  ["ES384", ec("P-384", 384)],
  ["ES512", ec("P-521", 512)],
]);

/** Whether one of the keys (JSON Web Keys) signed the token, by its own algorithm. Keys for other algorithms are passed over. */
export async function isSignedBy(
  { header, signed, signature }: ParsedJwt,
  keys: readonly JsonObject[],
): Promise<boolean> {
  const { alg, kid } = header;
  const scheme = typeof alg === "string" ? schemes.get(alg) : undefined;
  if (scheme === undefined) return false;
  for (const key of keys) {
    if (key.kty !== scheme.kty || (typeof kid === "string" && typeof key.kid === "string" && key.kid !== kid)) continue;
    if ((key.alg !== undefined && key.alg !== alg) || (key.use !== undefined && key.use !== "sig")) continue;
    try {
      const { d: _, key_ops: __, ext: ___, ...publicKey } = key;
      const imported = await crypto.subtle.importKey("jwk", publicKey, scheme.imported, false, ["verify"]);
      if (await crypto.subtle.verify(scheme.verified, imported, signature, signed)) return true;
    } catch {
      // A key that cannot be read signs nothing.
    }
  }
  return false;
}
