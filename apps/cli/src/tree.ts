import type { ApplicationTree, ComponentNode, ResourceNode, StepNode } from "@lateen/delivery/pure";
import type { Style, Terminal } from "./terminal.ts";

/** A node of a drawn tree: one line, and what hangs below it. */
interface Branch {
  readonly line: string;
  readonly children: readonly Branch[];
}

type Paint = Terminal["style"];

const stepMarks: Readonly<Record<StepNode["phase"], readonly [string, Style]>> = {
  pending: ["○", "dim"],
  running: ["◐", "cyan"],
  succeeded: ["✔", "green"],
  failed: ["✘", "red"],
  skipped: ["–", "dim"],
  suspending: ["⏸", "yellow"],
};

const healthMarks: Readonly<Record<string, readonly [string, Style]>> = {
  healthy: ["✔", "green"],
  progressing: ["◐", "cyan"],
  failed: ["✘", "red"],
  unknown: ["○", "dim"],
};

function mark(table: Readonly<Record<string, readonly [string, Style]>>, key: string, paint: Paint): string {
  const [sign, style] = table[key] ?? ["?", "dim"];
  return paint(sign, style);
}

/** The application as lines: its phase, workflow, components with what they made, and what is wrong. */
export function drawApplication(
  tree: ApplicationTree,
  { paint, resources }: { readonly paint: Paint; readonly resources: "all" | "none" },
): string[] {
  const revision = tree.revision === undefined ? "" : `  ${paint(tree.revision, "dim")}`;
  const head = `${paint(`${tree.namespace}/${tree.name}`, "bold")}  ${paint(tree.phase, phaseStyle(tree))}${revision}`;
  const branches: Branch[] = [];
  if (tree.workflow !== undefined && tree.workflow.steps.length > 0) {
    branches.push({
      line: paint("workflow", "dim"),
      children: tree.workflow.steps.map((step) => stepBranch(step, paint)),
    });
  }
  branches.push(...tree.components.map((component) => componentBranch(component, paint, resources)));
  for (const { type, reason, message } of tree.conditions) {
    branches.push({ line: `${paint("✘", "red")} ${type}: ${message || reason}`, children: [] });
  }
  const lines = [head];
  appendBranches(lines, branches, "");
  if (tree.message !== undefined && tree.message !== "") lines.push(`  ${tree.message}`);
  return lines;
}

function phaseStyle(tree: ApplicationTree): Style {
  if (tree.phase === "running") return "green";
  if (tree.phase === "workflowSuspending") return "yellow";
  if (/failed|terminated|unhealthy/i.test(tree.phase)) return "red";
  return "cyan";
}

function stepBranch(step: StepNode, paint: Paint): Branch {
  const message =
    step.message === undefined || step.message === ""
      ? ""
      : `  ${step.phase === "failed" ? paint(plainMessage(step.message), "red") : paint(plainMessage(step.message), "dim")}`;
  return {
    line: `${mark(stepMarks, step.phase, paint)} ${step.name}  ${paint(step.type, "dim")}${message}`,
    children: step.subSteps.map((sub) => stepBranch(sub, paint)),
  };
}

function componentBranch(component: ComponentNode, paint: Paint, resources: "all" | "none"): Branch {
  const place = `${component.cluster === "" || component.cluster === "local" ? "" : `${component.cluster}/`}${component.namespace}`;
  const traits = component.traits
    .map((trait) => `${trait.type}${trait.health === "healthy" ? "" : ` (${trait.health})`}`)
    .join(", ");
  const message =
    component.message === undefined || component.message === "" ? "" : `  ${paint(component.message, "dim")}`;
  return {
    line: `${mark(healthMarks, component.health, paint)} ${component.name}  ${paint(component.type, "dim")}  in ${place}${traits === "" ? "" : paint(`  with ${traits}`, "dim")}${message}`,
    children: resources === "none" ? [] : component.resources.map((resource) => resourceBranch(resource, paint)),
  };
}

function resourceBranch(resource: ResourceNode, paint: Paint): Branch {
  const parts = [`${resource.kind} ${resource.name}`];
  if (resource.ready !== undefined) parts.push(resource.ready);
  if (resource.status !== "") parts.push(resource.status);
  if (resource.simulated && !resource.message?.startsWith("simulated")) parts.push(paint("simulated", "yellow"));
  if (resource.address !== undefined) parts.push(paint(resource.address, "blue"));
  if (resource.message !== undefined && resource.message !== "")
    parts.push(paint(resource.message, resource.simulated ? "yellow" : "dim"));
  return { line: parts.join("  "), children: resource.children.map((child) => resourceBranch(child, paint)) };
}

function appendBranches(lines: string[], branches: readonly Branch[], indent: string): void {
  branches.forEach((branch, i) => {
    const last = i === branches.length - 1;
    lines.push(`${indent}${last ? "└─" : "├─"} ${branch.line}`);
    appendBranches(lines, branch.children, `${indent}${last ? "   " : "│  "}`);
  });
}

/** A step's message for a person: without the engine's wrapping and the value that was being evaluated. */
export function plainMessage(message: string): string {
  return message.replace(/ \(value: [^]*\)$/, "").replace(/^function call error for [\w-]+: /, "");
}

/** What changed between two looks, as plain sentences for those without a terminal. */
export function newsBetween(before: ApplicationTree | undefined, after: ApplicationTree): string[] {
  const news: string[] = [];
  if (before?.phase !== after.phase && after.phase !== "") news.push(`${after.name}: ${after.phase}`);
  const earlier = new Map(flatSteps(before?.workflow?.steps ?? []).map((step) => [step.name, step]));
  for (const step of flatSteps(after.workflow?.steps ?? [])) {
    const known = earlier.get(step.name);
    if (step.phase === "pending" || (known?.phase === step.phase && known.message === step.message)) continue;
    news.push(
      `step ${step.name}: ${step.phase}${step.message === undefined || step.message === "" ? "" : ` (${plainMessage(step.message)})`}`,
    );
  }
  for (const component of after.components) {
    const known = before?.components.find(
      (other) =>
        other.name === component.name && other.namespace === component.namespace && other.cluster === component.cluster,
    );
    if (component.health === "unknown" || (known?.health === component.health && known.message === component.message))
      continue;
    news.push(
      `component ${component.name} in ${component.namespace}: ${component.health}${component.message === undefined || component.message === "" ? "" : ` (${component.message})`}`,
    );
  }
  for (const condition of after.conditions) {
    if (before?.conditions.some((other) => other.type === condition.type && other.message === condition.message))
      continue;
    news.push(`${condition.type}: ${condition.message || condition.reason}`);
  }
  return news;
}

function flatSteps(steps: readonly StepNode[]): StepNode[] {
  return steps.flatMap((step) => [step, ...flatSteps(step.subSteps)]);
}
