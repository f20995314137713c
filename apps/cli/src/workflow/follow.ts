/** Follows a WorkflowRun until it is finished or waits for a person. */
import type { Client } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { runApi } from "@lateen/runs/pure";
import { type RunStatus, statusFromJson } from "@lateen/workflow";
import type { JsonObject } from "@lateen/base";
import type { Terminal } from "../terminal.ts";
import { plainMessage } from "../tree.ts";
import { stepMark } from "./draw.ts";

const mode = { steps: "StepByStep", subSteps: "DAG" };

/** @returns the status at rest. @throws when the signal aborts, or the run goes. */
export async function followRun(
  client: Client,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<RunStatus> {
  const told = new Map<string, string>();
  const events = client.watch(
    { ...runApi, namespace },
    { fieldSelector: `metadata.name=${name}`, sendInitialEvents: true, signal },
  );
  for await (const event of events) {
    if (event.type === "BOOKMARK") continue;
    if (event.type === "DELETED") throw new Error(`WorkflowRun ${namespace}/${name} was deleted while it was followed`);
    const status = statusOf(event.object);
    for (const step of status.steps.flatMap((one) => [one, ...one.subSteps])) {
      const text = `${step.name}  ${step.phase}${step.message === "" ? "" : `  ${plainMessage(step.message)}`}`;
      if (step.phase === "" || told.get(step.id) === text) continue;
      told.set(step.id, text);
      terminal.line(`${stepMark(step.phase, terminal.style)} ${text}`);
    }
    // A resumed run keeps its phase until the controller has seen it.
    if (status.finished || (status.suspend && status.phase === "suspending")) return status;
  }
  throw new Error(`the server ended the watch of WorkflowRun ${namespace}/${name}: try again`);
}

const statusOf = ({ status }: KubeObject): RunStatus => statusFromJson(status as JsonObject | undefined, mode);
