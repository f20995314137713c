import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DisposeStack, createRandom } from "@lateen/base";
import { createClusterControllers } from "@lateen/cluster";
import { startNodeAgent } from "@lateen/cluster/node-agent";
import { createDeliveryControllers, installDefinitions, localPorts } from "@lateen/delivery";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { createStepProviders } from "@lateen/runs";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { previewDelivery } from "./index.ts";
import { compareWithRun } from "./testing/compare-with-run.ts";
import { generateApplication } from "./testing/generate-application.ts";

const signal = new AbortController().signal;
const stack = new DisposeStack();
let cluster: TestCluster;

/** A control plane with its controllers and a node that simulates, in virtual time. */
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-equal-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  cluster = stack.use(await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() }));
  await installDefinitions(cluster.client, { signal });
  const providers = createStepProviders(cluster)({});
  cluster.start([
    ...createClusterControllers(cluster),
    ...createDeliveryControllers(cluster, { ...localPorts(cluster.client), providers }),
  ]);
  const agent = stack.use(await startNodeAgent(cluster, { folder, bundledImages: [], mode: "simulated" }));
  cluster.watchIdle(() => agent.idle);
  await cluster.settled();
}, 120_000);
afterAll(() => stack[Symbol.asyncDispose]());

describe("a preview", { timeout: 120_000 }, () => {
  it.each([1, 2])("comes to what the delivery comes to, of application %i and of its change", async (number) => {
    const random = createRandom(number);
    const [name, namespace] = [`app${number}`, `p${number}`];
    for (const place of [namespace, `${namespace}-b`])
      await cluster.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${place}}}`);
    await cluster.settled();
    for (let version = 1; version <= 2; version++) {
      let turns = 0;
      const compared = await compareWithRun(
        {
          client: cluster.client,
          preview: (options) => previewDelivery(options, { store: cluster.store, clock: cluster.clock }, { signal }),
          async goOn() {
            await cluster.settled({ withinMs: 10_000 });
            return ++turns < 6;
          },
        },
        generateApplication(random, { name, namespace, wrong: 0 }),
      );
      expect(compared.differences).toEqual([]);
      expect(compared.objects).toBeGreaterThan(0);
    }
  });
});
