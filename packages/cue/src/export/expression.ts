import type {
  Clause as TreeClause,
  Comprehension as TreeComprehension,
  Decl,
  Expr as Tree,
  Ident,
} from "../syntax/ast.ts";
import { isIdentifier } from "../syntax/characters.ts";
import type { Clause, Comprehension, Expr as Program, ListLit } from "../compile/ir.ts";
import { Environment, blockAt } from "../eval/environment.ts";
import { isRegular, nameOfLabel } from "../eval/label.ts";
import { resolve } from "../eval/resolve.ts";
import { Vertex, target } from "../eval/vertex.ts";
import type { Export } from "./exporter.ts";
import { commentOf, embedOf, ident, joined, labelOf, type Made, place, treeOfText, unaryOf } from "./nodes.ts";
import { unknowns } from "./dependencies.ts";
import { dataTree } from "./data-tree.ts";
import { compareTerms, isTop } from "./terms.ts";

/** An expression as it was written, but for references that lead out of what is exported. */
export function expression(x: Export, env: Environment | undefined, expr: Program): Tree {
  x.run.spend(1);
  const inner = (part: Program): Tree => x.operand(env, part);
  switch (expr.kind) {
    case "struct":
      return x.merged(undefined, [{ expr, env }]).tree;
    case "value":
      return expr.value instanceof Vertex ? x.written(expr.value) : x.value(expr.value);
    case "vertex":
      return x.written(expr.vertex);
    case "data":
      return dataTree(expr.value);
    case "fill":
      return x.merged(undefined, [{ expr, env }]).tree;
    case "self-scope":
      return expression(x, new Environment(env, x.frame.node ?? x.nowhere), expr.expr);
    case "list":
      return listTree(x, env, expr);
    case "comprehension":
      return comprehensionTree(x, env, expr) as unknown as Tree;
    case "interpolation": {
      const parts = expr.src?.node.kind === "interpolation" ? expr.src.node.parts : [];
      return { kind: "interpolation", ...place, parts, exprs: expr.exprs.map(inner) };
    }
    case "unary":
    case "bound":
      return { ...unaryOf(expr.op, inner(expr.expr)) };
    case "open":
      return { kind: "postfix", ...place, op: "...", expr: inner(expr.expr) };
    case "try":
      return { kind: "postfix", ...place, op: "?", expr: inner(expr.expr) };
    case "binary":
      return { kind: "binary", ...place, opStart: 0, op: expr.op, left: inner(expr.left), right: inner(expr.right) };
    case "bottom-test":
      return bottomTest(expr, inner(expr.expr));
    case "unify":
      return intersection(x, env, expr);
    case "disjunction":
      return joined(
        "|",
        expr.terms.map(({ expr: term, isDefault }) => {
          const tree = expression(x, env, term);
          return isDefault ? unaryOf("*", tree) : tree;
        }),
      );
    case "call":
      return { kind: "call", ...place, args: expr.args.map(inner), fun: inner(expr.fun) };
    case "slice":
      return {
        kind: "slice",
        ...place,
        expr: inner(expr.expr),
        low: expr.low && inner(expr.low),
        high: expr.high && inner(expr.high),
      };
    default:
      return referenceTree(x, env, expr);
  }
}

function bottomTest(expr: Program & { kind: "bottom-test" }, operand: Tree): Tree {
  const node = expr.src?.node;
  const isFirst = node?.kind === "binary" && node.left.kind === "bottom";
  const nothing: Tree = { kind: "bottom", ...place };
  return {
    kind: "binary",
    ...place,
    opStart: 0,
    op: expr.isEqual ? "==" : "!=",
    left: isFirst ? nothing : operand,
    right: isFirst ? operand : nothing,
  };
}

function listTree(x: Export, env: Environment | undefined, expr: ListLit): Tree {
  const inner = env;
  const elements = expr.elements.map((element) => expression(x, inner, element));
  const type = expr.ellipsis?.type;
  const rest =
    expr.ellipsis === undefined
      ? []
      : [{ kind: "ellipsis", ...place, type: type && expression(x, inner, type) } as const];
  return { kind: "list", ...place, elements: [...elements, ...rest], commas: "between" } as Tree;
}

