import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { oamCustomResourceDefinitions } from "../definition/crds.ts";
import { createDefinitionControllers } from "./definition-controllers.ts";

const api = "core.oam.dev/v1beta1";
const open: TestCluster[] = [];

afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster[Symbol.asyncDispose]();
});

const trait = (template: string, more: { readonly version?: string; readonly labels?: Record<string, string> } = {}) =>
  ({
    apiVersion: api,
    kind: "TraitDefinition",
    metadata: { name: "greeting", namespace: "default", ...(more.labels !== undefined && { labels: more.labels }) },
    spec: {
      ...(more.version !== undefined && { version: more.version }),
      appliesToWorkloads: ["deployments.apps"],
      schematic: { cue: { template } },
    },
  }) as unknown as KubeObject;

const first = 'parameter: {\n\t// +usage=Who is greeted\n\tname: *"world" | string\n}\n';
const second = "parameter: size: int\n";

async function control({ revisionLimit }: { readonly revisionLimit?: number } = {}) {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  const { client } = cluster;
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } }).catch(() => undefined);
  const start = () =>
    cluster.start(createDefinitionControllers(cluster, revisionLimit === undefined ? {} : { revisionLimit }));
  const running = start();
  return {
    store: cluster.store,
    restart: async (): Promise<void> => {
      await running[Symbol.asyncDispose]();
      start();
      await cluster.settled();
    },
    write: async (object: KubeObject): Promise<KubeObject> => {
      const { apiVersion, kind, metadata } = object;
      await client.apply(object, { fieldManager: "test", force: true });
      await cluster.settled();
      return client.get({ apiVersion, kind, namespace: "default", name: metadata.name! });
    },
    configMap: (name: string): Promise<KubeObject> =>
      client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name }),
    revisions: async (): Promise<readonly KubeObject[]> =>
      (await client.list({ apiVersion: api, kind: "DefinitionRevision", namespace: "default" })).items,
  };
}

describe("a definition", () => {
  it("has a revision with what it says, named in its status", async () => {
    const { write, revisions } = await control();

    const written = await write(trait(first, { labels: { team: "a" } }));

    const [revision] = await revisions();
    expect(valueAt(written.status, "latestRevision")).toEqual({
      name: "greeting-v1",
      revision: 1,
      revisionHash: valueAt(revision, "spec", "revisionHash"),
    });
    expect(valueAt(written.status, "configMapRef")).toBe("trait-schema-greeting");
    expect(revision).toMatchObject({
      metadata: {
        name: "greeting-v1",
        labels: { team: "a", "trait.oam.dev/name": "greeting" },
        ownerReferences: [{ kind: "TraitDefinition", name: "greeting", uid: written.metadata.uid }],
      },
      spec: {
        revision: 1,
        definitionType: "Trait",
        traitDefinition: { metadata: { name: "greeting" }, spec: { schematic: { cue: { template: first } } } },
      },
    });
  });

  it("has the schema of its parameter in two ConfigMaps, which follow it", async () => {
    const { write, configMap } = await control();
    await write(trait(first));

    const schemaIn = async (name: string): Promise<unknown> =>
      JSON.parse(valueAt(await configMap(name), "data", "openapi-v3-json-schema") as string);
    expect(await schemaIn("trait-schema-greeting")).toMatchObject({
      properties: { name: { type: "string", default: "world", description: "Who is greeted" } },
    });
    expect(await configMap("trait-schema-greeting")).toMatchObject({
      metadata: {
        labels: { "definition.oam.dev": "schema", "definition.oam.dev/name": "greeting" },
        annotations: { "definition.oam.dev/appliedWorkloads": "deployments.apps" },
      },
    });

    await write(trait(second));

    expect(await schemaIn("trait-schema-greeting")).toMatchObject({ properties: { size: { type: "integer" } } });
    expect(await schemaIn("trait-schema-greeting-v1")).toMatchObject({ properties: { name: { type: "string" } } });
    expect(await schemaIn("trait-schema-greeting-v2")).toMatchObject({ properties: { size: { type: "integer" } } });
  });

  it("gets a further revision only when its spec changes", async () => {
    const { write, revisions } = await control();
    await write(trait(first));
    await write(trait(first, { labels: { team: "b" } }));
    expect(await revisions()).toHaveLength(1);

    const changed = await write(trait(second));

    expect((await revisions()).map(({ metadata }) => metadata.name)).toEqual(["greeting-v1", "greeting-v2"]);
    expect(valueAt(changed.status, "latestRevision", "name")).toBe("greeting-v2");
  });

  it("keeps the revision of a version as it was first", async () => {
    const { write, revisions } = await control();
    await write(trait(first, { version: "1.2" }));
    await write(trait(second, { version: "1.2" }));
    await write(trait(second, { version: "1.3.0" }));

    expect(
      (await revisions()).map(({ metadata, spec }) => [
        metadata.name,
        valueAt(spec, "revision"),
        valueAt(spec, "traitDefinition", "spec", "schematic", "cue", "template"),
      ]),
    ).toEqual([
      ["greeting-v1.2.0", 1, first],
      ["greeting-v1.3.0", 2, second],
    ]);
  });

  it("leads to no write when a controller starts again", async () => {
    const { write, store, restart } = await control();
    await write(trait(first));
    await write({ ...trait("parameter: #Node\n#Node: next?: #Node\n"), kind: "PolicyDefinition" });
    const { revision } = store;

    await restart();

    expect(store.revision).toBe(revision);
  });

  it("says in its status that its parameter has no schema", async () => {
    const { write } = await control();

    const written = await write(trait("parameter: #Node\n#Node: next?: #Node\n"));

    expect(written.status).toMatchObject({
      conditions: [{ type: "Synced", status: "False", reason: "ReconcileError" }],
      latestRevision: { name: "greeting-v1" },
    });
    expect(valueAt(written.status, "configMapRef")).toBeUndefined();
  });

  it("loses its oldest revisions above the limit, never the current one", async () => {
    const { write, revisions } = await control({ revisionLimit: 1 });
    for (const type of ["int", "string", "bool", "bytes"]) await write(trait(`parameter: size: ${type}\n`));

    expect((await revisions()).map(({ metadata }) => metadata.name)).toEqual(["greeting-v3", "greeting-v4"]);
  });
});
