import type { Expr as Program, Source } from "../compile/ir.ts";
import type { Environment } from "../eval/environment.ts";

/** A reference that leads out of what is exported: the program's expression, counted from the conjunct's own block. */
export interface OutsideReference {
  readonly expr: Program;
  readonly src: Source;
}

/** Packages that an expression uses, by the names that it calls them. */
export type UsedPackages = Map<string, string>;

interface Visit {
  readonly value: unknown;
  /** Blocks between the expression and the conjunct's environment. */
  readonly depth: number;
}

/**
 * Walks an expression, and finds the references that lead out of it and the packages that it uses. A selection from such a
 * reference counts as a whole.
 */
export function outsideReferences(root: Program, used: UsedPackages): OutsideReference[] {
  const found: OutsideReference[] = [];
  const stack: Visit[] = [{ value: root, depth: 0 }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { value, depth } = visit;
    if (typeof value !== "object" || value === null) continue;
    const expr = value as Program;
    if (expr.kind === "import-ref") used.set(expr.name, expr.path);
    const outside = shifted(expr, depth);
    if (outside !== undefined && expr.src !== undefined) {
      found.push({ expr: outside, src: expr.src });
      continue;
    }
    for (const child of children(expr, depth).toReversed()) stack.push(child);
  }
  return found;
}

/** A reference as it reads from the conjunct's environment, if it leads there. */
function shifted(expr: Program, depth: number): Program | undefined {
  switch (expr.kind) {
    case "field-ref":
    case "let-ref":
    case "self-ref":
    case "label-ref":
    case "binding-ref":
      return expr.up >= depth ? { ...expr, up: expr.up - depth } : undefined;
    case "scope-ref":
      return expr;
    case "select": {
      const base = shifted(expr.expr, depth);
      return base === undefined ? undefined : { ...expr, expr: base };
    }
    case "index": {
      const base = shifted(expr.expr, depth);
      return base === undefined || expr.index.kind !== "value" ? undefined : { ...expr, expr: base };
    }
    default:
      return undefined;
  }
}

function children(expr: Program, depth: number): Visit[] {
  switch (expr.kind) {
    case "value":
      return expr.origin === undefined ? [] : [{ value: expr.origin, depth }];
    case "data":
    case "vertex":
      return [];
    case "struct":
      return expr.decls.flatMap((decl): Visit[] => {
        switch (decl.kind) {
          case "field":
            return [{ value: decl.value, depth: depth + 1 }];
          case "dynamic":
            return [
              { value: decl.key, depth: depth + 1 },
              { value: decl.value, depth: depth + 1 },
            ];
          case "pattern":
            return [
              { value: decl.filter, depth: depth + 1 },
              { value: decl.value, depth: depth + 2 },
            ];
          case "embed":
          case "comprehension":
            return [{ value: decl.expr, depth: depth + 1 }];
          default:
            return [];
        }
      });
    case "comprehension": {
      const visits: Visit[] = [];
      let inner = depth;
      for (const clause of expr.clauses) {
        if (clause.kind === "for") visits.push({ value: clause.source, depth: inner });
        else if (clause.kind === "if") visits.push({ value: clause.condition, depth: inner });
        else visits.push({ value: clause.value, depth: inner });
        if (clause.kind !== "if") inner++;
      }
      visits.push({ value: expr.body, depth: inner }, { value: expr.fallback, depth: inner });
      return visits;
    }
    case "self-scope":
      return [{ value: expr.expr, depth: depth + 1 }];
    default:
      return plainChildren(expr, depth);
  }
}

function plainChildren(expr: Program, depth: number): Visit[] {
  const visits: Visit[] = [];
  for (const [key, child] of Object.entries(expr) as [string, unknown][]) {
    if (key === "src") continue;
    if (Array.isArray(child)) {
      for (const item of child as unknown[]) visits.push({ value: partOf(item), depth });
    } else visits.push({ value: child, depth });
  }
  return visits;
}

/** The terms of a disjunction and a list's ellipsis wrap their expressions. */
function partOf(item: unknown): unknown {
  if (typeof item !== "object" || item === null) return item;
  return "kind" in item ? item : "expr" in item ? item.expr : item;
}

export type { Environment };
