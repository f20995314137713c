/** Expressions. */
import { numberFromLiteral } from "../number-literal.ts";
import type * as ast from "../syntax/ast.ts";
import { interpolationTexts, unquote } from "../syntax/index.ts";
import { type Label, identLabel } from "../eval/label.ts";
import { type Value, atom, bottom, top } from "../eval/values.ts";
import type { Compilation } from "./compilation.ts";
import { compileComprehension } from "./comprehensions.ts";
import { compileStruct } from "./declarations.ts";
import { intrinsicOf } from "./intrinsics.ts";
import type { DisjunctTerm, Expr, Operator, Source } from "./ir.ts";
import { literalLabel } from "./labels.ts";
import { isDeclared, resolveName } from "./names.ts";
import { Scope } from "./scope.ts";

export function compileExpr(compilation: Compilation, whole: ast.Expr, scope: Scope): Expr {
  let node = whole;
  while (node.kind === "paren") node = node.expr;
  if (!compilation.enter(node)) return { kind: "value", value: bottom({ message: "too deep" }), src: undefined };
  const expr = compileParts(compilation, node, scope);
  compilation.leave();
  return expr;
}

function compileParts(compilation: Compilation, node: ast.Expr, scope: Scope): Expr {
  const src = compilation.source(node);
  switch (node.kind) {
    case "ident":
      return resolveName(compilation, node, scope);
    case "literal":
      return { kind: "value", value: literalValue(compilation, node, src), src };
    case "interpolation":
      return interpolationExpr(compilation, node, scope);
    case "struct":
      return compileStruct(compilation, node, new Scope(scope, "struct"));
    case "list":
      return listLiteral(compilation, node, scope);
    case "paren":
      return compileExpr(compilation, node.expr, scope);
    case "selector": {
      const label =
        node.selector.kind === "ident" ? selectorLabel(compilation, node) : literalLabel(compilation, node.selector);
      return { kind: "select", expr: compileExpr(compilation, node.expr, scope), label: label ?? "", src };
    }
    case "index":
      return {
        kind: "index",
        expr: compileExpr(compilation, node.expr, scope),
        index: compileExpr(compilation, node.index, scope),
        src,
      };
    case "slice":
      return {
        kind: "slice",
        expr: compileExpr(compilation, node.expr, scope),
        low: node.low && compileExpr(compilation, node.low, scope),
        high: node.high && compileExpr(compilation, node.high, scope),
        src,
      };
    case "call":
      return callExpr(compilation, node, scope);
    case "unary":
      return unaryExpr(compilation, node, scope);
    case "binary":
      return binaryExpr(compilation, node, scope);
    case "bottom":
      return {
        kind: "value",
        value: bottom({ code: "user", message: "explicit error (_|_ literal) in source", sources: [src] }),
        src,
      };
    case "postfix":
      return { kind: node.op === "..." ? "open" : "try", expr: compileExpr(compilation, node.expr, scope), src };
    case "func":
      return compilation.bad(node, "func types are not supported");
    case "bad-expr":
      return { kind: "value", value: bottom({ message: "invalid syntax" }), src };
  }
}

function callExpr(compilation: Compilation, node: ast.Call, scope: Scope): Expr {
  const src = compilation.source(node);
  const { fun } = node;
  const intrinsic =
    fun.kind === "ident" && !isDeclared(compilation, fun.name, scope)
      ? intrinsicOf(fun.name, node.args, compilation.experiments)
      : undefined;
  const args = node.args.map((arg) => compileExpr(compilation, arg, scope));
  switch (intrinsic?.kind) {
    case "error":
      return { kind: "value", value: bottom({ message: intrinsic.message, sources: [src] }), src };
    case "argument":
      return args[0] ?? { kind: "value", value: top, src };
    case "closing":
      return { kind: "closing", isReclosing: intrinsic.isReclosing, expr: args[0]!, src };
    default:
      return { kind: "call", fun: compileExpr(compilation, fun, scope), args, src };
  }
}

function selectorLabel(compilation: Compilation, node: ast.Selector): Label {
  return identLabel((node.selector as ast.Ident).name, compilation.environment.hiddenPackage);
}

function literalValue(compilation: Compilation, node: ast.BasicLit, src: Source): Value {
  switch (node.type) {
    case "null":
      return atom(null, src);
    case "true":
      return atom(true, src);
    case "false":
      return atom(false, src);
    case "int":
    case "float": {
      const number = numberFromLiteral(node.text);
      return number.kind === "number-error" ? compilation.error(node, number.message) : atom(number, src);
    }
    case "string":
    case "bytes": {
      const value = unquote(node.text);
      return value.kind === "error" ? compilation.error(node, value.message) : atom(value.value, src);
    }
  }
}

function interpolationExpr(compilation: Compilation, node: ast.Interpolation, scope: Scope): Expr {
  const texts = interpolationTexts(node);
  if (texts.kind === "error") return compilation.bad(node, texts.message);
  const isBytes = texts.kind === "bytes";
  return {
    kind: "interpolation",
    isBytes,
    texts: texts.kind === "string" ? texts.texts : [],
    bytes: texts.kind === "bytes" ? texts.texts : undefined,
    exprs: node.exprs.map((expr) => compileExpr(compilation, expr, scope)),
    src: compilation.source(node),
  };
}

