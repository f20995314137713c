import type { Diagnostic } from "@lateen/base";
import { CueValue } from "../../src/cue-value.ts";
import { Context, type Value, parseExpression, parseFile } from "../../src/index.ts";
import type { Attribute, Decl, Expr, Field, Label } from "../../src/syntax/ast.ts";
import { isHeldClosed } from "../../src/eval/closedness.ts";
import { formatLabel } from "../../src/eval/label.ts";
import { Vertex, target } from "../../src/eval/vertex.ts";
import { unquote } from "../../src/syntax/index.ts";
import type { Answer, CueCase } from "../case.ts";
import { entriesOf, instanceOf } from "./evaluation.ts";
import { matches } from "./match.ts";
import { pathText, problemsOf } from "./outcome.ts";

/** One `@test(…)`, and the path of the value that it is about. */
interface Assertion {
  readonly path: string;
  readonly args: readonly string[];
}

/** The file carries its expectations: each attribute is an assertion about the value on its line. */
export function answerInline(item: CueCase): Answer {
  const assertions: Assertion[] = [];
  for (const name of entriesOf(item)) {
    const { file } = parseFile(item.files[name] ?? "", { filename: name });
    collect(file.decls, "", assertions);
  }
  const context = new Context();
  const value = instanceOf(item, context);
  // Errors that only the whole tells, such as fields that are not allowed, are noted where they stand.
  value.validate();
  let pass = 0;
  const failed: string[] = [];
  for (const assertion of assertions) {
    const verdict = judge(value, assertion);
    if (verdict === undefined) continue;
    if (verdict === "") pass++;
    else failed.push(`${assertion.path} @test(${assertion.args.join(", ").slice(0, 120)}): ${verdict}`);
  }
  return { inline: { pass, fail: failed.length }, failed };
}

function collect(decls: readonly Decl[], path: string, into: Assertion[]): void {
  for (const decl of decls) {
    if (decl.kind === "attribute") add(decl, path, into);
    else if (decl.kind === "field") collectField(decl, path, into);
    else if (decl.kind === "embed") collectExpr(decl.expr, path, into);
  }
}

function collectField(field: Field, path: string, into: Assertion[]): void {
  const label = labelText(field.label);
  if (label === undefined) return;
  const inner = path === "" ? label : `${path}.${label}`;
  for (const attribute of field.attributes) add(attribute, inner, into);
  collectExpr(field.value, inner, into);
}

function collectExpr(expr: Expr, path: string, into: Assertion[]): void {
  if (expr.kind === "struct") collect(expr.decls, path, into);
  else if (expr.kind === "paren") collectExpr(expr.expr, path, into);
  else if (expr.kind === "binary" && expr.op === "&") {
    collectExpr(expr.left, path, into);
    collectExpr(expr.right, path, into);
  } else if (expr.kind === "list")
    expr.elements.forEach((element, i) => {
      if (element.kind !== "comprehension" && element.kind !== "ellipsis") collectExpr(element, `${path}[${i}]`, into);
    });
}

function labelText(label: Label): string | undefined {
  if (label.kind === "alias-label") return labelText(label.label);
  if (label.kind === "ident") return label.name;
  if (label.kind !== "literal") return undefined;
  const value = unquote(label.text);
  return value.kind === "string" ? JSON.stringify(value.value) : JSON.stringify(label.text);
}

function add(attribute: Attribute, path: string, into: Assertion[]): void {
  if (attribute.name === "test") into.push({ path, args: splitArguments(attribute.body) });
}

/** Arguments at the top level: commas within brackets and quotes belong to the argument. */
function splitArguments(body: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let quote = "";
  let current = "";
  for (let i = 0; i < body.length; i++) {
    const char = body[i]!;
    if (quote !== "") {
      if (char === "\\") current += char + (body[++i] ?? "");
      else {
        if (char === quote) quote = "";
        current += char;
      }
      continue;
    }
    if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) depth--;
    if (char === "/" && body[i + 1] === "/") {
      while (i + 1 < body.length && body[i + 1] !== "\n") i++;
      continue;
    }
    if (char === "," && depth === 0) {
      args.push(current.trim());
      current = "";
    } else current += char;
  }
  args.push(current.trim());
  return args;
}

const ignored = new Set(["permute", "shareID", "skip", "todo", "debug", "debugCheck", "ignore", "desc"]);

