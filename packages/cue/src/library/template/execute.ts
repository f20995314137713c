import type { Argument, Command, Control, Node, NumberNode, Pipe, Tree } from "./nodes.ts";
import { nodeText } from "./nodes.ts";
import { plainText } from "./print.ts";
import {
  type CallContext,
  GoInt,
  type ParamType,
  TemplateCallError,
  type TemplateFunction,
  type TemplateValue,
  isFunction,
  isList,
  isMap,
  isObject,
  isTrue,
  sortedKeys,
  typeName,
} from "./values.ts";

/** Execution stopped: `template: NAME:LINE:COLUMN: executing "NAME" at <what>: why`. */
export class TemplateExecutionError extends Error {
  override readonly name = "TemplateExecutionError";
}

export interface ExecutionOptions {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly missingKey: "default" | "zero" | "error";
  readonly templateOf: (name: string) => Tree | undefined;
  readonly spend: (steps: number, bytes?: number) => void;
}

/** Templates within templates; Go allows 100,000, a JavaScript stack fewer. */
const deepest = 1000;

class Jump extends Error {
  readonly kind: "break" | "continue";
  constructor(kind: "break" | "continue") {
    super(kind);
    this.kind = kind;
  }
}

/** One execution: the text so far, and how deep it is in templates. */
export class Execution {
  readonly options: ExecutionOptions;
  #depth = 0;

  constructor(options: ExecutionOptions) {
    this.options = options;
  }

  run(tree: Tree, dot: TemplateValue): string {
    const frame = new Frame(this, tree, dot);
    if (++this.#depth > deepest) frame.fail(undefined, `exceeded maximum template depth (${deepest})`);
    frame.walk(dot, tree.body);
    this.#depth--;
    return frame.text;
  }
}

/** Nothing came down the pipe. */
const nothing = Symbol("nothing");
type Piped = TemplateValue | typeof nothing;

interface Variable {
  readonly name: string;
  value: TemplateValue;
}

class Frame {
  text = "";
  readonly #execution: Execution;
  readonly #options: ExecutionOptions;
  readonly #tree: Tree;
  readonly #variables: Variable[];
  readonly #context: CallContext;
  #node: Node | Command | Argument | undefined;

  constructor(execution: Execution, tree: Tree, dot: TemplateValue) {
    this.#execution = execution;
    this.#options = execution.options;
    this.#tree = tree;
    this.#variables = [{ name: "$", value: dot }];
    this.#context = {
      spend: (steps, bytes) => this.#options.spend(steps, bytes),
      execute: (name, value) => {
        const other = this.#options.templateOf(name);
        if (other === undefined)
          throw new TemplateCallError(
            `template: no template ${JSON.stringify(name)} associated with template ${JSON.stringify(tree.name)}`,
          );
        return execution.run(other, value);
      },
    };
  }

  fail(node: Node | Command | Argument | undefined, message: string): never {
    const at = node ?? this.#node;
    const { source, text, name } = this.#tree;
    const offset = at?.at ?? 0;
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = offset - (before.lastIndexOf("\n") + 1);
    const shown = at === undefined ? "" : `: executing ${JSON.stringify(name)} at <${shortened(nodeText(at))}>`;
    throw new TemplateExecutionError(`template: ${source}:${line}:${column}${shown}: ${message}`);
  }

  // Nodes ------------------------------------------------------------------------------------------------------------

  walk(dot: TemplateValue, body: readonly Node[]): void {
    for (const node of body) this.#visit(dot, node);
  }

