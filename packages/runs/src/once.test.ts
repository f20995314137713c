import type { JsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type TestCluster, startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createStepProviders } from "./run-controllers.ts";
import { type RunState, reconcileRun } from "./reconcile-run.ts";

const signal = new AbortController().signal;
const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster[Symbol.asyncDispose]();
});

const post = `import "vela/http"

send: http.#HTTPPost & {$params: {url: "http://hook/notify", request: body: "hello"}}
answer: send.$returns.body
parameter: {}
`;

const mail = `import "vela/email"

send: email.#SendEmail & {$params: {
	from: {address: "a@example.org", host: "mail", password: "secret", port: 25}
	to: ["b@example.org"]
	content: {subject: "hello", body: "text"}
}}
answer: "sent"
parameter: {}
`;

interface Sent {
  readonly key: string | undefined;
}

class Crash extends Error {}

/** A client whose nth write from now on ends the process's life: it and all later ones throw. */
function mortal(client: Client, lives: number): Client {
  let left = lives;
  const dies = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Crash("killed");
      return call(...args);
    };
  };
  return {
    ...client,
    create: dies(client.create.bind(client)),
    update: dies(client.update.bind(client)),
    updateStatus: dies(client.updateStatus.bind(client)),
    get: client.get.bind(client),
  } as Client;
}

async function control(template = post) {
  const cluster = await startTestCluster({ customResourceDefinitions: oamCustomResourceDefinitions() });
  open.push(cluster);
  const { client } = cluster;
  const definition = { apiVersion: "core.oam.dev/v1beta1", kind: "WorkflowStepDefinition" };
  await client.create({
    ...definition,
    metadata: { name: "notify", namespace: "default" },
    spec: { schematic: { cue: { template } } },
  } as unknown as KubeObject);
  await client.create({
    apiVersion: "core.oam.dev/v1alpha1",
    kind: "WorkflowRun",
    metadata: { name: "demo", namespace: "default" },
    spec: {
      workflowSpec: { steps: [{ name: "tell", type: "notify", outputs: [{ name: "said", valueFrom: "answer" }] }] },
    },
  } as unknown as KubeObject);
  const sent: Sent[] = [];
  let ids = 0;
  /** One life of the process: it may die at its nth write. */
  const live = async (lives = Number.POSITIVE_INFINITY): Promise<void> => {
    const mine = mortal(client, lives);
    const providers = createStepProviders(
      { ...cluster, client: mine },
      {
        fetch: async (_, init) => {
          sent.push({ key: (init.headers as Record<string, string>)["Idempotency-Key"] });
          return new Response(`answer ${sent.length}`);
        },
        sendMail: async ({ messageId }) => void sent.push({ key: messageId }),
      },
    )({});
    const state: RunState = {
      client: mine,
      clock: cluster.clock,
      newId: () => `step${++ids}`,
      memories: new Map(),
      providers: () => providers,
    };
    try {
      for (let visit = 0; visit < 3; visit++) {
        await reconcileRun(state, { namespace: "default", name: "demo" }, { signal });
        await cluster.clock.advance(1_000);
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  };
  const read = async (): Promise<{ phase: unknown; context: JsonObject }> => {
    const run = await client.get({
      apiVersion: "core.oam.dev/v1alpha1",
      kind: "WorkflowRun",
      namespace: "default",
      name: "demo",
    });
    const map = await client.get({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: "default",
      name: "workflow-demo-context",
    });
    return { phase: valueAt(run, "status", "status"), context: valueAt(map, "data") as JsonObject };
  };
  return { live, sent, read };
}

describe("a request of a step, wherever the process dies", () => {
  it("leaves once in an undisturbed life, with a key of its own, and nothing of it stays behind", async () => {
    const { live, sent, read } = await control();
    await live();
    const { phase, context } = await read();
    expect(phase).toBe("succeeded");
    expect(sent).toHaveLength(1);
    expect(sent[0]!.key).toMatch(/^step1-send-/);
    expect(Object.keys(context)).toEqual(["vars"]);
    expect(context.vars).toBe('{"said":"answer 1"}');
  });

  it("never leaves with two keys, and its first answer counts, at each write the process can die at", async () => {
    const deaths: number[] = [];
    for (let write = 0; write < 8; write++) {
      const { live, sent, read } = await control();
      await live(write);
      deaths.push(sent.length);
      await live();
      await live();
      const { phase, context } = await read();
      expect(phase, `killed at write ${write}`).toBe("succeeded");
      expect(new Set(sent.map(({ key }) => key)).size, `killed at write ${write}`).toBe(1);
      expect(sent.length, `killed at write ${write}`).toBeLessThanOrEqual(2);
      // Only a death between sending and recording sends again.
      if (sent.length === 1) expect(context.vars).toBe('{"said":"answer 1"}');
    }
    expect(deaths.some((count) => count === 0)).toBe(true);
    expect(deaths.some((count) => count === 1)).toBe(true);
  });
});

describe("a mail of a step, wherever the process dies", () => {
  it("leaves once in an undisturbed life", async () => {
    const { live, sent, read } = await control(mail);
    await live();
    expect((await read()).phase).toBe("succeeded");
    expect(sent).toHaveLength(1);
  });

  it("never leaves under two Message-IDs", async () => {
    for (let write = 0; write < 8; write++) {
      const { live, sent, read } = await control(mail);
      await live(write);
      await live();
      expect((await read()).phase, `killed at write ${write}`).toBe("succeeded");
      expect(new Set(sent.map(({ key }) => key)).size, `killed at write ${write}`).toBe(1);
    }
  });
});
