import type { Container, Probe } from "../api/pod.ts";
import type { NodeContext } from "./node-context.ts";
import { type ProbeTarget, runProbe } from "./probe.ts";

export interface ProbeSubject {
  readonly context: NodeContext;
  readonly container: Container;
  readonly target: ProbeTarget;
  readonly started: () => boolean;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** The container must be ended; `graceMs` where the probe has a grace period of its own. */
  readonly onUnhealthy: (message: string, graceMs: number | undefined) => void;
  readonly tell: (type: "Normal" | "Warning", reason: string, message: string) => void;
}

/** Until a first success, readiness and startup are asked in shorter and shorter-lived waits from this up to their period. */
const eagerMs = 50;

/** Asks the three probes until the signal aborts: startup first, then liveness and readiness side by side. */
export async function watchProbes(subject: ProbeSubject, signal: AbortSignal): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = subject.container;
  if (startupProbe !== undefined && !subject.started()) {
    await watchProbe(subject, { probe: startupProbe, name: "Startup" }, signal);
    if (signal.aborted) return;
  }
  await Promise.all([
    livenessProbe === undefined ? undefined : watchProbe(subject, { probe: livenessProbe, name: "Liveness" }, signal),
    readinessProbe === undefined
      ? undefined
      : watchProbe(subject, { probe: readinessProbe, name: "Readiness" }, signal),
  ]);
}

type Named = { readonly probe: Probe; readonly name: "Startup" | "Liveness" | "Readiness" };

async function watchProbe(subject: ProbeSubject, { probe, name }: Named, signal: AbortSignal): Promise<void> {
  const { clock } = subject.context;
  const periodMs = Math.max(1, probe.periodSeconds ?? 10) * 1000;
  const { successThreshold = 1, failureThreshold = 3 } = probe;
  await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, { signal });
  let successes = 0;
  let failures = 0;
  let everSucceeded = false;
  let toldRefusal = false;
  let countedAtMs = Number.NEGATIVE_INFINITY;
  for (let waitMs = eagerMs; !signal.aborted; ) {
    const result = await runProbe(probe, subject.target);
    if (signal.aborted) return;
    if (result.kind === "refused") {
      if (!toldRefusal) subject.tell("Warning", "ProbeRefused", `${name} probe: ${result.message}`);
      toldRefusal = true;
      // A process is never ended, nor held back from starting, because we did not ask it.
      if (name === "Startup") subject.onStarted();
      if (name !== "Readiness") return;
      subject.onReady(false);
    } else if (result.kind === "success") {
      everSucceeded = true;
      failures = 0;
      successes++;
      if (successes >= successThreshold) {
        if (name === "Startup") {
          subject.onStarted();
          return;
        }
        if (name === "Readiness") subject.onReady(true);
      }
    } else {
      successes = 0;
      // Eager questions between two periods do not count as failures of their own.
      if (clock.now() - countedAtMs >= periodMs) {
        countedAtMs = clock.now();
        failures++;
        if (everSucceeded || failures > 1)
          subject.tell("Warning", "Unhealthy", `${name} probe failed: ${result.message}`);
      }
      if (failures >= failureThreshold) {
        if (name === "Readiness") subject.onReady(false);
        else {
          const graceMs =
            probe.terminationGracePeriodSeconds === undefined ? undefined : probe.terminationGracePeriodSeconds * 1000;
          subject.onUnhealthy(
            `Container ${subject.container.name} failed ${name.toLowerCase()} probe, will be restarted`,
            graceMs,
          );
          return;
        }
      }
    }
    const eager = name !== "Liveness" && !everSucceeded && waitMs < periodMs;
    await clock.sleep(eager ? waitMs : periodMs, { signal });
    waitMs *= 2;
  }
}
