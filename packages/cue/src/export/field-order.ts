import type { StructLit } from "../compile/ir.ts";
import { type Label, compareLabels } from "../eval/label.ts";

/**
 * The order of fields that several literals declare: each literal's own order is kept; of the fields that may come next
 * that of the earlier literal does. Where literals contradict each other the earlier one wins.
 */
export function orderOfFields(literals: readonly StructLit[], labels: readonly Label[]): Label[] {
  const fronts = literals
    .map(({ decls }) => decls.flatMap((decl) => (decl.kind === "field" ? [decl.label] : [])))
    .filter((front) => front.length > 0);
  const place = placesOf(fronts);
  const known = (label: Label): number => place.get(label) ?? Number.POSITIVE_INFINITY;
  return labels.toSorted((a, b) => {
    const [left, right] = [known(a), known(b)];
    return left === right ? compareLabels(a, b) : left - right;
  });
}

/** Kahn's algorithm on the literals as chains. */
function placesOf(fronts: Label[][]): Map<Label, number> {
  const waiting = new Map<Label, number>();
  for (const front of fronts) for (const label of front.slice(1)) waiting.set(label, (waiting.get(label) ?? 0) + 1);
  const place = new Map<Label, number>();
  const at = fronts.map(() => 0);
  const advance = (): boolean => {
    for (const [i, front] of fronts.entries()) {
      const label = front[at[i]!];
      if (label === undefined || (!place.has(label) && (waiting.get(label) ?? 0) > 0)) continue;
      at[i]!++;
      const next = front[at[i]!];
      const isLast = at[i]! >= front.length - 1;
      if (next !== undefined && !isLast && !place.has(next) && (waiting.get(next) ?? 0) > 0)
        waiting.set(next, waiting.get(next)! - 1);
      if (!place.has(label)) place.set(label, place.size);
      return true;
    }
    return false;
  };
  for (;;) {
    if (advance()) continue;
    const stuck = fronts.find((front, i) => at[i]! < front.length);
    if (stuck === undefined) return place;
    waiting.set(stuck[at[fronts.indexOf(stuck)]!]!, 0);
  }
}
