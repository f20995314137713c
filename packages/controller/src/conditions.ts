/** An entry of `status.conditions` (meta/v1 Condition and its older forms). */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
  readonly [field: string]: unknown;
}

/** The time in the API's form: RFC 3339, whole seconds, UTC. */
export function timestampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * The conditions with this one set: in its place if the type is there, at the end otherwise. `lastTransitionTime` moves
 * only when the status does; when nothing would change the very same list is given back.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Omit<Condition, "lastTransitionTime">,
  nowMs: number,
): readonly Condition[] {
  const known = conditions ?? [];
  const index = known.findIndex(({ type }) => type === condition.type);
  const previous = known[index];
  const { type, status } = condition as Condition;
  const lastTransitionTime =
    previous?.status === status ? (previous.lastTransitionTime ?? timestampOf(nowMs)) : timestampOf(nowMs);
  const next: Condition = { ...condition, type, status, lastTransitionTime };
  if (previous === undefined) return [...known, next];
  if (
    previous.status === next.status &&
    previous.reason === next.reason &&
    previous.message === next.message &&
    previous.observedGeneration === next.observedGeneration
  )
    return known;
  return known.with(index, next);
}

export function conditionOf(object: { readonly status?: unknown }, type: string): Condition | undefined {
  const { conditions } = (object.status ?? {}) as { readonly conditions?: readonly Condition[] };
  return conditions?.find((condition) => condition.type === type);
}
