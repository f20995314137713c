/**
 * From syntax tree to program: names are resolved to blocks and labels, literals become values, struct literals become
 * plans. Everything that is wrong before evaluation is found here: unknown names, unused ones, marks at a wrong place.
 * Values of fields and elements are compiled from a list of work, not by recursion: texts may be nested deeply.
 */
import type { Diagnostic } from "@lateen/base";
import { numberFromLiteral } from "../number-literal.ts";
import type * as ast from "../syntax/ast.ts";
import { interpolationTexts, unquote } from "../syntax/index.ts";
import { type Label, formatLabel, identLabel, stringLabel } from "../eval/label.ts";
import { predeclared, predeclaredNames } from "../eval/predeclared.ts";
import { type Value, atom, bottom, top } from "../eval/values.ts";
import type { ArcType, Vertex } from "../eval/vertex.ts";
import type { Clause, Comprehension, Decl, DisjunctTerm, Expr, LetDecl, Operator, Source, StructLit } from "./ir.ts";
import { packagePathOf } from "./import-path.ts";
import { intrinsicOf } from "./intrinsics.ts";
import { compileAdvice, nameAdvice, packageAdvice } from "./advice.ts";
import { noteChain } from "./chain.ts";
import { structPlan } from "./plan.ts";
import { type Binding, Scope } from "./scope.ts";

export interface CompileEnvironment {
  /** Top-level fields of all files of the instance. */
  readonly packageFields: ReadonlyMap<string, Label>;
  /** The package that hidden names belong to. */
  readonly hiddenPackage: string;
  /** Names that the text may use without declaring them. */
  readonly scope: Vertex | undefined;
  /** Whether a name is there in `scope`. */
  readonly inScope: (label: Label) => boolean;
  readonly hasPackage: (path: string) => boolean;
  /** What can be imported, for those who name something else. */
  readonly packagePaths?: () => readonly string[];
}

export interface CompiledFile {
  readonly plan: StructLit;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles one file of an instance. */
export function compileFile(file: ast.File, environment: CompileEnvironment): CompiledFile {
  const compiler = new Compiler(file, environment);
  const plan = compiler.file();
  return { plan, diagnostics: compiler.diagnostics };
}

/** The top-level fields of a file that other files of its package can refer to. */
export function topLevelFields(file: ast.File, hiddenPackage: string): Map<string, Label> {
  const fields = new Map<string, Label>();
  for (const decl of file.decls) {
    if (decl.kind !== "field") continue;
    const label = decl.label.kind === "alias-label" ? decl.label.label : decl.label;
    if (label.kind === "ident") fields.set(label.name, identLabel(label.name, hiddenPackage));
  }
  return fields;
}

/** Where the compiler is, as a list: texts may nest deeply, and few places are ever told. */
interface PathStep {
  readonly up: PathStep | undefined;
  readonly name: string;
}

function pathOf(step: PathStep | undefined): string[] {
  const names: string[] = [];
  for (let at = step; at !== undefined; at = at.up) names.push(at.name);
  return names.reverse();
}

class Compiler {
  readonly diagnostics: Diagnostic[] = [];
  readonly #file: ast.File;
  readonly #environment: CompileEnvironment;
  readonly #work: (() => void)[] = [];
  readonly #experiments: ReadonlySet<string>;
  /** Labels whose expression is being compiled. */
  readonly #keys = new Set<ast.Label>();
  #path: PathStep | undefined;

  constructor(file: ast.File, environment: CompileEnvironment) {
    this.#file = file;
    this.#environment = environment;
    this.#experiments = experimentsOf(file);
  }

