/** A control plane with delivery at work, and the verbs that its tests use. */
import { type JsonObject, canonicalJson, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type Environment, type Metrics, type RunningControllers, createMetrics } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, type TestClusterOptions, startTestCluster } from "@lateen/testkit";
import { textOf } from "../application/application.ts";
import { createDefinitionControllers } from "../controller/definition-controllers.ts";
import { createDeliveryControllers } from "../controller/delivery-controllers.ts";
import { deliveryMetrics } from "../controller/delivery-metrics.ts";
import { installDefinitions } from "../controller/install-definitions.ts";
import { type DeliveryPorts, localPorts } from "../controller/ports.ts";
import { oamCustomResourceDefinitions } from "../definition/crds.ts";

const oam = "core.oam.dev/v1beta1";

export interface DeliveryFixture extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly client: Client;
  readonly metrics: Metrics;
  readonly running: RunningControllers;
  readonly apply: (yaml: string) => Promise<readonly KubeObject[]>;
  readonly settle: (options?: { readonly withinMs?: number }) => Promise<void>;
  /** Plays the workload controllers: every Deployment becomes as it is wanted, until nothing changes any more. */
  readonly run: () => Promise<void>;
  readonly application: (name: string, namespace?: string) => Promise<KubeObject>;
  readonly phase: (name: string) => Promise<unknown>;
  /** Undefined where there is none. */
  readonly find: (
    apiVersion: string,
    kind: string,
    name: string,
    namespace?: string,
  ) => Promise<KubeObject | undefined>;
  readonly remove: (apiVersion: string, kind: string, name: string, namespace?: string) => Promise<void>;
  /** `Normal Deployed`, with a count from the second on. */
  readonly events: (name: string) => Promise<readonly string[]>;
}

export interface FixtureOptions {
  readonly namespaces?: readonly string[];
  readonly cluster?: TestClusterOptions;
  readonly ports?: (client: Client) => DeliveryPorts;
  readonly withDefinitionRevisions?: boolean;
  /** What the delivery controllers get: a client that fails, for instance. */
  readonly environment?: (cluster: TestCluster) => Environment;
  /** How many controllers deliver side by side, by mistake. Default 1. */
  readonly controllers?: number;
}

export async function startDelivery(options: FixtureOptions = {}): Promise<DeliveryFixture> {
  const signal = new AbortController().signal;
  const cluster = await startTestCluster({
    customResourceDefinitions: oamCustomResourceDefinitions(),
    ...options.cluster,
  });
  const { client } = cluster;
  await installDefinitions(client, { signal });
  for (const name of ["default", ...(options.namespaces ?? [])])
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } }).catch(() => undefined);
  const metrics = createMetrics(deliveryMetrics);
  const environment = options.environment?.(cluster) ?? cluster;
  const deliver = () =>
    createDeliveryControllers(environment, (options.ports ?? localPorts)(environment.client), { metrics });
  const running = cluster.start([
    ...Array.from({ length: options.controllers ?? 1 }, deliver).flat(),
    ...(options.withDefinitionRevisions === true ? createDefinitionControllers(cluster) : []),
  ]);
  await cluster.settled();

  const application = (name: string, namespace = "default"): Promise<KubeObject> =>
    client.get({ apiVersion: oam, kind: "Application", namespace, name });

  /** @returns whether a Deployment was not yet as wanted. */
  const runOnce = async (): Promise<boolean> => {
    let changed = false;
    const { items } = await client.list({ apiVersion: "apps/v1", kind: "Deployment" });
    for (const deployment of items) {
      const replicas = valueAt(deployment, "spec", "replicas") ?? 1;
      const status = {
        observedGeneration: deployment.metadata.generation ?? 1,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
      };
      if (canonicalJson((deployment.status as JsonObject | undefined) ?? {}) === canonicalJson(status)) continue;
      changed = true;
      await client.updateStatus({ ...deployment, status });
    }
    await cluster.settled();
    return changed;
  };

  return {
    cluster,
    client,
    metrics,
    running,
    apply: (yaml) => cluster.apply(yaml),
    settle: (limits) => cluster.settled(limits),
    async run() {
      await cluster.settled();
      for (let turn = 0; turn < 20 && (await runOnce()); turn++);
    },
    application,
    phase: async (name) => valueAt((await application(name)).status, "status"),
    async find(apiVersion, kind, name, namespace = "default") {
      try {
        return await client.get({ apiVersion, kind, namespace, name });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async remove(apiVersion, kind, name, namespace = "default") {
      await client.delete({ apiVersion, kind, namespace, name });
    },
    async events(name) {
      const { items } = await client.list({ apiVersion: "v1", kind: "Event", namespace: "default" });
      return items
        .filter((event) => valueAt(event, "involvedObject", "name") === name)
        .map((event) => {
          const count = valueAt(event, "count");
          const told = `${textOf(valueAt(event, "type"))} ${textOf(valueAt(event, "reason"))}`;
          return typeof count === "number" && count > 1 ? `${told} ${count}` : told;
        });
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** An Application of webservices in `default`: `{ front: "shop:1" }`. */
export function webApplication(
  name: string,
  images: Readonly<Record<string, string>>,
  more: { readonly policies?: string; readonly annotations?: string; readonly properties?: string } = {},
): string {
  const components = Object.entries(images).map(
    ([component, image]) =>
      `    - {name: ${component}, type: webservice, properties: {image: "${image}"${more.properties ?? ""}}, traits: [{type: scaler, properties: {replicas: 1}}]}`,
  );
  return `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: ${name}, namespace: default${more.annotations === undefined ? "" : `, annotations: {${more.annotations}}`}}
spec:
  components:
${components.join("\n")}
${more.policies === undefined ? "" : `  policies: ${more.policies}\n`}`;
}
