import { conditionOf } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import { afterEach, describe, expect, it } from "vitest";
import { type DeliveryFixture, startDelivery, webApplication } from "../testing/delivery-fixture.ts";
import { undoDeletion } from "../undo.ts";

const open: DeliveryFixture[] = [];
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

async function control() {
  const fixture = await startDelivery();
  open.push(fixture);
  const { client, remove } = fixture;
  return {
    ...fixture,
    receipts: async (): Promise<readonly KubeObject[]> =>
      (
        await client.list(
          { apiVersion: "v1", kind: "Secret", namespace: "default" },
          { labelSelector: "lateen.dev/receipt=true" },
        )
      ).items,
    deployment: (name: string) => fixture.find("apps/v1", "Deployment", name),
    removeApplication: async (name: string) => {
      await remove("core.oam.dev/v1beta1", "Application", name);
      await fixture.settle({ withinMs: 10_000 });
    },
  };
}

const withObjects = (name: string, objects: string): string => `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: ${name}, namespace: default}
spec: {components: [{name: objects, type: k8s-objects, properties: {objects: [${objects}]}}]}
`;
const claim =
  "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}";
const config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}";

describe("the collection of garbage", () => {
  it("writes a receipt before it deletes a component that is gone from the spec, and undo makes it again", async () => {
    const { apply, run, deployment, receipts, client } = await control();
    await apply(webApplication("shop", { front: "shop:1", back: "shop:1" }));
    await run();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    expect(await deployment("back")).toBeUndefined();
    const [receipt] = await receipts();
    expect(receipt?.metadata.annotations).toMatchObject({
      "lateen.dev/reason": "no longer part of shop-v2",
      "lateen.dev/deleted": "Deployment default/back",
    });

    const done = await undoDeletion(client, { namespace: "default", name: receipt!.metadata.name! });
    expect(done.restored).toEqual(["Deployment default/back"]);
    const image = ["spec", "template", "spec", "containers", 0, "image"] as const;
    expect(valueAt(await deployment("back"), ...image)).toBe("shop:1");
  });

  it("makes a deleted application again from its receipt, and then it runs", async () => {
    const { apply, run, deployment, receipts, client, removeApplication, phase } = await control();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();
    await removeApplication("shop");
    expect(await deployment("front")).toBeUndefined();

    const [receipt] = await receipts();
    const done = await undoDeletion(client, { namespace: "default", name: receipt!.metadata.name! });
    expect(done.restored).toEqual(["Application default/shop", "Deployment default/front"]);
    await run();
    expect(await phase("shop")).toBe("running");
  });

  it("keeps what holds data unless it has a second key", async () => {
    const { apply, run, find, removeApplication, events, remove, settle } = await control();
    await apply(withObjects("shop", `${config}, ${claim}`));
    await run();
    await removeApplication("shop");
    expect(await find("v1", "ConfigMap", "settings")).toBeUndefined();
    const kept = await find("v1", "PersistentVolumeClaim", "data");
    expect(kept?.metadata.labels).not.toHaveProperty(["app.oam.dev/name"]);
    expect(await events("shop")).toContain("Warning DataKept");

    const keyed = withObjects("shop", claim.replace("name: data", "name: more")).replace(
      "namespace: default}",
      'namespace: default, annotations: {lateen.dev/delete-data: "true"}}',
    );
    await apply(keyed);
    await run();
    await remove("core.oam.dev/v1beta1", "Application", "shop");
    await settle({ withinMs: 10_000 });
    const ending = await find("v1", "PersistentVolumeClaim", "more");
    expect(ending === undefined || ending.metadata.deletionTimestamp !== undefined).toBe(true);
  });

  it("leaves an object that does not bear the application's UID, though it has its labels", async () => {
    const { apply, run, find, removeApplication, client } = await control();
    await apply(withObjects("shop", config));
    await run();
    const reference = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "settings" };
    const { metadata } = await client.get(reference);
    await client.delete({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      namespace: "default",
      name: "shop",
    });
    await client.delete(reference);
    const { uid: _, resourceVersion: __, annotations: ___, ...own } = metadata;
    await client.create({ apiVersion: "v1", kind: "ConfigMap", metadata: own } as KubeObject);
    await removeApplication("shop").catch(() => undefined);
    expect(await find("v1", "ConfigMap", "settings")).toBeDefined();
  });

  it("says what a deletion waits for, and that it is stuck", async () => {
    const { apply, run, client, application, settle, remove } = await control();
    await apply(withObjects("shop", config));
    await run();
    const reference = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "settings" };
    await client.patch(reference, { kind: "merge", value: { metadata: { finalizers: ["example.org/hold"] } } });
    await remove("core.oam.dev/v1beta1", "Application", "shop");
    await settle({ withinMs: 10_000 });
    const shop = (await application("shop")) as { status?: unknown };
    expect(conditionOf(shop, "Ready")).toMatchObject({
      reason: "Deleting",
      message: "waiting for ConfigMap default/settings (finalizer example.org/hold) to be deleted",
    });
    await settle({ withinMs: 6 * 60_000 });
    expect(conditionOf((await application("shop")) as { status?: unknown }, "Stalled")).toMatchObject({
      reason: "DeletionStuck",
    });

    await client.patch(reference, { kind: "merge", value: { metadata: { finalizers: null } } });
    await settle({ withinMs: 10_000 });
    await expect(application("shop")).rejects.toThrow();
  });
});