// Operators ----------------------------------------------------------------------------------------------------------

function intersection(x: Export, env: Environment | undefined, expr: Program & { kind: "unify" }): Tree {
  const operands = flattened(expr).toSorted(compareTerms);
  const trees = operands.flatMap((operand) => {
    if (operand.kind !== "value" || operand.value instanceof Vertex) return [x.operand(env, operand)];
    if (isTop(operand.value)) return [];
    return [expression(x, env, operand)];
  });
  return trees.length === 0 ? ident("_") : joined("&", trees);
}

function flattened(expr: Program): Program[] {
  return expr.kind === "unify" ? expr.operands.flatMap(flattened) : [expr];
}

// References ---------------------------------------------------------------------------------------------------------

function referenceTree(x: Export, env: Environment | undefined, expr: Program): Tree {
  const other = x.pivot?.replacement(expr);
  if (other !== undefined) return other;
  const inner = (part: Program): Tree => x.operand(env, part);
  switch (expr.kind) {
    case "field-ref":
      return fieldReference(x, env, expr);
    case "let-ref":
      return letReference(x, env, expr);
    case "dynamic-ref":
      return dynamicReference(x, expr);
    case "label-ref":
      return labelReference(x, env, expr);
    case "self-ref":
      return selfReference(x, expr);
    case "binding-ref":
      return ident(expr.name);
    case "scope-ref":
      return ident(nameOfLabel(expr.label));
    case "import-ref":
      x.used.set(expr.name, expr.path);
      return ident(expr.name);
    case "select":
      return {
        kind: "selector",
        ...place,
        expr: inner(expr.expr),
        selector: labelOf(x.nameOf(expr.label), isRegular(expr.label)),
      };
    case "index":
      return { kind: "index", ...place, expr: inner(expr.expr), index: inner(expr.index) };
    default:
      return ident("_");
  }
}

/** The name as the program has it. */
function sourceName(expr: Program): string | undefined {
  return expr.src?.node.kind === "ident" ? expr.src.node.name : undefined;
}

function fieldReference(x: Export, env: Environment | undefined, expr: Program & { kind: "field-ref" }): Tree {
  const name = x.nameOf(expr.label);
  const given = sourceName(expr);
  const isAlias = given !== undefined && given !== nameOfLabel(expr.label);
  const known = isAlias && x.aliasNames.has(given);
  const tree = ident(known || (isAlias && !isIdentifier(name)) ? given : name) as Ident;
  const vertex = blockAt(env, expr.up)?.vertex;
  const found = vertex === undefined || vertex === x.nowhere ? undefined : target(vertex).arc(expr.label);
  if (found !== undefined && !known) x.targets.set(tree, found);
  return tree;
}

function letReference(x: Export, env: Environment | undefined, expr: Program & { kind: "let-ref" }): Tree {
  const slot = x.slotOf(expr.declaration);
  if (slot === undefined) {
    const to = resolve(x.run, env, expr);
    const conjunct = to instanceof Vertex ? to.conjuncts[0] : undefined;
    return conjunct === undefined ? ident(expr.declaration.name) : expression(x, conjunct.env, conjunct.expr);
  }
  if (slot.name === undefined) {
    slot.name = ident(x.names.of(expr.declaration.name)) as Ident;
    const block = blockAt(env, expr.up);
    slot.value = expression(x, block, expr.declaration.value);
  }
  const tree = ident(slot.name.name) as Ident;
  x.targets.set(tree, slot);
  return tree;
}

function dynamicReference(x: Export, expr: Program & { kind: "dynamic-ref" }): Tree {
  const name = sourceName(expr) ?? "X";
  for (let i = x.frames.length - 1; i >= 0; i--) {
    const entry = x.frames[i]!.dynamic.findLast(({ alias }) => alias === name);
    if (entry === undefined) continue;
    const tree = ident(x.aliasField(entry.field, name)) as Ident;
    x.targets.set(tree, entry.field);
    return tree;
  }
  return ident(name);
}

