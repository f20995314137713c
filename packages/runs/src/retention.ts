/** When a run that has ended goes: its own time to live, and KubeVela's recycling of groups (kubevela-workflow.md 6). */
import type { KubeObject } from "@lateen/objects";
import { valueAt } from "@lateen/objects";
import { parseGoDuration } from "@lateen/workflow";
import { textOf } from "./text-of.ts";

/** A run with this annotation (a Go duration) is deleted when it has been over for so long. */
const ttlAnnotation = "lateen.dev/ttl-after-finished";
/** Of the ended runs with one value of this label the newest stays, others go after `recycleAfterMs`. */
export const groupLabel = "pipeline.oam.dev/name";
export const recycleAfterMs = 720 * 60 * 60 * 1000;
/** How often a group is looked at again whose last run stays. */
const lookAgainMs = 24 * 60 * 60 * 1000;

export type Retention =
  | { readonly kind: "stays" }
  | { readonly kind: "later"; readonly afterMs: number }
  | { readonly kind: "goes"; readonly why: string };

/** @param group all runs with the run's label, itself included; read only where the label counts. */
export function retentionOf(run: KubeObject, group: () => readonly KubeObject[], now: number): Retention {
  const ended = endOf(run);
  if (ended === undefined) return { kind: "stays" };
  const ttlMs = parseGoDuration(run.metadata.annotations?.[ttlAnnotation] ?? "");
  if (ttlMs !== undefined)
    return dueAt(ended + ttlMs, now, `${ttlAnnotation} says ${run.metadata.annotations?.[ttlAnnotation]}`);
  if (run.metadata.labels?.[groupLabel] === undefined) return { kind: "stays" };
  const due = dueAt(
    ended + recycleAfterMs,
    now,
    `it ended over 30 days ago and is not the newest of its ${groupLabel}`,
  );
  if (due.kind !== "goes") return due;
  return newest(group())?.metadata.uid === run.metadata.uid ? { kind: "later", afterMs: lookAgainMs } : due;
}

const dueAt = (time: number, now: number, why: string): Retention =>
  now >= time ? { kind: "goes", why } : { kind: "later", afterMs: time - now };

function endOf(run: KubeObject): number | undefined {
  if (valueAt(run, "status", "finished") !== true) return undefined;
  const time = Date.parse(textOf(valueAt(run, "status", "endTime")));
  return Number.isNaN(time) ? undefined : time;
}

/** What is under way comes before what has ended; then the younger one. */
function newest(group: readonly KubeObject[]): KubeObject | undefined {
  const rank = (run: KubeObject): readonly [number, number] => {
    const ended = endOf(run);
    return ended === undefined ? [1, Date.parse(run.metadata.creationTimestamp ?? "")] : [0, ended];
  };
  return group.toSorted((a, b) => rank(b)[0] - rank(a)[0] || rank(b)[1] - rank(a)[1])[0];
}
