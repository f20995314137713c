import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";
import { describeStore } from "../testing/describe-store.ts";
import { startTestApi } from "../testing/start-test-api.ts";
import { encryptStore, parseEncryptionConfig, reencrypt } from "./node.ts";
import { aesGcm } from "./node/aes-gcm.ts";

const secretOf = (letter: string): string => btoa(letter.repeat(32));

/** Rules for secrets with keys of these names, in their order; `identity` is no key. */
function rules(keys: readonly string[], resources: readonly string[] = ["secrets"]) {
  const providers = keys.map((name) =>
    name === "identity" ? { identity: {} } : { aesgcm: { keys: [{ name, secret: secretOf(name[0]!) }] } },
  );
  return parseEncryptionConfig(
    {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources, providers }],
    },
    aesGcm,
  );
}

const key = "/registry/core/secrets/default/s";
const textOf = (store: Store, at = key): string => new TextDecoder().decode(store.get(at)!.bytes);
const put = (store: Store, text: string, at = key) =>
  store.commit([{ key: at, bytes: new TextEncoder().encode(text) }]);

const everything = [{ prefixes: ["/"], providers: rules(["a"])[0]!.providers }];
describeStore("an encrypted store", () => Promise.resolve(encryptStore(createMemoryStore(), everything)));

describe("encryption at rest", () => {
  it("keeps no secret in clear, whichever way it is written, and shows it to every reader", async () => {
    const store = createMemoryStore();
    await using api = await startTestApi({ store: encryptStore(store, rules(["a", "identity"])) });
    const watching = await api.call("GET", "/api/v1/secrets?watch=true&timeoutSeconds=1");
    const made = await api.call("POST", "/api/v1/namespaces/default/secrets", {
      metadata: { name: "s" },
      stringData: { password: "correct horse" },
    });
    expect(made.status).toBe(201);
    await api.patch("/api/v1/namespaces/default/secrets/s", "merge", { stringData: { more: "battery staple" } });
    const read = await api.call("GET", "/api/v1/namespaces/default/secrets/s");
    expect(read.body.data).toEqual({ password: btoa("correct horse"), more: btoa("battery staple") });
    expect(((await api.call("GET", "/api/v1/secrets")).body.items as unknown[]).length).toBe(1);
    expect((await api.lines(watching.response)).map(({ type }) => type)).toEqual(["ADDED", "MODIFIED"]);
    for (const at of [store.revision, store.revision - 1]) {
      const raw = new TextDecoder().decode(store.get(key, { at })!.bytes);
      expect(raw.startsWith("k8s:enc:aesgcm:v1:a:")).toBe(true);
      for (const part of [btoa("correct horse"), btoa("battery staple"), "password"]) expect(raw).not.toContain(part);
    }
    await api.call("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "c" }, data: { plain: "x" } });
    expect(textOf(store, "/registry/core/configmaps/default/c")).toContain('"plain":"x"');
  });

  it("rotates: a new key first, everything written again, the old key dropped", async () => {
    const store = createMemoryStore();
    await put(store, "from before");
    const first = encryptStore(store, rules(["a", "identity"]));
    expect(textOf(first)).toBe("from before");
    expect(await reencrypt(first)).toBe(1);
    expect(await reencrypt(first)).toBe(0);
    const second = encryptStore(store, rules(["b", "a"]));
    expect(textOf(second)).toBe("from before");
    expect(await reencrypt(second)).toBe(1);
    const third = encryptStore(store, rules(["b"]));
    expect(textOf(third)).toBe("from before");
    expect(textOf(store)).toMatch(/^k8s:enc:aesgcm:v1:b:/);
    // And back to clear.
    const off = encryptStore(store, rules(["identity", "b"]));
    expect(await reencrypt(off)).toBe(1);
    expect(textOf(store)).toBe("from before");
  });

  it("refuses a value of another place, a changed one, one in clear or under a key that it does not have", async () => {
    const store = createMemoryStore();
    const sealed = encryptStore(store, rules(["a"]));
    await put(sealed, "mine");
    const bytes = store.get(key)!.bytes;
    await store.commit([{ key: `${key}2`, bytes }]);
    expect(() => sealed.get(`${key}2`)).toThrow(/is not the one that it was encrypted with, or the value was changed/);
    const changed = bytes.slice();
    changed[changed.length - 20]! ^= 1;
    await store.commit([{ key: `${key}3`, bytes: changed }]);
    expect(() => sealed.get(`${key}3`)).toThrow(/unable to decrypt/);
    await put(store, "clear", `${key}4`);
    expect(() => sealed.get(`${key}4`)).toThrow(/stored in clear/);
    expect(() => encryptStore(store, rules(["b"])).get(key)).toThrow('has no key "a"');
  });

  it("forks with its keys", async () => {
    const sealed = encryptStore(createMemoryStore(), rules(["a"]));
    await put(sealed, "before");
    await using fork = sealed.fork();
    await put(fork, "after");
    expect([textOf(sealed), textOf(fork)]).toEqual(["before", "after"]);
  });

  it.each([
    [{ kind: "X" }, "kind: must be EncryptionConfiguration"],
    [{ resources: [{ resources: ["secrets"], providers: [{ aescbc: {} }] }] }, 'provider "aescbc" is not there'],
    [{ resources: [{ resources: ["secrets"], providers: [] }] }, "at least one provider is needed"],
    [
      {
        resources: [
          { resources: ["secrets"], providers: [{ aesgcm: { keys: [{ name: "a", secret: btoa("short") }] } }] },
        ],
      },
      "must be 16, 24 or 32 bytes in base64",
    ],
  ])("says where a configuration is wrong (%#)", (part, message) => {
    const config = { apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration", ...part };
    expect(() => parseEncryptionConfig(config, aesGcm)).toThrow(message);
  });
});