  file(): StructLit {
    const scope = new Scope(undefined, "struct");
    for (const spec of this.#file.imports) this.#declareImport(scope, spec);
    const plan = this.#struct(this.#file.decls, scope, this.#file);
    for (let work = this.#work.pop(); work !== undefined; work = this.#work.pop()) work();
    return plan;
  }

  #source(node: Source["node"]): Source {
    return { file: this.#file, node };
  }

  #error(node: { readonly start: number }, message: string, help?: string): Value {
    this.diagnostics.push({
      code: "compile",
      message,
      severity: "error",
      pos: this.#file.posOf(node.start),
      path: pathOf(this.#path),
      causes: [],
      help: help ?? compileAdvice(message),
    });
    return bottom({ message });
  }

  #bad(node: ast.Expr | ast.Label | ast.Clause, message: string, help?: string): Expr {
    return { kind: "value", value: this.#error(node, message, help), src: this.#source(node) };
  }

  // Declarations -----------------------------------------------------------------------------------------------------

  #declareImport(scope: Scope, spec: ast.ImportSpec): void {
    const { localName } = spec;
    const importPath = packagePathOf(spec, this.#environment.hasPackage);
    if (!this.#environment.hasPackage(importPath)) {
      const isBuiltin = !(importPath.split("/")[0] ?? "").includes(".");
      this.#error(
        spec,
        isBuiltin
          ? `builtin package ${JSON.stringify(importPath)} undefined`
          : `cannot find package ${JSON.stringify(importPath)}`,
        packageAdvice(importPath, this.#environment.packagePaths?.() ?? []),
      );
      const bad = bottom({ message: `package ${JSON.stringify(importPath)} is not known` });
      scope.bindings.set(localName, {
        kind: "import",
        name: localName,
        ident: { kind: "ident", name: localName, start: spec.start, end: spec.end },
        isUsed: true,
        mayBeUnused: true,
        refer: (_, at) => ({ kind: "value", value: bad, src: this.#source(at) }),
      });
      return;
    }
    const ident: ast.Ident = spec.name ?? { kind: "ident", name: localName, start: spec.start, end: spec.end };
    if (scope.bindings.has(localName)) {
      this.#error(spec, `${localName} redeclared as imported package name`);
      return;
    }
    scope.bindings.set(localName, {
      kind: "import",
      name: localName,
      ident,
      isUsed: false,
      mayBeUnused: false,
      refer: (_, at) => ({ kind: "import-ref", path: importPath, name: localName, src: this.#source(at) }),
    });
    this.#work.unshift(() => {
      this.#path = undefined;
      if (scope.bindings.get(localName)?.isUsed === false)
        this.#error(
          spec,
          `imported and not used: ${JSON.stringify(importPath)}${spec.name === undefined ? "" : ` as ${localName}`}`,
        );
    });
  }

  /** A struct literal; `scope` is its block. Values of its fields come later from the list of work. */
  #struct(decls: readonly ast.Decl[], scope: Scope, node: Source["node"]): StructLit {
    for (const decl of decls) this.#declare(scope, decl);
    const result: Decl[] = [];
    for (const decl of decls) this.#decl(scope, decl, result);
    const path = this.#path;
    this.#work.unshift(() => {
      this.#path = path;
      this.#checkUse(scope);
    });
    return structPlan(result, this.#source(node));
  }

  #checkUse(scope: Scope): void {
    for (const binding of scope.bindings.values()) {
      if (binding.isUsed || binding.mayBeUnused || binding.kind === "import") continue;
      this.#error(binding.ident, `unreferenced alias or let clause ${binding.name}`);
    }
  }

