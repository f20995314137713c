import { setMember } from "../own.ts";

/** A condition of meta/v1. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string;
}

/**
 * The conditions with one set by its type: the transition time changes only with the status (to the given one, else
 * `now`). The same list when nothing changes.
 */
export function withCondition(
  conditions: readonly Condition[],
  condition: Condition,
  now: string,
): { readonly conditions: readonly Condition[]; readonly changed: boolean } {
  const at = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[at];
  if (old === undefined) {
    const added = { ...condition, lastTransitionTime: condition.lastTransitionTime ?? now };
    return { conditions: [...conditions, added], changed: true };
  }
  const next: Record<string, unknown> = { ...old };
  let changed = false;
  if (old.status !== condition.status) {
    next["status"] = condition.status;
    next["lastTransitionTime"] = condition.lastTransitionTime ?? now;
    changed = true;
  }
  const generation = condition.observedGeneration ?? 0;
  for (const [name, value, was] of [
    ["reason", condition.reason ?? "", old.reason ?? ""],
    ["message", condition.message ?? "", old.message ?? ""],
    ["observedGeneration", generation, old.observedGeneration ?? 0],
  ] as const) {
    if (value === was) continue;
    setMember(next, name, value);
    changed = true;
  }
  if (!changed) return { conditions, changed };
  return { conditions: conditions.with(at, next as unknown as Condition), changed };
}
