/**
 * What a person sees who writes something wrong: each case through the real command against a real server, the whole output
 * kept beside this file and read by a person. `npx vitest run -u apps/cli` rewrites it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { runCommand } from "./run-command.ts";

const example = readFileSync(resolve(import.meta.dirname, "../../../examples/first-vela-app.yaml"), "utf8");

function changed(from: string, to: string): string {
  if (!example.includes(from)) throw new Error(`the example has no ${from}`);
  return example.replace(from, to);
}

const component = (name: string, properties: string, traits = ""): string =>
  `apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  components:\n    - name: ${name}\n      type: webservice\n      properties:\n${properties}${traits}`;

interface Case {
  readonly name: string;
  readonly text?: string;
  /** Made instead of a file with the text. */
  readonly make?: (path: string) => void;
  readonly accepted?: boolean;
}

const cases: readonly Case[] = [
  {
    name: "YAML that breaks off",
    text: "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  components:\n    - name: web\n     type: webservice\n",
  },
  { name: "a tab for indentation", text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: x\n" },
  { name: "an unknown component type", text: changed("type: webservice", "type: webservise") },
  { name: "an unknown trait type", text: changed("type: scaler", "type: scalar") },
  { name: "an unknown policy type", text: changed("type: topology", "type: topologie") },
  { name: "an unknown step type", text: changed("type: suspend", "type: suspended") },
  { name: "a wrong parameter type", text: changed("port: 8000", 'port: "8000"') },
  { name: "a wrong type in a trait", text: changed("replicas: 1", "replicas: many") },
  {
    name: "a value that is not among the allowed",
    text: component(
      "web",
      "        image: nginx\n        exposeType: Cluster\n        ports: [{port: 80, expose: true}]\n",
    ),
  },
  {
    name: "a missing required parameter",
    text: changed("        image: oamdev/hello-world\n", '        cpu: "0.5"\n'),
  },
  { name: "an unknown parameter", text: changed("image: oamdev/hello-world", "imgae: oamdev/hello-world") },
  {
    name: "an unknown nested parameter",
    text: component("web", "        image: nginx\n        ports: [{prot: 80, expose: true}]\n"),
  },
  {
    name: "two components of one name",
    text: component(
      "web",
      "        image: nginx\n",
      "    - name: web\n      type: worker\n      properties:\n        image: busybox\n",
    ),
  },
  {
    name: "a policy that a step names and nobody declares",
    text: changed('policies: ["target-default"]', 'policies: ["target-defautl"]'),
  },
  {
    name: "a trait that does not apply to the workload",
    text: "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  components:\n    - name: once\n      type: task\n      properties:\n        image: busybox\n      traits:\n        - type: scaler\n          properties:\n            replicas: 2\n",
    accepted: true,
  },
  {
    name: "an Application without components",
    text: "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\nspec: {}\n",
  },
  { name: "an unknown kind", text: "apiVersion: core.oam.dev/v1beta1\nkind: Aplication\nmetadata:\n  name: shop\n" },
  { name: "an object without a name", text: "apiVersion: v1\nkind: ConfigMap\ndata: {}\n" },
  { name: "a document that is no object", text: "- a\n- b\n" },
  { name: "an empty file", text: "" },
  { name: "only comments", text: "# nothing yet\n---\n" },
  { name: "a directory", make: (path) => mkdirSync(path) },
  { name: "a file that is not there", make: () => undefined },
  { name: "a file of 10 MB", make: (path) => writeFileSync(path, `a: ${"x".repeat(10 * 1024 * 1024)}\n`) },
  {
    name: "a definition in CUE that breaks off",
    text: 'web: {\n\ttype: "component"\n\tattributes: {}\n}\ntemplate: {\n\toutput: {\n',
  },
];

describe("wrong input", () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-bad-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, nodeMode: "simulated", log: silentLog });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    const { items } = await server.client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "Application" });
    for (const { metadata } of items) {
      await server.client.delete({
        apiVersion: "core.oam.dev/v1beta1",
        kind: "Application",
        namespace: metadata.namespace,
        name: metadata.name ?? "",
      });
    }
    await expect
      .poll(
        async () =>
          (await server.client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "Application" })).items.length,
        { timeout: 90_000 },
      )
      .toBe(0);
  });

  it.each(cases)(
    "$name is answered with what is wrong, where, and what to do",
    async ({ name, text, make, accepted = false }) => {
      const file = `${name.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.${/CUE/.test(name) ? "cue" : "yaml"}`;
      if (make === undefined) writeFileSync(join(folder, file), text ?? "");
      else make(join(folder, file));

      const { code, out, err } = await runCommand(
        ["up", "--no-wait", "-f", file, "--kubeconfig", server.kubeconfigPath],
        folder,
      );

      expect(code).toBe(accepted ? 0 : 1);
      await expect(`${err}${err !== "" && out !== "" ? "\n" : ""}${out}`).toMatchFileSnapshot(
        `../testdata/bad-input/${file.replace(/\.(yaml|cue)$/, ".txt")}`,
      );
      const { items } = await server.client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "Application" });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(accepted ? ["shop"] : []);
    },
  );
});