  #bind(scope: Scope, binding: Omit<Binding, "isUsed">): void {
    const { name, ident } = binding;
    if (name === "_") return;
    if (scope.bindings.has(name)) {
      this.#error(
        ident,
        binding.kind === "let" && scope.bindings.get(name)!.kind === "let"
          ? `let clause ${JSON.stringify(name)} redeclared in same scope`
          : `alias ${JSON.stringify(name)} redeclared in same scope`,
      );
      return;
    }
    if (scope.fields.has(name)) {
      this.#error(ident, `cannot have both alias and field with name ${JSON.stringify(name)} in same scope`);
      return;
    }
    scope.bindings.set(name, { ...binding, isUsed: false });
  }

  /** Enters the names of a declaration into its block. */
  #declare(scope: Scope, decl: ast.Decl): void {
    if (decl.kind === "let") {
      const declaration: LetDecl = {
        name: decl.name.name,
        value: undefined as unknown as Expr,
        src: this.#source(decl),
      };
      this.#bind(scope, {
        kind: "let",
        name: decl.name.name,
        ident: decl.name,
        mayBeUnused: false,
        refer: (up, ident) => ({ kind: "let-ref", up, declaration, src: this.#source(ident) }),
      });
      scope.lets.set(decl.name.name, declaration);
      return;
    }
    if (decl.kind !== "field") return;
    let { label } = decl;
    if (label.kind === "alias-label") {
      this.#declareAlias(scope, label.alias, label.label);
      label = label.label;
    }
    if (decl.postfixAlias !== undefined && label.kind !== "pattern-label") {
      const { key, value } = decl.postfixAlias;
      this.#declareAlias(scope, value, label);
      if (key !== undefined) this.#declareKeyAlias(scope, key, label);
    }
    if (label.kind === "paren-label" && label.alias !== undefined) this.#declareKeyAlias(scope, label.alias, label);
    if (label.kind !== "ident") return;
    const { name } = label;
    const known = scope.bindings.get(name);
    if (known !== undefined && known.kind !== "import")
      this.#error(known.ident, `cannot have both alias and field with name ${JSON.stringify(name)} in same scope`);
    scope.fields.set(name, identLabel(name, this.#environment.hiddenPackage));
  }

  /** `X=label`: X is the field. */
  #declareAlias(scope: Scope, alias: ast.Ident, label: Exclude<ast.Label, ast.AliasLabel>): void {
    if (label.kind === "pattern-label") return;
    this.#bind(scope, {
      kind: "alias",
      name: alias.name,
      ident: alias,
      mayBeUnused: false,
      refer: (up, ident) => {
        const src = this.#source(ident);
        const known = this.#staticLabel(label);
        if (known !== undefined) return { kind: "field-ref", up, label: known, src };
        return { kind: "dynamic-ref", up, key: this.#dynamicKey(label, scope), src };
      },
    });
  }

  /** The alias of a label: its text. */
  #declareKeyAlias(scope: Scope, alias: ast.Ident, label: Exclude<ast.Label, ast.AliasLabel>): void {
    this.#bind(scope, {
      kind: "alias",
      name: alias.name,
      ident: alias,
      mayBeUnused: false,
      refer: (up, ident) => {
        const src = this.#source(ident);
        const known = this.#staticLabel(label);
        if (known !== undefined) return { kind: "value", value: atom(formatLabel(known), src), src };
        const declaration: LetDecl = { name: alias.name, value: this.#dynamicKey(label, scope), src };
        return { kind: "let-ref", up, declaration, src };
      },
    });
  }

  #dynamicKey(label: Exclude<ast.Label, ast.AliasLabel>, scope: Scope): Expr {
    if (this.#keys.has(label)) return this.#bad(label, "label refers to itself");
    this.#keys.add(label);
    const key = this.#keyExpr(label, scope);
    this.#keys.delete(label);
    return key;
  }

  #keyExpr(label: Exclude<ast.Label, ast.AliasLabel>, scope: Scope): Expr {
    if (label.kind === "paren-label") return this.#expr(label.expr, scope);
    if (label.kind === "interpolation") return this.#expr(label, scope);
    return this.#bad(label as ast.Label, "invalid label");
  }

  /** The label of a field whose name is written out. */
  #staticLabel(label: ast.Label): Label | undefined {
    if (label.kind === "ident") {
      if (label.name === "_") this.#error(label, "cannot use _ as label", 'write a name, or "_" in quotes');
      return identLabel(label.name, this.#environment.hiddenPackage);
    }
    if (label.kind !== "literal") return undefined;
    return this.#literalLabel(label);
  }

  #literalLabel(label: ast.BasicLit): Label | undefined {
    if (label.type === "string") {
      const value = unquote(label.text);
      if (value.kind === "string") return stringLabel(value.value.normalize("NFC"));
      this.#error(label, value.kind === "error" ? value.message : "bytes cannot be labels");
      return undefined;
    }
    if (label.type === "null" || label.type === "true" || label.type === "false") return stringLabel(label.text);
    if (label.type === "int") return stringLabel(label.text);
    this.#error(label, `invalid label ${label.text}`);
    return undefined;
  }

  #decl(scope: Scope, decl: ast.Decl, result: Decl[]): void {
    switch (decl.kind) {
      case "field":
        this.#field(scope, decl, result);
        return;
      case "embed":
        if (decl.expr.kind !== "bad-expr") result.push(this.#embedding(scope, decl));
        return;
      case "ellipsis":
        result.push({ kind: "ellipsis", src: this.#source(decl) });
        return;
      case "comprehension":
        result.push({ kind: "comprehension", expr: this.#comprehension(decl, scope), src: this.#source(decl) });
        return;
      case "let": {
        const declaration = scope.lets.get(decl.name.name);
        if (declaration !== undefined && (declaration.src.node as ast.LetClause) === decl)
          this.#work.push(() => {
            declaration.value = this.#expr(decl.value, scope);
          });
        return;
      }
      default:
    }
  }

  #embedding(scope: Scope, decl: ast.EmbedDecl): Decl {
    const expr = this.#expr(decl.expr, scope);
    const src = this.#source(decl);
    return this.#experiments.has("explicitopen")
      ? { kind: "embed", expr, isClosed: true, src }
      : { kind: "embed", expr, src };
  }

  #field(scope: Scope, field: ast.Field, result: Decl[]): void {
    noteChain(field);
    const src = this.#source(field);
    const label = field.label.kind === "alias-label" ? field.label.label : field.label;
    const arcType: ArcType = field.constraint === "?" ? 2 : field.constraint === "!" ? 1 : 0;
    if (label.kind === "pattern-label") {
      this.#pattern(scope, field, label, result);
      return;
    }
    if (label.kind === "paren-label" || label.kind === "interpolation") {
      const key = this.#dynamicKey(label, scope);
      const decl = { kind: "dynamic" as const, key, arcType, value: undefined as unknown as Expr, src };
      this.#later(field, scope, (value) => {
        decl.value = value;
      });
      result.push(decl);
      return;
    }
    const known = this.#staticLabel(label);
    if (known === undefined) return;
    const decl = { kind: "field" as const, label: known, arcType, value: undefined as unknown as Expr, src };
    this.#later(field, scope, (value) => {
      decl.value = value;
    });
    result.push(decl);
  }

  #later(field: ast.Field, scope: Scope, assign: (value: Expr) => void): void {
    const path = { up: this.#path, name: labelText(field.label) };
    this.#work.push(() => {
      this.#path = path;
      assign(this.#fieldValue(field, scope));
    });
  }

  #fieldValue(field: ast.Field, scope: Scope): Expr {
    if (field.valueAlias === undefined) return this.#expr(field.value, scope);
    return this.#selfScope(scope, [field.valueAlias], field.value);
  }

  /** A value with names for the vertex that it becomes part of. */
  #selfScope(outer: Scope, aliases: readonly ast.Ident[], value: ast.Expr): Expr {
    const scope = new Scope(outer, "self");
    for (const alias of aliases)
      this.#bind(scope, {
        kind: "alias",
        name: alias.name,
        ident: alias,
        mayBeUnused: false,
        refer: (up, ident) => ({ kind: "self-ref", up, src: this.#source(ident) }),
      });
    this.#work.unshift(() => this.#checkUse(scope));
    return { kind: "self-scope", expr: this.#expr(value, scope), src: this.#source(value) };
  }

  #pattern(scope: Scope, field: ast.Field, label: ast.PatternLabel, result: Decl[]): void {
    const filter = this.#expr(label.expr, scope);
    const inner = new Scope(scope, "label");
    const keys = [label.alias, field.postfixAlias?.key].filter((alias) => alias !== undefined);
    for (const alias of keys)
      this.#bind(inner, {
        kind: "alias",
        name: alias.name,
        ident: alias,
        mayBeUnused: true,
        refer: (up, ident) => ({ kind: "label-ref", up, src: this.#source(ident) }),
      });
    const selves = [
      field.label.kind === "alias-label" ? field.label.alias : undefined,
      field.postfixAlias?.value,
      field.valueAlias,
    ].filter((alias) => alias !== undefined);
    const decl = { kind: "pattern" as const, filter, value: undefined as unknown as Expr, src: this.#source(field) };
    const path = { up: this.#path, name: "[]" };
    this.#work.push(() => {
      this.#path = path;
      decl.value = selves.length > 0 ? this.#selfScope(inner, selves, field.value) : this.#expr(field.value, inner);
    });
    this.#work.unshift(() => this.#checkUse(inner));
    result.push(decl);
  }

  // Comprehensions ---------------------------------------------------------------------------------------------------

  #comprehension(node: ast.Comprehension, outer: Scope): Comprehension {
    let scope = outer;
    const clauses: Clause[] = [];
    for (const clause of node.clauses) {
      const src = this.#source(clause);
      switch (clause.kind) {
        case "for": {
          const source = this.#expr(clause.source, scope);
          scope = new Scope(scope, "clause");
          if (clause.key !== undefined) this.#bindVariable(scope, clause.key, 0);
          this.#bindVariable(scope, clause.value, 1);
          clauses.push({ kind: "for", hasKey: clause.key !== undefined, source, src });
          break;
        }
        case "if":
          clauses.push({ kind: "if", condition: this.#expr(clause.condition, scope), src });
          break;
        case "let": {
          const value = this.#expr(clause.value, scope);
          scope = new Scope(scope, "clause");
          this.#bindVariable(scope, clause.name, 0);
          clauses.push({ kind: "let", value, src });
          break;
        }
        case "try": {
          const value = clause.value === undefined ? undefined : this.#expr(clause.value, scope);
          if (clause.name !== undefined) {
            scope = new Scope(scope, "clause");
            this.#bindVariable(scope, clause.name, 0);
          }
          clauses.push({ kind: "try", value, src });
        }
      }
    }
    const body = this.#struct(node.body.decls, new Scope(scope, "struct"), node.body);
    const fallback =
      node.fallback === undefined
        ? undefined
        : this.#struct(node.fallback.body.decls, new Scope(outer, "struct"), node.fallback.body);
    const provides = fallback === undefined ? body.provides : union(body.provides, fallback.provides);
    return { kind: "comprehension", clauses, body, fallback, provides, src: this.#source(node) };
  }

  #bindVariable(scope: Scope, ident: ast.Ident, index: number): void {
    this.#bind(scope, {
      kind: "binding",
      name: ident.name,
      ident,
      mayBeUnused: true,
      refer: (up, at) => ({ kind: "binding-ref", up, index, name: ident.name, src: this.#source(at) }),
    });
  }

  // Expressions ------------------------------------------------------------------------------------------------------

  #expr(node: ast.Expr, scope: Scope): Expr {
    const src = this.#source(node);
    switch (node.kind) {
      case "ident":
        return this.#reference(node, scope);
      case "literal":
        return { kind: "value", value: this.#literal(node, src), src };
      case "interpolation":
        return this.#interpolation(node, scope);
      case "struct":
        return this.#struct(node.decls, new Scope(scope, "struct"), node);
      case "list":
        return this.#list(node, scope);
      case "paren":
        return this.#expr(node.expr, scope);
      case "selector": {
        const label = node.selector.kind === "ident" ? this.#selectorLabel(node) : this.#literalLabel(node.selector);
        return { kind: "select", expr: this.#expr(node.expr, scope), label: label ?? "", src };
      }
      case "index":
        return { kind: "index", expr: this.#expr(node.expr, scope), index: this.#expr(node.index, scope), src };
      case "slice":
        return {
          kind: "slice",
          expr: this.#expr(node.expr, scope),
          low: node.low && this.#expr(node.low, scope),
          high: node.high && this.#expr(node.high, scope),
          src,
        };
      case "call":
        return this.#call(node, scope);
      case "unary":
        return this.#unary(node, scope);
      case "binary":
        return this.#binary(node, scope);
      case "bottom":
        return {
          kind: "value",
          value: bottom({ code: "user", message: "explicit error (_|_ literal) in source", sources: [src] }),
          src,
        };
      case "postfix":
        return { kind: node.op === "..." ? "open" : "try", expr: this.#expr(node.expr, scope), src };
      case "func":
        return this.#bad(node, "func types are not supported");
      case "bad-expr":
        return { kind: "value", value: bottom({ message: "invalid syntax" }), src };
    }
  }

  #call(node: ast.Call, scope: Scope): Expr {
    const src = this.#source(node);
    const { fun } = node;
    const intrinsic =
      fun.kind === "ident" && !this.#isDeclared(fun.name, scope)
        ? intrinsicOf(fun.name, node.args, this.#experiments)
        : undefined;
    const args = node.args.map((arg) => this.#expr(arg, scope));
    switch (intrinsic?.kind) {
      case "error":
        return { kind: "value", value: bottom({ message: intrinsic.message, sources: [src] }), src };
      case "argument":
        return args[0] ?? { kind: "value", value: top, src };
      case "closing":
        return { kind: "closing", isReclosing: intrinsic.isReclosing, expr: args[0]!, src };
      default:
        return { kind: "call", fun: this.#expr(fun, scope), args, src };
    }
  }

  /** Whether a name is a field or a binding of some block around. */
  #isDeclared(name: string, from: Scope): boolean {
    for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer)
      if (scope.fields.has(name) || scope.bindings.has(name)) return true;
    return this.#environment.packageFields.has(name);
  }

  #selectorLabel(node: ast.Selector): Label {
    return identLabel((node.selector as ast.Ident).name, this.#environment.hiddenPackage);
  }

  #literal(node: ast.BasicLit, src: Source): Value {
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
        return number.kind === "number-error" ? this.#error(node, number.message) : atom(number, src);
      }
      case "string":
      case "bytes": {
        const value = unquote(node.text);
        return value.kind === "error" ? this.#error(node, value.message) : atom(value.value, src);
      }
    }
  }

  #interpolation(node: ast.Interpolation, scope: Scope): Expr {
    const texts = interpolationTexts(node);
    if (texts.kind === "error") return this.#bad(node, texts.message);
    const isBytes = texts.kind === "bytes";
    return {
      kind: "interpolation",
      isBytes,
      texts: texts.kind === "string" ? texts.texts : [],
      bytes: texts.kind === "bytes" ? texts.texts : undefined,
      exprs: node.exprs.map((expr) => this.#expr(expr, scope)),
      src: this.#source(node),
    };
  }

  /** With `self` at hand a list is a block: that of the vertex that it becomes part of. */
  #list(node: ast.ListLit, scope: Scope): Expr {
    if (!this.#experiments.has("aliasv2")) return this.#elements(node, scope);
    const expr = this.#elements(node, new Scope(scope, "list"));
    return { kind: "self-scope", expr, src: this.#source(node) };
  }

  #elements(node: ast.ListLit, scope: Scope): Expr {
    const elements: Expr[] = [];
    let ellipsis: { type: Expr | undefined } | undefined;
    for (const [at, element] of node.elements.entries()) {
      if (element.kind === "ellipsis") {
        if (at < node.elements.length - 1) this.#error(element, "ellipsis must be last element of list");
        ellipsis = { type: element.type === undefined ? undefined : this.#expr(element.type, scope) };
      } else if (element.kind === "comprehension") elements.push(this.#comprehension(element, scope));
      else if (element.kind === "struct" || element.kind === "list") {
        const slot = elements.length;
        elements.push({ kind: "value", value: top, src: undefined });
        const path = { up: this.#path, name: String(slot) };
        this.#work.push(() => {
          this.#path = path;
          elements[slot] = this.#expr(element, scope);
        });
      } else elements.push(this.#expr(element, scope));
    }
    return {
      kind: "list",
      elements,
      hasComprehension: elements.some((element) => element.kind === "comprehension"),
      ellipsis,
      src: this.#source(node),
    };
  }

  #unary(node: ast.Unary, scope: Scope): Expr {
    const src = this.#source(node);
    switch (node.op) {
      case "*":
        return this.#bad(node, "preference mark not allowed at this position");
      case "+":
      case "-":
      case "!":
        return { kind: "unary", op: node.op, expr: this.#expr(node.expr, scope), src };
      default: {
        const expr = this.#expr(node.expr, scope);
        return { kind: "bound", op: node.op, expr, src };
      }
    }
  }

  #binary(node: ast.Binary, scope: Scope): Expr {
    const src = this.#source(node);
    if (node.op === "|") return this.#disjunction(node, scope);
    if (node.op === "&") {
      const operands = flatten(node, "&").map((operand) => this.#expr(operand, scope));
      return { kind: "unify", operands, src };
    }
    if (node.op === "==" || node.op === "!=") {
      const tested = node.right.kind === "bottom" ? node.left : node.left.kind === "bottom" ? node.right : undefined;
      if (tested !== undefined)
        return { kind: "bottom-test", isEqual: node.op === "==", expr: this.#expr(tested, scope), src };
    }
    return this.#operators(node, scope);
  }

  /** A chain of left-associative operators, without recursion along it. */
  #operators(node: ast.Binary, scope: Scope): Expr {
    const chain: ast.Binary[] = [];
    let at: ast.Expr = node;
    while (at.kind === "binary" && at.op !== "|" && at.op !== "&" && !isBottomTest(at)) {
      chain.push(at);
      at = at.left;
    }
    let left = this.#expr(at, scope);
    const shortCircuit = this.#experiments.has("shortcircuit");
    for (let i = chain.length - 1; i >= 0; i--) {
      const binary = chain[i]!;
      left = {
        kind: "binary",
        op: binary.op as Operator,
        left,
        right: this.#expr(binary.right, scope),
        shortCircuit,
        src: this.#source(binary),
      };
    }
    return left;
  }

  #disjunction(node: ast.Binary, scope: Scope): Expr {
    const terms: DisjunctTerm[] = flatten(node, "|").map((term) =>
      term.kind === "unary" && term.op === "*"
        ? { expr: this.#expr(term.expr, scope), isDefault: true }
        : { expr: this.#expr(term, scope), isDefault: false },
    );
    return { kind: "disjunction", terms, hasDefaults: terms.some((term) => term.isDefault), src: this.#source(node) };
  }

  #reference(ident: ast.Ident, from: Scope): Expr {
    const { name } = ident;
    const src = this.#source(ident);
    if (name === "_") return { kind: "value", value: { ...top, src }, src };
    let up = 0;
    let top_: Scope = from;
    for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer) {
      const field = scope.fields.get(name);
      if (field !== undefined) return { kind: "field-ref", up, label: field, src };
      const binding = scope.bindings.get(name);
      if (binding !== undefined) {
        binding.isUsed = true;
        return binding.refer(up, ident);
      }
      if (scope.outer === undefined) top_ = scope;
      else up++;
    }
    void top_;
    const shared = this.#environment.packageFields.get(name);
    if (shared !== undefined) return { kind: "field-ref", up, label: shared, src };
    return this.#outside(ident, from, src);
  }

  /** A name of the embedder's scope, or a predeclared one. */
  #outside(ident: ast.Ident, from: Scope, src: Source): Expr {
    const { name } = ident;
    const label = identLabel(name, this.#environment.hiddenPackage);
    const { scope } = this.#environment;
    if (scope !== undefined && this.#environment.inScope(label)) return { kind: "scope-ref", scope, label, src };
    if (name === "self" && this.#experiments.has("aliasv2")) {
      let up = 0;
      for (let at: Scope | undefined = from; at !== undefined; at = at.outer, up++)
        if (at.kind === "struct" || at.kind === "list") return { kind: "self-ref", up, src };
    }
    const known = predeclared(name);
    if (known !== undefined) return { kind: "value", value: withSource(known, src, name), src };
    return this.#bad(ident, `reference ${JSON.stringify(name)} not found`, this.#nameAdvice(name, from));
  }

  /** Which name was meant: one in reach, a package that is not imported, a quoted field, or a text without quotes. */
  #nameAdvice(name: string, from: Scope): string {
    const names = new Set<string>();
    for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.outer)
      for (const known of [...scope.fields.keys(), ...scope.bindings.keys()]) names.add(known);
    for (const known of this.#environment.packageFields.keys()) names.add(known);
    for (const known of predeclaredNames) names.add(known);
    return nameAdvice(name, {
      names: [...names],
      file: this.#file,
      packagePaths: this.#environment.packagePaths?.() ?? [],
    });
  }
}

function withSource(value: Value, src: Source, name: string): Value {
  if (value.tag === "type") return { ...value, src, name };
  return value.tag === "vertex" ? value : ({ ...value, src } as Value);
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

function union(
  left: ReadonlySet<Label> | undefined,
  right: ReadonlySet<Label> | undefined,
): ReadonlySet<Label> | undefined {
  return left === undefined || right === undefined ? undefined : new Set([...left, ...right]);
}

function labelText(label: ast.Label): string {
  switch (label.kind) {
    case "ident":
      return label.name;
    case "literal":
      return label.text;
    case "alias-label":
      return labelText(label.label);
    default:
      return "[]";
  }
}

function experimentsOf(file: ast.File): ReadonlySet<string> {
  const names = new Set<string>();
  for (const decl of file.decls) {
    if (decl.kind !== "attribute" || decl.name !== "experiment") continue;
    for (const name of decl.body.split(",")) names.add(name.trim());
  }
  return names;
}
