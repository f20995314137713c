/** What waits at a vertex: references, comprehensions and expressions, tried until none makes progress. */
import { addConjunct } from "./conjunct.ts";
import type { Label } from "./label.ts";
import type { Run } from "./run.ts";
import type { NodeState, Task } from "./state.ts";
import type { Bottom } from "./values.ts";
import type { Conjunct } from "./vertex.ts";

/** Works off the queue and the tasks until nothing moves any more. */
export function settle(run: Run, node: NodeState): void {
  for (;;) {
    drain(run, node);
    if (node.kind === 0 || !runTasks(run, node)) return;
  }
}

export function drain(run: Run, node: NodeState): void {
  for (;;) {
    while (node.next < node.queue.length) {
      const conjunct = node.queue[node.next++]!;
      addConjunct(run, node, conjunct);
    }
    // The terms chosen come after what is there without any choice.
    if (node.chosen.length === 0) return;
    node.queue.push(...node.chosen.splice(0));
  }
}

/** Tries what waits; whether anything came of it. References go first: they bring fields that others ask for. */
function runTasks(run: Run, node: NodeState): boolean {
  let moved = false;
  for (let i = 0; i < node.tasks.length; i++) {
    const task = node.tasks[i]!;
    if (task.status !== "pending" || task.kind !== "reference") continue;
    if (attempt(run, task)) moved = true;
    if (node.next < node.queue.length) drain(run, node);
  }
  if (moved) return true;
  for (let i = 0; i < node.tasks.length; i++) {
    const task = node.tasks[i]!;
    if (task.status !== "pending") continue;
    if (!attempt(run, task)) continue;
    moved = true;
    if (node.next < node.queue.length) drain(run, node);
  }
  return moved;
}

/** Works off what can be done while a task of this very vertex is running: no further comprehension, which might depend on it. */
export function advance(run: Run, node: NodeState): void {
  const isLooping = node.tasks.some(({ kind, status }) => kind === "comprehension" && status === "running");
  for (let moved = true; moved; ) {
    moved = false;
    drain(run, node);
    for (let i = 0; i < node.tasks.length; i++) {
      const task = node.tasks[i]!;
      if (!(isLooping && task.kind === "comprehension") && attempt(run, task)) moved = true;
    }
  }
}

/** Runs a task unless nothing has happened since it was tried last. */
export function attempt(run: Run, task: Task): boolean {
  if (task.status !== "pending" || task.epoch === run.epoch) return false;
  task.status = "running";
  const blocked = task.run(task);
  if (blocked === undefined) {
    task.status = "done";
    task.blocked = undefined;
    run.epoch++;
    return true;
  }
  task.status = "pending";
  task.blocked = blocked;
  task.epoch = run.epoch;
  return false;
}

export function addTask(
  node: NodeState,
  kind: Task["kind"],
  conjunct: Conjunct,
  run: (task: Task) => Bottom | undefined,
): void {
  const provides =
    conjunct.expr.kind === "comprehension" ? conjunct.expr.provides : kind === "expression" ? noLabels : undefined;
  const { expr, env, lineage } = conjunct;
  node.addTask({ kind, expr, env, lineage, provides, run, status: "pending", blocked: undefined, epoch: -1 });
}

const noLabels: ReadonlySet<Label> = new Set();
