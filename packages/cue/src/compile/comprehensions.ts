/** Clauses and the bodies that they repeat. */
import type * as ast from "../syntax/ast.ts";
import type { Label } from "../eval/label.ts";
import type { Compilation } from "./compilation.ts";
import { compileStruct } from "./declarations.ts";
import { compileExpr } from "./expressions.ts";
import type { Clause, Comprehension } from "./ir.ts";
import { bindVariable } from "./names.ts";
import { structPlan } from "./plan.ts";
import { Scope } from "./scope.ts";

export function compileComprehension(compilation: Compilation, node: ast.Comprehension, outer: Scope): Comprehension {
  if (compilation.enter(node)) {
    const compiled = compileClauses(compilation, node, outer);
    compilation.leave();
    return compiled;
  }
  const src = compilation.source(node);
  return {
    kind: "comprehension",
    clauses: [],
    body: structPlan([], src),
    fallback: undefined,
    provides: undefined,
    src,
  };
}

function compileClauses(compilation: Compilation, node: ast.Comprehension, outer: Scope): Comprehension {
  let scope = outer;
  const clauses: Clause[] = [];
  for (const clause of node.clauses) {
    const src = compilation.source(clause);
    switch (clause.kind) {
      case "for": {
        const source = compileExpr(compilation, clause.source, scope);
        scope = new Scope(scope, "clause");
        if (clause.key !== undefined) bindVariable(compilation, scope, clause.key, 0);
        bindVariable(compilation, scope, clause.value, 1);
        clauses.push({ kind: "for", hasKey: clause.key !== undefined, source, src });
        break;
      }
      case "if":
        clauses.push({ kind: "if", condition: compileExpr(compilation, clause.condition, scope), src });
        break;
      case "let": {
        const value = compileExpr(compilation, clause.value, scope);
        scope = new Scope(scope, "clause");
        bindVariable(compilation, scope, clause.name, 0);
        clauses.push({ kind: "let", value, src });
        break;
      }
      case "try": {
        const value = clause.value === undefined ? undefined : compileExpr(compilation, clause.value, scope);
        if (clause.name !== undefined) {
          scope = new Scope(scope, "clause");
          bindVariable(compilation, scope, clause.name, 0);
        }
        clauses.push({ kind: "try", value, src });
      }
    }
  }
  const body = compileStruct(compilation, node.body, new Scope(scope, "struct"));
  const fallback =
    node.fallback === undefined
      ? undefined
      : compileStruct(compilation, node.fallback.body, new Scope(outer, "struct"));
  const provides = fallback === undefined ? body.provides : union(body.provides, fallback.provides);
  return { kind: "comprehension", clauses, body, fallback, provides, src: compilation.source(node) };
}

function union(
  left: ReadonlySet<Label> | undefined,
  right: ReadonlySet<Label> | undefined,
): ReadonlySet<Label> | undefined {
  return left === undefined || right === undefined ? undefined : new Set([...left, ...right]);
}
