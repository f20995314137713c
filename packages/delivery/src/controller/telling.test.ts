import { conditionOf } from "@lateen/controller";
import { valueAt } from "@lateen/objects";
import { afterEach, describe, expect, it } from "vitest";
import { type DeliveryFixture, startDelivery, webApplication } from "../testing/delivery-fixture.ts";

const open: DeliveryFixture[] = [];
const begin = async (): Promise<DeliveryFixture> => {
  const fixture = await startDelivery();
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

describe("what an Application's delivery tells", () => {
  it("tells each stage once as an event, again for a new revision", async () => {
    const { apply, run, events, client } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    const first = ["Parsed", "Revisioned", "PolicyGenerated", "Rendered", "Applied", "Deployed"].map(
      (one) => `Normal ${one}`,
    );
    expect(await events("shop")).toEqual(first);

    await client.patch(
      { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default", name: "shop" },
      { kind: "merge", value: { metadata: { annotations: { touched: "1" } } } },
    );
    await run();
    expect(await events("shop")).toEqual(first);

    await apply(webApplication("shop", { front: "shop:2" }));
    await run();
    expect(await events("shop")).toEqual(first.map((one) => `${one} 2`));
  });

  it("tells a failure once, with the stage that failed", async () => {
    const { apply, settle, events, application, metrics } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }).replace("type: webservice", "type: nothing"));
    await settle({ withinMs: 120_000 });

    expect(await events("shop")).toEqual(["Warning FailedParse"]);
    const shop = await application("shop");
    expect(conditionOf(shop as { status?: unknown }, "Parsed")).toMatchObject({
      status: "False",
      reason: "ReconcileError",
    });
    expect(conditionOf(shop as { status?: unknown }, "Ready")).toMatchObject({
      status: "False",
      reason: "ReconcileError",
    });
    expect(metrics.value("application_phase_number", { phase: "rendering" })).toBe(1);
  });

  it("counts phases and steps, and forgets an application that is gone", async () => {
    const { apply, run, remove, settle, metrics } = await begin();
    await apply(webApplication("shop", { front: "shop:1", back: "shop:1" }));
    await run();
    expect(metrics.value("application_phase_number", { phase: "running" })).toBe(1);
    const step = { step_type: "builtin-apply-component", phase: "succeeded" };
    expect(metrics.value("workflow_step_phase_number", step)).toBe(2);
    expect(metrics.value("workflow_finished_time_seconds", { phase: "succeeded" })).toBe(1);
    expect(metrics.text()).toContain('kubevela_app_reconcile_time_seconds_count{stage="gc-rt"}');

    await remove("core.oam.dev/v1beta1", "Application", "shop");
    await settle({ withinMs: 10_000 });
    expect(metrics.value("application_phase_number", { phase: "running" })).toBe(0);
    expect(metrics.value("workflow_step_phase_number", step)).toBe(0);
  });

  it("leaves health to a policy that says it judges it", async () => {
    const { apply, settle, client, phase, application } = await begin();
    await apply(`apiVersion: core.oam.dev/v1beta1
kind: PolicyDefinition
metadata: {name: judged, namespace: vela-system}
spec:
  manageHealthCheck: true
  schematic: {cue: {template: "output: {apiVersion: \\"v1\\", kind: \\"ConfigMap\\", data: a: parameter.a}\\nparameter: a: string"}}
`);
    await settle();
    const text = webApplication(
      "shop",
      { front: "shop:1" },
      { policies: "[{name: judge, type: judged, properties: {a: b}}]" },
    );
    await apply(text);
    await settle();
    await client.patch(
      { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" },
      {
        kind: "merge",
        value: { status: { observedGeneration: 9, replicas: 1, updatedReplicas: 1, readyReplicas: 1 } },
      },
      { subresource: "status" },
    );
    await settle();
    expect(await phase("shop")).toBe("running");
    await client.patch(
      { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" },
      { kind: "merge", value: { status: { readyReplicas: 0 } } },
      { subresource: "status" },
    );
    await settle();
    expect(valueAt((await application("shop")).status, "services", 0, "healthy")).toBe(false);
    expect(await phase("shop")).toBe("running");
  });
});
