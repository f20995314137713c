import type { JsonObject } from "@lateen/base";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { startTestCluster } from "@lateen/testkit";
import { defineStep } from "@lateen/workflow";
import { describe, expect, it } from "vitest";
import { createRunControllers, createStepProviders } from "./run-controllers.ts";
import { stepDefinitionOf } from "./step-definition.ts";

describe("a run whose step waits without a time-out", () => {
  it("says so in a condition after half an hour, and ends where its author wants that, all in virtual time", async () => {
    const gate = defineStep({ type: "gate", parameter: "", run: async (_, { wait }) => wait("for the moon") });
    await using cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
    await cluster.client.create(stepDefinitionOf(gate, "default"));
    cluster.start(createRunControllers(cluster, createStepProviders(cluster, { steps: [gate] })));
    const make = (name: string, annotations: JsonObject): Promise<KubeObject> =>
      cluster.client.create({
        apiVersion: "core.oam.dev/v1alpha1",
        kind: "WorkflowRun",
        metadata: { name, namespace: "default", annotations },
        spec: { workflowSpec: { steps: [{ name: "g", type: "gate" }] } },
      } as unknown as KubeObject);
    await make("patient", {});
    await make("strict", { "lateen.dev/fail-stalled-after": "40m" });
    const read = async (name: string): Promise<JsonObject> => {
      const reference = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun", namespace: "default", name };
      return valueAt(await cluster.client.get(reference), "status") as JsonObject;
    };
    const later = async (minutes: number): Promise<void> => {
      for (let i = 0; i < minutes; i++) {
        await cluster.clock.advance(60_000);
        await cluster.settled();
      }
    };
    await cluster.settled();
    await later(20);
    expect(valueAt(await read("patient"), "conditions")).toBeUndefined();
    await later(12);
    expect(valueAt(await read("patient"), "conditions", "0")).toMatchObject({
      type: "Stalled",
      status: "True",
      reason: "NoTimeout",
      message: expect.stringMatching(/^step g has waited since .*: for the moon \(it has no timeout;/) as unknown,
    });
    expect((await read("strict")).status).toBe("executing");
    await later(12);
    expect(await read("patient")).toMatchObject({ status: "executing", finished: false });
    expect(await read("strict")).toMatchObject({
      status: "terminated",
      finished: true,
      steps: [{ name: "g", phase: "failed", reason: "Terminate" }],
    });
  });
});
