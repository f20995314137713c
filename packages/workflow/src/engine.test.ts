import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { type Advanced, advance } from "./engine.ts";
import { type RunMemory, createRunMemory } from "./memory.ts";
import { type RunContext, type RunStatus, type StepStatus, emptyContext, nameSteps, stepOf } from "./model.ts";
import { restartFromStep, resumeRun, suspendRun, terminateRun } from "./operate.ts";
import { statusFromJson } from "./records.ts";
import { type Outcome, StepError, type StepRunner, type Visit } from "./step-runner.ts";
import { variableAt } from "./variables.ts";
import type { Plan } from "./work.ts";

/** Steps of the types ok, fail, wait, suspend and try; a test changes what `gate` does while it runs. */
function runnerOf(gate: { open: boolean }): StepRunner & { readonly ran: string[] } {
  const ran: string[] = [];
  const acts: Record<string, (visit: Visit, outcome: Outcome) => void> = {
    ok: () => undefined,
    fail: (_, outcome) => Object.assign(outcome, { phase: "failed", reason: "Action", terminated: true }),
    gate: (_, outcome) => {
      if (!gate.open && outcome.phase !== "failed")
        Object.assign(outcome, { phase: "running", reason: "Wait", waiting: true });
    },
    suspend: ({ recorded }, outcome) => {
      if (recorded?.phase === "running") return;
      Object.assign(outcome, { phase: "suspending", reason: "Suspend", suspend: true });
    },
    try: () => {
      throw new StepError("Execute", "no answer");
    },
  };
  return {
    ran,
    evaluateIf: (text, _, { status }) => {
      const match = /^status\.(\w+)\.(\w+)$/.exec(text);
      const found = match === null ? undefined : (status[match[1]!] as JsonObject | undefined);
      if (found === undefined) throw new Error(`undefined field in ${text}`);
      return found[match![2]!] === true;
    },
    lookupInput: (from, visit) => variableAt(visit.variables.vars, from),
    run: async (visit, outcome) => {
      ran.push(visit.step.name);
      acts[visit.step.type]!(visit, outcome);
      return { lookup: (text) => `${visit.step.name}.${text}` };
    },
    idle: () => ({ lookup: () => undefined }),
  };
}

class Run {
  readonly gate = { open: false };
  readonly runner = runnerOf(this.gate);
  readonly #plan: Plan;
  readonly #memory: RunMemory = createRunMemory();
  now = Date.UTC(2026, 0, 5, 10);
  status: RunStatus;
  context: RunContext = emptyContext;
  last: Advanced | undefined;
  #ids = 0;

