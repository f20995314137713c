import { type Label, isRegular } from "../eval/label.ts";
import { structMarker } from "../eval/values.ts";
import type { Decl, Source, StructLit } from "./ir.ts";

/** A struct literal from its declarations, with what evaluation asks of it again and again. */
export function structPlan(decls: readonly Decl[], src: Source | undefined): StructLit {
  return {
    kind: "struct",
    decls,
    hasEmbeddings: decls.some((decl) => decl.kind === "embed" || decl.kind === "comprehension"),
    hasFields: decls.some(isOwnField),
    provides: src === undefined ? undefined : providedBy(decls),
    marker: src === undefined ? structMarker : { ...structMarker, src },
    src,
  };
}

function isOwnField(decl: Decl): boolean {
  return decl.kind === "field"
    ? decl.arcType !== 2 && isRegular(decl.label)
    : decl.kind === "dynamic" && decl.arcType !== 2;
}

/** Labels that the declarations can bring; undefined when that is not known before evaluation. */
function providedBy(decls: readonly Decl[]): ReadonlySet<Label> | undefined {
  const labels = new Set<Label>();
  for (const decl of decls) {
    if (decl.kind === "field") labels.add(decl.label);
    else if (decl.kind === "comprehension" || decl.kind === "embed") {
      const inner =
        decl.kind === "comprehension"
          ? decl.expr.provides
          : decl.expr.kind === "struct"
            ? decl.expr.provides
            : undefined;
      if (inner === undefined) return undefined;
      for (const label of inner) labels.add(label);
    } else if (decl.kind === "dynamic") return undefined;
  }
  return labels;
}