  #visit(dot: TemplateValue, node: Node): void {
    this.#node = node;
    this.#options.spend(1);
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return;
      case "action": {
        const value = this.#pipeline(dot, node.pipe);
        if (node.pipe.variables.length === 0) this.#print(value);
        return;
      }
      case "template": {
        const tree = this.#options.templateOf(node.name);
        if (tree === undefined) this.fail(node, `template ${JSON.stringify(node.name)} not defined`);
        const inner = node.pipe === undefined ? undefined : this.#pipeline(dot, node.pipe);
        this.#write(this.#execution.run(tree, inner));
        return;
      }
      case "break":
      case "continue":
        throw new Jump(node.kind);
      default:
        this.#control(dot, node);
    }
  }

  #write(text: string): void {
    this.text += text;
    this.#options.spend(0, text.length);
  }

  #print(value: TemplateValue): void {
    this.#write(value === undefined || value === null ? "<no value>" : plainText(value));
  }

  #control(dot: TemplateValue, node: Control): void {
    const mark = this.#variables.length;
    const value = this.#pipeline(dot, node.pipe);
    if (node.kind === "range") this.#range(dot, node, value);
    else if (isTrue(value)) this.walk(node.kind === "with" ? value : dot, node.body);
    else if (node.otherwise !== undefined) this.walk(dot, node.otherwise);
    this.#variables.length = mark;
  }

  #range(dot: TemplateValue, node: Control, value: TemplateValue): void {
    const pairs = this.#pairsOf(node, value);
    if (pairs.length === 0) {
      if (node.otherwise !== undefined) this.walk(dot, node.otherwise);
      return;
    }
    const mark = this.#variables.length;
    for (const [key, element] of pairs) {
      this.#options.spend(1);
      this.#bindPair(node.pipe, key, element);
      try {
        this.walk(element, node.body);
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.kind === "break") break;
      } finally {
        this.#variables.length = mark;
      }
    }
  }

  #bindPair({ variables, isAssign }: Pipe, key: TemplateValue, element: TemplateValue): void {
    const [first, second] = variables;
    if (first === undefined) return;
    if (isAssign) {
      this.#assign(first, second === undefined ? element : key);
      if (second !== undefined) this.#assign(second, element);
      return;
    }
    const top = this.#variables.length;
    this.#variables[top - 1]!.value = element;
    if (second !== undefined) this.#variables[top - 2]!.value = key;
  }

  #pairsOf(node: Control, value: TemplateValue): readonly (readonly [TemplateValue, TemplateValue])[] {
    if (value === undefined || value === null) return [];
    if (value instanceof GoInt) {
      if (node.pipe.variables.length > 1)
        this.fail(node.pipe, `can't use ${value.value} to iterate over more than one variable`);
      if (value.value <= 0n) return [];
      this.#options.spend(value.value > 1_000_000_000n ? 1_000_000_000 : Number(value.value));
      return Array.from({ length: Number(value.value) }, (_, i) => {
        const at = new GoInt(BigInt(i), value.type);
        return [at, at] as const;
      });
    }
    if (isList(value)) return value.map((element, i) => [new GoInt(BigInt(i)), element] as const);
    if (isMap(value)) return sortedKeys(value).map((key) => [key, value.get(key)] as const);
    return this.fail(node.pipe, `range can't iterate over ${plainText(value)}`);
  }

  // Pipelines --------------------------------------------------------------------------------------------------------

  #pipeline(dot: TemplateValue, pipe: Pipe): TemplateValue {
    this.#node = pipe;
    let value: Piped = nothing;
    for (const command of pipe.commands) {
      const result = this.#command(dot, command, value);
      value = result === null ? undefined : result;
    }
    const made = value === nothing ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.isAssign) this.#assign(name, made);
      else this.#variables.push({ name, value: made });
    }
    return made;
  }

  #assign(name: string, value: TemplateValue): void {
    const variable = this.#variables.findLast((known) => known.name === name);
    if (variable === undefined) this.fail(undefined, `undefined variable: ${name}`);
    variable.value = value;
  }

  #variable(name: string): TemplateValue {
    const variable = this.#variables.findLast((known) => known.name === name);
    return variable === undefined ? this.fail(undefined, `undefined variable: ${name}`) : variable.value;
  }

  #command(dot: TemplateValue, command: Command, piped: Piped): TemplateValue {
    const [first, ...args] = command.args as [Argument, ...Argument[]];
    this.#node = first;
    switch (first.kind) {
      case "field":
        return this.#fields(dot, { value: dot, names: first.names, node: first, args, piped });
      case "chain":
        if (first.base.kind === "nil") this.fail(first, `indirection through explicit nil in ${nodeText(first)}`);
        return this.#fields(dot, {
          value: this.#argument(dot, first.base),
          names: first.names,
          node: first,
          args,
          piped,
        });
      case "identifier":
        return this.#function(dot, first, args, piped);
      case "variable": {
        const [name, ...names] = first.names as [string, ...string[]];
        const value = this.#variable(name);
        if (names.length > 0) return this.#fields(dot, { value, names, node: first, args, piped });
        this.#refuseArguments(first, args, piped);
        return value;
      }
      case "pipe":
        this.#refuseArguments(first, args, piped);
        return this.#pipeline(dot, first);
      default:
    }
    this.#refuseArguments(first, args, piped);
    if (first.kind === "nil") this.fail(first, "nil is not a command");
    return this.#argument(dot, first);
  }

  #refuseArguments(node: Argument, args: readonly Argument[], piped: Piped): void {
    if (args.length > 0 || piped !== nothing) this.fail(node, `can't give argument to non-function ${nodeText(node)}`);
  }

  /** An argument for a parameter that takes anything. */
  #argument(dot: TemplateValue, node: Argument): TemplateValue {
    this.#node = node;
    switch (node.kind) {
      case "dot":
        return dot;
      case "nil":
        return this.fail(node, "evaluating nil");
      case "bool":
      case "string":
        return node.value;
      case "number":
        return this.#constant(node);
      case "identifier":
        return this.#function(dot, node, [], nothing);
      case "pipe":
        return this.#pipeline(dot, node);
      default:
        return this.#command(dot, { at: node.at, args: [node] }, nothing);
    }
  }

  #constant(node: NumberNode): TemplateValue {
    const isHex = /^[+-]?0[xX]/.test(node.text);
    if (!node.isRune && !isHex && /[.eEpP]/.test(node.text)) return node.float;
    if (isHex && /[.pP]/.test(node.text)) return node.float;
    const { int } = node;
    if (int === undefined || int >= 1n << 63n || int < -(1n << 63n)) this.fail(node, `${node.text} overflows int`);
    return new GoInt(int);
  }

  // Fields -----------------------------------------------------------------------------------------------------------

  #fields(
    dot: TemplateValue,
    parts: {
      readonly value: TemplateValue;
      readonly names: readonly string[];
      readonly node: Argument;
      readonly args: readonly Argument[];
      readonly piped: Piped;
    },
  ): TemplateValue {
    const { names, node, args, piped } = parts;
    let at = parts.value;
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      at = this.#field(dot, { from: at, name, node, args: isLast ? args : [], piped: isLast ? piped : nothing });
    }
    return at;
  }

  #field(
    dot: TemplateValue,
    parts: {
      readonly from: TemplateValue;
      readonly name: string;
      readonly node: Argument;
      readonly args: readonly Argument[];
      readonly piped: Piped;
    },
  ): TemplateValue {
    const { from, name, node, args, piped } = parts;
    const { missingKey } = this.#options;
    this.#node = node;
    if (from === undefined) {
      if (missingKey === "error") this.fail(node, `nil data; no entry for key ${JSON.stringify(name)}`);
      return undefined;
    }
    if (from === null) this.fail(node, `nil pointer evaluating interface {}.${name}`);
    const hasArguments = args.length > 0 || piped !== nothing;
    if (isObject(from)) {
      const member = from.member(name);
      if (member === undefined) this.fail(node, `can't evaluate field ${name} in type ${from.type}`);
      if (isFunction(member)) return this.#call(dot, { name, func: member, node, args, piped });
      if (hasArguments) this.fail(node, `${name} has arguments but cannot be invoked as function`);
      return member;
    }
    if (isMap(from)) {
      if (hasArguments) this.fail(node, `${name} is not a method but has arguments`);
      if (from.has(name)) return from.get(name) ?? null;
      if (missingKey === "error") this.fail(node, `map has no entry for key ${JSON.stringify(name)}`);
      return missingKey === "zero" ? null : undefined;
    }
    return this.fail(node, `can't evaluate field ${name} in type ${isList(from) ? typeName(from) : "interface {}"}`);
  }

  // Functions --------------------------------------------------------------------------------------------------------

  #function(
    dot: TemplateValue,
    node: Argument & { kind: "identifier" },
    args: readonly Argument[],
    piped: Piped,
  ): TemplateValue {
    const { name } = node;
    const func = this.#options.functions.get(name);
    if (func === undefined) this.fail(node, `${JSON.stringify(name)} is not a defined function`);
    return this.#call(dot, { name, func, node, args, piped });
  }

  #call(
    dot: TemplateValue,
    call: {
      readonly name: string;
      readonly func: TemplateFunction;
      readonly node: Argument;
      readonly args: readonly Argument[];
      readonly piped: Piped;
    },
  ): TemplateValue {
    const { name, func, node, args, piped } = call;
    const { params, rest } = func;
    const count = args.length + (piped === nothing ? 0 : 1);
    if (rest === undefined ? count !== params.length : count < params.length)
      this.fail(
        node,
        `wrong number of args for ${name}: want ${rest === undefined ? "" : "at least "}${params.length} got ${count}`,
      );
    const typeAt = (i: number): ParamType => params[i] ?? rest ?? "any";
    if (name === "and" || name === "or") return this.#shortCircuit(dot, { stopsAt: name === "or", args, piped });
    const values = args.map((arg, i) => this.#typed(dot, arg, typeAt(i)));
    if (piped !== nothing) values.push(this.#checked(node, piped, typeAt(args.length)));
    this.#node = node;
    this.#options.spend(1);
    try {
      return func.call(values, this.#context);
    } catch (error) {
      if (error instanceof TemplateCallError) this.fail(node, `error calling ${name}: ${error.message}`);
      throw error;
    }
  }

  #shortCircuit(
    dot: TemplateValue,
    parts: { readonly stopsAt: boolean; readonly args: readonly Argument[]; readonly piped: Piped },
  ): TemplateValue {
    let value: TemplateValue;
    for (const arg of parts.args) {
      value = this.#typed(dot, arg, "value");
      if (isTrue(value) === parts.stopsAt) return value;
    }
    return parts.piped === nothing ? value : parts.piped;
  }

  /** An argument for a parameter of a type: constants take the type, if they can. */
  #typed(dot: TemplateValue, node: Argument, type: ParamType): TemplateValue {
    this.#node = node;
    if (node.kind === "nil") {
      if (type === "value") return undefined;
      if (type === "any" || type === "list" || type === "map" || type === "func") return null;
      this.fail(node, `cannot assign nil to ${goType(type)}`);
    }
    if (node.kind === "number" && (type === "int" || type === "int64" || type === "float64")) {
      if (type === "float64") return node.float;
      if (node.int === undefined) this.fail(node, "expected integer");
      return new GoInt(node.int, type);
    }
    const isConstant = node.kind === "bool" || node.kind === "string" || node.kind === "number";
    const value = this.#argument(dot, node);
    if (isConstant && type !== "any" && type !== "value" && !fits(value, type)) {
      const expected = { string: "string", bool: "bool", int: "integer", int64: "integer", float64: "float" } as const;
      this.fail(
        node,
        type in expected
          ? `expected ${expected[type as keyof typeof expected]}; found ${nodeText(node)}`
          : `can't handle ${nodeText(node)} for arg of type ${goType(type)}`,
      );
    }
    return this.#checked(node, value, type);
  }

  #checked(node: Argument, value: TemplateValue, type: ParamType): TemplateValue {
    if (type === "value") return value;
    if (value === undefined || value === null) {
      if (type === "any" || type === "list" || type === "map" || type === "func") return null;
      this.fail(node, `invalid value; expected ${goType(type)}`);
    }
    if (fits(value, type)) return value;
    return this.fail(node, `wrong type for value; expected ${goType(type)}; got ${typeName(value)}`);
  }
}

function fits(value: TemplateValue, type: ParamType): boolean {
  switch (type) {
    case "any":
    case "value":
      return true;
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "float64":
      return typeof value === "number";
    case "int":
    case "int64":
      return value instanceof GoInt && value.type === type;
    case "list":
      return isList(value);
    case "map":
      return isMap(value);
    case "func":
      return isFunction(value);
  }
}

function goType(type: ParamType): string {
  return type === "list"
    ? "[]interface {}"
    : type === "map"
      ? "map[string]interface {}"
      : type === "any"
        ? "interface {}"
        : type;
}

function shortened(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}...` : text;
}
