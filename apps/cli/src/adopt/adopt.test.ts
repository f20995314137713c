import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installDefinitions } from "@lateen/delivery";
import {
  type AdoptMode,
  type AdoptedObject,
  adoptingApplication,
  declaredOf,
  isOnlyMarked,
  oamCustomResourceDefinitions,
} from "@lateen/delivery/pure";
import { createClusterControllers } from "@lateen/cluster";
import type { KubeObject } from "@lateen/objects";
import { type Preview, previewDelivery } from "@lateen/server/preview";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { readHelmRelease } from "./helm-release.ts";

const signal = new AbortController().signal;
const running = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}, annotations: {note: mine}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "shop:1", ports: [{containerPort: 80}]}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: default}
data: {a: "1"}
`;
const manifest = running.split("---\n")[1]!;

let cluster: TestCluster;
let adopted: readonly AdoptedObject[];
beforeAll(async () => {
  cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  await installDefinitions(cluster.client, { signal });
  cluster.start(createClusterControllers(cluster));
  const objects = await cluster.apply(running);
  await cluster.settled();
  const plurals: Readonly<Record<string, string>> = {
    Deployment: "deployments",
    Service: "services",
    ConfigMap: "configmaps",
  };
  adopted = objects.map((object) => ({ object, resource: plurals[object.kind]! }));
}, 120_000);
afterAll(() => cluster[Symbol.asyncDispose]());

async function previewOf(mode: AdoptMode): Promise<Preview> {
  const application = adoptingApplication({
    name: "web",
    namespace: "default",
    mode,
    type: "native",
    objects: adopted,
  });
  return previewDelivery({ objects: [application] }, { store: cluster.store, clock: cluster.clock }, { signal });
}

/** What is declared of the adopted objects and changes; that pods become ready meanwhile is no change. */
const workloadsOf = ({ changes }: Preview): Preview["changes"] =>
  changes.filter(
    ({ after, before }) =>
      (after ?? before)?.kind !== "Application" &&
      JSON.stringify(before && declaredOf(before)) !== JSON.stringify(after && declaredOf(after)),
  );

describe("adopting what runs", { timeout: 120_000 }, () => {
  it("plans a component a workload, a policy of the mode over all, and a step for each", () => {
    const { metadata, spec } = adoptingApplication({
      name: "web",
      namespace: "default",
      mode: "take-over",
      type: "native",
      objects: adopted,
    });

    expect(metadata.labels).toEqual({ "app.oam.dev/adopt": "native" });
    expect(spec).toMatchObject({
      components: [
        { name: "deployment-web", type: "k8s-objects" },
        { name: "service-web", type: "k8s-objects" },
        { name: "config", type: "k8s-objects" },
      ],
      policies: [
        {
          name: "take-over",
          type: "take-over",
          properties: { rules: [{ selector: { componentNames: ["deployment-web", "service-web", "config"] } }] },
        },
      ],
      workflow: { steps: [{ type: "step-group", subSteps: [{ name: "apply-component:deployment-web" }, {}, {}] }] },
    });
  });

  it("writes nothing on them in mode read-only", async () => {
    const preview = await previewOf("read-only");

    expect(preview.refusals).toEqual([]);
    expect(preview.subjects[0]).toMatchObject({ end: "healthy", message: "" });
    expect(workloadsOf(preview)).toEqual([]);
    expect(preview.subjects[0]!.steps.map(({ name }) => name)).toContain("apply-component:deployment-web");
  });

  it("only marks them in mode take-over: no spec, label or annotation of theirs changes", async () => {
    const preview = await previewOf("take-over");

    expect(preview.refusals).toEqual([]);
    expect(preview.subjects[0]).toMatchObject({ end: "healthy", message: "" });
    const changes = workloadsOf(preview);
    expect(changes.map(({ action, after }) => `${action} ${after?.kind}`).toSorted()).toEqual([
      "changed ConfigMap",
      "changed Deployment",
      "changed Service",
    ]);
    for (const { before, after } of changes) {
      expect(isOnlyMarked(before!, after!)).toBe(true);
      expect(after!.metadata.labels).toMatchObject({ "app.oam.dev/name": "web" });
    }
  });

  it("reads a Helm release as Helm has recorded it", async () => {
    const record = (version: string, text: string): KubeObject =>
      ({
        apiVersion: "v1",
        kind: "Secret",
        type: "helm.sh/release.v1",
        metadata: {
          name: `sh.helm.release.v1.shop.v${version}`,
          namespace: "default",
          labels: { owner: "helm", name: "shop", version },
        },
        data: {
          release: Buffer.from(gzipSync(JSON.stringify({ name: "shop", manifest: text })).toString("base64")).toString(
            "base64",
          ),
        },
      }) as unknown as KubeObject;
    await cluster.client.create(record("1", ""));
    await cluster.client.create(record("2", manifest));

    const release = await readHelmRelease(cluster.client, {
      name: "shop",
      namespace: "default",
      driver: "secret",
      signal,
    });
    expect(release).toMatchObject({
      name: "shop",
      revision: 2,
      manifests: [{ kind: "Service", metadata: { name: "web" } }],
    });
    expect(release.records.length).toBe(2);
    await expect(
      readHelmRelease(cluster.client, { name: "none", namespace: "default", driver: "secret", signal }),
    ).rejects.toThrow("no Helm release none in namespace default");
  });
});
