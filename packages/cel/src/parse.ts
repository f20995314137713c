import type { ComprehensionName, Expression } from "./ast.ts";
import { CelSyntaxError, type Token, tokenize } from "./tokens.ts";
import { boolType, bytesType, doubleType, intType, nullType, stringType, uintType } from "./types.ts";
import { CelUint } from "./values.ts";

/** Deepest nesting of an expression. */
const maxDepth = 200;

/** Reads an expression; macros are resolved. @throws CelSyntaxError */
export function parseExpression(text: string): Expression {
  return new Parser(tokenize(text)).parse();
}

const relations = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const expression = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected();
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return (token.kind === "symbol" || token.kind === "keyword") && token.text === text;
  }

  #accept(text: string): Token | undefined {
    if (!this.#is(text)) return undefined;
    return this.#tokens[this.#at++];
  }

  #expect(text: string): Token {
    const token = this.#accept(text);
    if (token === undefined) throw this.#unexpected(text);
    return token;
  }

  #unexpected(wanted?: string): CelSyntaxError {
    const token = this.#peek();
    const found = token.kind === "end" ? "<EOF>" : token.text;
    const expecting = wanted === undefined ? "" : ` expecting '${wanted}'`;
    return new CelSyntaxError(`Syntax error: mismatched input '${found}'${expecting}`, token.offset);
  }

  #expression(): Expression {
    if (++this.#depth > maxDepth) throw new CelSyntaxError("expression recursion limit exceeded", this.#peek().offset);
    const condition = this.#binaries(0);
    const question = this.#accept("?");
    let result = condition;
    if (question !== undefined) {
      const whenTrue = this.#binaries(0);
      this.#expect(":");
      const whenFalse = this.#expression();
      const args = [condition, whenTrue, whenFalse];
      result = { kind: "call", name: "_?_:_", target: undefined, args, offset: question.offset };
    }
    this.#depth--;
    return result;
  }

  /** Levels: or, and, relations, sums, products. */
  #binaries(level: number): Expression {
    if (level === levels.length) return this.#unary();
    let left = this.#binaries(level + 1);
    for (;;) {
      const token = this.#peek();
      const operator = token.kind === "symbol" || token.kind === "keyword" ? token.text : "";
      if (!levels[level]!.has(operator)) return left;
      this.#at++;
      const right = this.#binaries(level + 1);
      const name = operator === "in" ? "@in" : `_${operator}_`;
      left = { kind: "call", name, target: undefined, args: [left, right], offset: token.offset };
    }
  }

  #unary(): Expression {
    const token = this.#peek();
    const operator = token.kind === "symbol" ? token.text : "";
    if (operator !== "!" && operator !== "-") return this.#member();
    let count = 0;
    while (this.#is(operator)) {
      this.#at++;
      count++;
    }
    const next = this.#peek();
    if (operator === "-" && (next.kind === "int" || next.kind === "double")) {
      // A minus directly before a number belongs to it.
      const value = this.#member("-");
      return count % 2 === 1
        ? value
        : { kind: "call", name: "-_", target: undefined, args: [value], offset: token.offset };
    }
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    return {
      kind: "call",
      name: operator === "!" ? "!_" : "-_",
      target: undefined,
      args: [operand],
      offset: token.offset,
    };
  }

  #member(sign: "" | "-" = ""): Expression {
    let operand = this.#primary(sign);
    for (;;) {
      const dot = this.#accept(".");
      if (dot !== undefined) {
        operand = this.#afterDot(operand, dot);
        continue;
      }
      const message = this.#is("{") ? qualifiedName(operand) : undefined;
      if (message !== undefined) {
        this.#at++;
        operand = this.#message(message, operand.offset);
        continue;
      }
      const bracket = this.#accept("[");
      if (bracket === undefined) return operand;
      const optional = this.#accept("?") !== undefined;
      const index = this.#expression();
      this.#expect("]");
      const name = optional ? "_[?_]" : "_[_]";
      operand = { kind: "call", name, target: undefined, args: [operand, index], offset: bracket.offset };
    }
  }

  #afterDot(operand: Expression, dot: Token): Expression {
    const optional = this.#accept("?") !== undefined;
    const token = this.#peek();
    if (token.kind !== "ident" && token.kind !== "reserved") throw this.#unexpected();
    this.#at++;
    const open = optional ? undefined : this.#accept("(");
    if (open === undefined)
      return { kind: "select", operand, field: token.text, test: false, optional, offset: dot.offset };
    const args = this.#arguments(")");
    return (
      memberMacro(operand, token.text, { args, offset: open.offset }) ?? {
        kind: "call",
        name: token.text,
        target: operand,
        args,
        offset: open.offset,
      }
    );
  }

  #arguments(close: string): Expression[] {
    const args: Expression[] = [];
    if (this.#accept(close) !== undefined) return args;
    do {
      args.push(this.#expression());
    } while (this.#accept(",") !== undefined);
    this.#expect(close);
    return args;
  }

  #primary(sign: "" | "-"): Expression {
    const token = this.#peek();
    const { offset } = token;
    this.#at++;
    switch (token.kind) {
      case "int":
        return intLiteral(sign + token.text, offset);
      case "uint":
        return uintLiteral(token.text, offset);
      case "double":
        return { kind: "literal", value: Number(sign + token.text), type: doubleType, offset };
      case "string":
        return { kind: "literal", value: token.text, type: stringType, offset };
      case "bytes":
        return { kind: "literal", value: token.bytes!, type: bytesType, offset };
      case "ident":
        return this.#ident(token);
      case "keyword":
        if (token.text === "true" || token.text === "false")
          return { kind: "literal", value: token.text === "true", type: boolType, offset };
        if (token.text === "null") return { kind: "literal", value: null, type: nullType, offset };
        break;
      case "reserved":
        throw new CelSyntaxError(`reserved identifier: ${token.text}`, offset);
      case "symbol":
        if (token.text === "(") {
          const inner = this.#expression();
          this.#expect(")");
          return inner;
        }
        if (token.text === "[") return this.#list(offset);
        if (token.text === "{") return this.#map(offset);
        if (token.text === "." && this.#peek().kind === "ident") {
          const name = this.#peek();
          this.#at++;
          return this.#ident(name);
        }
        break;
      default:
    }
    this.#at--;
    throw this.#unexpected();
  }

  #ident(token: Token): Expression {
    const open = this.#accept("(");
    if (open === undefined) return { kind: "ident", name: token.text, offset: token.offset };
    const args = this.#arguments(")");
    if (token.text === "has" && args.length === 1) return hasMacro(args[0]!, open.offset);
    return { kind: "call", name: token.text, target: undefined, args, offset: open.offset };
  }

  #list(offset: number): Expression {
    const items: { value: Expression; optional: boolean }[] = [];
    while (this.#accept("]") === undefined) {
      const optional = this.#accept("?") !== undefined;
      items.push({ value: this.#expression(), optional });
      if (this.#accept(",") === undefined) {
        this.#expect("]");
        break;
      }
    }
    return { kind: "list", items, offset };
  }

  #message(message: string, offset: number): Expression {
    const entries: { key: Expression; value: Expression; optional: boolean }[] = [];
    while (this.#accept("}") === undefined) {
      const optional = this.#accept("?") !== undefined;
      const name = this.#peek();
      if (name.kind !== "ident") throw this.#unexpected();
      this.#at++;
      this.#expect(":");
      const key: Expression = { kind: "literal", value: name.text, type: stringType, offset: name.offset };
      entries.push({ key, value: this.#expression(), optional });
      if (this.#accept(",") === undefined) {
        this.#expect("}");
        break;
      }
    }
    return { kind: "map", message, entries, offset };
  }

  #map(offset: number): Expression {
    const entries: { key: Expression; value: Expression; optional: boolean }[] = [];
    while (this.#accept("}") === undefined) {
      const optional = this.#accept("?") !== undefined;
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), optional });
      if (this.#accept(",") === undefined) {
        this.#expect("}");
        break;
      }
    }
    return { kind: "map", entries, offset };
  }
}

