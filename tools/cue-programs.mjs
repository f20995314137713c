// Seeded random CUE programs, weighted to what people write in platform templates: schemas with optional, required and
// defaulted fields, definitions and their instances, conditions, loops, interpolation, library calls, nested references.

/** mulberry32: the same seed gives the same programs. */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function generateProgram(seed) {
  return new Generator(createRandom(seed)).program();
}

const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
const fieldNames = ["x", "y", "z", "n", "s", "t", "k", "v"];
const definitions = ["#A", "#B", "#C", "#D"];

class Generator {
  #random;
  /** Names in scope with the type that they roughly have, outermost first. */
  #scopes = [[]];
  #imports = new Set();
  #lets = 0;
  /** Fields of the struct written last. */
  #lastFields = [];

  constructor(random) {
    this.#random = random;
  }

  #below(n) {
    return Math.floor(this.#random() * n);
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  #chance(p) {
    return this.#random() < p;
  }

  /** Picks by weight among [weight, make] pairs. */
  #weighted(choices) {
    let rest = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of choices) {
      rest -= weight;
      if (rest < 0) return make();
    }
    return choices[0][1]();
  }

  program() {
    const lines = [];
    for (const name of definitions.slice(0, this.#below(4))) {
      lines.push(`${name}: ${this.#struct(1, { schema: true })}`);
      this.#declare(name, "struct", this.#lastFields);
      if (this.#chance(0.1)) lines.push(`${name}: ${this.#struct(1, { schema: true })}`);
    }
    const count = 2 + this.#below(5);
    for (let i = 0; i < count; i++) {
      const type = this.#pick(["int", "int", "string", "string", "bool", "list", "struct", "struct", "struct"]);
      const name = names[i];
      if (this.#chance(0.08)) {
        const hidden = this.#pick([`_${name}`, `let l${this.#lets++}`]);
        if (hidden.startsWith("let")) {
          const bound = hidden.slice(4);
          lines.push(`let ${bound} = ${this.#expr(type, 2)}`);
          this.#declare(bound, type, this.#lastFields);
          lines.push(`${name}: ${bound}`);
          continue;
        }
        lines.push(`${hidden}: ${this.#value(type, 2)}`);
        this.#declare(hidden, type, this.#lastFields);
        continue;
      }
      // A value that refers to itself, or to a later one, is rare.
      if (this.#chance(0.05)) this.#declare(name, type);
      const value = this.#value(type, 3);
      this.#declare(name, type, this.#lastFields);
      lines.push(`${name}: ${value}`);
      if (this.#chance(0.2)) lines.push(`${name}: ${this.#constraint(type, 2)}`);
    }
    if (this.#chance(0.2)) lines.push(...this.#comprehensions(2));
    if (this.#chance(0.05)) lines.push(`[string]: _`);
    if (this.#chance(0.25)) this.#shuffle(lines);
    const imports = [...this.#imports].map((path) => `import "${path}"`);
    return `${[...imports, ...lines].join("\n")}\n`;
  }

  #shuffle(lines) {
    for (let i = lines.length - 1; i > 0; i--) {
      const j = this.#below(i + 1);
      [lines[i], lines[j]] = [lines[j], lines[i]];
    }
  }

  /** `fields` are those of a struct, as far as they are known. */
  #declare(name, type, fields = []) {
    this.#scopes.at(-1).push({ name, type, fields: type === "struct" ? fields : [] });
  }

  #within(make) {
    this.#scopes.push([]);
    const result = make();
    this.#scopes.pop();
    return result;
  }

  #known(type) {
    return this.#scopes.flat().filter((entry) => entry.type === type);
  }

  #reference(type) {
    const known = this.#known(type).filter((entry) => !entry.name.startsWith("#") || type === "struct");
    const members = this.#known("struct").flatMap((entry) =>
      entry.fields.filter((field) => field.type === type).map((field) => `${entry.name}.${field.name}`),
    );
    if (members.length > 0 && this.#chance(known.length > 0 ? 0.4 : 0.9)) return this.#pick(members);
    if (known.length > 0) return this.#pick(known).name;
    const structs = this.#known("struct");
    return structs.length > 0 && this.#chance(0.02)
      ? `${this.#pick(structs).name}.${this.#pick(fieldNames)}`
      : undefined;
  }

  /** A field's value: an expression, a type, a default, a disjunction. */
  #value(type, depth) {
    return this.#weighted([
      [5, () => this.#expr(type, depth)],
      [2, () => this.#type(type)],
      [2, () => `*${this.#literal(type)} | ${this.#type(type)}`],
      [1, () => `${this.#type(type)} | *${this.#literal(type)}`],
      [1, () => `(${this.#value(type, depth - 1 > 0 ? depth - 1 : 0)}) & ${this.#constraint(type, 0)}`],
      [1, () => this.#disjunction(type, depth)],
    ]);
  }

  #disjunction(type, depth) {
    if (type === "struct" && depth > 0) {
      const branches = [this.#struct(depth - 1, { schema: true }), this.#struct(depth - 1, { schema: true })];
      if (this.#chance(0.3)) branches[0] = `*${branches[0]}`;
      return branches.join(" | ");
    }
    const branches = Array.from({ length: 2 + this.#below(2) }, () => this.#literal(type));
    if (this.#chance(0.5)) branches[this.#below(branches.length)] = `*${branches[0]}`;
    if (this.#chance(0.2)) branches.push("null");
    return branches.join(" | ");
  }

  #constraint(type, depth) {
    switch (type) {
      case "int":
        return this.#weighted([
          [3, () => this.#literal("int")],
          [2, () => `>=${this.#below(4)}`],
          [1, () => `<${3 + this.#below(7)}`],
          [1, () => `!=${this.#below(5)}`],
          [1, () => `>=${this.#below(3)} & <=${this.#below(9)}`],
          [1, () => this.#pick(["int", "number", "uint8", "float"])],
        ]);
      case "string":
        return this.#weighted([
          [3, () => this.#literal("string")],
          [1, () => `=~"^[a-c]"`],
          [1, () => `!="b"`],
          [1, () => `>="b"`],
          [1, () => this.#library("strings", `MinRunes(${this.#below(3)})`)],
        ]);
      case "bool":
        return this.#pick(["true", "false", "bool"]);
      case "list":
        return this.#weighted([
          [2, () => `[...${this.#pick(["int", "string", "_", ">1"])}]`],
          [1, () => this.#literal("list")],
          [1, () => this.#library("list", `MaxItems(${1 + this.#below(4)})`)],
          [1, () => `[${this.#type("int")}, ...]`],
        ]);
      default:
        return this.#weighted([
          [3, () => this.#struct(depth, { schema: this.#chance(0.5) })],
          [
            2,
            () =>
              this.#pick(
                this.#known("struct")
                  .map((entry) => entry.name)
                  .concat("{...}"),
              ),
          ],
          [1, () => `{[string]: ${this.#type(this.#pick(["int", "string"]))}}`],
          [1, () => `close(${this.#struct(0, {})})`],
        ]);
    }
  }

  #library(path, call) {
    this.#imports.add(path);
    return `${path.split("/").at(-1)}.${call}`;
  }

  #type(type) {
    switch (type) {
      case "int":
        return this.#pick(["int", "int", "number", ">=0", "uint8", "int & <10"]);
      case "string":
        return this.#pick(["string", "string", `=~"^[a-z]*$"`, `"a" | "b"`]);
      case "bool":
        return "bool";
      case "list":
        return this.#pick(["[...int]", "[...string]", "[...]", "[_, ...]"]);
      default: {
        const known = this.#known("struct").filter((entry) => entry.name.startsWith("#"));
        return known.length > 0 && this.#chance(0.6) ? this.#pick(known).name : this.#pick(["{...}", "{}"]);
      }
    }
  }

  #literal(type) {
    switch (type) {
      case "int":
        return this.#pick(["0", "1", "2", "3", "5", "8", "1.5", "-1"]);
      case "string":
        return this.#pick(['"a"', '"b"', '"c"', '"ab"', '""', '"x-y"']);
      case "bool":
        return this.#pick(["true", "false"]);
      case "list":
        return this.#pick(["[]", "[1]", "[1, 2]", '["a"]', '["a", "b"]', "[{x: 1}]"]);
      default:
        return this.#pick(["{}", "{x: 1}", '{s: "a"}', "{x: 1, y: 2}"]);
    }
  }

  #expr(type, depth) {
    if (depth <= 0) return (this.#chance(0.4) && this.#reference(type)) || this.#literal(type);
    const sub = (wanted) => this.#expr(wanted, depth - 1);
    const reference = [3, () => this.#reference(type) ?? this.#literal(type)];
    const chosen = [1, () => `[if ${sub("bool")} {${sub(type)}}, ${sub(type)}][0]`];
    switch (type) {
      case "int":
        return this.#weighted([
          [4, () => this.#literal("int")],
          reference,
          [2, () => `${sub("int")} ${this.#pick(["+", "-", "*"])} ${this.#literal("int")}`],
          [1, () => `(${sub("int")} + ${sub("int")}) * 2`],
          [1, () => `len(${sub(this.#pick(["string", "list", "struct"]))})`],
          [0.5, () => `div(${sub("int")}, 2)`],
          [0.3, () => this.#library("math", `Floor(${sub("int")})`)],
          [0.3, () => this.#library("list", `Sum([${sub("int")}, 1])`)],
          [0.5, () => `${sub("list")}[0]`],
          chosen,
        ]);
      case "string":
        return this.#weighted([
          [4, () => this.#literal("string")],
          reference,
          [3, () => `"${this.#pick(["", "p-"])}\\(${this.#expr(this.#pick(["string", "int"]), 0)})"`],
          [1, () => `${sub("string")} + ${this.#literal("string")}`],
          [0.5, () => this.#library("strings", `ToUpper(${sub("string")})`)],
          [0.5, () => this.#library("strings", `Join([${sub("string")}, ${sub("string")}], "-")`)],
          [0.3, () => this.#library("strconv", `FormatInt(${sub("int")}, 10)`)],
          [0.3, () => this.#library("encoding/json", `Marshal(${sub("struct")})`)],
          chosen,
        ]);
      case "bool":
        return this.#weighted([
          [3, () => this.#literal("bool")],
          reference,
          [2, () => `${sub("int")} ${this.#pick(["<", ">", "==", "!=", ">="])} ${sub("int")}`],
          [1, () => `${sub("string")} == ${sub("string")}`],
          [
            2,
            () => `${this.#reference(this.#pick(["int", "struct", "string"])) ?? "1"} ${this.#pick(["!=", "=="])} _|_`,
          ],
          [1, () => `${sub("bool")} ${this.#pick(["&&", "||"])} ${sub("bool")}`],
          [0.5, () => `!${sub("bool")}`],
          [0.5, () => `${sub("string")} =~ "a"`],
        ]);
      case "list":
        return this.#weighted([
          [3, () => this.#literal("list")],
          reference,
          [
            2,
            () =>
              `[${Array.from({ length: 1 + this.#below(3) }, () => sub(this.#pick(["int", "string"]))).join(", ")}]`,
          ],
          [2, () => this.#loop(depth, (body) => `[for ${body.clause} {${body.value}}]`)],
          [0.5, () => `[if ${sub("bool")} {${sub("int")}}]`],
          [0.5, () => this.#library("list", `Concat([${sub("list")}, ${sub("list")}])`)],
          [0.3, () => this.#library("strings", `Split("a,b", ",")`)],
        ]);
      default:
        return this.#weighted([
          [5, () => this.#struct(depth - 1, {})],
          reference,
          [2, () => `${this.#reference("struct") ?? "{}"} & ${this.#struct(depth - 1, {})}`],
          [1, () => this.#loop(depth, (body) => `{for ${body.clause} {"\\(${body.key})": ${body.value}}}`)],
        ]);
    }
  }

  #loop(depth, make) {
    const source = this.#chance(0.5) ? this.#expr("list", depth - 1) : this.#expr("struct", depth - 1);
    return this.#within(() => {
      this.#declare("v", "int");
      const condition = this.#chance(0.3) ? ` if ${this.#pick(["v > 1", "v != _|_", 'k != "x"', "true"])}` : "";
      const clause = `k, v in ${source}${condition}`;
      const value = this.#pick(["v", "v", "k", "{n: v}", '"\\(k)"', "v + 1"]);
      return make({ clause, key: "k", value });
    });
  }

  #comprehensions(depth) {
    return [
      this.#weighted([
        [2, () => `if ${this.#expr("bool", depth)} {${this.#pick(fieldNames)}: ${this.#expr("int", 1)}}`],
        [1, () => this.#loop(depth, (body) => `for ${body.clause} {"\\(${body.key})-\\(${body.key})": ${body.value}}`)],
      ]),
    ];
  }

  /** A struct; a schema has more types than values. */
  #struct(depth, { schema = false }) {
    return this.#within(() => {
      const decls = [];
      const fields = [];
      const used = new Set();
      const count = 1 + this.#below(4);
      for (let i = 0; i < count; i++) {
        const name = this.#pick(fieldNames);
        const type = this.#pick(["int", "int", "string", "string", "bool", "list", "struct"]);
        if (depth <= 0 && (type === "struct" || type === "list")) continue;
        if (used.has(name) && this.#chance(0.8)) continue;
        used.add(name);
        const marker = schema && this.#chance(0.35) ? this.#pick(["?", "?", "!"]) : "";
        const value = schema && this.#chance(0.6) ? this.#type(type) : this.#value(type, depth);
        const label = this.#chance(0.05) ? `"${name}"` : name;
        if (label === name) this.#declare(name, type, this.#lastFields);
        fields.push({ name, type });
        decls.push(`${label}${marker}: ${value}`);
      }
      if (this.#chance(0.12)) decls.push(...this.#comprehensions(Math.max(depth, 1)));
      if (this.#chance(0.08))
        decls.push(`[=~"^${this.#pick(fieldNames)}"]: ${this.#type(this.#pick(["int", "string"]))}`);
      if (this.#chance(0.08))
        decls.push(
          this.#pick(
            this.#known("struct")
              .map((entry) => entry.name)
              .concat("{}"),
          ),
        );
      if (this.#chance(schema ? 0.15 : 0.03)) decls.push("...");
      this.#lastFields = fields;
      return `{${decls.join(", ")}}`;
    });
  }
}
