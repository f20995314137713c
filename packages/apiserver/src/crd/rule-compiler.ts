import type { RuleCompiler } from "@lateen/objects";

/** Where nothing evaluates CEL, a rule refuses every object instead of letting it pass unchecked. */
export const noRules: RuleCompiler = (node) =>
  (node.rules ?? []).map(() => "this server has no CEL to evaluate rules with");