/** `a.b.c` of plain names, or undefined. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === "ident") return expression.name;
  if (expression.kind !== "select" || expression.test || expression.optional) return undefined;
  const prefix = qualifiedName(expression.operand);
  return prefix === undefined ? undefined : `${prefix}.${expression.field}`;
}

const levels: readonly ReadonlySet<string>[] = [
  new Set(["||"]),
  new Set(["&&"]),
  relations,
  new Set(["+", "-"]),
  new Set(["*", "/", "%"]),
];

const minInt = -(2n ** 63n);

function intLiteral(text: string, offset: number): Expression {
  const negative = text.startsWith("-");
  const magnitude = BigInt(negative ? text.slice(1) : text);
  const value = negative ? -magnitude : magnitude;
  if (value < minInt || value >= -minInt) throw new CelSyntaxError("invalid int literal", offset);
  return { kind: "literal", value, type: intType, offset };
}

function uintLiteral(text: string, offset: number): Expression {
  const value = BigInt(text);
  if (value >= 2n ** 64n) throw new CelSyntaxError("invalid uint literal", offset);
  return { kind: "literal", value: new CelUint(value), type: uintType, offset };
}

function hasMacro(argument: Expression, offset: number): Expression {
  if (argument.kind !== "select" || argument.test || argument.optional)
    throw new CelSyntaxError("invalid argument to has() macro", argument.offset);
  return { ...argument, test: true, offset };
}

/** Macros by name and number of arguments: how many variables they bind, and whether a filter comes before the body. */
const macros: Readonly<Record<string, { name: ComprehensionName; variables: number; filter: boolean }>> = {
  "all/2": { name: "all", variables: 1, filter: false },
  "all/3": { name: "all", variables: 2, filter: false },
  "exists/2": { name: "exists", variables: 1, filter: false },
  "exists/3": { name: "exists", variables: 2, filter: false },
  "exists_one/2": { name: "exists_one", variables: 1, filter: false },
  "existsOne/2": { name: "exists_one", variables: 1, filter: false },
  "existsOne/3": { name: "exists_one", variables: 2, filter: false },
  "map/2": { name: "map", variables: 1, filter: false },
  "map/3": { name: "map", variables: 1, filter: true },
  "filter/2": { name: "filter", variables: 1, filter: false },
  "transformList/3": { name: "transformList", variables: 2, filter: false },
  "transformList/4": { name: "transformList", variables: 2, filter: true },
  "transformMap/3": { name: "transformMap", variables: 2, filter: false },
  "transformMap/4": { name: "transformMap", variables: 2, filter: true },
  "transformMapEntry/3": { name: "transformMapEntry", variables: 2, filter: false },
  "transformMapEntry/4": { name: "transformMapEntry", variables: 2, filter: true },
  "sortBy/2": { name: "sortBy", variables: 1, filter: false },
  "optMap/2": { name: "optMap", variables: 1, filter: false },
  "optFlatMap/2": { name: "optFlatMap", variables: 1, filter: false },
};

function memberMacro(
  range: Expression,
  name: string,
  { args, offset }: { readonly args: readonly Expression[]; readonly offset: number },
): Expression | undefined {
  const key = `${name}/${args.length}`;
  const macro = Object.hasOwn(macros, key) ? macros[key] : undefined;
  if (macro === undefined || isNamespace(range)) return undefined;
  const variables = args.slice(0, macro.variables).map((arg) => {
    if (arg.kind !== "ident") throw new CelSyntaxError("argument must be a simple name", arg.offset);
    return arg.name;
  });
  if (new Set(variables).size < variables.length)
    throw new CelSyntaxError("duplicate iteration variable name", args[1]!.offset);
  const rest = args.slice(macro.variables);
  const filter = macro.filter ? rest[0] : undefined;
  return { kind: "comprehension", name: macro.name, range, variables, filter, body: rest.at(-1)!, offset };
}

/** `optional`, `cel` and the like are no values that a macro could go over. */
function isNamespace(expression: Expression): boolean {
  return expression.kind === "ident" && ["cel", "optional", "lists", "sets", "strings"].includes(expression.name);
}
