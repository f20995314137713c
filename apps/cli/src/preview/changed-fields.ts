/** What a change comes to for a person: fields that others than the user decide, or that no two runs share, are left out. */
import { declaredOf } from "@lateen/delivery/pure";
import type { PreviewChange } from "@lateen/server/preview";
import { type Difference, differencesOf } from "../difference.ts";

/** Empty for a change of what is left out only. */
export function fieldsOf({ before, after }: PreviewChange): readonly Difference[] {
  return differencesOf(before && declaredOf(before), after && declaredOf(after));
}

/** Changes that a person would call one. */
export const realChanges = (changes: readonly PreviewChange[]): readonly PreviewChange[] =>
  changes.filter((change) => change.action !== "changed" || fieldsOf(change).length > 0);
