import type { JsonObject } from "@lateen/base";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { type DefinedStep, defineStep } from "@lateen/workflow";
import { afterEach, describe, expect, it } from "vitest";
import { createRunControllers, createStepProviders } from "./run-controllers.ts";
import { stepDefinitionOf } from "./step-definition.ts";

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster[Symbol.asyncDispose]();
});

async function runOf(steps: readonly DefinedStep[], written: readonly JsonObject[]) {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  for (const step of steps) await cluster.client.create(stepDefinitionOf(step, "default"));
  cluster.start(createRunControllers(cluster, createStepProviders(cluster, { steps })));
  await cluster.client.create({
    apiVersion: "core.oam.dev/v1alpha1",
    kind: "WorkflowRun",
    metadata: { name: "demo", namespace: "default" },
    spec: { workflowSpec: { steps: written } },
  } as unknown as KubeObject);
  await cluster.settled();
  const read = async (): Promise<JsonObject> => {
    const reference = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun", namespace: "default", name: "demo" };
    return valueAt(await cluster.client.get(reference), "status") as JsonObject;
  };
  return { cluster, read };
}

const stepsOf = (status: JsonObject): readonly (readonly unknown[])[] =>
  (status.steps as readonly JsonObject[]).map(({ name, phase, reason, message }) => [name, phase, reason, message]);

describe("a step in TypeScript", () => {
  it("gets its parameter with defaults, and its result is output for later steps", async () => {
    const seen: JsonObject[] = [];
    const add = defineStep<{ readonly a: number; readonly b: number }>({
      type: "add",
      parameter: "a: int\nb: *10 | int",
      run: async ({ a, b }, { context, stepName }) => {
        seen.push({ a, b, run: context.name!, stepName });
        return { sum: a + b };
      },
    });
    const { read } = await runOf(
      [add],
      [
        { name: "one", type: "add", properties: { a: 1 }, outputs: [{ name: "sum", valueFrom: "output.sum" }] },
        { name: "two", type: "add", properties: { b: 2 }, inputs: [{ from: "sum", parameterKey: "a" }] },
      ],
    );
    expect((await read()).status).toBe("succeeded");
    expect(seen).toEqual([
      { a: 1, b: 10, run: "demo", stepName: "one" },
      { a: 11, b: 2, run: "demo", stepName: "two" },
    ]);
  });

  it("is not run with a parameter of the wrong type: the step says which field", async () => {
    let ran = 0;
    const add = defineStep({ type: "add", parameter: "a: int", run: async () => void ran++ });
    const { read } = await runOf([add], [{ name: "one", type: "add", properties: { a: "one" } }]);
    const [[, phase, reason, message]] = stepsOf(await read()) as [readonly string[]];
    expect([phase, reason, ran]).toEqual(["failed", "Execute", 0]);
    expect(message).toMatch(/a/);
    expect(message).toMatch(/conflicting values|mismatched types/);
  });

  it("waits, is visited again, and fails for good when it says so", async () => {
    let open = false;
    const gate = defineStep({
      type: "gate",
      parameter: "",
      run: async (_, { wait, fail }) => (open ? fail("too late") : wait("until it opens")),
    });
    const { cluster, read } = await runOf([gate], [{ name: "g", type: "gate" }]);
    expect(stepsOf(await read())).toEqual([["g", "running", "Wait", "until it opens"]]);
    open = true;
    await cluster.settled({ withinMs: 60_000 });
    expect(stepsOf(await read())).toEqual([["g", "failed", "Action", "too late"]]);
    expect((await read()).status).toBe("failed");
  });

  it("does what it does outside once, though a later part of it is tried again", async () => {
    const keys: string[] = [];
    let tries = 0;
    const send = defineStep({
      type: "send",
      parameter: "",
      run: async (_, { once }) => {
        const { at } = await once("mail", async (key) => {
          keys.push(key);
          return { at: "now" };
        });
        return { at: at! };
      },
    });
    const flaky = defineStep({
      type: "flaky",
      parameter: "",
      run: async () => {
        if (++tries < 3) throw new Error("no answer");
      },
    });
    const { cluster, read } = await runOf(
      [send, flaky],
      [
        { name: "s", type: "send" },
        { name: "f", type: "flaky" },
      ],
    );
    await cluster.settled({ withinMs: 60_000 });
    expect((await read()).status).toBe("succeeded");
    expect(keys).toHaveLength(1);
    expect(tries).toBe(3);
  });

  it("has a type that is a name", () => {
    expect(() => defineStep({ type: "Bad Name", parameter: "", run: async () => undefined })).toThrow(
      'defineStep: "Bad Name" is no name of a step type',
    );
  });
});
