import { gunzipSync, gzipSync } from "node:zlib";
import type { JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { afterEach, describe, expect, it } from "vitest";
import { rollbackApplication } from "../rollback.ts";
import { type DeliveryFixture, startDelivery, webApplication } from "../testing/delivery-fixture.ts";
import { localPorts } from "./ports.ts";
import { unpackRevision } from "./revision-content.ts";

const compression = { gzip: (bytes: Uint8Array) => gzipSync(bytes), gunzip: (bytes: Uint8Array) => gunzipSync(bytes) };
const open: DeliveryFixture[] = [];
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture[Symbol.asyncDispose]();
});

async function control() {
  const fixture = await startDelivery({ ports: (client) => ({ ...localPorts(client), compression }) });
  open.push(fixture);
  const { client, find, run } = fixture;
  return {
    ...fixture,
    revisions: async (): Promise<readonly KubeObject[]> =>
      (await client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "ApplicationRevision" })).items,
    image: async () =>
      valueAt(await find("apps/v1", "Deployment", "front"), "spec", "template", "spec", "containers", 0, "image"),
    rollback: async (revision?: string) => {
      const name = await rollbackApplication(client, { namespace: "default", name: "shop", revision, compression });
      await run();
      return name;
    },
  };
}

const worker = (image: string): string => `apiVersion: core.oam.dev/v1beta1
kind: ComponentDefinition
metadata: {name: mine, namespace: default}
spec:
  workload: {definition: {apiVersion: apps/v1, kind: Deployment}}
  schematic:
    cue:
      template: |
        output: {apiVersion: "apps/v1", kind: "Deployment", spec: {
          selector: matchLabels: app: context.name
          template: {metadata: labels: app: context.name, spec: containers: [{name: "main", image: "${image}" + parameter.tag}]}
        }}
        parameter: tag: *":1" | string
`;
const mine = (tag: string): string => `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default}
spec: {components: [{name: front, type: mine, properties: {tag: "${tag}"}}]}
`;

describe("revisions of an application", () => {
  it("hold the whole input, packed", async () => {
    const { apply, run, revisions } = await control();
    await apply(webApplication("shop", { front: "shop:1" }));
    await run();

    const [stored] = await revisions();
    expect(valueAt(stored, "spec", "compression", "type")).toBe("gzip");
    const { spec } = unpackRevision(stored!, compression);
    expect(Object.keys(spec as JsonObject).toSorted()).toEqual([
      "application",
      "componentDefinitions",
      "traitDefinitions",
      "workflowStepDefinitions",
    ]);
    expect(valueAt(spec as JsonObject, "application", "spec", "components", 0, "name")).toBe("front");
  });

  it("cost less than half of what they hold, ten of one application together", async () => {
    const { apply, run, revisions } = await control();
    for (let i = 1; i <= 10; i++) {
      await apply(webApplication("shop", { front: `shop:${i}` }));
      await run();
    }
    const all = await revisions();
    expect(all).toHaveLength(10);
    const bytes = (objects: readonly KubeObject[]): number =>
      objects.reduce((sum, { spec }) => sum + JSON.stringify(spec).length, 0);
    const figures = { stored: bytes(all), full: bytes(all.map((one) => unpackRevision(one, compression))) };
    expect(figures.full / figures.stored).toBeGreaterThan(2.5);
    expect(figures.stored).toBeLessThan(120_000);
  });

  it("keep an application as it was delivered when a definition changes, until its spec does", async () => {
    const { apply, run, image, client } = await control();
    await apply(worker("old"));
    await run();
    await apply(mine(":1"));
    await run();
    await apply(worker("new"));
    await run();
    await client.patch(
      { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default", name: "shop" },
      { kind: "merge", value: { metadata: { annotations: { touched: "1" } } } },
    );
    await run();
    expect(await image()).toBe("old:1");

    await apply(mine(":2"));
    await run();
    expect(await image()).toBe("new:2");
  });

  it("are run again by a rollback, with the definitions of that time", async () => {
    const { apply, run, image, rollback, application, phase } = await control();
    await apply(worker("old"));
    await run();
    await apply(mine(":1"));
    await run();
    await apply(worker("new"));
    await run();
    await apply(mine(":2"));
    await run();
    expect(await image()).toBe("new:2");

    expect(await rollback()).toBe("shop-v1");
    expect(await image()).toBe("old:1");
    expect(await phase("shop")).toBe("running");
    expect(valueAt((await application("shop")).status, "latestRevision", "name")).toBe("shop-v1");

    expect(await rollback("2")).toBe("shop-v2");
    expect(await image()).toBe("new:2");
    await expect(rollback("9")).rejects.toThrow("there is no revision 9 of default/shop; there are: shop-v2, shop-v1");
  });

  it("keep the objects that were referred to", async () => {
    const { apply, run, rollback, client, find } = await control();
    const source = (text: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: source, namespace: lib}\ndata: {text: ${text}}\n`;
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "lib" } });
    const referring = (image: string): string =>
      webApplication("shop", { front: image }).replace(
        "  components:",
        "  components:\n    - {name: source, type: ref-objects, properties: {objects: [{resource: configmap, namespace: lib}]}}",
      );
    await apply(source("one"));
    await apply(`${referring("shop:1")}  policies: [{name: here, type: topology, properties: {namespace: default}}]\n`);
    await run();
    const text = async () => valueAt(await find("v1", "ConfigMap", "source"), "data", "text");
    expect(await text()).toBe("one");

    await apply(source("two"));
    await apply(`${referring("shop:2")}  policies: [{name: here, type: topology, properties: {namespace: default}}]\n`);
    await run();
    expect(await text()).toBe("two");

    await rollback();
    expect(await text()).toBe("one");
  });
});
