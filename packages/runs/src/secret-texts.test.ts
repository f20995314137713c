import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import { startTestCluster } from "@lateen/testkit";
import { expect, it } from "vitest";
import { createRunControllers, createStepProviders } from "./run-controllers.ts";

const address = "http://hooks/services/T000/only-for-us";
const template = `import ("vela/kube", "vela/http", "vela/util", "encoding/base64")

read: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Secret", metadata: {name: "hook", namespace: context.namespace}}}
address: util.#ConvertString & {$params: bt: base64.Decode(null, read.$returns.value.data.url)}
send: http.#HTTPPost & {$params: {url: address.$returns.str, request: body: "hello"}}
parameter: {}
`;

it("an address that a step reads from a Secret stands in no status, account, event or evaluated CUE", async () => {
  await using cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  const { client } = cluster;
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url);
    throw new Error(`nobody answers at ${url}`);
  };
  cluster.start(createRunControllers(cluster, createStepProviders(cluster, { fetch })));
  await client.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "hook", namespace: "default" },
    stringData: { url: address },
  } as unknown as KubeObject);
  await client.create({
    apiVersion: "core.oam.dev/v1beta1",
    kind: "WorkflowStepDefinition",
    metadata: { name: "tell", namespace: "default" },
    spec: { schematic: { cue: { template } } },
  } as unknown as KubeObject);
  const runs = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun", namespace: "default" } as const;
  await client.create({
    ...runs,
    metadata: { name: "demo", namespace: "default", annotations: { "workflowrun.oam.dev/debug": "true" } },
    spec: { workflowSpec: { steps: [{ name: "it", type: "tell" }] } },
  } as unknown as KubeObject);
  await cluster.settled();
  expect(asked).toContain(address);
  const shown = JSON.stringify([
    (await client.list(runs)).items,
    (await client.list({ apiVersion: "v1", kind: "ConfigMap", namespace: "default" })).items,
    (await client.list({ apiVersion: "v1", kind: "Event", namespace: "default" })).items,
  ]);
  expect(shown).toContain("nobody answers at ***");
  expect(shown).not.toContain("only-for-us");
  expect(shown).not.toContain(btoa(address));
});
