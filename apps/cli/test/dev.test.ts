/** `lateen dev` as it runs without a terminal: server and delivery in one, each save validated, told and delivered. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { createClient } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";
import { runCommand } from "./run-command.ts";

const example = readFileSync(resolve(import.meta.dirname, "../../../examples/first-vela-app.yaml"), "utf8");

describe("lateen dev", () => {
  it("delivers at the start and after each save, and leaves alone what runs when a save is wrong", {
    timeout: 90_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-dev-"));
    const file = join(folder, "app.yaml");
    writeFileSync(file, example);
    const stop = new AbortController();
    let seen = "";
    const says = (text: string | RegExp): Promise<void> =>
      expect
        .poll(() => (typeof text === "string" ? seen.includes(text) : text.test(seen)) || seen, {
          timeout: 90_000,
          interval: 50,
        })
        .toBe(true);
    const running = runCommand(
      ["dev", "app.yaml", "--data-dir", "data", "--port", "0", "--node", "simulated", "--create-namespace", "prod"],
      folder,
      {
        signal: stop.signal,
        onOutput: (text) => (seen += text),
      },
    );
    try {
      await says("Application default/first-vela-app created");
      await says("suspended at manual-approval");

      seen = "";
      writeFileSync(file, example.replace("port: 8000", "port: eighty"));
      await says(/app\.yaml:12:19: spec\.components\[0\]\.properties\.ports\[0\]\.port: expected int, found "eighty"/);
      await says("not delivered; what runs is left as it is");

      seen = "";
      writeFileSync(file, `${example}  bad indentation\n`);
      await says(/app\.yaml:\d+:\d+: /);
      expect(seen).not.toContain("configured");

      seen = "";
      writeFileSync(file, example.replace("image: oamdev/hello-world", "image: nginx"));
      await says('~ spec.components.express-server.properties.image: "oamdev/hello-world" → "nginx"');
      await says("Application default/first-vela-app configured");
      await says("first-vela-app: workflowSuspending");
    } finally {
      stop.abort();
    }
    const { code } = await running;
    expect(code).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes the definitions beside the file, and delivers again when one of them is saved", {
    timeout: 90_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lateen-dev-"));
    mkdirSync(join(folder, "definitions"));
    const definition = (text: string): string =>
      `greeting: {\n\ttype: "component"\n\tattributes: workload: definition: {\n\t\tapiVersion: "v1"\n\t\tkind:       "ConfigMap"\n\t}\n}\ntemplate: {\n\toutput: {\n\t\tapiVersion: "v1"\n\t\tkind:       "ConfigMap"\n\t\tdata: text: "${text} \\(parameter.who)"\n\t}\n\tparameter: who: string\n}\n`;
    writeFileSync(join(folder, "definitions/greeting.cue"), definition("Hello"));
    writeFileSync(
      join(folder, "app.yaml"),
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: hi\nspec:\n  components:\n    - name: hi\n      type: greeting\n      properties:\n        who: you\n",
    );
    const stop = new AbortController();
    let seen = "";
    const says = (text: string | RegExp): Promise<void> =>
      expect
        .poll(() => (typeof text === "string" ? seen.includes(text) : text.test(seen)) || seen, {
          timeout: 90_000,
          interval: 50,
        })
        .toBe(true);
    const running = runCommand(
      ["dev", "app.yaml", "--data-dir", "data", "--port", "0", "--node", "simulated"],
      folder,
      { signal: stop.signal, onOutput: (text) => (seen += text) },
    );
    try {
      await says(/hi: running/);
      seen = "";
      writeFileSync(join(folder, "definitions/greeting.cue"), definition("Goodbye"));
      await says(
        `~ spec.schematic.cue.template, line 4: data: text: "Hello \\(parameter.who)" → data: text: "Goodbye \\(parameter.who)"`,
      );
      await says("a definition has changed: default/hi is delivered again");
      const client = createClient({ transport: createNodeTransport(join(folder, "data/kubeconfig")) });
      const read = () => client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "hi" });
      await expect.poll(async () => (await read())["data"], { timeout: 90_000 }).toEqual({ text: "Goodbye you" });

      seen = "";
      writeFileSync(join(folder, "definitions/greeting.cue"), definition("Goodbye").replace("output: {", "output: {{"));
      await says(/definitions\/greeting\.cue:\d+:\d+: /);
      await says("not delivered; what runs is left as it is");
    } finally {
      stop.abort();
    }
    expect((await running).code).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
