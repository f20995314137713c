import { readFileSync, writeFileSync } from "node:fs";
import { type JsonObject, type JsonValue, isJsonObject, silentLog, systemClock } from "@lateen/base";
import { type DeliveryPorts, localPorts } from "@lateen/delivery";
import { builtinDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, readYaml, toYaml, valueAt } from "@lateen/objects";
import { createStepProviders } from "@lateen/runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DeliveryFixture, startDelivery } from "../../../packages/delivery/src/testing/delivery-fixture.ts";

const file = (name: string): URL => new URL(`testdata/${name}`, import.meta.url);
const given = readYaml(readFileSync(file("builtin-steps.yaml"), "utf8")) as Readonly<Record<string, JsonObject>>;

/** What the steps read, find or delete. */
const world = `
apiVersion: v1
kind: Secret
metadata: { name: hooks, namespace: default }
stringData: { url: "http://hooks/secret-path" }
---
apiVersion: v1
kind: Secret
metadata: { name: registry, namespace: default }
stringData: { .dockerconfigjson: "{}" }
---
apiVersion: v1
kind: Secret
metadata: { name: database-conn, namespace: default }
stringData: { DB_HOST: db, DB_PORT: "3306", DB_NAME: shop, DB_USER: shop, DB_PASSWORD: secret }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: default }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: default }
data: { level: info }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: doomed-object, namespace: default }
---
apiVersion: v1
kind: Secret
metadata: { name: kept, namespace: default, labels: { config.oam.dev/catalog: velacore-config, config.oam.dev/type: mail } }
stringData: { input-properties: '{"host":"smtp.example.com"}' }
---
apiVersion: v1
kind: Secret
metadata: { name: doomed, namespace: default, labels: { config.oam.dev/catalog: velacore-config, config.oam.dev/type: mail } }
stringData: { input-properties: '{"host":"smtp.example.com"}' }
---
apiVersion: batch/v1
kind: Job
metadata: { name: old, namespace: default, labels: { app: old } }
spec: { template: { metadata: { labels: { app: old } }, spec: { restartPolicy: Never, containers: [{ name: a, image: busybox }] } } }
`;

function applicationOf(step: string, properties: JsonObject): string {
  const subSteps =
    step === "step-group"
      ? ", subSteps: [{name: inner, type: print-message-in-status, properties: {message: inside}}]"
      : "";
  return `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: s-${step}, namespace: default}
spec:
  components: [{name: c-${step}, type: webservice, properties: {image: nginx, ports: [{port: 80, expose: true}]}}]
  policies: [{name: envs, type: env-binding, properties: {envs: [{name: test, placement: {namespaceSelector: {name: default}}}]}}]
  workflow: {steps: [{name: it, type: ${step}, properties: ${JSON.stringify(properties)}${subSteps}}]}
`;
}

/** Plays what runs Jobs and Pods: they succeed, and a Pod that is asked says what it was told to. */
async function playPods({ client, cluster }: DeliveryFixture): Promise<void> {
  for (const job of (await client.list({ apiVersion: "batch/v1", kind: "Job" })).items)
    if (valueAt(job, "status", "succeeded") !== 1)
      await client.updateStatus({
        ...job,
        status: { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] },
      } as unknown as KubeObject);
  for (const pod of (await client.list({ apiVersion: "v1", kind: "Pod" })).items)
    if (valueAt(pod, "status", "phase") !== "Succeeded")
      await client.updateStatus({ ...pod, status: { phase: "Succeeded" } } as unknown as KubeObject);
  await cluster.settled();
}

const shownKinds = [
  ["v1", "ConfigMap"],
  ["v1", "Secret"],
  ["v1", "Service"],
  ["v1", "Endpoints"],
  ["v1", "Pod"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "Job"],
  ["core.oam.dev/v1beta1", "Application"],
] as const;

