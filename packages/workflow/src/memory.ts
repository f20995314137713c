/**
 * What a run remembers between visits without recording it: how often steps failed and waited. It is lost with the
 * process, as in KubeVela; a fresh memory only means fresh retries and short waits.
 */
export interface RunMemory {
  readonly failures: Map<string, number>;
  readonly waits: Map<string, number>;
  readonly waitMessages: Map<string, string>;
}

export function createRunMemory(): RunMemory {
  return { failures: new Map(), waits: new Map(), waitMessages: new Map() };
}

/** Forgets all counters, as at a suspension and at the end. */
export function clearCounters(memory: RunMemory): void {
  memory.failures.clear();
  memory.waits.clear();
  memory.waitMessages.clear();
}

/** Forgets the counters of steps that are not in the run any more: a restarted step has another id. */
export function keepCounters(memory: RunMemory, ids: ReadonlySet<string>): void {
  for (const counters of [memory.failures, memory.waits, memory.waitMessages])
    for (const id of counters.keys()) if (!ids.has(id)) counters.delete(id);
}

/** The first increment stores 0, so a limit of 10 is reached by the eleventh. */
export function increase(counters: Map<string, number>, id: string): number {
  const next = (counters.get(id) ?? -1) + 1;
  counters.set(id, next);
  return next;
}

/** A visit that left the step unfinished; another message than the last one starts the count again. */
export function recordWait(memory: RunMemory, id: string, message: string | undefined): void {
  if (message !== undefined && memory.waitMessages.get(id) !== message) {
    memory.waitMessages.set(id, message);
    memory.waits.delete(id);
  }
  increase(memory.waits, id);
}

export function clearWait(memory: RunMemory, id: string): void {
  memory.waits.delete(id);
  memory.waitMessages.delete(id);
}

export interface WaitLimits {
  readonly maxWaitSeconds: number;
  readonly maxFailedWaitSeconds: number;
}

export const defaultWaitLimits: WaitLimits = { maxWaitSeconds: 60, maxFailedWaitSeconds: 300 };

/** Seconds until the next visit: int(0.05 · 2ⁿ) of the least tried step, at least 1, at most the limit. */
export function waitSeconds(
  memory: RunMemory,
  { failed, limits }: { readonly failed: boolean; readonly limits: WaitLimits },
): number {
  let least: number | undefined;
  for (const count of memory.waits.values()) if (count > 0 && (least === undefined || count < least)) least = count;
  if (least === undefined) return 1;
  const seconds = Math.trunc(0.05 * 2 ** Math.min(least, 15));
  return Math.max(1, Math.min(seconds, failed ? limits.maxFailedWaitSeconds : limits.maxWaitSeconds));
}
