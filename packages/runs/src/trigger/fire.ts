/** Starting a run for an event: by the trigger's concurrency policy, and once however often it is asked for. */
import { isAlreadyExists, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";
import { runApi } from "../run-instance.ts";
import { type Trigger, type TriggerEvent, endOf, passes, runOfEvent, triggerLabel } from "./trigger.ts";

export type Fired =
  | { readonly kind: "started"; readonly run: string }
  | { readonly kind: "known"; readonly run: string }
  | { readonly kind: "held"; readonly why: string };

export interface Firing {
  readonly event: TriggerEvent;
  readonly suffix: string;
  readonly signal: AbortSignal;
}

/** Runs of a trigger, live: a decision about concurrency must not rest on what a cache has not seen yet. */
export async function runsOf(
  client: Client,
  { namespace, name }: Trigger,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const { items } = await client.list({ ...runApi, namespace }, { labelSelector: `${triggerLabel}=${name}`, signal });
  return items;
}

/** @throws Error for a filter that cannot be evaluated, ApiError. */
export async function fire(client: Client, trigger: Trigger, { event, suffix, signal }: Firing): Promise<Fired> {
  if (trigger.suspended) return { kind: "held", why: "the trigger is suspended" };
  if (!passes(trigger, event)) return { kind: "held", why: "the filter does not let it through" };
  const run = runOfEvent(trigger, event, suffix);
  const name = run.metadata.name!;
  if (trigger.concurrency !== "Allow") {
    const runs = await runsOf(client, trigger, signal);
    if (runs.some(({ metadata }) => metadata.name === name)) return { kind: "known", run: name };
    const active = runs.filter((one) => endOf(one) === undefined);
    if (active.length > 0 && trigger.concurrency === "Forbid")
      return { kind: "held", why: `run ${active[0]!.metadata.name} is not finished (concurrencyPolicy: Forbid)` };
    for (const { metadata } of active) await remove(client, metadata.namespace ?? "", metadata.name ?? "", signal);
  }
  try {
    await client.create(run, { signal });
    return { kind: "started", run: name };
  } catch (error) {
    if (isAlreadyExists(error)) return { kind: "known", run: name };
    throw error;
  }
}

/** Ended runs above the limits go, the oldest first. */
export async function trimRuns(client: Client, trigger: Trigger, signal: AbortSignal): Promise<void> {
  const runs = await runsOf(client, trigger, signal);
  const byAge = (a: KubeObject, b: KubeObject): number =>
    (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? "");
  for (const [end, keep] of [
    ["succeeded", trigger.keepSucceeded],
    ["failed", trigger.keepFailed],
  ] as const) {
    const ended = runs.filter((run) => endOf(run) === end).toSorted(byAge);
    for (const { metadata } of ended.slice(keep))
      await remove(client, metadata.namespace ?? "", metadata.name ?? "", signal);
  }
}

async function remove(client: Client, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  await client.delete({ ...runApi, namespace, name }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
