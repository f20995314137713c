/** Complaints of KubeVela's users about what was deleted, or not, each rebuilt; the number is that of its tracker. */
import { type KubeObject, valueAt } from "@lateen/objects";
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
const imageOf = (deployment: KubeObject | undefined): unknown =>
  valueAt(deployment, "spec", "template", "spec", "containers", 0, "image");

describe("KubeVela 7278", () => {
  it("keeps what the spec names through fast edits A, B, A and their collection of garbage", async () => {
    const { apply, run, find } = await begin();
    const a = webApplication("shop", { front: "shop:a", extra: "shop:a" });
    const b = webApplication("shop", { front: "shop:b" });
    await apply(a);
    await run();
    for (const text of [b, a, b, a, b, a]) await apply(text);
    await run();
    expect(imageOf(await find("apps/v1", "Deployment", "front"))).toBe("shop:a");
    expect(imageOf(await find("apps/v1", "Deployment", "extra"))).toBe("shop:a");
  });
});

describe("KubeVela 5256", () => {
  it("keeps the trackers of what runs while the application is updated over and over", async () => {
    const { apply, run, settle, client, find } = await begin();
    for (let i = 0; i < 12; i++) {
      await apply(webApplication("shop", { front: `shop:${i}` }));
      if (i % 3 === 0) await settle({ withinMs: 10 });
    }
    await run();
    const { items } = await client.list({ apiVersion: oam, kind: "ResourceTracker" });
    const held = items.flatMap(
      (tracker) => (valueAt(tracker, "spec", "managedResources") ?? []) as readonly { name: string }[],
    );
    expect(held.map(({ name }) => name)).toEqual(["front"]);
    expect(imageOf(await find("apps/v1", "Deployment", "front"))).toBe("shop:11");
  });
});

describe("KubeVela 4320", () => {
  it("never deletes an object of others that an apply failed over", async () => {
    const { apply, run, remove, settle, client, find } = await begin();
    const foreign = { namespace: "default", name: "front" };
    await client.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: foreign,
      data: { whose: "theirs" },
    } as KubeObject);
    await apply(`apiVersion: ${oam}
kind: Application
metadata: {name: shop, namespace: default}
spec: {components: [{name: front, type: k8s-objects, properties: {objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: front}, data: {whose: ours}}]}}]}
`);
    await run();
    await apply(webApplication("shop", { other: "shop:1" }));
    await run();
    await remove(oam, "Application", "shop");
    await settle({ withinMs: 10_000 });
    expect(valueAt(await find("v1", "ConfigMap", "front"), "data", "whose")).toBe("theirs");
  });
});

describe("KubeVela 4286", () => {
  it("makes objects again for an application that is made again after its deletion", async () => {
    const { apply, run, remove, settle, find, phase } = await begin();
    for (const image of ["shop:1", "shop:1"]) {
      await apply(webApplication("shop", { front: image }));
      await run();
      expect(await phase("shop")).toBe("running");
      expect(imageOf(await find("apps/v1", "Deployment", "front"))).toBe(image);
      await remove(oam, "Application", "shop");
      await settle({ withinMs: 10_000 });
      expect(await find("apps/v1", "Deployment", "front")).toBeUndefined();
    }
  });

  it("repairs an object that somebody deletes", async () => {
    const { apply, run, remove, find } = await begin();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    await remove("apps/v1", "Deployment", "front");
    await run();
    expect(imageOf(await find("apps/v1", "Deployment", "front"))).toBe("shop:1");
  });
});

describe("KubeVela 5050", () => {
  it("keeps ten revisions by default and drops the oldest", async () => {
    const { apply, run, client } = await begin();
    for (let i = 1; i <= 13; i++) {
      await apply(webApplication("shop", { front: `shop:${i}` }));
      await run();
    }
    const { items } = await client.list({ apiVersion: oam, kind: "ApplicationRevision" });
    expect(items.map(({ metadata }) => metadata.name)).toHaveLength(11);
    expect(items.some(({ metadata }) => metadata.name === "shop-v1")).toBe(false);
  });
});
