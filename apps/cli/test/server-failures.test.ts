/** A server that cannot start whole does not start: a clear message, a non-zero exit. */
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { startServer } from "@lateen/server/embedded";
import { runCommand } from "./run-command.ts";

describe("lateen server", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lateen-fail-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const serve = (dataDir: string, ...args: readonly string[]) =>
    runCommand(["server", "--bare", "--data-dir", dataDir, "--port", "0", ...args], folder);

  it("refuses a port that is taken, with what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => taken.once("listening", done));
    const { port } = taken.address() as AddressInfo;
    try {
      const { code, err } = await serve("data", "--port", String(port));
      expect(code).toBe(1);
      expect(err).toContain(`127.0.0.1:${port}`);
      expect(err).toContain("--port");
    } finally {
      taken.close();
    }
  });

  it("refuses a data directory that another server holds", async () => {
    await using _server = await startServer({ dataDir: join(folder, "data"), port: 0, parts: "bare", log: silentLog });
    const { code, err } = await serve("data");
    expect(code).toBe(1);
    expect(err).toMatch(/process \d+ has this data directory/);
  });

  it("refuses a data directory that cannot be one", async () => {
    writeFileSync(join(folder, "file"), "");
    for (const path of ["file", "file/below"]) {
      const { code, err } = await serve(path);
      expect(code).toBe(1);
      expect(err).toContain("--data-dir");
    }
  });

  it("refuses a damaged store instead of dying of it", async () => {
    const dataDir = join(folder, "data");
    await (await startServer({ dataDir, port: 0, parts: "bare", log: silentLog }))[Symbol.asyncDispose]();
    const store = join(dataDir, "store");
    for (const name of readdirSync(store, { recursive: true, encoding: "utf8" })) {
      const path = join(store, name);
      if (statSync(path).isFile() && name.endsWith(".mdb") && !/lock/.test(name))
        truncateSync(path, Math.floor(statSync(path).size / 3));
    }
    const { code, err } = await serve("data");
    expect(code).toBe(1);
    expect(err).toMatch(/damaged/);
  });

  it("refuses flags that mean nothing", async () => {
    expect((await serve("data", "--port", "abc")).err).toContain("a port is a number from 0 to 65535");
    expect((await serve("data", "--node", "docker")).err).toContain("one of process, process-shell, strict, simulated");
    expect((await runCommand(["sever"], folder)).err).toContain('did you mean "server"?');
  });

  it("continues where it was on the same data directory", async () => {
    const options = { dataDir: join(folder, "data"), port: 0, parts: "bare", log: silentLog } as const;
    await using first = await startServer(options);
    await first.client.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept", namespace: "default" },
    });
    await first[Symbol.asyncDispose]();
    await using second = await startServer(options);
    expect(
      (await second.client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "kept" })).metadata
        .name,
    ).toBe("kept");
  });
});
