import { compilePattern, parseDuration } from "@lateen/objects";
import type { CallExpression, ComprehensionExpression, Expression, SelectExpression } from "./ast.ts";
import { type FunctionTable, type Variables, functionTable, typeValueOf } from "./environment.ts";
import { parseTimestamp } from "./library/convert.ts";
import { clauseTypes, parseFormat } from "./library/format-text.ts";
import type { Overload } from "./library/function.ts";
import { qualifiedName } from "./parse.ts";
import {
  type CelType,
  Substitution,
  boolType,
  dynType,
  errorType,
  formatType,
  freshen,
  intType,
  isDynamic,
  listType,
  mapType,
  optionalType,
  parameter,
  typeType,
} from "./types.ts";

/** Static checking of expressions (cel-go's checker and the validators that Kubernetes turns on). */

export interface CheckProblem {
  readonly message: string;
  readonly offset: number;
}

/** A call with what it may run: several overloads when the types are known only at run time. */
export interface ResolvedCall {
  readonly overloads: readonly Overload[];
  /** The target first, unless it only was a namespace. */
  readonly args: readonly Expression[];
}

export interface CheckedExpression {
  readonly expression: Expression;
  readonly type: CelType;
  readonly typeOf: (expression: Expression) => CelType;
  readonly callOf: (expression: CallExpression) => ResolvedCall;
  readonly problems: readonly CheckProblem[];
  /** Names of the variables that are used. */
  readonly used: ReadonlySet<string>;
}

export interface CheckOptions {
  /** Types of which messages can be made, such as `Object.spec{…}`: their values are maps. None by default. */
  readonly messages?: ((name: string) => boolean) | undefined;
}

export function checkExpression(
  expression: Expression,
  variables: Variables,
  options: CheckOptions = {},
): CheckedExpression {
  const checker = new Checker(variables, options);
  checker.visit(expression, new Map());
  const typeOf = (part: Expression): CelType => checker.typeOf(part);
  if (checker.problems.length === 0) {
    checkLiterals(expression, checker);
    checkAggregates(expression, checker);
  }
  return {
    expression,
    type: typeOf(expression),
    typeOf,
    callOf: (call) => checker.calls.get(call)!,
    problems: checker.problems,
    used: checker.used,
  };
}

type Scope = ReadonlyMap<string, CelType>;

class Checker {
  readonly problems: CheckProblem[] = [];
  readonly calls = new Map<CallExpression, ResolvedCall>();
  readonly used = new Set<string>();
  readonly #types = new Map<Expression, CelType>();
  readonly #substitution = new Substitution();
  readonly #variables: Variables;
  readonly #options: CheckOptions;
  readonly #functions: FunctionTable = functionTable();
  #fresh = 0;

  constructor(variables: Variables, options: CheckOptions) {
    this.#variables = variables;
    this.#options = options;
  }

  typeOf(expression: Expression): CelType {
    return this.#substitution.apply(this.#types.get(expression) ?? errorType, { free: "dyn" });
  }

  complain(message: string, { offset }: { readonly offset: number }): CelType {
    this.problems.push({ message, offset });
    return errorType;
  }

  visit(expression: Expression, scope: Scope): CelType {
    const type = this.#substitution.apply(this.#visit(expression, scope));
    this.#types.set(expression, type);
    return type;
  }

