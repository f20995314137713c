import { Execution, TemplateExecutionError } from "./execute.ts";
import { builtinFunctions } from "./functions.ts";
import { type Tree, isBlank } from "./nodes.ts";
import { TemplateSyntaxError, parseTemplate } from "./parser.ts";
import type { TemplateFunction, TemplateValue } from "./values.ts";

/** What `.name` is where a map has no such key: `default` prints `<no value>`, `zero` is nil, `error` stops. */
export type MissingKey = "default" | "zero" | "error";

export interface TemplateSetOptions {
  /** Functions beside the built-in ones; they may replace them. */
  readonly functions?: ReadonlyMap<string, TemplateFunction>;
  readonly missingKey?: MissingKey;
}

export interface ExecuteOptions {
  /** Spends from the caller's budget; whatever it throws ends the execution. */
  readonly spend?: (steps: number, bytes?: number) => void;
}

/**
 * Templates that call each other by name: the language of Go's text/template. A set is filled by parsing texts; executing
 * changes nothing of it.
 * @example
 * const set = new TemplateSet();
 * set.parse("main", "Hi {{.name}}");
 * set.execute("main", new Map([["name", "Bob"]])); // "Hi Bob"
 */
export class TemplateSet {
  readonly #trees = new Map<string, Tree>();
  readonly #functions: Map<string, TemplateFunction>;
  readonly #missingKey: MissingKey;

  constructor({ functions, missingKey = "default" }: TemplateSetOptions = {}) {
    this.#functions = new Map([...builtinFunctions, ...(functions ?? [])]);
    this.#missingKey = missingKey;
  }

  /**
   * Adds the template of a text, and those that it defines. A later one replaces an earlier one of the name, unless it
   * holds nothing but blanks.
   * @throws TemplateSyntaxError
   */
  parse(name: string, text: string): void {
    for (const tree of parseTemplate(name, text, (func) => this.#functions.has(func))) {
      const known = this.#trees.get(tree.name);
      if (known === undefined || !isBlank(tree.body)) this.#trees.set(tree.name, tree);
    }
  }

  has(name: string): boolean {
    return this.#trees.has(name);
  }

  get names(): readonly string[] {
    return [...this.#trees.keys()];
  }

  /** @throws TemplateExecutionError, and what `spend` or a function throws that is no TemplateCallError. */
  execute(name: string, dot: TemplateValue, { spend = () => {} }: ExecuteOptions = {}): string {
    const tree = this.#trees.get(name);
    if (tree === undefined) throw new TemplateExecutionError(`template: no template ${JSON.stringify(name)}`);
    const execution = new Execution({
      functions: this.#functions,
      missingKey: this.#missingKey,
      templateOf: (other) => this.#trees.get(other),
      spend,
    });
    return execution.run(tree, dot);
  }
}

export { TemplateExecutionError, TemplateSyntaxError };
