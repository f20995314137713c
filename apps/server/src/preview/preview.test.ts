import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installDefinitions } from "@lateen/delivery";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { readManifests } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { type Preview, type PreviewOptions, type PreviewedStep, previewDelivery } from "./index.ts";

const signal = new AbortController().signal;
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  await installDefinitions(cluster.client, { signal });
  await cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: prod}}");
}, 120_000);
afterAll(() => cluster[Symbol.asyncDispose]());

const preview = (yaml: string, options: Omit<PreviewOptions, "objects"> = {}): Promise<Preview> =>
  previewDelivery(
    { objects: readManifests(yaml, { source: "test.yaml" }).objects, ...options },
    { store: cluster.store, clock: cluster.clock },
    { signal },
  );

const application = (workflow: string, policies = "[]"): string => `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default}
spec:
  components: [{name: front, type: webservice, properties: {image: "shop:1", ports: [{port: 80, expose: true}]}}]
  policies: ${policies}
  workflow: {steps: [${workflow}]}
`;
const go = "{name: go, type: apply-component, properties: {component: front}}";
const ask = `{name: ask, type: request, properties: {url: "https://api.example.com/v1?key=abc", method: POST, body: {password: hidden}}, outputs: [{name: answer, valueFrom: response.name}]}`;
const use = `{name: use, type: apply-object, inputs: [{from: answer, parameterKey: value.data.x}], properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: used}}}}`;

const stepOf = ({ subjects }: Preview, name: string): PreviewedStep | undefined =>
  subjects[0]!.steps.find((step) => step.name === name);

describe("a preview of an application", { timeout: 120_000 }, () => {
  it("runs the workflow to its end in virtual time: when each step starts, and what it writes", async () => {
    const result = await preview(application(`{name: night, type: suspend, properties: {duration: 24h}}, ${go}`), {
      horizonMs: 48 * 3_600_000,
    });

    expect(result.subjects[0]).toMatchObject({ end: "healthy", phase: "running" });
    expect(stepOf(result, "night")?.moments.map(({ phase }) => phase)).toEqual(["suspending", "succeeded"]);
    const started = stepOf(result, "go")?.startMs ?? 0;
    expect(started).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(started).toBeLessThan(24 * 3_600_000 + 60_000);
    expect(stepOf(result, "go")?.writes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      "created Deployment front",
      "created Service front",
    ]);
    expect(result.changes.map(({ action, after }) => `${action} ${after?.kind}`)).toEqual([
      "created Deployment",
      "created Application",
      "created Service",
    ]);
  });

  it("stops where a person is asked, or goes on as if it was resumed", async () => {
    const held = application(`{name: approve, type: suspend}, ${go}`);

    expect((await preview(held)).subjects[0]).toMatchObject({
      end: "suspended",
      message: "held at step approve until somebody resumes it",
      resources: [],
    });
    expect((await preview(held, { resume: ["approve"] })).subjects[0]).toMatchObject({ end: "healthy" });
  });

  it("sends nothing: it tells what it would send, and stops where the answer is needed", async () => {
    const result = await preview(application(`${ask}, ${use}`));

    const [subject] = result.subjects;
    expect(subject).toMatchObject({
      end: "stopped",
      message: expect.stringContaining("declare it with --answer ask=JSON"),
    });
    expect(subject!.outside).toMatchObject([
      {
        step: "ask",
        what: "POST https://api.example.com/v1?…",
        request: { body: { password: "***" } },
        assumed: "succeeds; its answer is unknown",
      },
    ]);
    expect(stepOf(result, "use")?.writes).toEqual([]);
  });

  it("answers as declared", async () => {
    const known = await preview(application(`${ask}, ${use}`), { answers: { ask: { body: { name: "bob" } } } });
    expect(known.subjects[0]).toMatchObject({ end: "healthy" });
    expect(known.subjects[0]!.resources.map(({ manifest }) => manifest.data)).toEqual([{ x: "bob" }]);

    const failed = await preview(application(`${ask}, ${use}`), { answers: { ask: "the line is cut" } });
    expect(failed.subjects[0]).toMatchObject({ end: "failed" });
    expect(stepOf(failed, "ask")?.moments[0]?.message).toContain("the line is cut");
  });

  it("says what waits in vain, and for what", async () => {
    const result = await preview(
      application(`{name: other, type: collect-service-endpoints, properties: {name: absent}}, ${go}`),
    );

    expect(["waiting", "failed"]).toContain(result.subjects[0]!.end);
    expect(result.subjects[0]!.message).toContain("step other");
    expect(stepOf(result, "go")).toMatchObject({ message: "not reached" });
  });

  it("knows overrides, topologies and references to objects, as the delivery does", async () => {
    const result = await preview(`apiVersion: v1
kind: ConfigMap
metadata: {name: theirs, namespace: default}
data: {a: "1"}
---
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, namespace: default}
spec:
  components:
    - {name: front, type: webservice, properties: {image: "shop:1"}, traits: [{type: scaler, properties: {replicas: 1}}]}
    - {name: refs, type: ref-objects, properties: {objects: [{resource: configmap, name: theirs}]}}
  policies:
    - {name: prod, type: topology, properties: {clusters: [local], namespace: prod}}
    - {name: more, type: override, properties: {components: [{name: front, traits: [{type: scaler, properties: {replicas: 3}}]}]}}
`);

    expect(result.subjects[0]).toMatchObject({ end: "healthy" });
    const made = result.subjects[0]!.resources.map(({ manifest: { kind, metadata, spec } }) => [
      kind,
      metadata.namespace,
      (spec as { replicas?: number } | undefined)?.replicas,
    ]);
    expect(made).toEqual([
      ["Deployment", "prod", 3],
      ["ConfigMap", "prod", undefined],
    ]);
    expect(await cluster.client.list({ apiVersion: "apps/v1", kind: "Deployment" })).toMatchObject({ items: [] });
  });

  it("begins on an empty store where there is none, and takes namespaces to exist", async () => {
    const placed = application(go, "[{name: prod, type: topology, properties: {namespace: prod}}]").replace(
      /  workflow.*\n/,
      "",
    );
    const { objects } = readManifests(placed, { source: "test.yaml" });
    const result = await previewDelivery({ objects }, { clock: cluster.clock }, { signal });

    expect(result).toMatchObject({ revision: 0, warnings: ["namespace prod is taken to exist"] });
    expect(result.subjects[0]).toMatchObject({ end: "healthy" });
  });

  it("refuses what the server would refuse, with the field", async () => {
    const result = await preview(application(`{name: go, type: no-such-step}`));

    expect(result.subjects[0]).toMatchObject({ end: "refused" });
    expect(result.refusals[0]?.status.details?.causes?.[0]).toMatchObject({ field: "spec.workflow.steps[0].type" });
  });

  it("runs WorkflowRuns, too", async () => {
    const result = await preview(`apiVersion: core.oam.dev/v1alpha1
kind: WorkflowRun
metadata: {name: once, namespace: default}
spec:
  workflowSpec:
    steps:
      - {name: box, type: run-container, properties: {image: "tool:1", env: {TOKEN: abc}}}
      - {name: note, type: apply-object, properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: note, namespace: default}, data: {a: b}}}}
`);

    expect(result.subjects[0]).toMatchObject({ kind: "WorkflowRun", end: "healthy" });
    expect(result.subjects[0]!.outside).toMatchObject([
      { step: "box", what: "container tool:1", request: { env: { TOKEN: "***" } } },
    ]);
    expect(stepOf(result, "note")?.writes).toMatchObject([{ action: "created", kind: "ConfigMap", name: "note" }]);
  });
});
