/** Disjunctions as conjuncts: kept to be multiplied out, or the term that was chosen already. */
import type { DisjunctionExpr, Expr, Source } from "../compile/ir.ts";
import type { Choice, NodeState } from "./state.ts";
import type { ChoiceList, Conjunct } from "./vertex.ts";

/** A disjunction to be multiplied out later; in a disjunct that has chosen already, the term chosen. */
export function offerDisjunction(
  node: NodeState,
  conjunct: Conjunct,
  offered: { readonly key: Expr; readonly src: Source | undefined; readonly choices: readonly Choice[] },
): void {
  const { key } = offered;
  const scope = conjunct.lineage.choices;
  let occurrence = 0;
  for (const known of node.offered) if (known.key === key && known.scope === scope) occurrence++;
  node.offer({ key, scope });
  const at = chosen(scope, key, occurrence, undefined) ?? chosen(node.vertex.choices, key, occurrence, scope);
  if (at !== undefined) node.choose(offered.choices[at]!.conjunct);
  else node.addDisjunction({ key, src: offered.src, choices: offered.choices, occurrence, scope });
}

/** Which term was chosen of a disjunction, if it was. */
function chosen(
  choices: ChoiceList | undefined,
  key: Expr,
  occurrence: number,
  scope: ChoiceList | undefined,
): number | undefined {
  for (let made = choices; made !== undefined; made = made.next) {
    const { of } = made;
    if (of.key === key && of.occurrence === occurrence && (scope === undefined || of.scope === scope)) return made.at;
  }
  return undefined;
}

export function addDisjunction(node: NodeState, conjunct: Conjunct, expr: DisjunctionExpr): void {
  const { env } = conjunct;
  const lineage = conjunct.lineage.isChosen ? conjunct.lineage : { ...conjunct.lineage, isChosen: true };
  offerDisjunction(node, conjunct, {
    key: expr,
    src: expr.src,
    choices: expr.terms.map((term) => ({
      conjunct: { expr: term.expr, env, lineage },
      mode: expr.hasDefaults ? (term.isDefault ? "default" : "not") : "maybe",
    })),
  });
}