  #visit(expression: Expression, scope: Scope): CelType {
    switch (expression.kind) {
      case "literal":
        return expression.type;
      case "ident":
        return this.#lookup(expression.name, scope) ?? this.#undeclared(expression.name, expression);
      case "select":
        return this.#select(expression, scope);
      case "call":
        return this.#call(expression, scope);
      case "list": {
        let item: CelType | undefined;
        for (const { value, optional } of expression.items)
          item = this.#join(item, this.#element(value, scope, optional));
        return listType(item ?? this.#freshParameter());
      }
      case "map": {
        const { message } = expression;
        if (message !== undefined && this.#options.messages?.(message) !== true)
          return this.#undeclared(message, expression);
        let key: CelType | undefined;
        let value: CelType | undefined;
        for (const entry of expression.entries) {
          key = this.#join(key, this.visit(entry.key, scope));
          value = this.#join(value, this.#element(entry.value, scope, entry.optional));
        }
        if (message !== undefined) return dynType;
        return mapType(key ?? this.#freshParameter(), value ?? this.#freshParameter());
      }
      case "comprehension":
        return this.#comprehension(expression, scope);
    }
  }

  #freshParameter(): CelType {
    return parameter(`_${this.#fresh++}`);
  }

  #lookup(name: string, scope: Scope): CelType | undefined {
    const local = scope.get(name);
    if (local !== undefined) return local;
    const global = this.#variables.get(name);
    if (global !== undefined) {
      this.used.add(name);
      return global;
    }
    return typeValueOf(name) === undefined ? undefined : typeType;
  }

