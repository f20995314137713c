import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type ServerOptions, startServer } from "../src/embedded.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lateen-security-"));
  folders.push(folder);
  return folder;
}

const start = (folder: string, options: Partial<ServerOptions>) =>
  startServer({ dataDir: join(folder, "data"), port: 0, parts: "bare", log: silentLog, ...options });

function encryption(folder: string, names: readonly string[]): string {
  const path = join(folder, `encryption-${names.join("-")}.yaml`);
  const keys = names.map((name) => `          - {name: ${name}, secret: ${btoa(name.repeat(32))}}`);
  writeFileSync(
    path,
    [
      "apiVersion: apiserver.config.k8s.io/v1",
      "kind: EncryptionConfiguration",
      "resources:",
      "  - resources: [secrets]",
      "    providers:",
      "      - aesgcm:",
      "          keys:",
      ...keys,
      "      - identity: {}",
      "",
    ].join("\n"),
  );
  return path;
}

/** Whether any file of the store holds the text. */
function storeHolds(folder: string, text: string): boolean {
  const store = join(folder, "data", "store");
  return readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text));
}

const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", namespace: "default" },
  data: { password: btoa("correct horse battery staple") },
};
const reference = { apiVersion: "v1", kind: "Secret", namespace: "default", name: "s" };

describe("the server's security files", () => {
  it("keeps secrets encrypted on the disk, and reads them after a restart with another key first", async () => {
    const folder = newFolder();
    const { signal } = new AbortController();
    {
      await using server = await start(folder, { encryptionConfig: encryption(folder, ["a"]) });
      await server.client.create(secret, { signal });
    }
    expect(storeHolds(folder, secret.data.password)).toBe(false);
    expect(storeHolds(folder, "k8s:enc:aesgcm:v1:a:")).toBe(true);
    {
      await using server = await start(folder, { encryptionConfig: encryption(folder, ["b", "a"]) });
      expect((await server.client.get(reference, { signal }))["data"]).toEqual(secret.data);
      await expect.poll(() => storeHolds(folder, "k8s:enc:aesgcm:v1:b:"), { timeout: 90_000 }).toBe(true);
    }
    await using server = await start(folder, { encryptionConfig: encryption(folder, ["b"]) });
    expect((await server.client.get(reference, { signal }))["data"]).toEqual(secret.data);
  }, 60_000);

  it("writes the audit log by its policy, and says which file it cannot read and why", async () => {
    const folder = newFolder();
    const policy = join(folder, "policy.yaml");
    writeFileSync(
      policy,
      "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Request\n",
    );
    const log = join(folder, "audit.log");
    {
      await using server = await start(folder, { auditLog: log, auditPolicy: policy });
      await server.client.create(secret, { signal: new AbortController().signal });
    }
    const line = readFileSync(log, "utf8")
      .trimEnd()
      .split("\n")
      .find((text) => text.includes('"secrets"'));
    expect(JSON.parse(line!)).toMatchObject({ level: "Metadata", stage: "ResponseComplete", verb: "create" });
    expect(readFileSync(log, "utf8")).not.toContain(secret.data.password);
    writeFileSync(policy, "kind: Policy");
    await expect(start(folder, { auditLog: log, auditPolicy: policy })).rejects.toThrow(
      `read the audit policy ${policy}: apiVersion: must be audit.k8s.io/v1`,
    );
    await expect(start(folder, { encryptionConfig: join(folder, "none") })).rejects.toThrow(
      "read the encryption configuration",
    );
  }, 60_000);
});
