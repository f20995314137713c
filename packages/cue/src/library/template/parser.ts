import { type Token, tokensOf } from "./lexer.ts";
import {
  type Argument,
  type Command,
  type Control,
  type Node,
  type Pipe,
  type Tree,
  isBlank,
  nodeText,
} from "./nodes.ts";
import { numberOf, runeOf, unquoted } from "./literals.ts";

/** A template that is refused. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

/** Whether there is a function of this name. */
export type HasFunction = (name: string) => boolean;

const deepest = 1000;

/**
 * Parses a text: the template of its own name, and those that it defines. The grammar is that of Go's text/template.
 * @throws TemplateSyntaxError `template: NAME:LINE: what is wrong`.
 */
export function parseTemplate(name: string, text: string, hasFunction: HasFunction): Tree[] {
  return new Parser({ name, text, hasFunction }).run();
}

type Ending = { readonly kind: "end" | "else"; readonly at: number };

class Parser {
  readonly #name: string;
  readonly #text: string;
  readonly #hasFunction: HasFunction;
  readonly #tokens: readonly Token[];
  readonly #trees = new Map<string, Tree>();
  #at = 0;
  #variables: string[] = ["$"];
  #ranges = 0;
  #depth = 0;

  constructor(options: { readonly name: string; readonly text: string; readonly hasFunction: HasFunction }) {
    this.#name = options.name;
    this.#text = options.text;
    this.#hasFunction = options.hasFunction;
    this.#tokens = tokensOf(options.text);
  }

  run(): Tree[] {
    const body: Node[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === "eof") break;
      if (token.kind === "open") {
        const start = this.#at++;
        if (this.#isKeyword(this.#nextSolid(), "define")) {
          this.#definition(token.at);
          continue;
        }
        this.#at = start;
      }
      const node = this.#textOrAction();
      if (isEnding(node)) this.#fail(`unexpected {{${node.kind}}}`);
      body.push(node);
    }
    this.#addTree(this.#name, body);
    return [...this.#trees.values()];
  }

