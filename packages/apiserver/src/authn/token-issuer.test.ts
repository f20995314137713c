import { describe, expect, it } from "vitest";
import { createServiceAccountKey, TokenIssuer } from "./token-issuer.ts";

describe("TokenIssuer", () => {
  it("verifies what it signed, also after a restart with the same key", async () => {
    const key = await createServiceAccountKey();
    const token = await new TokenIssuer("https://issuer", key).sign({ sub: "a" });
    expect(await new TokenIssuer("https://issuer", key).verify(token)).toEqual({ sub: "a" });
  });

  it("goes on believing an older key while a newer one signs, and publishes both", async () => {
    const [older, newer] = [await createServiceAccountKey(), await createServiceAccountKey()];
    const token = await new TokenIssuer("https://issuer", older).sign({ sub: "a" });
    const rotated = new TokenIssuer("https://issuer", [newer, older]);
    expect(await rotated.verify(token)).toEqual({ sub: "a" });
    expect(await new TokenIssuer("https://issuer", newer).verify(token)).toBeUndefined();
    expect(await new TokenIssuer("https://issuer", newer).verify(await rotated.sign({ sub: "b" }))).toEqual({
      sub: "b",
    });
    expect((await rotated.jwks()).keys.map(({ d, x }) => [d, x])).toEqual([
      [undefined, newer.x],
      [undefined, older.x],
    ]);
  });

  it("knows no token of another key, changed claims, or another algorithm", async () => {
    const issuer = new TokenIssuer("https://issuer", undefined);
    const other = new TokenIssuer("https://issuer", undefined);
    const token = await issuer.sign({ sub: "a" });
    expect(await other.verify(token)).toBeUndefined();
    const [head, , signature] = token.split(".");
    expect(await issuer.verify(`${head}.${btoa('{"sub":"b"}')}.${signature}`)).toBeUndefined();
    expect(await issuer.verify(`${btoa('{"alg":"none"}')}.${btoa('{"sub":"b"}')}.`)).toBeUndefined();
    expect(await issuer.verify("not.a.token")).toBeUndefined();
  });
});
