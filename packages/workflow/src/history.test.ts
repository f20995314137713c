import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type JsonObject, canonicalJson } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { createCueStepRunner } from "./cue/cue-step-runner.ts";
import { createProviders } from "./cue/providers.ts";
import { builtinProviders } from "./cue/builtin-provider.ts";
import { type History, HistoryRecorder, replay } from "./history.ts";
import { createRunMemory } from "./memory.ts";
import { type RunContext, type RunStatus, emptyContext, nameSteps, stepOf } from "./model.ts";
import { restartFromStep, resumeRun, terminateRun } from "./operate.ts";
import { statusFromJson } from "./records.ts";
import type { Plan } from "./work.ts";

const templates: Readonly<Record<string, string>> = {
  emit: `result: "v " + parameter.value\nparameter: value: string\n`,
  suspend: `import "vela/builtin"\n\nhold: builtin.#Suspend & {$params: parameter}\nparameter: duration?: string\n`,
  gate: `import "vela/builtin"\n\nwait: builtin.#ConditionalWait & {$params: {continue: parameter.open, message: "closed"}}\nparameter: open: bool\n`,
  fail: `import "vela/builtin"\n\nend: builtin.#Fail & {$params: message: "told to"}\nparameter: {}\n`,
  broken: `import "vela/builtin"\n\ngot: builtin.#DoVar & {$params: {method: "Get", path: "nothing"}}\nparameter: {}\n`,
};

type Deed = "advance" | "resume" | "terminate" | "restart b";

/** Plans with what people did, each under the name of its golden. */
const scenarios: Readonly<
  Record<string, { readonly mode: string; readonly steps: readonly JsonObject[]; readonly deeds: readonly Deed[] }>
> = {
  "values-and-suspension": {
    mode: "StepByStep",
    steps: [
      { name: "a", type: "emit", properties: { value: "x" }, outputs: [{ name: "one", valueFrom: "result" }] },
      { name: "hold", type: "suspend", properties: { duration: "1h" } },
      { name: "b", type: "emit", inputs: [{ from: "one", parameterKey: "value" }], if: 'inputs.one == "v x"' },
      {
        name: "c",
        type: "emit",
        properties: { value: "never" },
        if: "status.b.failed",
        outputs: [{ name: "none", valueFrom: "result" }],
      },
    ],
    deeds: ["advance", "advance", "resume", "advance"],
  },
  "graph-with-group": {
    mode: "DAG",
    steps: [
      {
        name: "g",
        type: "step-group",
        subSteps: [
          { name: "g1", type: "emit", properties: { value: "1" }, outputs: [{ name: "o", valueFrom: "result" }] },
          { name: "g2", type: "gate", properties: { open: false }, timeout: "30s" },
        ],
      },
      { name: "after", type: "emit", dependsOn: ["g"], properties: { value: "2" } },
      { name: "always", type: "emit", if: "always", dependsOn: ["g"], inputs: [{ from: "o", parameterKey: "value" }] },
    ],
    deeds: ["advance", "advance", "advance", "advance", "advance", "advance", "advance", "advance"],
  },
  "retries-and-restart": {
    mode: "StepByStep",
    steps: [
      { name: "a", type: "emit", properties: { value: "x" } },
      { name: "b", type: "broken" },
      { name: "c", type: "emit", properties: { value: "y" } },
    ],
    deeds: [...Array.from({ length: 12 }, (): Deed => "advance"), "restart b", "advance", "terminate", "advance"],
  },
  "failure-beside-a-suspension": {
    mode: "DAG",
    steps: [
      { name: "a", type: "suspend" },
      { name: "b", type: "fail" },
    ],
    deeds: ["advance", "resume", "advance"],
  },
};

async function record(name: string): Promise<History> {
  const { mode, steps, deeds } = scenarios[name]!;
  const plan: Plan = { steps: nameSteps(steps.map(stepOf)), mode: { steps: mode, subSteps: "DAG" } };
  const recorder = new HistoryRecorder(plan);
  const memory = createRunMemory();
  const runner = createCueStepRunner({
    providers: createProviders(builtinProviders),
    fields: { name: "run", namespace: "default" },
    template: (type) => ({ text: templates[type]!, source: type }),
  });
  let status: RunStatus = statusFromJson({ startTime: "2026-01-05T10:00:00Z" }, plan.mode);
  let context: RunContext = emptyContext;
  let now = Date.UTC(2026, 0, 5, 10);
  let ids = 0;
  for (const deed of deeds) {
    if (deed === "resume") status = resumeRun(status);
    else if (deed === "terminate") status = terminateRun(status);
    else if (deed === "restart b") ({ status, context } = restartFromStep(plan, status, context, "b"));
    else {
      const advanced = await recorder.advance({
        plan,
        status,
        context,
        memory,
        runner,
        now,
        newId: () => `id${++ids}`,
        signal: new AbortController().signal,
      });
      ({ status, context } = advanced);
      now += advanced.requeueAfterMs ?? 1_000;
    }
  }
  return recorder.history;
}

const folder = resolve(import.meta.dirname, "../testdata/histories");
const written = (history: History): string =>
  `${JSON.stringify(JSON.parse(canonicalJson(history as unknown as JsonObject)), undefined, 1)}\n`;

describe("a recorded history", () => {
  for (const name of Object.keys(scenarios)) {
    it(`decides the same today as when it was recorded: ${name}`, async () => {
      const path = resolve(folder, `${name}.json`);
      const today = written(await record(name));
      if (process.env["UPDATE"] === "1" || !existsSync(path)) writeFileSync(path, today);
      expect(await replay(JSON.parse(readFileSync(path, "utf8")) as History)).toBeUndefined();
      expect(today).toBe(readFileSync(path, "utf8"));
    });
  }

  it("has a golden for each scenario, and no other", () => {
    expect(readdirSync(folder).toSorted()).toEqual(
      Object.keys(scenarios)
        .map((name) => `${name}.json`)
        .toSorted(),
    );
  });

  it("tells the first advance that is decided otherwise", async () => {
    const history = await record("values-and-suspension");
    const [first, ...rest] = history.advances;
    const bent = {
      ...history,
      advances: [
        {
          ...first!,
          visits: first!.visits.map((visit) => ({
            ...visit,
            outcome: { ...visit.outcome, phase: "failed", reason: "Action" },
          })),
        },
        ...rest,
      ],
    };
    const fault = await replay(bent as History);
    expect(fault?.advance).toBe(0);
    expect(fault?.decided.status).not.toEqual(fault?.recorded.status);
  });

  it("of other rules is refused", async () => {
    const history = await record("failure-beside-a-suspension");
    await expect(replay({ ...history, behaviour: 99 })).rejects.toThrow("follows the rules 99; this engine knows 1");
  });
});