  #addTree(name: string, body: readonly Node[]): void {
    const known = this.#trees.get(name);
    if (known === undefined || isBlank(known.body)) {
      this.#trees.set(name, { name, source: this.#name, text: this.#text, body });
      return;
    }
    if (!isBlank(body)) this.#fail(`template: multiple definition of template ${JSON.stringify(name)}`);
  }

  // Tokens -----------------------------------------------------------------------------------------------------------

  #peek(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1)!;
    if (token.kind === "error") this.#failAt(token.at, token.text);
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #peekSolid(): Token {
    while (this.#peek().kind === "space") this.#at++;
    return this.#peek();
  }

  #nextSolid(): Token {
    const token = this.#peekSolid();
    this.#at++;
    return token;
  }

  #isKeyword(token: Token, word: string): boolean {
    return token.kind === "keyword" && token.text === word;
  }

  #expect(kind: Token["kind"], context: string): Token {
    const token = this.#nextSolid();
    if (token.kind !== kind) this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Token, context: string): never {
    const shown =
      token.kind === "eof" ? "EOF" : token.kind === "keyword" ? `<${token.text}>` : JSON.stringify(token.text);
    return this.#failAt(token.at, `unexpected ${shown} in ${context}`);
  }

  #fail(message: string): never {
    return this.#failAt(
      (this.#tokens[Math.min(this.#at, this.#tokens.length) - 1] ?? this.#tokens[0])?.at ?? 0,
      message,
    );
  }

  #failAt(at: number, message: string): never {
    let line = 1;
    for (let i = this.#text.indexOf("\n"); i >= 0 && i < at; i = this.#text.indexOf("\n", i + 1)) line++;
    throw new TemplateSyntaxError(`template: ${this.#name}:${line}: ${message}`);
  }

  // Nodes ------------------------------------------------------------------------------------------------------------

  #textOrAction(): Node | Ending {
    const token = this.#nextSolid();
    if (token.kind === "text") return { kind: "text", at: token.at, text: token.text };
    if (token.kind === "open") return this.#action();
    return this.#unexpected(token, "input");
  }

  #list(context: string): { readonly body: Node[]; readonly ending: Ending } {
    if (++this.#depth > deepest) this.#fail("templates are nested too deeply");
    const body: Node[] = [];
    while (this.#peekSolid().kind !== "eof") {
      const node = this.#textOrAction();
      if (isEnding(node)) {
        this.#depth--;
        return { body, ending: node };
      }
      body.push(node);
    }
    void context;
    return this.#failAt(this.#text.length, "unexpected EOF");
  }

  #action(): Node | Ending {
    const token = this.#nextSolid();
    if (token.kind === "keyword") {
      switch (token.text) {
        case "if":
        case "with":
        case "range":
          return this.#control(token.text, token.at);
        case "end":
          this.#expect("close", "end");
          return { kind: "end", at: token.at };
        case "else": {
          const next = this.#peekSolid();
          if (this.#isKeyword(next, "if") || this.#isKeyword(next, "with")) return { kind: "else", at: token.at };
          this.#expect("close", "else");
          return { kind: "else", at: token.at };
        }
        case "break":
        case "continue":
          return this.#jump(token.text, token.at);
        case "template":
          return this.#call(token.at);
        case "block":
          return this.#block(token.at);
        default:
      }
    }
    this.#at--;
    const { at } = this.#peek();
    return { kind: "action", at, pipe: this.#pipeline("command", "close") };
  }

  #jump(kind: "break" | "continue", at: number): Node {
    const token = this.#nextSolid();
    if (token.kind !== "close") this.#unexpected(token, `{{${kind}}}`);
    if (this.#ranges === 0) this.#fail(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  #control(kind: Control["kind"], at: number): Control {
    const known = this.#variables.length;
    const pipe = this.#pipeline(kind, "close");
    if (kind === "range") this.#ranges++;
    const { body, ending } = this.#list(kind);
    if (kind === "range") this.#ranges--;
    let otherwise: Node[] | undefined;
    if (ending.kind === "else") {
      const next = this.#peek();
      if (kind !== "range" && this.#isKeyword(next, kind)) {
        this.#at++;
        otherwise = [this.#control(kind, next.at)];
      } else {
        const second = this.#list(kind);
        if (second.ending.kind !== "end") this.#fail(`expected end; found {{else}}`);
        otherwise = second.body;
      }
    }
    this.#variables.length = known;
    return { kind, at, pipe, body, otherwise };
  }

  #templateName(context: string): string {
    const token = this.#nextSolid();
    if (token.kind !== "string" && token.kind !== "raw") this.#unexpected(token, context);
    return unquoted(token.text) ?? this.#fail(`invalid syntax`);
  }

  #call(at: number): Node {
    const name = this.#templateName("template clause");
    if (this.#peekSolid().kind === "close") {
      this.#at++;
      return { kind: "template", at, name, pipe: undefined };
    }
    return { kind: "template", at, name, pipe: this.#pipeline("template clause", "close") };
  }

  #block(at: number): Node {
    const name = this.#templateName("block clause");
    const pipe = this.#pipeline("block clause", "close");
    this.#addTree(name, this.#inner("block clause"));
    return { kind: "template", at, name, pipe };
  }

  #definition(at: number): void {
    void at;
    const name = this.#templateName("define clause");
    this.#expect("close", "define clause");
    this.#addTree(name, this.#inner("define clause"));
  }

  /** The body of another template: its own variables and loops. */
  #inner(context: string): Node[] {
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ["$"];
    this.#ranges = 0;
    const { body, ending } = this.#list(context);
    if (ending.kind !== "end") this.#fail(`unexpected {{else}} in ${context}`);
    this.#variables = variables;
    this.#ranges = ranges;
    return body;
  }

  // Pipelines --------------------------------------------------------------------------------------------------------

  #pipeline(context: string, end: "close" | "right paren"): Pipe {
    if (++this.#depth > deepest) this.#fail("pipelines are nested too deeply");
    const { at } = this.#peekSolid();
    const { variables, isAssign } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#nextSolid();
      if (token.kind === end) break;
      if (!operands.has(token.kind)) this.#unexpected(token, context);
      this.#at--;
      commands.push(this.#command());
    }
    this.#depth--;
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, { args }] of commands.entries())
      if (index > 0 && ["bool", "dot", "nil", "number", "string"].includes(args[0]!.kind))
        this.#fail(`non executable command in pipeline stage ${index + 1}`);
    return { kind: "pipe", at, isAssign, variables, commands };
  }

  #declarations(context: string): { readonly variables: readonly string[]; readonly isAssign: boolean } {
    const variables: string[] = [];
    for (;;) {
      const start = this.#at;
      const token = this.#peekSolid();
      if (token.kind !== "variable") return { variables, isAssign: false };
      this.#at++;
      const next = this.#peekSolid();
      if (next.kind === "assign" || next.kind === "declare") {
        this.#at++;
        variables.push(token.text);
        this.#variables.push(token.text);
        return { variables, isAssign: next.kind === "assign" };
      }
      if (next.kind === "char" && next.text === ",") {
        this.#at++;
        variables.push(token.text);
        this.#variables.push(token.text);
        if (context === "range" && variables.length < 2) {
          const after = this.#peekSolid();
          if (after.kind === "variable" || after.kind === "close" || after.kind === "right paren") continue;
          this.#fail("range can only initialize variables");
        }
        this.#fail(`too many declarations in ${context}`);
      }
      this.#at = start;
      return { variables, isAssign: false };
    }
  }

  #command(): Command {
    const { at } = this.#peekSolid();
    const args: Argument[] = [];
    for (;;) {
      this.#peekSolid();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === "space") continue;
      if (token.kind === "close" || token.kind === "right paren") this.#at--;
      else if (token.kind !== "pipe") this.#unexpected(token, "operand");
      break;
    }
    if (args.length === 0) this.#fail("empty command");
    return { at, args };
  }

  #operand(): Argument | undefined {
    const base = this.#term();
    if (base === undefined || this.#peek().kind !== "field") return base;
    const names: string[] = [];
    while (this.#peek().kind === "field") names.push(this.#next().text.slice(1));
    switch (base.kind) {
      case "field":
      case "variable":
        return { ...base, names: [...base.names, ...names] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        return this.#fail(`unexpected . after term ${JSON.stringify(nodeText(base))}`);
      default:
        return { kind: "chain", at: base.at, base, names };
    }
  }

  #term(): Argument | undefined {
    const token = this.#nextSolid();
    const { at, text } = token;
    switch (token.kind) {
      case "identifier":
        if (!this.#hasFunction(text)) this.#fail(`function ${JSON.stringify(text)} not defined`);
        return { kind: "identifier", at, name: text };
      case "dot":
        return { kind: "dot", at };
      case "nil":
        return { kind: "nil", at };
      case "variable":
        this.#check(text);
        return { kind: "variable", at, names: [text] };
      case "field":
        return { kind: "field", at, names: [text.slice(1)] };
      case "bool":
        return { kind: "bool", at, value: text === "true" };
      case "number":
        return numberOf(text, at) ?? this.#fail(`bad number syntax: ${JSON.stringify(text)}`);
      case "rune":
        return runeOf(text, at) ?? this.#fail(`malformed character constant: ${text}`);
      case "left paren":
        return this.#pipeline("parenthesized pipeline", "right paren");
      case "string":
      case "raw": {
        const value = unquoted(text) ?? this.#fail("invalid syntax");
        return { kind: "string", at, value, quoted: text };
      }
      default:
        this.#at--;
        return undefined;
    }
  }

  #check(name: string): void {
    if (!this.#variables.includes(name)) this.#fail(`undefined variable ${JSON.stringify(name)}`);
  }
}

function isEnding(node: Node | Ending): node is Ending {
  return node.kind === "end" || node.kind === "else";
}

const operands = new Set<Token["kind"]>([
  "bool",
  "rune",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw",
  "string",
  "variable",
  "left paren",
]);
