/** What one write costs in CPU: the algebra alone, and the whole server in process on the memory store. */
import { createApiServer, createMemoryStore } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import type { KubeObject } from "@lateen/objects";
import { patchStrategic } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { type Row, timeCalls } from "./row.ts";

const signal = new AbortController().signal;
const user = { username: "bench", groups: ["system:masters"] };

function deployment(replicas: number): KubeObject {
  const container = {
    name: "web",
    image: "example.org/shop:1",
    ports: [{ containerPort: 8080 }],
    env: [{ name: "A", value: "b" }],
    resources: { requests: { cpu: "100m", memory: "64Mi" } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", labels: { app: "web" } },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [container] } },
    },
  };
}

const widgets: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.bench.lateen.dev" },
  spec: {
    group: "bench.lateen.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  min: { type: "integer", default: 1 },
                  max: { type: "integer" },
                  names: { type: "array", maxItems: 10, items: { type: "string", maxLength: 30 } },
                },
                "x-kubernetes-validations": [
                  { rule: "self.min <= self.max" },
                  { rule: "!has(self.names) || self.names.all(n, n.size() > 1)" },
                ],
              },
            },
          },
        },
      },
    ],
  },
};

/** Median CPU milliseconds of an asynchronous call: nothing else runs in this process meanwhile. */
async function cpuOf(runs: number, call: (i: number) => Promise<void>): Promise<number> {
  for (let i = 0; i < runs; i++) await call(i);
  const begun = process.cpuUsage();
  for (let i = 0; i < runs; i++) await call(runs + i);
  const { user: own, system } = process.cpuUsage(begun);
  return (own + system) / 1000 / runs;
}

export async function writeCosts(): Promise<Row[]> {
  await using store = createMemoryStore();
  await using server = createApiServer({ store, platform: nodePlatform });
  await server.ready;
  const send = async (method: string, path: string, type: string, object: unknown): Promise<void> => {
    const body = new TextEncoder().encode(JSON.stringify(object));
    const answer = await server.handle({ method, path, headers: { "content-type": type }, body, signal }, { user });
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${new TextDecoder().decode(answer.body as Uint8Array)}`);
  };
  await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "application/json", widgets);
  const apply = "application/apply-patch+yaml";
  const path = "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=bench&force=true";
  const applied = await cpuOf(1_000, (i) => send("PATCH", path, apply, deployment(1 + (i % 5))));
  const widget = (i: number) => ({
    apiVersion: "bench.lateen.dev/v1",
    kind: "Widget",
    metadata: { name: `w-${i}` },
    spec: { max: 5, names: ["ab", "cd"], unknown: true },
  });
  const created = await cpuOf(1_000, (i) =>
    send("POST", "/apis/bench.lateen.dev/v1/namespaces/default/widgets", "application/json", widget(i)),
  );
  const { type } = builtinKinds().lookup({ group: "apps", version: "v1", kind: "Deployment" })!;
  const live = deployment(1);
  const patch = {
    spec: { template: { spec: { containers: [{ name: "web", image: "example.org/shop:2" }] } } },
  };
  const strategic = timeCalls(2_000, () => void patchStrategic(live as never, patch as never, type!));
  return [
    {
      what: "server-side apply of a Deployment, in process",
      figure: applied,
      unit: "ms CPU",
      reference: { name: "of the limit", figure: 0.3 },
    },
    {
      what: "create of a custom resource, two CEL rules, in process",
      figure: created,
      unit: "ms CPU",
      note: "whole request; the limit of 0.1 is for pruning, defaults and validation",
    },
    {
      what: "strategic merge of a Deployment",
      figure: strategic,
      unit: "ms",
      reference: { name: "of the limit", figure: 0.03 },
    },
  ];
}
