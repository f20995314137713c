import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock, type JsonObject, type JsonValue } from "@lateen/base";
import { prepareTls } from "../listen/node.ts";
import { nodePlatform } from "../platform/node.ts";
import { bytesToBase64Url, textToBase64Url } from "../read/base64.ts";
import { oidcAuthenticator } from "./oidc.ts";
import { parseAuthenticationConfig } from "./oidc-config.ts";

const folders: string[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const algorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
} as const;

type Key = Parameters<typeof crypto.subtle.sign>[1];
interface KeyPair {
  readonly publicKey: Key;
  readonly privateKey: Key;
}

/** An issuer on this machine, over TLS. */
async function startIssuer() {
  const folder = mkdtempSync(join(tmpdir(), "lateen-oidc-"));
  folders.push(folder);
  const tls = prepareTls({ folder, host: "127.0.0.1" });
  const keys: { kid: string; alg: keyof typeof algorithms; pair: KeyPair }[] = [];
  let asked = 0;
  let shownIssuer: string | undefined;
  const server = createServer({ key: tls.serverKey, cert: tls.serverCertificate }, (request, response) => {
    const answer = async (): Promise<JsonValue> => {
      if (request.url === "/.well-known/openid-configuration") {
        return { issuer: shownIssuer ?? url, jwks_uri: `${url}/keys` };
      }
      asked++;
      const published = await Promise.all(
        keys.map(async ({ kid, alg, pair }) => ({
          ...((await crypto.subtle.exportKey("jwk", pair.publicKey)) as unknown as JsonObject),
          kid,
          alg,
          use: "sig",
        })),
      );
      return { keys: published };
    };
    void answer().then((value) => response.end(JSON.stringify(value)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const addKey = async (kid: string, alg: keyof typeof algorithms = "RS256"): Promise<void> => {
    const pair = (await crypto.subtle.generateKey(algorithms[alg], true, ["sign", "verify"])) as KeyPair;
    keys.push({ kid, alg, pair });
  };
  await addKey("one");
  return {
    url,
    ca: tls.ca,
    keys,
    addKey,
    asked: () => asked,
    pretend: (other: string) => void (shownIssuer = other),
    async sign(claims: JsonObject, kid = "one"): Promise<string> {
      const key = keys.find((one) => one.kid === kid)!;
      const signing = key.alg === "RS256" ? "RSASSA-PKCS1-v1_5" : { name: "ECDSA", hash: "SHA-256" };
      const text = `${textToBase64Url(JSON.stringify({ alg: key.alg, kid }))}.${textToBase64Url(JSON.stringify(claims))}`;
      const signature = await crypto.subtle.sign(signing, key.pair.privateKey, new TextEncoder().encode(text));
      return `${text}.${bytesToBase64Url(new Uint8Array(signature))}`;
    },
  };
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>;

const now = 1_800_000_000;

function start(issuer: Issuer, jwt: JsonObject = {}) {
  const { issuers } = parseAuthenticationConfig({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [
      {
        issuer: { url: issuer.url, audiences: ["lateen"], certificateAuthority: issuer.ca },
        claimMappings: { username: { claim: "sub", prefix: "oidc:" }, groups: { claim: "groups", prefix: "" } },
        ...jwt,
      },
    ],
  });
  const clock = createManualClock(now * 1000);
  const reasons: string[] = [];
  const log = ({ error = "" }: { error?: string | undefined }) => void reasons.push(error);
  const authenticate = oidcAuthenticator({ issuers, platform: nodePlatform, clock, log });
  const claims = (over: JsonObject = {}): JsonObject => ({
    iss: issuer.url,
    aud: "lateen",
    sub: "ann",
    exp: now + 60,
    groups: ["dev", "ops"],
    ...over,
  });
  return { authenticate, clock, reasons, claims };
}

describe("OIDC", () => {
  it("knows the bearer of a token, its name and groups with their prefixes", async () => {
    const issuer = await startIssuer();
    const { authenticate, claims } = start(issuer);
    expect(await authenticate(await issuer.sign(claims()))).toEqual({
      username: "oidc:ann",
      groups: ["dev", "ops"],
      uid: undefined,
    });
    await authenticate(await issuer.sign(claims({ sub: "bob" })));
    expect(issuer.asked()).toBe(1);
  });

  it("takes a new key of the issuer when a token names it, and does not ask all the time", async () => {
    const issuer = await startIssuer();
    const { authenticate, claims, clock } = start(issuer);
    await authenticate(await issuer.sign(claims()));
    await issuer.addKey("two", "ES256");
    const token = await issuer.sign(claims({ exp: now + 600 }), "two");
    expect(await authenticate(token)).toBeUndefined();
    await clock.advance(11_000);
    expect((await authenticate(token))?.username).toBe("oidc:ann");
    expect(issuer.asked()).toBe(2);
  });

  it.each<[string, JsonObject, RegExp]>([
    ["for another audience", { aud: ["other"] }, /another audience/],
    ["expired", { exp: now - 1 }, /expired/],
    ["without an end", { exp: null }, /expired/],
    ["not valid yet", { nbf: now + 400 }, /not valid yet/],
    ["without a name", { sub: "" }, /no name|empty/],
    ["with groups of another kind", { groups: [1] }, /neither a text nor a list/],
  ])("refuses a token %s", async (_, over, reason) => {
    const issuer = await startIssuer();
    const { authenticate, claims, reasons } = start(issuer, {
      claimMappings: { username: { claim: "sub", prefix: "" }, groups: { claim: "groups", prefix: "" } },
    });
    expect(await authenticate(await issuer.sign(claims(over)))).toBeUndefined();
    expect(reasons.join()).toMatch(reason);
  });

  it("refuses what nobody signed, what another signed, and another algorithm", async () => {
    const issuer = await startIssuer();
    const other = await startIssuer();
    const { authenticate, claims } = start(issuer);
    const good = await issuer.sign(claims());
    const [head, body, signature] = good.split(".") as [string, string, string];
    const forged = textToBase64Url(JSON.stringify(claims({ sub: "root" })));
    const none = textToBase64Url(JSON.stringify({ alg: "none" }));
    const shared = textToBase64Url(JSON.stringify({ alg: "HS256", kid: "one" }));
    for (const token of [
      `${head}.${forged}.${signature}`,
      await other.sign(claims()),
      `${none}.${body}.`,
      `${shared}.${body}.${signature}`,
      "nothing",
    ]) {
      expect(await authenticate(token)).toBeUndefined();
    }
    expect((await authenticate(good))?.username).toBe("oidc:ann");
  });

  it("believes no document of another issuer, and no certificate of another authority", async () => {
    const issuer = await startIssuer();
    const first = start(issuer);
    issuer.pretend("https://other.example.com");
    expect(await first.authenticate(await issuer.sign(first.claims()))).toBeUndefined();
    expect(first.reasons.join()).toContain("is of the issuer");
    const { ca } = await startIssuer();
    const second = start({ ...issuer, ca });
    expect(await second.authenticate(await issuer.sign(second.claims()))).toBeUndefined();
    expect(second.reasons.join()).toMatch(/certificate/);
  });

  it("demands claims, and makes the user by expressions", async () => {
    const issuer = await startIssuer();
    const { authenticate, claims, reasons } = start(issuer, {
      claimValidationRules: [
        { claim: "hd", requiredValue: "example.com" },
        { expression: "claims.exp - claims.iat <= 3600", message: "lives too long" },
      ],
      claimMappings: {
        username: { expression: "claims.email.split('@')[0]" },
        groups: { expression: "claims.roles.map(r, 'role:' + r)" },
        uid: { claim: "sub" },
        extra: [{ key: "example.com/tenant", valueExpression: "claims.tenant" }],
      },
      userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: "reserved name" }],
    });
    const good = { hd: "example.com", iat: now, email: "ann@example.com", roles: ["a"], tenant: "t" };
    expect(await authenticate(await issuer.sign(claims(good)))).toEqual({
      username: "ann",
      groups: ["role:a"],
      uid: "ann",
      extra: { "example.com/tenant": ["t"] },
    });
    for (const over of [{ hd: "x" }, { iat: now - 9000 }, { email: "system:admin@x" }]) {
      expect(await authenticate(await issuer.sign(claims({ ...good, ...over })))).toBeUndefined();
    }
    expect(reasons).toEqual(["required claim hd value does not match", "lives too long", "reserved name"]);
  });

  it.each<[JsonObject, string]>([
    [{ issuer: { url: "http://a", audiences: ["x"] } }, "jwt[0].issuer.url: must be an https URL"],
    [{ issuer: { url: "https://a" } }, "jwt[0].issuer.audiences: at least one audience"],
    [{ issuer: { url: "https://a", audiences: ["x"] } }, "jwt[0].claimMappings.username: a claim or an expression"],
    [
      { issuer: { url: "https://a", audiences: ["x"] }, claimMappings: { username: { expression: "claims.(" } } },
      "jwt[0].claimMappings.username: compilation failed",
    ],
  ])("says where a configuration is wrong (%#)", (jwt, message) => {
    const config = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [jwt] };
    expect(() => parseAuthenticationConfig(config)).toThrow(message);
  });
});