/** Empty when it holds, why not when it does not, undefined when it is no assertion. */
function judge(root: Value, { path, args }: Assertion): string | undefined {
  const [directive, ...rest] = args;
  const [name, given] = (directive ?? "").split("=", 2);
  if (name === undefined || ignored.has(name.replace(/:.*/, "")) || rest.includes("skip")) return undefined;
  const named = new Map<string, string>();
  const plain: string[] = [];
  for (const arg of rest) {
    const found = /^([a-zA-Z]+)=([^=~].*)$/s.exec(arg);
    if (found === null) plain.push(arg);
    else named.set(found[1]!, found[2]!);
  }
  if (plain.includes("skip") || named.has("skip") || plain.includes("incorrect")) return undefined;
  const at = named.get("at");
  const where = at === undefined ? path : join(path, stepsOf(at));
  const value = where === "" ? root : root.lookupPath(where);
  switch (name) {
    case "eq":
      return plain[0] === undefined ? undefined : equals(value, plain[0]);
    case "err":
      return fails(value, named, plain);
    case "kind":
      return `${given}` === kindText(value) ? "" : `kind ${kindText(value)}`;
    case "closed":
      return isClosed(value) === (given !== "false") ? "" : "closedness";
    case "allows":
      return value.allows(selectorOf(plain[0] ?? "")) === (given !== "false") ? "" : "allows";
    case "leq": {
      const other = new Context().compile(`x: ${plain[0]}`).lookupPath("x");
      return value.subsumes(other) ? "" : "leq";
    }
    default:
      return undefined;
  }
}

function join(path: string, steps: readonly string[]): string {
  let text = path;
  for (const step of steps) text += step.startsWith("[") || text === "" ? step : `.${step}`;
  return text;
}

/** `a."b.c".0`, `"_h$(pkg).a"`: the parts of a path; which package a hidden name belongs to does not matter here. */
function stepsOf(text: string): string[] {
  const isWhole = text.startsWith('"') && text.endsWith('"') && /[$.]/.test(text) && !text.slice(1, -1).includes('"');
  const bare = (isWhole ? text.slice(1, -1) : text).replaceAll(/\$\([^)]*\)|\$\w+/g, "");
  const steps = bare.match(/"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^.[\]]+/g) ?? [];
  return steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : step));
}

function kindText(value: Value): string {
  const { kind, incompleteKind } = value;
  return kind === "bottom" ? incompleteKind : kind;
}

function selectorOf(text: string): string {
  if (text === "string") return "[string]";
  if (text === "int") return "[_]";
  return /^\d+$/.test(text) ? `[${text}]` : text;
}

/** Closed is what a definition or `close()` made so, whatever its ellipsis lets in, and all that it holds. */
function isClosed(value: Value): boolean {
  if (value.incompleteKind === "list") return !value.allows("[_]");
  if (!(value instanceof CueValue)) return false;
  const holder = target(value.vertex);
  if (isHeldClosed(holder)) return true;
  const { base, closedBy } = holder;
  if (base?.tag === "disjunction")
    return base.values.every((part) => part instanceof Vertex && target(part).closedBy !== undefined);
  return closedBy !== undefined;
}

function equals(value: Value, text: string): string {
  const { expr, diagnostics } = parseExpression(text);
  if (diagnostics.length > 0) return `does not parse: ${diagnostics[0]!.message}`;
  return matches(value, expr, text) ?? "";
}

function fails(value: Value, named: ReadonlyMap<string, string>, plain: readonly string[]): string {
  const errors = [
    ...(value.err === undefined ? [] : [value.err]),
    ...problemsOf(value),
    ...problemsOf(value, { concrete: true }),
    // What is not there may still come.
    ...(value.exists ? [] : [{ ...value.err!, code: "incomplete", path: value.err!.path.slice(0, -1) }]),
  ];
  if (errors.length === 0 && value.exists) return "no error";
  const code = named.get("code");
  const contains = named.get("contains");
  const path = named.get("path");
  void plain;
  const fits = errors.some(
    (error) =>
      (code === undefined || code.replaceAll(/["()]/g, "").replaceAll("_", " ").split("|").includes(error.code)) &&
      (contains === undefined || textsOf(error, errors.length).some((text) => saysSo(text, textOf(contains)))) &&
      (path === undefined ||
        path.startsWith("[") ||
        path.startsWith("(") ||
        pathText(error.path).endsWith(path.replaceAll('"', "").split(".").at(-1) ?? "")),
  );
  if (fits) return "";
  return (
    errors
      .slice(0, 2)
      .map((error) => `[${error.code}] ${error.message}`)
      .join("; ") || "no value"
  );
}

/** An error as `errors.Details` would print it: alone, with its path, and as the first of several. */
function textsOf(error: Diagnostic, count: number): string[] {
  const text = `${selectorsOf(error.path)}: ${error.message}`;
  const more = Array.from({ length: count }, (_, i) => `${text} (and ${i + 1} more errors)`);
  return [error.message, text, ...more];
}

function selectorsOf(path: Diagnostic["path"]): string {
  return path.map((part) => (typeof part === "number" ? String(part) : formatLabel(part))).join(".");
}

/** Whether a message holds a text; `%s` and the like stand for anything. White space does not count. */
function saysSo(message: string, wanted: string): boolean {
  const parts = withoutSpace(wanted).split(/%[svdq]/);
  const given = withoutSpace(message);
  let at = 0;
  for (const part of parts) {
    const found = given.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, "");
}

function textOf(literal: string): string {
  const value = unquote(literal);
  return value.kind === "string" ? value.value : literal;
}
