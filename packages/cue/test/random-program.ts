import type { Random } from "@lateen/base";

/**
 * Texts of CUE by the grammar, weighted to what people write, with comments and line breaks in odd places. Always free of
 * syntax errors; they need not compile. Depth and length are bounded.
 */
export function randomProgram(random: Random): string {
  return new Writer(random).file();
}

const names = ["a", "b", "c", "name", "x1", "#D", "_h", "_#p", "größe", "if", "in", "$v"];
const strings = ['"x"', '"a-b"', '""', String.raw`"\n\u00e9"`, '#"a"b"#', "'bytes'", '"""\n\tone\n\n\ttwo\n\t"""'];
const numbers = ["0", "1", "42", "1_000", "0x1F", "0b11", "0o7", "1.5", ".5", "1.", "1e3", "1.5Ki", "3M"];
const binaries = ["+", "-", "*", "/", "&", "|", "&&", "||", "==", "!=", "<", "<=", ">", ">=", "=~", "!~"];
const unaries = ["-", "+", "!", "*", ">", ">=", "<", "<=", "!=", "=~", "!~"];

class Writer {
  readonly #random: Random;
  #depth = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  file(): string {
    const parts: string[] = ["@experiment(aliasv2,try,explicitopen)\n"];
    if (this.#chance(0.3)) parts.push("// about\n\npackage p\n");
    if (this.#chance(0.3)) parts.push('import "strings"\n');
    if (this.#chance(0.2)) parts.push('import (\n"list" // lists\n\n m "math"\n)\n');
    parts.push(this.#decls(2 + this.#below(5), "\n"));
    return parts.join("");
  }

  #decls(count: number, separator: string): string {
    return Array.from({ length: count }, () => this.#commented(this.#decl())).join(separator) + this.#pick(["", "\n"]);
  }

  #commented(text: string): string {
    const above = this.#chance(0.12) ? this.#pick(["// above\n", "\n// far above\n\n", "// one\n// two\n"]) : "";
    const behind = this.#chance(0.12) ? " // behind\n" : "";
    const indent = this.#pick(["", "\t", "  "]);
    return above === "" ? indent + text + behind : `\n${above}${indent}${text}${behind}`;
  }

  #decl(): string {
    const choice = this.#below(20);
    if (choice < 12) return this.#field();
    if (choice === 12) return `let v${this.#below(3)} = ${this.#expr()}`;
    if (choice === 13) return `if ${this.#expr()} ${this.#struct()}`;
    if (choice === 14) return this.#comprehension(this.#struct());
    if (choice === 15) return "@tag(x, y=[1])";
    if (choice === 16) return "#D";
    if (choice === 17) return "...";
    return this.#nested(() => `#D & ${this.#struct()}`, "#D");
  }

  #comprehension(body: string): string {
    const variables = this.#chance(0.5) ? "k, v" : "v";
    const more = this.#pick(["", " if v > 1", "\nlet w = v", " let w = v if w != _|_", " try u = v?"]);
    const fallback = this.#chance(0.15) ? ` else ${this.#struct()}` : "";
    return `for ${variables} in ${this.#expr()}${more} ${body}${fallback}`;
  }

  #field(): string {
    const labels = Array.from({ length: 1 + (this.#chance(0.3) ? this.#below(3) : 0) }, () => this.#label());
    const attribute = this.#chance(0.1) ? this.#pick([" @go(A)", ' @json("a,b") @x()']) : "";
    const alias = this.#chance(0.05) ? "V= " : "";
    const gap = this.#pick([" ", "", "\t", "\n\t"]);
    return `${labels.join(": ")}:${gap}${alias}${this.#expr()}${attribute}`;
  }

  #label(): string {
    const choice = this.#below(20);
    if (choice < 12) return this.#pick(names) + this.#pick(["", "", "", "?", "!"]);
    if (choice < 14) return `"${this.#pick(["a", "a b", "x-y", "_h", "1"])}"${this.#pick(["", "?"])}`;
    if (choice === 14) return "[string]";
    if (choice === 15) return `[K= ${this.#pick(["string", '!="a"', '=~"^a"'])}]`;
    if (choice === 16) return `(${this.#operand()})`;
    if (choice === 17) return String.raw`"\(x)-k"`;
    if (choice === 18) return "Y=y";
    return "z~(K,V)";
  }

  /** Deeper than some levels only leaves grow. */
  #nested(make: () => string, leaf: string): string {
    if (this.#depth > 5) return leaf;
    this.#depth++;
    const text = make();
    this.#depth--;
    return text;
  }

  #expr(): string {
    return this.#nested(() => {
      const choice = this.#below(12);
      if (choice < 7) return this.#operand();
      if (choice < 10) return this.#chain();
      if (choice === 10) return `${this.#pick(unaries)} ${this.#operand()}`;
      return `*${this.#operand()} | ${this.#operand()}`;
    }, "int");
  }

  #chain(): string {
    let text = this.#operand();
    for (let left = 1 + this.#below(3); left > 0; left--) {
      const gap = this.#pick([" ", " ", " ", "\n\t", " // why\n"]);
      text += ` ${this.#pick(binaries)}${gap}${this.#operand()}`;
    }
    return text;
  }

  #operand(): string {
    return this.#nested(() => {
      const choice = this.#below(24);
      if (choice < 6) return this.#pick(numbers);
      if (choice < 10) return this.#pick(strings);
      if (choice < 14)
        return this.#pick(["a", "b.c", "#D.x", 'a."b-c"', "x[0]", "x[1:2]", "x[:]", "_", "_|_", "null", "true"]);
      if (choice < 16) return this.#struct();
      if (choice < 18) return this.#list();
      if (choice === 18) return `(${this.#expr()})`;
      if (choice === 19) return `len(${this.#expr()})`;
      if (choice === 20) return `strings.Join(${this.#list()},${this.#pick([" ", "\n\t"])}",")`;
      if (choice === 21) return `"p\\(${this.#expr()})q\\(x)"`;
      if (choice === 22) return `"""\n\t\tp\\(${this.#operand()})\n\t\t  q\n\t\t"""`;
      return `a.\n\tb.c`;
    }, "string");
  }

  #struct(): string {
    return this.#nested(() => {
      const count = this.#below(4);
      if (count === 0) return this.#pick(["{}", "{ }", "{\n}", "{\n// empty\n}"]);
      if (this.#chance(0.4)) {
        const fields = Array.from({ length: count }, () => this.#field());
        return `{${fields.join(", ")}}`;
      }
      return `{${this.#pick(["\n", "\n\n", " // head\n", ""])}${this.#decls(count, this.#pick(["\n", "\n\n"]))}\n}`;
    }, "{}");
  }

  #list(): string {
    return this.#nested(() => {
      const count = this.#below(4);
      const elements = Array.from({ length: count }, () =>
        this.#chance(0.1) ? this.#comprehension(this.#struct()) : this.#expr(),
      );
      if (this.#chance(0.2)) elements.push(this.#pick(["...", "...int"]));
      if (elements.length === 0) return "[]";
      if (this.#chance(0.6)) return `[${elements.join(this.#pick([", ", ","]))}]`;
      const separator = this.#pick([",\n", ",\n// between\n", ", // behind\n", "\n"]);
      return `[\n${elements.join(separator)}${this.#pick([",\n", "\n", ""])}]`;
    }, "[]");
  }
}
