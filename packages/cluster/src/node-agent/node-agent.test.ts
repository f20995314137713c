import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { imageName, loadImageCatalog } from "./images.ts";
import { LogFile, logPath, maxFileBytes, readLog } from "./log-file.ts";
import { planContainer } from "./plan-container.ts";
import { expandVariables } from "./container-env.ts";
import { createProcessHost } from "./process-host.ts";

const bundled = fileURLToPath(new URL("../../images", import.meta.url));
const catalog = loadImageCatalog({ bundled: [bundled] });

describe("an image's name", () => {
  it("is its repository without registry defaults, tag and digest", () => {
    expect(
      [
        "nginx",
        "nginx:1.25",
        "docker.io/library/nginx@sha256:ab",
        "docker.io/oamdev/hello-world:v1",
        "reg:5000/a/b:1",
      ].map(imageName),
    ).toEqual(["nginx", "nginx", "nginx", "oamdev/hello-world", "reg:5000/a/b"]);
  });
});

describe("a container's plan", () => {
  it("runs an image that is known, and its own commands", () => {
    expect(planContainer({ name: "c", image: "oamdev/hello-world" }, { catalog, mode: "process" })).toMatchObject({
      kind: "process",
      command: ["node", "server.mjs"],
      port: 8000,
    });
    expect(
      planContainer({ name: "c", image: "busybox:1.36", command: ["/bin/sleep", "5"] }, { catalog, mode: "process" }),
    ).toMatchObject({
      kind: "process",
      command: ["node", "applets.mjs", "sleep", "5"],
    });
  });

  it("never runs a manifest's command on this machine, but where the node was told to", () => {
    const container = { name: "c", image: "busybox", command: ["sh", "-c", "rm -rf /"] };
    expect(planContainer(container, { catalog, mode: "process" }).kind).toBe("simulated");
    expect(planContainer(container, { catalog, mode: "strict" })).toMatchObject({
      kind: "refused",
      reason: "CreateContainerError",
    });
    expect(planContainer(container, { catalog, mode: "process-shell" })).toMatchObject({
      kind: "process",
      command: container.command,
    });
  });

  it("simulates an image that is not known, or refuses it when strict", () => {
    expect(planContainer({ name: "c", image: "acme/shop:1" }, { catalog, mode: "process" })).toEqual({
      kind: "simulated",
      why: 'image "acme/shop:1" is not known to this node',
    });
    expect(planContainer({ name: "c", image: "acme/shop:1" }, { catalog, mode: "strict" })).toMatchObject({
      reason: "ImagePullBackOff",
    });
  });

  it("prefers the user's mapping to a bundled image", () => {
    const mapped = loadImageCatalog({
      bundled: [bundled],
      mappings: [{ image: "nginx", folder: "/src", run: "npm start" }],
    });
    expect(
      planContainer({ name: "c", image: "nginx:1.25", command: ["x"] }, { catalog: mapped, mode: "strict" }),
    ).toMatchObject({ shell: true, command: ["npm start"], folder: "/src" });
  });
});

describe("variables in a container's texts", () => {
  it("are expanded where known, and kept where not", () => {
    expect(expandVariables("$(A)-$(B)-$$(A)-$(constructor)", { A: "1" })).toBe("1-$(B)-$(A)-$(constructor)");
  });
});

describe("a log", () => {
  it("gives the last lines, and then what follows, each once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-log-"));
    const path = logPath(folder, { podUid: "u", container: "c", run: 0 });
    const log = new LogFile(path, () => 0);
    const stop = new AbortController();
    const write = (text: string): void => log.write("stdout", new TextEncoder().encode(text));
    write("one\ntwo\nth");
    const seen: string[] = [];
    const reading = (async () => {
      for await (const bytes of readLog(path, log, {
        follow: true,
        tailLines: 1,
        timestamps: false,
        signal: stop.signal,
      })) {
        seen.push(new TextDecoder().decode(bytes));
        if (seen.length === 1) write("ree\n");
      }
    })();
    await expect.poll(() => seen.length).toBe(2);
    log[Symbol.dispose]();
    await reading;
    expect(seen).toEqual(["two\n", "three\n"]);
    rmSync(folder, { recursive: true });
  });
});

describe("a log that grows", () => {
  it("is rotated by size, keeps two older files, and is read across them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-log-"));
    const path = logPath(folder, { podUid: "u", container: "c", run: 0 });
    const log = new LogFile(path, () => 0);
    const line = `${"x".repeat(15_000)}\n`;
    const lines = Math.ceil((4 * maxFileBytes) / line.length);
    for (let n = 0; n < lines; n++) log.write("stdout", new TextEncoder().encode(`${n} ${line}`));
    log[Symbol.dispose]();
    expect(readdirSync(join(folder, "u", "c")).toSorted()).toEqual(["0.log", "0.log.1", "0.log.2"]);
    let text = "";
    const perFile = Math.floor(maxFileBytes / line.length);
    const { signal } = new AbortController();
    for await (const bytes of readLog(path, undefined, {
      follow: false,
      tailLines: perFile,
      timestamps: false,
      signal,
    }))
      text += new TextDecoder().decode(bytes);
    const numbers = text
      .trimEnd()
      .split("\n")
      .map((each) => Number(each.split(" ")[0]));
    expect(numbers).toEqual(Array.from({ length: perFile }, (_, i) => lines - perFile + i));
    rmSync(folder, { recursive: true });
  });
});

describe("the process host", () => {
  it("runs programs, gives their output and exit, and ends them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-host-"));
    const host = createProcessHost(folder);
    let output = "";
    const spec = {
      shell: false,
      folder,
      env: { PATH: process.env.PATH ?? "" },
      onOutput: (_: string, bytes: Uint8Array) => void (output += new TextDecoder().decode(bytes)),
    };
    const echo = await host.start({ ...spec, command: ["node", "-e", "console.log('hi'); process.exit(3)"] });
    expect(await echo.exited).toEqual({ code: 3 });
    expect(output).toBe("hi\n");
    const missing = await host.start({ ...spec, command: ["no-such-program"] });
    expect((await missing.exited).code).toBe(127);
    const sleeper = await host.start({ ...spec, command: ["sleep", "100"] });
    await host[Symbol.asyncDispose]();
    expect((await sleeper.exited).signal).toBe("SIGTERM");
    rmSync(folder, { recursive: true });
  });
});