function labelReference(x: Export, env: Environment | undefined, expr: Program & { kind: "label-ref" }): Tree {
  const name = sourceName(expr);
  const alias = name === undefined ? undefined : x.aliasOf(name);
  if (alias !== undefined) return ident(alias);
  const label = blockAt(env, expr.up)?.label;
  if (label === undefined) return ident("string");
  return treeOfText(typeof label === "number" ? String(label) : JSON.stringify(nameOfLabel(label)));
}

function selfReference(x: Export, expr: Program & { kind: "self-ref" }): Tree {
  const name = sourceName(expr) ?? "self";
  const alias = x.aliasOf(name);
  if (alias !== undefined) return ident(alias);
  for (let i = x.frames.length - 1; i >= 0; i--) {
    const entry = x.frames[i]!.dynamic.findLast((dynamic) => dynamic.alias === name);
    if (entry !== undefined) return ident(x.aliasField(entry.field, name));
  }
  return ident(name);
}

// Comprehensions -----------------------------------------------------------------------------------------------------

function comprehensionTree(x: Export, outer: Environment | undefined, expr: Comprehension): TreeComprehension {
  let env = outer;
  const clauses = expr.clauses.map((clause): TreeClause => {
    const tree = clauseTree(x, env, clause);
    const count = bindingsOf(clause);
    if (count > 0) env = new Environment(env, undefined, { bindings: unknowns(count) });
    return tree;
  });
  const body = bodyTree(x, env, expr.body);
  const node = expr.src?.node.kind === "comprehension" ? expr.src.node : undefined;
  const fallback =
    expr.fallback === undefined || node?.fallback === undefined
      ? undefined
      : ({
          kind: "fallback",
          ...place,
          keyword: isConditional(expr) ? "else" : "otherwise",
          body: bodyTree(x, outer, expr.fallback),
        } as const);
  return {
    kind: "comprehension",
    ...place,
    clauses,
    body,
    fallback,
    ...(node?.relPos !== undefined && { relPos: node.relPos }),
  };
}

/** `if` and `try` have an `else`, loops another way out. */
function isConditional({ clauses }: Comprehension): boolean {
  return clauses.every(({ kind }) => kind === "if" || kind === "try" || kind === "let");
}

function bodyTree(x: Export, env: Environment | undefined, expr: Program): TreeComprehension["body"] {
  const tree = expression(x, env, expr);
  const struct =
    tree.kind === "struct"
      ? tree
      : { kind: "struct" as const, ...place, decls: [embedOf(tree)] as Decl[], braces: true };
  if (struct.decls.length === 0) return { ...struct, braces: true };
  for (const decl of struct.decls) if (decl.relPos !== "section") (decl as Made<Decl>).relPos = "newline";
  return { ...struct, braces: true, closeRelPos: "newline" };
}

function clauseTree(x: Export, env: Environment | undefined, clause: Clause): TreeClause {
  const inner = (part: Program): Tree => x.operand(env, part);
  const { node } = clause.src;
  const rest = {
    ...place,
    ...(node.kind !== "comments" && node.relPos !== undefined && { relPos: node.relPos }),
    ...(x.profile.docs &&
      node.kind !== "comments" &&
      node.comments !== undefined && { comments: node.comments.filter(({ doc }) => doc).map(commentOf) }),
  };
  switch (clause.kind) {
    case "for": {
      const { key, value } = node as Extract<TreeClause, { kind: "for" }>;
      return {
        kind: "for",
        ...rest,
        key: key && (ident(key.name) as Ident),
        value: ident(value.name) as Ident,
        source: inner(clause.source),
      };
    }
    case "if":
      return { kind: "if", ...rest, condition: inner(clause.condition) };
    case "let":
      return {
        kind: "let",
        ...rest,
        name: ident((node as { name: Ident }).name.name) as Ident,
        value: inner(clause.value),
      };
    case "try": {
      const { name } = node as { name: Ident | undefined };
      return {
        kind: "try",
        ...rest,
        name: name && (ident(name.name) as Ident),
        value: clause.value && inner(clause.value),
      };
    }
  }
}

function bindingsOf(clause: Clause): number {
  if (clause.kind === "for") return 2;
  if (clause.kind === "let") return 1;
  return clause.kind === "try" && (clause.src.node as { name?: unknown }).name !== undefined ? 1 : 0;
}
