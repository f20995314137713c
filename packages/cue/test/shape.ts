import type { Clause, Comprehension, Decl, Ellipsis, Expr, Field, File, Label } from "../src/syntax/ast.ts";
import { parseExpression, parseFile } from "../src/syntax/parser.ts";

// A tree as one line of nested parentheses, so that tests can say what a text means in the space of the text itself.

/** The shape of an expression's tree; the text must have no errors. */
export function shapeOf(text: string): string {
  const { expr, diagnostics } = parseExpression(text, { filename: "in.cue" });
  if (diagnostics.length > 0) return `error: ${diagnostics[0]?.message}`;
  return exprShape(expr);
}

/** The shapes of a file's declarations, joined by `; `. */
export function fileShapeOf(text: string): string {
  const { file, diagnostics } = parseFile(text, { filename: "in.cue" });
  if (diagnostics.length > 0) return `error: ${diagnostics[0]?.message}`;
  return fileShape(file);
}

/** The messages of a text's errors with their places: `line:column message`. */
export function errorsOf(text: string): string[] {
  return parseFile(text, { filename: "in.cue" }).diagnostics.map(
    ({ pos, message }) => `${pos?.line}:${pos?.column} ${message}`,
  );
}

export function fileShape(file: File): string {
  return file.decls.map(declShape).join("; ");
}

function declShape(decl: Decl): string {
  switch (decl.kind) {
    case "package":
      return `package ${decl.name.name}`;
    case "import":
      return `import ${decl.specs.map((spec) => `${spec.localName}<${spec.importPath}>`).join(" ")}`;
    case "field":
      return fieldShape(decl);
    case "let":
      return `let ${decl.name.name} = ${exprShape(decl.value)}`;
    case "embed":
      return exprShape(decl.expr);
    case "ellipsis":
    case "comprehension":
      return exprShape(decl);
    case "attribute":
      return `@${decl.name}<${decl.body}>`;
    case "comments":
      return "comments";
    case "bad-decl":
      return "bad";
  }
}

function fieldShape({ label, constraint, value, valueAlias, postfixAlias, attributes }: Field): string {
  const postfix = postfixAlias === undefined ? "" : `~(${postfixAlias.key?.name ?? "-"},${postfixAlias.value.name})`;
  const alias = valueAlias === undefined ? "" : `${valueAlias.name}=`;
  const tags = attributes.map((attribute) => ` @${attribute.name}<${attribute.body}>`).join("");
  return `${labelShape(label)}${postfix}${constraint}: ${alias}${exprShape(value)}${tags}`;
}

function labelShape(label: Label): string {
  switch (label.kind) {
    case "alias-label":
      return `${label.alias.name}=${labelShape(label.label)}`;
    case "paren-label":
      return `(${label.alias === undefined ? "" : `${label.alias.name}=`}${exprShape(label.expr)})`;
    case "pattern-label":
      return `[${label.alias === undefined ? "" : `${label.alias.name}=`}${exprShape(label.expr)}]`;
    default:
      return exprShape(label);
  }
}

export function exprShape(node: Expr | Comprehension | Ellipsis): string {
  switch (node.kind) {
    case "ident":
      return node.name;
    case "literal":
      return node.text;
    case "bottom":
      return "_|_";
    case "bad-expr":
      return "BAD";
    case "unary":
      return `(${node.op} ${exprShape(node.expr)})`;
    case "binary":
      return `(${exprShape(node.left)} ${node.op} ${exprShape(node.right)})`;
    case "struct":
      return `${node.braces ? "" : "~"}{${node.decls.map(declShape).join("; ")}}`;
    case "list":
      return `[${node.elements.map(exprShape).join(", ")}]`;
    case "paren":
      return `paren ${exprShape(node.expr)}`;
    case "selector":
      return `${exprShape(node.expr)}.${exprShape(node.selector)}`;
    case "index":
      return `${exprShape(node.expr)}[${exprShape(node.index)}]`;
    case "slice":
      return `${exprShape(node.expr)}[${optional(node.low)}:${optional(node.high)}]`;
    case "call":
      return `${exprShape(node.fun)}(${node.args.map(exprShape).join(", ")})`;
    case "postfix":
      return `(${exprShape(node.expr)} ${node.op})`;
    case "func":
      return `func(${node.args.map(exprShape).join(", ")} -> ${exprShape(node.result)})`;
    case "interpolation":
      return node.parts.map((part, i) => part + (node.exprs[i] === undefined ? "" : exprShape(node.exprs[i]))).join("");
    case "ellipsis":
      return `...${optional(node.type)}`;
    case "comprehension": {
      const rest = node.fallback === undefined ? "" : ` ${node.fallback.keyword} ${exprShape(node.fallback.body)}`;
      return `${node.clauses.map(clauseShape).join(" ")} ${exprShape(node.body)}${rest}`;
    }
  }
}

function optional(expr: Expr | undefined): string {
  return expr === undefined ? "" : exprShape(expr);
}

function clauseShape(clause: Clause): string {
  switch (clause.kind) {
    case "for":
      return `for ${clause.key === undefined ? "" : `${clause.key.name}, `}${clause.value.name} in ${exprShape(clause.source)}`;
    case "if":
      return `if ${exprShape(clause.condition)}`;
    case "let":
      return `let ${clause.name.name} = ${exprShape(clause.value)}`;
    case "try":
      return clause.name === undefined ? "try" : `try ${clause.name.name} = ${optional(clause.value)}`;
  }
}