async function objectNames({ client }: DeliveryFixture): Promise<readonly string[]> {
  const names: string[] = [];
  for (const [apiVersion, kind] of shownKinds)
    for (const { metadata } of (await client.list({ apiVersion, kind, namespace: "default" })).items)
      if (metadata.deletionTimestamp === undefined) names.push(`${kind} ${metadata.name}`);
  for (const { metadata } of (await client.list({ apiVersion: "batch/v1", kind: "Job", namespace: "vela-system" }))
    .items)
    names.push(`Job vela-system/${metadata.name}`);
  return names;
}

let fixture: DeliveryFixture;
const sent: string[] = [];
beforeAll(async () => {
  fixture = await startDelivery({ ports: (client) => ({ ...localPorts(client), providers: providersOf(client) }) });
  await fixture.apply(world);
  await fixture.apply(applicationOf("deploy", given.deploy!));
  await fixture.run();
});
afterAll(() => fixture[Symbol.asyncDispose]());

function providersOf(client: DeliveryFixture["client"]): NonNullable<DeliveryPorts["providers"]> {
  const providers = createStepProviders(
    { client, clock: systemClock, log: silentLog },
    {
      fetch: async (url, { method, body }) => {
        sent.push(`${method} ${url}: ${typeof body === "string" ? body : ""}`);
        return new Response(url.startsWith("http://prometheus") ? prometheus : '{"ok":true}');
      },
      sendMail: async ({ to, subject }) => void sent.push(`mail to ${to.join()}: ${subject}`),
    },
  );
  return providers({});
}

/** One Application whose workflow is the step, to its end or an hour on: what the step said, made, took away and sent. */
async function outcomeOf(step: string, properties: JsonObject): Promise<JsonObject> {
  sent.length = 0;
  const before = new Set(await objectNames(fixture));
  if (step !== "deploy") await fixture.apply(applicationOf(step, properties));
  for (let round = 0; round < 4; round++) {
    await fixture.run();
    await playPods(fixture);
    await fixture.settle({ withinMs: 20_000 });
  }
  if (step === "suspend") await fixture.settle({ withinMs: 3_600_000 });
  const { status } = await fixture.application(`s-${step}`);
  const after = await objectNames(fixture);
  const recorded = valueAt(status, "workflow", "steps", "0") as JsonObject | undefined;
  const id = typeof recorded?.id === "string" ? recorded.id : "none";
  const own = (name: string): boolean =>
    !name.endsWith(`s-${step}`) && !/workflow-s-.*-(?:context|journal)$/.test(name);
  return {
    application: (valueAt(status, "status") ?? "") as JsonValue,
    ...(isJsonObject(recorded) && {
      step: ["phase", "reason", "message"]
        .map((key) => (typeof recorded[key] === "string" ? recorded[key] : ""))
        .join(" | ")
        .replace(/ \(value: .*/su, ""),
    }),
    ...listed(
      "makes",
      after.filter((name) => !before.has(name) && own(name)).map((name) => name.replace(id, "ID")),
    ),
    ...listed(
      "takes away",
      [...before].filter((name) => !after.includes(name)),
    ),
    ...listed("sends", sent),
  };
}

const listed = (title: string, lines: readonly string[]): JsonObject =>
  lines.length === 0 ? {} : { [title]: [...lines] };
const prometheus =
  '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"0.05"]}]}}';

describe("every built-in step", () => {
  it("is tried here", () => {
    const steps = builtinDefinitions().filter(({ kind }) => kind === "WorkflowStepDefinition");
    expect(new Set(Object.keys(given))).toEqual(new Set(steps.map(({ metadata }) => metadata.name)));
  });

  const golden = (readYaml(readFileSync(file("builtin-steps.golden.yaml"), "utf8")) ?? {}) as JsonObject;
  const found: Record<string, JsonObject> = {};
  it.each(Object.keys(given))(
    "%s does as the golden file says (UPDATE=1 rewrites it; read what changes)",
    async (step) => {
      found[step] = await outcomeOf(step, given[step]!);
      if (step !== "deploy") await fixture.remove("core.oam.dev/v1beta1", "Application", `s-${step}`);
      await fixture.settle();
      if (process.env.UPDATE === "1") writeFileSync(file("builtin-steps.golden.yaml"), toYaml(found));
      else expect(found[step]).toEqual(golden[step]);
    },
  );
});
