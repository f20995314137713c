import { type JsonValue, isJsonObject } from "@lateen/base";
import { type Expr, type Label, numberPieces, unquote } from "@lateen/cue";

/** The data that an expression writes out: literals, structs with plain labels, lists. Undefined for anything computed. */
export function literalJson(expr: Expr, depth = 0): JsonValue | undefined {
  if (depth > 200) return undefined;
  switch (expr.kind) {
    case "literal":
      return scalarOf(expr.type, expr.text);
    case "unary": {
      const value = expr.op === "-" ? literalJson(expr.expr, depth + 1) : undefined;
      return typeof value === "number" ? -value : undefined;
    }
    case "list": {
      const items: JsonValue[] = [];
      for (const element of expr.elements) {
        if (element.kind === "comprehension" || element.kind === "ellipsis") return undefined;
        const item = literalJson(element, depth + 1);
        if (item === undefined) return undefined;
        items.push(item);
      }
      return items;
    }
    case "struct": {
      const object: Record<string, JsonValue> = {};
      for (const decl of expr.decls) {
        if (decl.kind === "comments") continue;
        const name = decl.kind === "field" && decl.constraint === "" ? labelName(decl.label) : undefined;
        if (decl.kind !== "field" || name === undefined) return undefined;
        const value = literalJson(decl.value, depth + 1);
        if (value === undefined || (Object.hasOwn(object, name) && typeof value !== "object")) return undefined;
        object[name] = Object.hasOwn(object, name) ? joined(object[name]!, value) : value;
      }
      return object;
    }
    default:
      return undefined;
  }
}

/** `a: b: 1` beside `a: c: 2`. */
function joined(left: JsonValue, right: JsonValue): JsonValue {
  return isJsonObject(left) && isJsonObject(right) ? { ...left, ...right } : right;
}

function scalarOf(type: string, text: string): JsonValue | undefined {
  if (type === "null") return null;
  if (type === "true" || type === "false") return type === "true";
  if (type === "string") {
    const literal = unquote(text);
    return literal.kind === "string" ? literal.value : undefined;
  }
  if ((type === "int" || type === "float") && numberPieces(text) !== undefined) {
    const number = Number(text.replaceAll("_", ""));
    return Number.isFinite(number) ? number : undefined;
  }
  return undefined;
}

/** The name of a plain label, undefined for patterns, computed and hidden ones. */
export function labelName(label: Label): string | undefined {
  if (label.kind === "ident") return label.name;
  if (label.kind === "literal" && label.type === "string") {
    const literal = unquote(label.text);
    return literal.kind === "string" ? literal.value : undefined;
  }
  return undefined;
}
