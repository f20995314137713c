/** Workflows as a person looks at them and acts on them: the real command, a real server, a local HTTP service. */
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type KubeObject, readManifests } from "@lateen/objects";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { type CommandResult, runCommand } from "./run-command.ts";

const definition = `import ("vela/http"
"vela/kube")

ask: http.#HTTPPost & {$params: {
	url: parameter.url
	request: {body: parameter.text, header: Authorization: "Bearer very-secret"}
}}
keep: kube.#Apply & {$params: value: {
	apiVersion: "v1"
	kind:       "Secret"
	metadata: name: "kept"
	stringData: word: parameter.text
}}
parameter: {url: string, text: string}
`;

describe("lateen workflow", () => {
  let server: RunningServer;
  let folder: string;
  let url: string;
  const asked: string[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      asked.push(body);
      response.end(`heard ${body}`);
    });
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-cli-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    await server.client.create({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "WorkflowStepDefinition",
      metadata: { name: "ask", namespace: "default" },
      spec: { schematic: { cue: { template: definition } } },
    } as unknown as KubeObject);
    await server.client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "WorkflowRun",
      metadata: { name: "tour", namespace: "default" },
      spec: {
        workflowSpec: {
          steps: [
            {
              name: "first",
              type: "ask",
              properties: { url, text: "hello" },
              outputs: [{ name: "said", valueFrom: "ask.$returns.body" }],
            },
            { name: "approve", type: "suspend", timeout: "24h" },
            {
              name: "both",
              type: "step-group",
              subSteps: [
                { name: "left", type: "ask", properties: { url, text: "left" } },
                {
                  name: "right",
                  type: "ask",
                  properties: { url },
                  inputs: [{ from: "said", parameterKey: "text" }],
                  dependsOn: ["left"],
                },
              ],
            },
          ],
        },
      },
    } as unknown as KubeObject);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    http.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const lateen = (...args: readonly string[]): Promise<CommandResult> =>
    runCommand([...args, "--kubeconfig", server.kubeconfigPath], folder);

  async function until(text: string, ...args: readonly string[]): Promise<CommandResult> {
    const deadline = Date.now() + 90_000;
    for (;;) {
      const result = await lateen(...args);
      if (result.out.includes(text) || Date.now() > deadline) return result;
    }
  }

  it("lists runs and applications, and says at which step they are", async () => {
    const { out } = await until("suspending", "workflow", "list");
    expect(out).toMatch(/NAME +TYPE +PHASE +AT STEP +IT SAYS +AGE/);
    expect(out).toMatch(/tour +run +suspending +approve +Suspended by field suspend/);
  });

  it("shows each step with what it waits for", async () => {
    const { out } = await lateen("workflow", "show", "tour");
    expect(out).toMatch(/✔ first +ask +succeeded/);
    expect(out).toMatch(/⏸ approve +suspend +suspending .*waits for a person .*times out in 2[34]/);
    expect(out).toMatch(/ {2}○ right +ask +not started/);
  });

  it("draws who waits for whom, and as a flowchart", async () => {
    const { out } = await lateen("workflow", "graph", "tour");
    expect(out).toContain("○ both step-group  after approve");
    expect(out).toContain("   ○ right ask  after left");
    const chart = await lateen("workflow", "graph", "tour", "-o", "mermaid");
    expect(chart.out).toContain("flowchart TD");
    expect(chart.out).toContain('subgraph s2 ["both"]');
  });

  it("resumes a run and follows it to its end", async () => {
    const { code, out, err } = await lateen("workflow", "resume", "tour", "--timeout", "90s");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("WorkflowRun default/tour resumed");
    expect(out).toContain("✔ tour: succeeded");
    expect(asked).toEqual(["hello", "left", "heard hello"]);
    const again = await lateen("workflow", "resume", "tour");
    expect(again.code).toBe(1);
    expect(again.err).toContain("WorkflowRun default/tour is not suspended: its phase is succeeded");
  });

  it("tells what each step did, with secrets covered", async () => {
    const { out } = await lateen("workflow", "logs", "tour");
    expect(out).toContain("first  http.do");
    expect(out).toContain("heard hello");
    expect(out).toContain("kube.apply");
    expect(out).not.toContain("very-secret");
    expect(out).not.toMatch(/word: (?!["']?\*\*\*)/);
    const one = await lateen("workflow", "logs", "tour", "--step", "left");
    expect(one.out).not.toContain("first  http.do");
    const wrong = await lateen("workflow", "logs", "tour", "--step", "midle");
    expect(wrong.err).toContain("has no step midle: its steps are first, approve, both, left, right");
  });

  it("runs one step again on a copy, with other input, and shows the CUE that it came to", async () => {
    const before = asked.length;
    const { code, out } = await lateen("workflow", "debug", "tour", "--step", "left", "--rerun", "--set", "text=other");
    expect(code).toBe(0);
    expect(asked.slice(before)).toEqual(["other"]);
    expect(out).toContain('text: "other"');
    expect(out).toContain("heard other");
  });

  it("runs a step in a container, and hands on what it printed last", async () => {
    const step = (name: string, properties: object, more: object = {}) => ({
      name,
      type: "run-container",
      properties,
      ...more,
    });
    await server.client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "WorkflowRun",
      metadata: { name: "boxes", namespace: "default" },
      spec: {
        workflowSpec: {
          steps: [
            step(
              "ask",
              { image: "busybox", cmd: ["echo", '{"answer":"forty-two"}'] },
              { outputs: [{ name: "answer", valueFrom: "output.$returns.outputs.answer" }] },
            ),
            step(
              "say",
              { image: "busybox", cmd: ["printenv", "ANSWER"] },
              {
                inputs: [{ from: "answer", parameterKey: "env.ANSWER" }],
                outputs: [{ name: "said", valueFrom: "output.$returns.logs" }],
              },
            ),
            step("fail", { image: "busybox", cmd: ["false"] }),
          ],
        },
      },
    } as unknown as KubeObject);
    const { out } = await until("failed", "workflow", "list");
    expect(out).toMatch(/boxes +run +failed/);
    const shown = await lateen("workflow", "show", "boxes", "-o", "json");
    const { variables, status } = JSON.parse(shown.out) as {
      variables: Record<string, unknown>;
      status: { steps: { name: string; phase: string; reason: string }[] };
    };
    expect(variables).toEqual({ answer: "forty-two", said: "forty-two\n" });
    expect(status.steps.map(({ name, phase, reason }) => [name, phase, reason])).toEqual([
      ["ask", "succeeded", ""],
      ["say", "succeeded", ""],
      ["fail", "failed", "Action"],
    ]);
  });

  it("runs the examples of its document as they stand there", async () => {
    const document = readFileSync(resolve(import.meta.dirname, "../../../docs/workflow.md"), "utf8");
    const examples = [...document.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text]) => text!);
    expect(examples).toHaveLength(2);
    for (const text of examples) {
      const { objects, diagnostics } = readManifests(text, { source: "docs/workflow.md" });
      expect(diagnostics).toEqual([]);
      for (const object of objects)
        await server.client.create({ ...object, metadata: { namespace: "default", ...object.metadata } });
    }
    const shown = await until("suspended: go on", "workflow", "show", "release");
    expect(shown.out).toMatch(/✔ ask +run-container +succeeded/);
    const resumed = await lateen("workflow", "resume", "release", "--timeout", "90s");
    expect(resumed.out).toContain("✔ release: succeeded");
    const { variables } = JSON.parse((await lateen("workflow", "show", "release", "-o", "json")).out) as {
      variables: Record<string, unknown>;
    };
    expect(variables).toEqual({ version: "1.4" });
  });

  it("cannot roll a run back, and says so", async () => {
    const { code, err } = await lateen("workflow", "rollback", "tour");
    expect(code).toBe(1);
    expect(err).toContain("can not rollback a WorkflowRun");
  });

  it("says what there is when a name is wrong", async () => {
    const { code, err } = await lateen("workflow", "show", "tuor");
    expect(code).toBe(1);
    expect(err).toContain("no Application or WorkflowRun default/tuor");
  });
});
