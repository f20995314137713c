import type { JsonObject } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTime } from "./duration.ts";
import { advance } from "./engine.ts";
import { createRunMemory } from "./memory.ts";
import { type RunContext, type RunStatus, type StepStatus, emptyContext, nameSteps, stepOf } from "./model.ts";
import { resumeRun, terminateRun } from "./operate.ts";
import { statusFromJson } from "./records.ts";
import { stalledMessage, stalledSteps } from "./stalled.ts";
import { StepError, type StepRunner } from "./step-runner.ts";
import type { Plan } from "./work.ts";

/** What a step does at each visit; the last one again and again. */
type Act = "ok" | "wait" | "error" | "fail" | "suspend";

const act = fc.constantFrom<Act>("ok", "wait", "error", "fail", "suspend");
const script = fc.array(act, { minLength: 1, maxLength: 4 });
const names = ["a", "b", "c", "d", "e"];

const leaf = fc.record({
  type: fc.constant("act"),
  script,
  dependsOn: fc.subarray(names, { maxLength: 2 }),
  timeout: fc.option(fc.constantFrom("10s", "1h"), { nil: undefined }),
  if: fc.option(fc.constant("always"), { nil: undefined }),
  input: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
  output: fc.option(fc.constantFrom("x", "z"), { nil: undefined }),
});
const graph = fc.record({
  steps: fc.array(
    fc.record({ own: leaf, group: fc.option(fc.array(leaf, { minLength: 1, maxLength: 3 }), { nil: undefined }) }),
    { minLength: 1, maxLength: 5 },
  ),
  mode: fc.constantFrom("StepByStep", "DAG"),
  subMode: fc.constantFrom("StepByStep", "DAG"),
});

type Leaf = typeof leaf extends fc.Arbitrary<infer T> ? T : never;

function jsonOf(one: Leaf, name: string, before: readonly string[]): JsonObject {
  return {
    name,
    type: "act",
    // A cycle of dependencies is refused at admission: here only on steps before it.
    dependsOn: one.dependsOn.filter((other) => before.includes(other)),
    ...(one.timeout === undefined ? {} : { timeout: one.timeout }),
    ...(one.if === undefined ? {} : { if: one.if }),
    ...(one.input === undefined ? {} : { inputs: [{ from: one.input }] }),
    ...(one.output === undefined ? {} : { outputs: [{ name: one.output, valueFrom: "v" }] }),
  };
}

function runnerOf(scripts: ReadonlyMap<string, readonly Act[]>): StepRunner {
  const visits = new Map<string, number>();
  return {
    evaluateIf: () => true,
    lookupInput: (from, { variables }) => (Object.hasOwn(variables.vars, from) ? variables.vars[from] : undefined),
    run: async ({ step, recorded }, outcome) => {
      const script = scripts.get(step.name)!;
      const visit = visits.get(step.name) ?? 0;
      visits.set(step.name, visit + 1);
      const next = script[Math.min(visit, script.length - 1)]!;
      if (next === "error") throw new StepError("Execute", "no answer");
      if (next === "fail") Object.assign(outcome, { phase: "failed", reason: "Action", terminated: true });
      if (outcome.phase !== "failed" && next === "wait")
        Object.assign(outcome, { phase: "running", reason: "Wait", waiting: true, message: "waits" });
      if (outcome.phase !== "failed" && next === "suspend" && recorded?.phase !== "running")
        Object.assign(outcome, { phase: "suspending", reason: "Suspend", suspend: true });
      return { lookup: () => step.name };
    },
    idle: () => ({ lookup: () => null }),
  };
}

const all = (steps: readonly StepStatus[]): readonly StepStatus[] => steps.flatMap((step) => [step, ...step.subSteps]);

