import { createHmac } from "node:crypto";
import { type JsonObject, silentLog } from "@lateen/base";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { defineStep } from "@lateen/workflow";
import { afterEach, describe, expect, it } from "vitest";
import { type TriggerListener, listenForTriggers } from "../node/index.ts";
import { createRunControllers, createStepProviders } from "../run-controllers.ts";
import { stepDefinitionOf } from "../step-definition.ts";
import { createTriggerController } from "./trigger-controller.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function control() {
  const cluster: TestCluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  const { client } = cluster;
  const seen: JsonObject[] = [];
  const hold = { on: false };
  const note = defineStep({
    type: "note",
    parameter: "",
    run: async (_, { context, wait }) => {
      if (hold.on) wait("until it may");
      seen.push(context.event as JsonObject);
    },
  });
  await client.create(stepDefinitionOf(note, "default"));
  const controllers = () => [
    ...createRunControllers(cluster, createStepProviders(cluster, { steps: [note] })),
    createTriggerController(cluster),
  ];
  cluster.start(controllers());
  const trigger = (name: string, spec: JsonObject): Promise<KubeObject> =>
    client.create({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "Trigger",
      metadata: { name, namespace: "default" },
      spec: { run: { spec: { workflowSpec: { steps: [{ name: "n", type: "note" }] } } }, ...spec },
    } as unknown as KubeObject);
  const runs = async (): Promise<readonly string[]> => {
    const { items } = await client.list({ apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" });
    return items.map(({ metadata }) => metadata.name!).toSorted();
  };
  const status = async (name: string): Promise<JsonObject> => {
    const ref = { apiVersion: "core.oam.dev/v1alpha1", kind: "Trigger", namespace: "default", name };
    return (valueAt(await client.get(ref), "status") ?? {}) as JsonObject;
  };
  const later = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      await cluster.clock.advance(60_000);
      await cluster.settled();
    }
  };
  await cluster.settled();
  return { cluster, client, trigger, runs, status, later, seen, hold };
}

describe("a Trigger by the clock", () => {
  it("starts a run at each of its times, tells it why, and keeps only some", async () => {
    const { cluster, trigger, runs, seen, later, status } = await control();
    await trigger("tick", { source: { cron: { schedule: "*/10 * * * *" } }, successfulRunsHistoryLimit: 2 });
    await cluster.settled();
    await later(45);
    expect(seen).toHaveLength(4);
    expect(seen.every(({ type }) => type === "schedule")).toBe(true);
    expect(new Set(seen.map(({ time }) => time)).size).toBe(4);
    expect(await runs()).toHaveLength(2);
    expect(await status("tick")).toMatchObject({ conditions: [{ type: "Ready", status: "True" }] });
  });

  it("starts none beside one that has not finished, where that is forbidden, and says so", async () => {
    const { cluster, trigger, runs, later, hold, status } = await control();
    hold.on = true;
    await trigger("tick", { source: { cron: { schedule: "*/5 * * * *" } }, concurrencyPolicy: "Forbid" });
    await cluster.settled();
    await later(16);
    expect(await runs()).toHaveLength(1);
    expect(valueAt(await status("tick"), "lastHeld", "why")).toMatch(/is not finished \(concurrencyPolicy: Forbid\)/);
  });

  it("says in its condition what is wrong with its schedule", async () => {
    const { cluster, trigger, status } = await control();
    await trigger("tick", { source: { cron: { schedule: "61 * * * *" } } });
    await cluster.settled();
    expect(valueAt(await status("tick"), "conditions", "0")).toMatchObject({ type: "Ready", status: "False" });
  });
});

