/** What `kubectl get pods` says of a pod: the most telling reason among its containers, not just the phase. */
import type { JsonObject, JsonValue } from "@lateen/base";
import { humanDuration } from "../../values/duration.ts";
import { number, objects, read, text } from "./read.ts";

interface Progress {
  reason: string;
  ready: number;
  restarts: number;
  /** When a container last ended before it was started again. */
  lastRestart: string;
}

export function podCells(pod: JsonObject, now: number): JsonValue[] {
  const sidecars = new Set(
    objects(pod, "spec", "initContainers")
      .filter((container) => text(container, "restartPolicy") === "Always")
      .map((container) => text(container, "name")),
  );
  const progress: Progress = { reason: firstReason(pod), ready: 0, restarts: 0, lastRestart: "" };
  const initializing = followInit(pod, sidecars, progress);
  if (!initializing || hasCondition(pod, "Initialized")) followContainers(pod, sidecars, progress);
  const total = objects(pod, "spec", "containers").length + sidecars.size;
  return [
    `${progress.ready}/${total}`,
    finalReason(pod, progress.reason),
    restartsText(progress, now),
    ageText(text(pod, "metadata", "creationTimestamp"), now),
    text(pod, "status", "podIPs", 0, "ip") || "<none>",
    text(pod, "spec", "nodeName") || "<none>",
    text(pod, "status", "nominatedNodeName") || "<none>",
    gatesText(pod),
  ];
}

/** The age of a point in time; `<unknown>` without one. */
export function ageText(time: string, now: number): string {
  return time === "" ? "<unknown>" : humanDuration((now - Date.parse(time)) / 1000);
}

function firstReason(pod: JsonObject): string {
  const gated = objects(pod, "status", "conditions").some(
    (condition) => text(condition, "type") === "PodScheduled" && text(condition, "reason") === "SchedulingGated",
  );
  if (gated) return "SchedulingGated";
  return text(pod, "status", "reason") || text(pod, "status", "phase");
}

/** Follows the init containers up to the first that is not done; true when one is still under way or has failed. */
function followInit(pod: JsonObject, sidecars: ReadonlySet<string>, progress: Progress): boolean {
  const total = objects(pod, "spec", "initContainers").length;
  for (const [index, status] of objects(pod, "status", "initContainerStatuses").entries()) {
    countRestarts(status, progress);
    const terminated = read(status, "state", "terminated");
    const isDone = terminated !== undefined && number(terminated, "exitCode") === 0;
    if (isDone) continue;
    if (sidecars.has(text(status, "name")) && read(status, "started") === true) {
      if (read(status, "ready") === true) progress.ready++;
      continue;
    }
    progress.reason = `Init:${initReason(status) ?? `${index}/${total}`}`;
    return true;
  }
  return false;
}

function initReason(status: JsonObject): string | undefined {
  const terminated = read(status, "state", "terminated");
  if (terminated !== undefined) return endReason(terminated);
  const waiting = text(status, "state", "waiting", "reason");
  return waiting === "" || waiting === "PodInitializing" ? undefined : waiting;
}

function endReason(terminated: JsonValue): string {
  const signal = number(terminated, "signal");
  if (text(terminated, "reason") !== "") return text(terminated, "reason");
  return signal === 0 ? `ExitCode:${number(terminated, "exitCode")}` : `Signal:${signal}`;
}

function countRestarts(status: JsonObject, progress: Progress): void {
  progress.restarts += number(status, "restartCount");
  const finished = text(status, "lastState", "terminated", "finishedAt");
  if (finished > progress.lastRestart) progress.lastRestart = finished;
}

/** The last container with something to say gives the reason; sidecars alone keep their restarts. */
function followContainers(pod: JsonObject, sidecars: ReadonlySet<string>, progress: Progress): void {
  progress.restarts = 0;
  progress.lastRestart = "";
  for (const status of objects(pod, "status", "initContainerStatuses"))
    if (sidecars.has(text(status, "name"))) countRestarts(status, progress);
  let hasRunning = false;
  let errorReason = "";
  for (const status of objects(pod, "status", "containerStatuses").toReversed()) {
    countRestarts(status, progress);
    const waiting = text(status, "state", "waiting", "reason");
    const terminated = read(status, "state", "terminated");
    if (waiting !== "") progress.reason = waiting;
    else if (terminated !== undefined) {
      progress.reason = endReason(terminated);
      if (number(terminated, "exitCode") !== 0) errorReason = progress.reason;
    } else if (read(status, "ready") === true && read(status, "state", "running") !== undefined) {
      hasRunning = true;
      progress.ready++;
    }
  }
  if (progress.reason !== "Completed") return;
  if (hasRunning && hasCondition(pod, "Ready")) progress.reason = "Running";
  else if (errorReason !== "") progress.reason = errorReason;
  else if (hasRunning) progress.reason = "NotReady";
}

function hasCondition(pod: JsonObject, type: string): boolean {
  return objects(pod, "status", "conditions").some(
    (condition) => text(condition, "type") === type && text(condition, "status") === "True",
  );
}

function finalReason(pod: JsonObject, reason: string): string {
  if (text(pod, "metadata", "deletionTimestamp") === "") return reason;
  if (text(pod, "status", "reason") === "NodeLost") return "Unknown";
  const phase = text(pod, "status", "phase");
  return phase === "Succeeded" || phase === "Failed" ? reason : "Terminating";
}

function restartsText({ restarts, lastRestart }: Progress, now: number): string {
  if (restarts === 0 || lastRestart === "") return String(restarts);
  return `${restarts} (${humanDuration((now - Date.parse(lastRestart)) / 1000)} ago)`;
}

function gatesText(pod: JsonObject): string {
  const gates = objects(pod, "spec", "readinessGates");
  if (gates.length === 0) return "<none>";
  const conditions = objects(pod, "status", "conditions");
  const passed = gates.filter((gate) => {
    const condition = conditions.find((candidate) => text(candidate, "type") === text(gate, "conditionType"));
    return text(condition, "status") === "True";
  });
  return `${passed.length}/${gates.length}`;
}