/** With `self` at hand a list is a block: that of the vertex that it becomes part of. */
function listLiteral(compilation: Compilation, node: ast.ListLit, scope: Scope): Expr {
  if (!compilation.experiments.has("aliasv2")) return listElements(compilation, node, scope);
  const expr = listElements(compilation, node, new Scope(scope, "list"));
  return { kind: "self-scope", expr, src: compilation.source(node) };
}

function listElements(compilation: Compilation, node: ast.ListLit, scope: Scope): Expr {
  const elements: Expr[] = [];
  let ellipsis: { type: Expr | undefined } | undefined;
  for (const [at, element] of node.elements.entries()) {
    if (element.kind === "ellipsis") {
      if (at < node.elements.length - 1) compilation.error(element, "ellipsis must be last element of list");
      ellipsis = { type: element.type === undefined ? undefined : compileExpr(compilation, element.type, scope) };
    } else if (element.kind === "comprehension") elements.push(compileComprehension(compilation, element, scope));
    else if (element.kind === "struct" || element.kind === "list") {
      const slot = elements.length;
      elements.push({ kind: "value", value: top, src: undefined });
      const path = { up: compilation.path, name: String(slot) };
      compilation.work.push(() => {
        compilation.path = path;
        elements[slot] = compileExpr(compilation, element, scope);
      });
    } else elements.push(compileExpr(compilation, element, scope));
  }
  return {
    kind: "list",
    elements,
    hasComprehension: elements.some((element) => element.kind === "comprehension"),
    ellipsis,
    src: compilation.source(node),
  };
}

function unaryExpr(compilation: Compilation, node: ast.Unary, scope: Scope): Expr {
  const src = compilation.source(node);
  switch (node.op) {
    case "*":
      return compilation.bad(node, "preference mark not allowed at this position");
    case "+":
    case "-":
    case "!":
      return { kind: "unary", op: node.op, expr: compileExpr(compilation, node.expr, scope), src };
    default: {
      const expr = compileExpr(compilation, node.expr, scope);
      return { kind: "bound", op: node.op, expr, src };
    }
  }
}

function binaryExpr(compilation: Compilation, node: ast.Binary, scope: Scope): Expr {
  const src = compilation.source(node);
  if (node.op === "|") return disjunctionExpr(compilation, node, scope);
  if (node.op === "&") {
    const operands = flatten(node, "&").map((operand) => compileExpr(compilation, operand, scope));
    return { kind: "unify", operands, src };
  }
  if (node.op === "==" || node.op === "!=") {
    const tested = node.right.kind === "bottom" ? node.left : node.left.kind === "bottom" ? node.right : undefined;
    if (tested !== undefined)
      return { kind: "bottom-test", isEqual: node.op === "==", expr: compileExpr(compilation, tested, scope), src };
  }
  return operatorChain(compilation, node, scope);
}

/** A chain of left-associative operators, without recursion along it. */
function operatorChain(compilation: Compilation, node: ast.Binary, scope: Scope): Expr {
  const chain: ast.Binary[] = [];
  let at: ast.Expr = node;
  while (at.kind === "binary" && at.op !== "|" && at.op !== "&" && !isBottomTest(at)) {
    chain.push(at);
    at = at.left;
  }
  let left = compileExpr(compilation, at, scope);
  const shortCircuit = compilation.experiments.has("shortcircuit");
  for (let i = chain.length - 1; i >= 0; i--) {
    const binary = chain[i]!;
    left = {
      kind: "binary",
      op: binary.op as Operator,
      left,
      right: compileExpr(compilation, binary.right, scope),
      shortCircuit,
      src: compilation.source(binary),
    };
  }
  return left;
}

function disjunctionExpr(compilation: Compilation, node: ast.Binary, scope: Scope): Expr {
  const terms: DisjunctTerm[] = flatten(node, "|").map((term) =>
    term.kind === "unary" && term.op === "*"
      ? { expr: compileExpr(compilation, term.expr, scope), isDefault: true }
      : { expr: compileExpr(compilation, term, scope), isDefault: false },
  );
  return {
    kind: "disjunction",
    terms,
    hasDefaults: terms.some((term) => term.isDefault),
    src: compilation.source(node),
  };
}

function isBottomTest(node: ast.Binary): boolean {
  return (node.op === "==" || node.op === "!=") && (node.left.kind === "bottom" || node.right.kind === "bottom");
}

/** The operands of a chain of one operator. */
function flatten(node: ast.Binary, op: "&" | "|"): ast.Expr[] {
  const operands: ast.Expr[] = [];
  let at: ast.Expr = node;
  while (at.kind === "binary" && at.op === op) {
    operands.push(at.right);
    at = at.left;
  }
  operands.push(at);
  return operands.reverse();
}