describe("every run", () => {
  it("is finished, or has a time at which it is looked at again, or can be resumed by a person", async () => {
    await fc.assert(
      fc.asyncProperty(
        graph,
        fc.array(fc.constantFrom("go", "resume", "terminate"), { minLength: 3, maxLength: 12 }),
        async (drawn, people) => {
          const scripts = new Map<string, readonly Act[]>();
          const steps = drawn.steps.map(({ own, group }, index) => {
            const name = names[index]!;
            const before = names.slice(0, index);
            scripts.set(name, own.script);
            const json = jsonOf(own, name, before);
            if (group === undefined) return json;
            const subSteps = group.map((sub, at) => {
              scripts.set(`${name}${at}`, sub.script);
              return jsonOf({ ...sub, dependsOn: [] }, `${name}${at}`, []);
            });
            return { ...json, type: "step-group", subSteps };
          });
          const plan: Plan = {
            steps: nameSteps(steps.map(stepOf)),
            mode: { steps: drawn.mode, subSteps: drawn.subMode },
          };
          const memory = createRunMemory();
          const runner = runnerOf(scripts);
          let now = Date.UTC(2026, 0, 5);
          let status: RunStatus = { ...statusFromJson(undefined, plan.mode), mode: plan.mode };
          let context: RunContext = emptyContext;
          let ids = 0;
          let terminated = false;
          for (const deed of people) {
            const advanced = await advance({
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
            if (status.finished) {
              expect(["succeeded", "failed", "terminated"]).toContain(advanced.phase);
              return;
            }
            if (advanced.phase === "suspending") {
              // Steps that have timed out meanwhile leave the run suspended: to resume the run is the named action then.
              expect(resumeRun(status).suspend).toBe(false);
              if (deed === "resume") status = resumeRun(status);
              else if (deed === "go" && advanced.requeueAfterMs === undefined) return;
            } else expect(advanced.requeueAfterMs).toBeGreaterThanOrEqual(1_000);
            // Once terminated, a run ends at its next visit; steps that always run may ask for more.
            if (terminated)
              expect(
                drawn.steps.some(({ own, group }) => [own, ...(group ?? [])].some((one) => one.if === "always")),
              ).toBe(true);
            if (deed === "terminate") {
              status = terminateRun(status);
              terminated = true;
            }
            now += advanced.requeueAfterMs ?? 1_000;
            // Whatever goes on without an end of its own is said, once it has gone on for long.
            const later = stalledSteps(plan, status, { now: now + 24 * 3_600_000, afterMs: 1 });
            const endless = all(status.steps).filter(
              ({ name, phase }) =>
                phase === "running" &&
                plan.steps.some(
                  (step) =>
                    step.timeout === undefined &&
                    ((step.name === name && step.subSteps.length === 0) ||
                      step.subSteps.some((sub) => sub.name === name && sub.timeout === undefined)),
                ),
            );
            if (!status.suspend)
              expect(later.map(({ name }) => name)).toEqual(expect.arrayContaining(endless.map(({ name }) => name)));
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("says of a stalled step what it waits for, since when, and what to do", () => {
    const plan: Plan = {
      steps: nameSteps(
        [
          { name: "a", type: "x" },
          { name: "b", type: "x", timeout: "1h" },
        ].map((step) => stepOf(step)),
      ),
      mode: { steps: "DAG", subSteps: "DAG" },
    };
    const step = (name: string): JsonObject => ({
      id: name,
      name,
      phase: "running",
      message: "wait healthy",
      firstExecuteTime: "2026-01-05T10:00:00Z",
    });
    const status = statusFromJson({ steps: [step("a"), step("b")] }, plan.mode);
    const since = parseTime("2026-01-05T10:00:00Z")!;
    expect(stalledSteps(plan, status, { now: since + 60_000 })).toEqual([]);
    const stalled = stalledSteps(plan, status, { now: since + 31 * 60_000 });
    expect(stalledMessage(stalled)).toBe(
      "step a has waited since 2026-01-05T10:00:00Z: wait healthy (it has no timeout; terminate the workflow, or give the step one)",
    );
    expect(stalledSteps(plan, { ...status, suspend: true }, { now: since + 31 * 60_000 })).toEqual([]);
  });
});