  #undeclared(name: string, at: { readonly offset: number }): CelType {
    return this.complain(`undeclared reference to '${name}' (in container '')`, at);
  }

  #element(value: Expression, scope: Scope, optional: boolean): CelType {
    const type = this.visit(value, scope);
    if (!optional || isDynamic(type)) return type;
    if (type.kind === "opaque" && type.name === "optional_type") return type.parameters[0]!;
    return this.complain(`expected type 'optional_type(${formatType(type)})' but found '${formatType(type)}'`, value);
  }

  #join(known: CelType | undefined, type: CelType): CelType {
    if (known === undefined) return type;
    if (!this.#substitution.assign(type, known)) return dynType;
    return isDynamic(type) ? type : known;
  }

  #select(expression: SelectExpression, scope: Scope): CelType {
    const qualified = qualifiedName(expression);
    if (qualified !== undefined && typeValueOf(qualified) !== undefined && !this.#isVariable(qualified, scope))
      return typeType;
    const variable = qualified === undefined ? undefined : this.#dottedVariable(qualified, scope);
    if (variable !== undefined && !expression.test && !expression.optional) return variable;
    const operand = this.visit(expression.operand, scope);
    const isOptional = operand.kind === "opaque" && operand.name === "optional_type";
    const field = this.#field(isOptional ? operand.parameters[0]! : operand, expression);
    if (expression.test) return boolType;
    return (isOptional || expression.optional) && !isDynamic(field)
      ? optionalType(field)
      : isOptional || expression.optional
        ? optionalType(dynType)
        : field;
  }

  /** A variable whose own name has a dot, as `authorizer.requestResource`. */
  #dottedVariable(qualified: string, scope: Scope): CelType | undefined {
    const type = scope.has(qualified.split(".")[0]!) ? undefined : this.#variables.get(qualified);
    if (type !== undefined) this.used.add(qualified);
    return type;
  }

  #isVariable(qualified: string, scope: Scope): boolean {
    const root = qualified.split(".")[0]!;
    return scope.has(root) || this.#variables.has(root);
  }

  #field(operand: CelType, expression: SelectExpression): CelType {
    switch (operand.kind) {
      case "map":
        return operand.value;
      case "object":
        return operand.fieldOf(expression.field) ?? this.complain(`undefined field '${expression.field}'`, expression);
      case "dyn":
      case "error":
      case "parameter":
        return dynType;
      default:
        return this.complain(`type '${formatType(operand)}' does not support field selection`, expression);
    }
  }

  #call(expression: CallExpression, scope: Scope): CelType {
    const { target } = expression;
    if (target === undefined)
      return this.#resolve(expression, { args: expression.args, member: false, name: expression.name, scope });
    const prefix = qualifiedName(target);
    if (prefix !== undefined && !this.#isVariable(prefix, scope)) {
      const name = `${prefix}.${expression.name}`;
      if (this.#functions.has(name))
        return this.#resolve(expression, { args: expression.args, member: false, name, scope });
    }
    return this.#resolve(expression, {
      args: [target, ...expression.args],
      member: true,
      name: expression.name,
      scope,
    });
  }

  #resolve(
    expression: CallExpression,
    { args, member, name, scope }: { args: readonly Expression[]; member: boolean; name: string; scope: Scope },
  ): CelType {
    const types = args.map((arg) => this.visit(arg, scope));
    const declared = this.#functions.get(name);
    if (declared === undefined) return this.#undeclared(name, expression);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of declared) {
      if (overload.member !== member || overload.parameters.length !== args.length) continue;
      const suffix = `_${this.#fresh++}`;
      if (
        !this.#substitution.assignAll(
          types,
          overload.parameters.map((type) => freshen(type, suffix)),
        )
      )
        continue;
      matching.push(overload);
      const type = this.#substitution.apply(freshen(overload.result, suffix));
      if (result === undefined) result = type;
      else if (!isDynamic(result) && formatType(result) !== formatType(type)) result = dynType;
    }
    if (result === undefined) {
      if (types.some((type) => type.kind === "error")) return errorType;
      const shown = types.map((type) => formatType(this.#substitution.apply(type, { free: "dyn" })));
      const applied = member ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`;
      return this.complain(`found no matching overload for '${name}' applied to '${applied}'`, expression);
    }
    this.calls.set(expression, { overloads: matching, args });
    return result;
  }

  #comprehension(expression: ComprehensionExpression, scope: Scope): CelType {
    const range = this.visit(expression.range, scope);
    const bound = this.#boundTypes(expression, range);
    const inner = new Map(scope);
    for (const [i, name] of expression.variables.entries()) inner.set(name, bound[i]!);
    if (expression.filter !== undefined) this.#demandBool(expression.filter, inner);
    const { name, body } = expression;
    switch (name) {
      case "all":
      case "exists":
      case "exists_one":
        this.#demandBool(body, inner);
        return boolType;
      case "filter":
        this.#demandBool(body, inner);
        return isDynamic(range) ? listType(dynType) : range.kind === "map" ? listType(range.key) : range;
      case "map":
      case "transformList":
        return listType(this.visit(body, inner));
      case "transformMap":
        return mapType(bound[0]!, this.visit(body, inner));
      case "transformMapEntry": {
        const type = this.visit(body, inner);
        return type.kind === "map" || isDynamic(type) ? type : this.complain("transformMapEntry expects a map", body);
      }
      case "sortBy":
        this.visit(body, inner);
        return range;
      case "optMap":
        return optionalType(this.visit(body, inner));
      case "optFlatMap": {
        const type = this.visit(body, inner);
        const isOptional = type.kind === "opaque" && type.name === "optional_type";
        return isOptional || isDynamic(type)
          ? type
          : this.complain(`expected type 'optional_type' but found '${formatType(type)}'`, body);
      }
    }
  }

  /** The types of the variables. */
  #boundTypes(expression: ComprehensionExpression, range: CelType): CelType[] {
    const count = expression.variables.length;
    if (expression.name === "optMap" || expression.name === "optFlatMap") {
      if (range.kind === "opaque" && range.name === "optional_type") return [range.parameters[0]!];
      if (!isDynamic(range))
        this.complain(`expected type 'optional_type' but found '${formatType(range)}'`, expression.range);
      return [dynType];
    }
    if (range.kind === "list") return count === 1 ? [range.item] : [intType, range.item];
    if (range.kind === "map" && expression.name !== "sortBy")
      return count === 1 ? [range.key] : [range.key, range.value];
    if (!isDynamic(range) && range.kind !== "parameter")
      this.complain(
        `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        expression.range,
      );
    return Array.from({ length: count }, () => dynType);
  }

  #demandBool(expression: Expression, scope: Scope): void {
    const type = this.visit(expression, scope);
    if (!this.#substitution.assign(type, boolType))
      this.complain(`expected type 'bool' but found '${formatType(type)}'`, expression);
  }
}

