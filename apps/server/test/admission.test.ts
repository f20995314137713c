/** What the server refuses and completes before it stores an object of its own kinds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type RunningServer, startServer } from "../src/embedded.ts";

describe("a WorkflowRun at admission", () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-admission-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (name: string, spec: Record<string, unknown>): Promise<KubeObject> =>
    server.client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "WorkflowRun",
      metadata: { namespace: "default", name },
      spec,
    } as unknown as KubeObject);

  it("gets names for its steps without one", async () => {
    const run = await create("unnamed", {
      workflowSpec: { steps: [{ type: "suspend" }, { type: "step-group", subSteps: [{ type: "suspend" }] }] },
    });

    expect(valueAt(run, "spec", "workflowSpec", "steps")).toMatchObject([
      { name: "step-0" },
      { name: "step-1", subSteps: [{ name: "step-1-0" }] },
    ]);
  });

  it("is refused when two steps have one name, with the field", async () => {
    const steps = [
      { name: "wait", type: "suspend" },
      { name: "wait", type: "suspend" },
    ];
    await expect(create("twice", { workflowSpec: { steps } })).rejects.toThrow(
      /"twice" is invalid: field "spec\.workflowSpec\.steps".*duplicated step name/,
    );
  });

  it("is refused when it refers to a Workflow that is not there, and taken when it is", async () => {
    await expect(create("lost", { workflowRef: "nowhere" })).rejects.toThrow(/"nowhere" not found/);

    await server.client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "Workflow",
      metadata: { namespace: "default", name: "somewhere" },
      steps: [{ name: "wait", type: "suspend" }],
    } as unknown as KubeObject);
    expect((await create("found", { workflowRef: "somewhere" })).metadata.name).toBe("found");
  });
});
