import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type JsonObject, canonicalJson } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { oamCustomResourceDefinitions } from "../definition/crds.ts";
import { restartWorkflow, resumeWorkflow } from "../workflow-operations.ts";
import { createDeliveryControllers } from "./delivery-controllers.ts";
import { installDefinitions } from "./install-definitions.ts";

const example = readFileSync(resolve(import.meta.dirname, "../../../../examples/first-vela-app.yaml"), "utf8");
const signal = new AbortController().signal;
const open: TestCluster[] = [];

afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster[Symbol.asyncDispose]();
});

async function control(namespaces: readonly string[] = ["default", "prod"]) {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  const { client } = cluster;
  await installDefinitions(client, { signal });
  for (const name of namespaces) {
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } }).catch(() => undefined);
  }
  cluster.start(createDeliveryControllers(cluster));
  await cluster.settled();
  const application = async (name = "first-vela-app"): Promise<KubeObject> =>
    client.get({ apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default", name });
  return {
    store: cluster.store,
    client,
    cluster,
    application,
    apply: (yaml: string) =>
      cluster.apply(yaml.replace("metadata:\n  name: first", "metadata:\n  namespace: default\n  name: first")),
    settle: async (options?: { readonly withinMs?: number }): Promise<void> => cluster.settled(options),
    phase: async () => valueAt((await application()).status, "status"),
    /** Plays the workload controllers: every Deployment becomes as it is wanted. */
    run: async (): Promise<void> => {
      const { items } = await client.list({ apiVersion: "apps/v1", kind: "Deployment" });
      for (const deployment of items) {
        const replicas = valueAt(deployment, "spec", "replicas") ?? 1;
        const status = {
          observedGeneration: deployment.metadata.generation ?? 1,
          replicas,
          updatedReplicas: replicas,
          readyReplicas: replicas,
        };
        if (canonicalJson((deployment.status as JsonObject | undefined) ?? {}) !== canonicalJson(status))
          await client.updateStatus({ ...deployment, status });
      }
      await cluster.settled();
    },
  };
}

describe("the delivery of the first application", () => {
  it("delivers to default, waits for an approval, then delivers to prod with two replicas", async () => {
    const { apply, settle, run, phase, client, application } = await control();

    await apply(example);
    await settle();
    await run();

    expect(await phase()).toBe("workflowSuspending");
    const first = await client.get({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "default",
      name: "express-server",
    });
    expect(valueAt(first, "spec", "replicas")).toBe(1);
    expect(valueAt((await application()).status, "services")).toMatchObject([{ namespace: "default", healthy: true }]);
    await expect(
      client.get({ apiVersion: "apps/v1", kind: "Deployment", namespace: "prod", name: "express-server" }),
    ).rejects.toThrow();

    await resumeWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle();
    await run();

    expect(await phase()).toBe("running");
    const second = await client.get({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "prod",
      name: "express-server",
    });
    expect(valueAt(second, "spec", "replicas")).toBe(2);
    expect(valueAt((await application()).status, "latestRevision", "name")).toBe("first-vela-app-v1");
    expect(valueAt((await application()).status, "services")).toHaveLength(2);
  });

  it("writes nothing when nothing has changed", async () => {
    const { apply, settle, run, client, store, application } = await control();
    await apply(example);
    await settle();
    await run();
    await resumeWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle();
    await run();
    const { revision } = store;

    const seen = await application();
    await client.patch(
      { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default", name: "first-vela-app" },
      { kind: "merge", value: { metadata: { annotations: { touched: "1" } } } },
    );
    await settle();

    expect(store.revision).toBe(revision + 1);
    expect(seen.metadata.uid).toBeDefined();
  });

  it("names a namespace that is missing and goes on as soon as it exists", async () => {
    const { apply, settle, run, client, application, phase, cluster } = await control(["default"]);
    await apply(example);
    await settle();
    await run();
    await resumeWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle();

    const steps = valueAt((await application()).status, "workflow", "steps") as readonly JsonObject[];
    const failed = steps.find(({ name }) => name === "deploy2prod");
    expect(failed?.phase).toBe("failed");
    expect(failed?.message).toContain('namespace "prod" does not exist');

    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    await cluster.settled();
    await run();
    expect(await phase()).toBe("running");
  });

  it("goes on at once when a person restarts a step that is still being tried", async () => {
    const { apply, settle, run, client, application, phase } = await control(["default"]);
    await apply(example);
    await settle();
    await run();
    await resumeWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle({ withinMs: 20_000 });
    expect(await phase()).toBe("runningWorkflow");
    const step = async (): Promise<JsonObject | undefined> =>
      (valueAt((await application()).status, "workflow", "steps") as readonly JsonObject[]).find(
        ({ name }) => name === "deploy2prod",
      );
    const before = await step();

    await restartWorkflow(client, { namespace: "default", name: "first-vela-app", step: "deploy2prod" });
    await settle();

    const after = await step();
    expect(after?.id).not.toBe(before?.id);
    expect(after?.message).toContain('namespace "prod" does not exist');
  });

  it("runs a workflow that failed again when a person restarts it", async () => {
    const { apply, settle, run, client, application, phase } = await control(["default"]);
    await apply(example);
    await settle();
    await run();
    await resumeWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle({ withinMs: 600_000 });
    expect(await phase()).toBe("workflowFailed");
    const first = valueAt((await application()).status, "workflow", "startTime");

    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    await restartWorkflow(client, { namespace: "default", name: "first-vela-app" });
    await settle();

    expect(await phase()).toBe("workflowSuspending");
    expect(valueAt((await application()).status, "workflow", "startTime")).not.toBe(first);
    expect(valueAt((await application()).status, "latestRevision", "name")).toBe("first-vela-app-v1");
  });

  it("makes revision 2 of a changed image and deletes all that it made and nothing else", async () => {
    const { apply, settle, run, client, application } = await control();
    await client.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name: "foreign" } });
    await apply(example);
    await settle();
    await run();

    await apply(example.replace("oamdev/hello-world", "oamdev/hello-world:v2"));
    await settle();
    await run();
    expect(valueAt((await application()).status, "latestRevision", "name")).toBe("first-vela-app-v2");
    const deployment = await client.get({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "default",
      name: "express-server",
    });
    expect(valueAt(deployment, "spec", "template", "spec", "containers", 0, "image")).toBe("oamdev/hello-world:v2");

    await client.delete({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      namespace: "default",
      name: "first-vela-app",
    });
    await settle({ withinMs: 10_000 });
    await expect(application()).rejects.toThrow();
    for (const kind of ["Deployment", "Service", "ResourceTracker", "ApplicationRevision"]) {
      const apiVersion = kind === "Deployment" ? "apps/v1" : kind === "Service" ? "v1" : "core.oam.dev/v1beta1";
      const { items } = await client.list({ apiVersion, kind });
      expect(items.filter(({ metadata }) => metadata.labels?.["app.oam.dev/name"] === "first-vela-app")).toEqual([]);
    }
    await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "foreign" });
  });

  it("deletes with the application what its steps have applied", async () => {
    const { apply, settle, client, application } = await control();
    await apply(`apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: notes, namespace: default}
spec:
  components: []
  workflow:
    steps:
      - name: write
        type: apply-object
        properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: note, namespace: default}, data: {text: hi}}}
`);
    await settle();
    const reference = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "note" };
    const note = await client.get(reference);
    expect(note).toMatchObject({ data: { text: "hi" } });
    expect(note.metadata.labels).toMatchObject({ "app.oam.dev/name": "notes" });
    const status = valueAt((await application("notes")).status, "appliedResources");
    expect(status).toMatchObject([{ kind: "ConfigMap", name: "note" }]);

    await client.delete({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      namespace: "default",
      name: "notes",
    });
    await settle({ withinMs: 10_000 });
    await expect(client.get(reference)).rejects.toThrow();
  });

  it("delivers what a policy of scope Application has made of the application", async () => {
    const { apply, settle, client, application } = await control();
    await apply(`apiVersion: core.oam.dev/v1beta1
kind: PolicyDefinition
metadata: {name: pinned, namespace: vela-system}
spec:
  scope: Application
  schematic:
    cue:
      template: |
        output: components: [for c in context.appComponents {
          name: c.name, type: c.type, properties: {image: parameter.image}
        }]
        parameter: image: string
`);
    await settle();
    await apply(`apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default}
spec:
  components: [{name: front, type: webservice, properties: {image: any}}]
  policies: [{name: pin, type: pinned, properties: {image: "exact:1"}}]
`);
    await settle();
    const reference = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "front" };
    const image = ["spec", "template", "spec", "containers", 0, "image"] as const;
    expect(valueAt(await client.get(reference), ...image)).toBe("exact:1");
    const { spec, status } = await application("shop");
    expect(valueAt(spec, "components", 0, "properties", "image")).toBe("any");
    expect(valueAt(status, "appliedApplicationPolicies", 0)).toMatchObject({ name: "pin", applied: true });
  });

  it("keeps to a published version until there is another", async () => {
    const { apply, settle, client } = await control();
    const deliver = async (version: string, image: string): Promise<unknown> => {
      await apply(`apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default, annotations: {app.oam.dev/publishVersion: ${version}}}
spec:
  components: [{name: front, type: webservice, properties: {image: "${image}"}}]
`);
      await settle();
      const found = await client.get({
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "default",
        name: "front",
      });
      return valueAt(found, "spec", "template", "spec", "containers", 0, "image");
    };
    expect(await deliver("one", "shop:1")).toBe("shop:1");
    expect(await deliver("one", "shop:2")).toBe("shop:1");
    expect(await deliver("two", "shop:2")).toBe("shop:2");
  });

  it("restarts a finished workflow once when an annotation asks for it", async () => {
    const { apply, settle, run, client, application } = await control();
    await apply(`apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default}
spec:
  components: [{name: front, type: webservice, properties: {image: "shop:1"}}]
`);
    await settle();
    await run();
    const startTime = async (): Promise<unknown> =>
      valueAt((await application("shop")).status, "workflow", "startTime");
    const first = await startTime();
    await settle({ withinMs: 5_000 });
    await client.patch(
      { apiVersion: "core.oam.dev/v1beta1", kind: "Application", namespace: "default", name: "shop" },
      { kind: "merge", value: { metadata: { annotations: { "app.oam.dev/restart-workflow": "true" } } } },
    );
    await settle({ withinMs: 5_000 });
    expect(await startTime()).not.toBe(first);
    const { metadata, status } = await application("shop");
    expect(metadata.annotations ?? {}).not.toHaveProperty(["app.oam.dev/restart-workflow"]);
    expect(status).not.toHaveProperty("workflowRestartScheduledAt");
    expect(valueAt(status, "workflow", "finished")).toBe(true);
  });
});