describe("a Trigger by changes of objects", () => {
  const config = (name: string, data: JsonObject, labels: JsonObject = {}): KubeObject =>
    ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", labels }, data }) as KubeObject;

  it("starts a run for each change that its selector and filter let through, once", async () => {
    const { cluster, client, trigger, runs, seen } = await control();
    await trigger("follow", {
      source: {
        watch: {
          apiVersion: "v1",
          kind: "ConfigMap",
          labelSelector: { matchLabels: { followed: "yes" } },
          events: ["create", "update", "delete"],
        },
      },
      filter: 'event.object.data.level != "low"',
    });
    await cluster.settled();
    await client.create(config("other", { level: "high" }));
    const one = await client.create(config("one", { level: "high" }, { followed: "yes" }));
    await cluster.settled();
    await client.update({ ...one, data: { level: "low" } });
    await cluster.settled();
    expect(seen.map(({ type, object }) => [type, valueAt(object, "data", "level")])).toEqual([["create", "high"]]);
    const live = await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "one" });
    await client.update({ ...live, data: { level: "top" } });
    await cluster.settled();
    await client.delete({ apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "one" });
    await cluster.settled();
    expect(seen.map(({ type }) => type)).toEqual(["create", "update", "delete"]);
    // A second controller, as after a restart, sees the same objects and starts nothing for them.
    const before = await runs();
    cluster.start([{ ...createTriggerController(cluster), name: "trigger-again" }]);
    await cluster.settled();
    expect(await runs()).toEqual(before);
  });
});

describe("a Trigger by requests", () => {
  async function listening() {
    const made = await control();
    const listener: TriggerListener = await listenForTriggers(
      { client: made.client, clock: made.cluster.clock, log: silentLog },
      { host: "127.0.0.1", port: 0 },
    );
    open.push(listener);
    await made.client.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "hook", namespace: "default" },
      data: { token: btoa("let-me-in") },
    } as KubeObject);
    await made.trigger("hook", {
      source: { webhook: { secretRef: { name: "hook" } } },
      successfulRunsHistoryLimit: 10,
    });
    await made.cluster.settled();
    const post = async (path: string, init: RequestInit = {}): Promise<readonly [number, JsonObject]> => {
      const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method: "POST", ...init });
      return [response.status, (await response.json()) as JsonObject];
    };
    return { ...made, post };
  }
  const bearer = { Authorization: "Bearer let-me-in" };

  it("answers when the run is stored, and starts one run for the same delivery", async () => {
    const { post, cluster, seen, runs } = await listening();
    const request = { headers: { ...bearer, "Idempotency-Key": "d1" }, body: '{"ref":"main"}' };
    const [status, first] = await post("/triggers/default/hook", request);
    expect([status, first.started]).toEqual([202, true]);
    expect(await runs()).toEqual([first.run]);
    const [again, second] = await post("/triggers/default/hook", request);
    expect([again, second.started, second.run]).toEqual([202, false, first.run]);
    await cluster.settled();
    expect(seen).toEqual([{ type: "webhook", time: expect.any(String) as unknown, object: { ref: "main" } }]);
  });

  it("accepts a signature of the body, and no other caller", async () => {
    const { post, runs } = await listening();
    const body = '{"a":1}';
    const signature = `sha256=${createHmac("sha256", "let-me-in").update(body).digest("hex")}`;
    expect((await post("/triggers/default/hook", { headers: { "X-Hub-Signature-256": signature }, body }))[0]).toBe(
      202,
    );
    const refused = [
      await post("/triggers/default/hook", { body }),
      await post("/triggers/default/hook", { headers: { Authorization: "Bearer wrong" }, body }),
      await post("/triggers/default/hook", { headers: { "X-Hub-Signature-256": signature }, body: '{"a":2}' }),
      await post("/triggers/default/none", { headers: bearer, body }),
    ];
    expect(refused.map(([status]) => status)).toEqual([401, 401, 401, 401]);
    expect((await post("/elsewhere", { headers: bearer }))[0]).toBe(404);
    expect((await post("/triggers/default/hook", { headers: bearer, body: "x".repeat(300_000) }))[0]).toBe(413);
    expect(await runs()).toHaveLength(1);
  });
});
