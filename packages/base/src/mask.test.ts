import { describe, expect, it } from "vitest";
import { isSecretName, maskSecrets } from "./mask.ts";

describe("data that may be shown", () => {
  it("covers what a name says is secret, at any depth, and keeps the rest", () => {
    const shown = maskSecrets({
      from: { address: "a@b.c", password: "hunter2", port: 25 },
      header: { Authorization: "Bearer x", Accept: "text/plain" },
      list: [{ apiKey: "k", name: "n" }],
      credentials: { user: "u", parts: ["p", "q"] },
      empty: { token: "" },
    });
    expect(shown).toEqual({
      from: { address: "a@b.c", password: "***", port: 25 },
      header: { Authorization: "***", Accept: "text/plain" },
      list: [{ apiKey: "***", name: "n" }],
      credentials: { user: "***", parts: ["***", "***"] },
      empty: { token: "" },
    });
  });

  it("covers a Secret's data by its type, with what kubectl repeats of it", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{…}" } },
      data: { a: "YQ==" },
      stringData: { b: "b" },
    };
    expect(maskSecrets({ items: [secret] })).toEqual({
      items: [
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "s", annotations: { "kubectl.kubernetes.io/last-applied-configuration": "***" } },
          data: { a: "***" },
          stringData: { b: "***" },
        },
      ],
    });
  });

  it("keeps ordinary names and odd keys, and cuts long texts", () => {
    expect(["key", "name", "tokens_used_total", "monkey", "secretName"].some(isSecretName)).toBe(false);
    expect(["x-api-key", "AWS_SECRET_ACCESS_KEY", "dbPassword", "private_key"].every(isSecretName)).toBe(true);
    const odd = JSON.parse('{"__proto__": {"password": "p"}, "constructor": 1}') as never;
    expect(JSON.stringify(maskSecrets(odd))).toBe('{"__proto__":{"password":"***"},"constructor":1}');
    expect(maskSecrets("x".repeat(30), { maxText: 10 })).toBe("xxxxxxxxxx… (30 characters)");
  });
});