/** The parts of an expression, itself first. */
export function* partsOf(expression: Expression): Generator<Expression> {
  yield expression;
  switch (expression.kind) {
    case "select":
      yield* partsOf(expression.operand);
      return;
    case "call":
      if (expression.target !== undefined) yield* partsOf(expression.target);
      for (const arg of expression.args) yield* partsOf(arg);
      return;
    case "list":
      for (const { value } of expression.items) yield* partsOf(value);
      return;
    case "map":
      for (const { key, value } of expression.entries) {
        yield* partsOf(key);
        yield* partsOf(value);
      }
      return;
    case "comprehension":
      yield* partsOf(expression.range);
      if (expression.filter !== undefined) yield* partsOf(expression.filter);
      yield* partsOf(expression.body);
      return;
    default:
  }
}

const literalChecks: Readonly<Record<string, (text: string) => boolean>> = {
  matches: isPattern,
  duration: (text) => succeeds(() => parseDuration(text)),
  timestamp: (text) => parseTimestamp(text) !== undefined,
};

function isPattern(text: string): boolean {
  return succeeds(() => compilePattern(text));
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** Texts that stand in the expression must be good where a pattern, a time or a format is wanted. */
function checkLiterals(expression: Expression, checker: Checker): void {
  for (const part of partsOf(expression)) {
    if (part.kind !== "call") continue;
    if (part.name === "format" && part.target?.kind === "literal") checkFormat(part, checker);
    const last = part.args.at(-1);
    const isGood = Object.hasOwn(literalChecks, part.name) ? literalChecks[part.name] : undefined;
    if (isGood === undefined || last?.kind !== "literal" || typeof last.value !== "string") continue;
    if (!isGood(last.value)) checker.complain(`invalid ${part.name} argument`, last);
  }
}

/** Elements of a literal list or map must have one type, except in what is formatted. */
function checkAggregates(expression: Expression, checker: Checker): void {
  const formatted = new Set<Expression>();
  for (const part of partsOf(expression)) {
    if (part.kind === "call" && part.name === "format") for (const inner of partsOf(part)) formatted.add(inner);
    if (formatted.has(part)) continue;
    if (part.kind === "list") demandOneType(part.items, checker);
    else if (part.kind === "map" && part.message === undefined) {
      demandOneType(
        part.entries.map(({ key }) => ({ value: key, optional: false })),
        checker,
      );
      demandOneType(part.entries, checker);
    }
  }
}

function demandOneType(
  elements: readonly { readonly value: Expression; readonly optional: boolean }[],
  checker: Checker,
): void {
  let first: string | undefined;
  for (const { value, optional } of elements) {
    const declared = checker.typeOf(value);
    const inner = optional && declared.kind === "opaque" ? declared.parameters[0]! : declared;
    const shown = formatType(inner);
    first ??= shown;
    if (shown === first) continue;
    checker.complain(`expected type '${first}' but found '${shown}'`, value);
    return;
  }
}

function checkFormat(call: CallExpression, checker: Checker): void {
  const [list] = call.args;
  const { target } = call;
  if (target?.kind !== "literal" || typeof target.value !== "string" || list?.kind !== "list") return;
  try {
    let used = 0;
    for (const { verb } of parseFormat(target.value)) {
      if (verb === "") continue;
      const item = list.items[used];
      if (item === undefined) {
        checker.complain(`index ${used} out of range`, list);
        return;
      }
      used++;
      const type = checker.typeOf(item.value);
      const clause = clauseTypes[verb];
      if (clause === undefined || isDynamic(type) || clause.kinds.includes(type.kind)) continue;
      checker.complain(`error during formatting: ${clause.wanted}, was given ${formatType(type)}`, item.value);
    }
    if (used < list.items.length)
      checker.complain(
        `too many arguments supplied to string.format (expected ${used}, got ${list.items.length})`,
        list,
      );
  } catch (error) {
    checker.complain(error instanceof Error ? error.message : String(error), list);
  }
}