  constructor(steps: readonly JsonObject[], mode: "StepByStep" | "DAG" = "StepByStep") {
    this.#plan = { steps: nameSteps(steps.map(stepOf)), mode: { steps: mode, subSteps: "DAG" } };
    this.status = statusFromJson(undefined, this.#plan.mode);
  }

  async advance(times = 1): Promise<this> {
    for (let n = 0; n < times; n++) {
      this.last = await advance({
        plan: this.#plan,
        status: this.status,
        context: this.context,
        memory: this.#memory,
        runner: this.runner,
        now: this.now,
        newId: () => `id${++this.#ids}`,
        signal: new AbortController().signal,
      });
      this.status = this.last.status;
      this.context = this.last.context;
      this.now += this.last.requeueAfterMs ?? 0;
    }
    return this;
  }

  restartFrom(step: string): void {
    ({ status: this.status, context: this.context } = restartFromStep(this.#plan, this.status, this.context, step));
  }

  get shown(): string {
    const one = ({ name, phase, reason, subSteps }: StepStatus): string =>
      `${name}=${phase}${reason === "" ? "" : `/${reason}`}${subSteps.length === 0 ? "" : `(${subSteps.map(one).join(" ")})`}`;
    return [this.status.phase, ...this.status.steps.map(one)].join(" ");
  }
}

const step = (name: string, type: string, more: JsonObject = {}): JsonObject => ({ name, type, ...more });

describe("a workflow, step by step", () => {
  it("runs its steps in order, in one go", async () => {
    const run = await new Run([step("a", "ok"), step("b", "ok")]).advance();
    expect(run.shown).toBe("succeeded a=succeeded b=succeeded");
    expect(run.runner.ran).toEqual(["a", "b"]);
  });

  it("starts nothing after a step that waits, and goes on when it is done", async () => {
    const run = await new Run([step("a", "gate"), step("b", "ok")]).advance();
    expect(run.shown).toBe("executing a=running/Wait");
    run.gate.open = true;
    expect((await run.advance()).shown).toBe("succeeded a=succeeded b=succeeded");
  });

  it("skips what follows a failure, except steps that ask for it", async () => {
    const run = await new Run([
      step("a", "fail"),
      step("b", "ok"),
      step("c", "ok", { if: "always" }),
      step("d", "ok", { if: "status.a.failed" }),
    ]).advance(2);
    expect(run.shown).toBe("failed a=failed/Action b=skipped/Skip c=succeeded d=succeeded");
  });

  it("tries a step whose run fails ten times more, with longer and longer pauses", async () => {
    const run = new Run([step("a", "try")]);
    const waits: number[] = [];
    while (!run.status.finished) {
      await run.advance();
      if (run.last?.requeueAfterMs !== undefined) waits.push(run.last.requeueAfterMs / 1000);
    }
    expect(run.shown).toBe("failed a=failed/FailedAfterRetries");
    expect(run.runner.ran).toHaveLength(11);
    expect(waits.slice(0, 10)).toEqual([1, 1, 1, 1, 1, 1, 3, 6, 12, 25]);
  });

  it("waits for a person at a suspension", async () => {
    const run = await new Run([step("a", "ok"), step("s", "suspend"), step("b", "ok")]).advance();
    expect(run.shown).toBe("suspending a=succeeded s=suspending/Suspend");
    expect(run.last?.requeueAfterMs).toBeUndefined();
    run.status = resumeRun(run.status);
    expect((await run.advance()).shown).toBe("succeeded a=succeeded s=succeeded b=succeeded");
  });

  it("ends a step that waits beyond its time-out", async () => {
    const run = await new Run([step("a", "gate", { timeout: "5s" }), step("b", "ok")]).advance();
    run.now += 6_000;
    expect((await run.advance(2)).shown).toBe("failed a=failed/Timeout b=skipped/Skip");
  });

  it("passes outputs on as inputs", async () => {
    const run = await new Run([
      step("a", "ok", { outputs: [{ name: "made", valueFrom: "x" }] }),
      step("b", "ok", { inputs: [{ from: "made", parameterKey: "p" }] }),
    ]).advance();
    expect(run.shown).toBe("succeeded a=succeeded b=succeeded");
    expect(run.context.vars).toEqual({ made: "a.x" });
  });

  it("keeps a step pending whose input nobody has written", async () => {
    const run = await new Run([step("b", "ok", { inputs: [{ from: "made", parameterKey: "p" }] })]).advance();
    expect(run.shown).toBe("executing b=pending");
    expect(run.status.steps[0]?.message).toBe("Pending on Input: made");
  });
});

describe("a workflow as a graph", () => {
  it("runs what can run, whatever another step waits for", async () => {
    const run = await new Run(
      [step("a", "gate"), step("b", "ok", { dependsOn: ["a"] }), step("c", "ok")],
      "DAG",
    ).advance();
    expect(run.shown).toBe("executing a=running/Wait c=succeeded b=pending");
    run.gate.open = true;
    expect((await run.advance()).shown).toBe("succeeded a=succeeded c=succeeded b=succeeded");
  });

  it("skips only what depends on a failure", async () => {
    const run = await new Run(
      [step("a", "fail"), step("b", "ok", { dependsOn: ["a"] }), step("c", "ok")],
      "DAG",
    ).advance(2);
    expect(run.shown).toBe("failed a=failed/Action c=succeeded b=skipped/Skip");
  });

  it("shows a group by its steps", async () => {
    const group = step("g", "step-group", { subSteps: [step("x", "ok"), step("y", "gate")] });
    const run = await new Run([group, step("z", "ok")]).advance();
    expect(run.shown).toBe("executing g=running(x=succeeded y=running/Wait)");
    run.gate.open = true;
    expect((await run.advance()).shown).toBe("succeeded g=succeeded(x=succeeded y=succeeded) z=succeeded");
  });
});

describe("what people do to a workflow", () => {
  it("suspends between two visits and goes on after a resume", async () => {
    const run = await new Run([step("a", "gate"), step("b", "ok")]).advance();
    run.status = suspendRun(run.status);
    run.gate.open = true;
    expect((await run.advance()).status.phase).toBe("suspending");
    run.status = resumeRun(run.status);
    expect((await run.advance()).status.phase).toBe("succeeded");
  });

  it("ends a workflow: what waits fails and nothing more starts", async () => {
    const run = await new Run([step("a", "gate"), step("b", "ok")]).advance();
    run.status = terminateRun(run.status);
    expect((await run.advance(2)).shown).toBe("terminated a=failed/Terminate b=skipped/Skip");
  });

  it("goes on at once from a step that is restarted while it is still being tried", async () => {
    const run = await new Run([step("a", "ok"), step("b", "try")]).advance(8);
    const id = run.status.steps[1]?.id;
    run.restartFrom("b");
    await run.advance();
    expect(run.status.steps[1]).toMatchObject({ name: "b", phase: "failed", reason: "Execute" });
    expect(run.status.steps[1]?.id).not.toBe(id);
    expect(run.last?.requeueAfterMs).toBe(1_000);
    expect(run.runner.ran.filter((name) => name === "a")).toHaveLength(1);
  });
});
