/** Complaints of KubeVela's users about deliveries, each rebuilt; the number is that of its tracker. */
import { valueAt } from "@lateen/objects";
import { afterEach, describe, expect, it } from "vitest";
import { type DeliveryFixture, startDelivery, webApplication } from "../src/testing/delivery-fixture.ts";

const oam = "core.oam.dev/v1beta1";
const open: DeliveryFixture[] = [];
const begin = async (): Promise<DeliveryFixture> => {
  const fixture = await startDelivery();
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

describe("KubeVela 7045", () => {
  it("leaves runningWorkflow when a wrong image is mended", async () => {
    const { apply, settle, run, phase, client, application } = await begin();
    await apply(webApplication("shop", { front: "shop:wrong" }));
    await settle();
    // The image cannot be pulled: the Deployment stays unready, for hours.
    await settle({ withinMs: 3_600_000 });
    expect(await phase("shop")).toBe("runningWorkflow");
    expect(valueAt((await application("shop")).status, "workflow", "steps", 0)).toMatchObject({ phase: "running" });

    await apply(webApplication("shop", { front: "shop:right" }));
    await run();
    expect(await phase("shop")).toBe("running");
    expect(
      valueAt(
        await client.get({ apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" }),
        "spec",
        "template",
        "spec",
        "containers",
        0,
        "image",
      ),
    ).toBe("shop:right");
  });
});

describe("KubeVela 6584", () => {
  const trait = (suffix: string): string => `apiVersion: ${oam}
kind: TraitDefinition
metadata: {name: mark, namespace: default}
spec: {schematic: {cue: {template: "patch: metadata: annotations: mark: \\"${suffix}\\"\\nparameter: {}"}}}
`;
  it("leaves running applications alone when a definition changes, but for those that follow it", async () => {
    const { apply, run, find, client } = await begin();
    await apply(trait("old"));
    await run();
    const marked = (name: string, annotations?: string): string =>
      webApplication(name, { [`${name}-web`]: "shop:1" }, annotations === undefined ? {} : { annotations }).replace(
        "traits: [",
        "traits: [{type: mark}, ",
      );
    await apply(marked("still"));
    await apply(marked("following", 'app.oam.dev/autoUpdate: "true"'));
    await run();
    const markOf = async (name: string): Promise<unknown> =>
      valueAt(await find("apps/v1", "Deployment", `${name}-web`), "metadata", "annotations", "mark");
    expect([await markOf("still"), await markOf("following")]).toEqual(["old", "old"]);

    await apply(trait("new"));
    await run();
    for (const name of ["still", "following"])
      await client.patch(
        { apiVersion: oam, kind: "Application", namespace: "default", name },
        { kind: "merge", value: { metadata: { annotations: { touched: "1" } } } },
      );
    await run();
    expect([await markOf("still"), await markOf("following")]).toEqual(["old", "new"]);
  });
});

describe("KubeVela 6981", () => {
  it("leaves the replicas to an autoscaler, in repair and in the next delivery, also without a policy", async () => {
    const { apply, run, find, client, application } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    const reference = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" };
    await client.patch(
      reference,
      { kind: "merge", value: { spec: { replicas: 7 } } },
      { fieldManager: "horizontal-pod-autoscaler", subresource: "scale" },
    );
    await run();
    expect(valueAt(await find("apps/v1", "Deployment", "front"), "spec", "replicas")).toBe(7);

    await apply(webApplication("shop", { front: "shop:2" }));
    await run();
    const deployment = await find("apps/v1", "Deployment", "front");
    expect(valueAt(deployment, "spec", "replicas")).toBe(7);
    expect(valueAt(deployment, "spec", "template", "spec", "containers", 0, "image")).toBe("shop:2");
    expect(valueAt((await application("shop")).status, "appliedResources", 0)).toMatchObject({
      leftToOthers: ["spec.replicas: horizontal-pod-autoscaler"],
    });
  });

  it("puts right what a person has scaled by hand", async () => {
    const { apply, run, find, client } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    await client.patch(
      { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" },
      { kind: "merge", value: { spec: { replicas: 7 } } },
      { fieldManager: "kubectl-edit" },
    );
    await run();
    expect(valueAt(await find("apps/v1", "Deployment", "front"), "spec", "replicas")).toBe(1);
  });

  it("copies an apply-once path from the live object", async () => {
    const { apply, run, find, client } = await begin();
    const policies =
      "[{name: once, type: apply-once, properties: {enable: true, rules: [{selector: {resourceTypes: [Deployment]}, strategy: {path: [spec.replicas]}}]}}]";
    await apply(webApplication("shop", { front: "shop:1" }, { policies }));
    await run();
    await client.patch(
      { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" },
      { kind: "merge", value: { spec: { replicas: 3 } } },
      { fieldManager: "somebody" },
    );
    await apply(webApplication("shop", { front: "shop:2" }, { policies }));
    await run();
    expect(valueAt(await find("apps/v1", "Deployment", "front"), "spec", "replicas")).toBe(3);
  });
});
