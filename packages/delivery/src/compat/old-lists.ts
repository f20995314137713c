/**
 * Old CUE in templates: `[a] + [b]` and `[a] * n`, which CUE no longer has, become `list.Concat` and `list.Repeat` of the
 * source, as KubeVela's compatibility layer does (kubevela-definitions.md 2.6). The evaluator itself knows one language.
 */
import { type Expr, type File, parseFile } from "@lateen/cue";

const known = new Map<string, string>();
const maxKnown = 500;

/** The text with old list arithmetic rewritten; the very text where there is none. */
export function withoutOldLists(text: string): string {
  if (!/\]\s*[+*]|[+*]\s*\[/.test(text)) return text;
  const earlier = known.get(text);
  if (earlier !== undefined) return earlier;
  const rewritten = rewrite(text);
  if (known.size >= maxKnown) known.clear();
  known.set(text, rewritten);
  return rewritten;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function rewrite(text: string): string {
  const { file, diagnostics } = parseFile(text, { filename: "template" });
  if (diagnostics.length > 0) return text;
  const edits: Edit[] = [];
  visit(file, (expr) => {
    const edit = editOf(expr, text);
    if (edit !== undefined) edits.push(edit);
    return edit === undefined;
  });
  if (edits.length === 0) return text;
  const body = edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((result, { start, end, text: next }) => result.slice(0, start) + next + result.slice(end), text);
  return importsList(file) ? body : `import "list"\n${body}`;
}

const importsList = (file: File): boolean => file.imports.some(({ importPath }) => importPath === "list");

/** The outermost operations on lists; what is inside them is rewritten with them. */
function editOf(expr: Expr, text: string): Edit | undefined {
  if (expr.kind !== "binary" || (expr.op !== "+" && expr.op !== "*") || !isList(expr)) return undefined;
  return { start: expr.start, end: expr.end, text: printed(expr, text) };
}

function isList(expr: Expr): boolean {
  if (expr.kind === "list") return true;
  if (expr.kind === "paren") return isList(expr.expr);
  return expr.kind === "binary" && (expr.op === "+" || expr.op === "*") && (isList(expr.left) || isList(expr.right));
}

function printed(expr: Expr, text: string): string {
  if (expr.kind === "paren") return printed(expr.expr, text);
  if (expr.kind !== "binary" || !isList(expr)) return text.slice(expr.start, expr.end);
  if (expr.op === "+")
    return `list.Concat([${operands(expr)
      .map((one) => printed(one, text))
      .join(", ")}])`;
  const [list, count] = isList(expr.left) ? [expr.left, expr.right] : [expr.right, expr.left];
  return `list.Repeat(${printed(list, text)}, ${printed(count, text)})`;
}

function operands(expr: Expr): readonly Expr[] {
  return expr.kind === "binary" && expr.op === "+" ? [...operands(expr.left), ...operands(expr.right)] : [expr];
}

/** Walks expressions outside in with a stack of its own; `enter` says whether to go inside. */
function visit(root: object, enter: (expr: Expr) => boolean): void {
  const stack: unknown[] = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (Array.isArray(next)) stack.push(...(next as readonly unknown[]));
    else if (typeof next === "object" && next !== null) {
      if ("kind" in next && !enter(next as Expr)) continue;
      for (const [key, member] of Object.entries(next))
        if (key !== "text" && typeof member === "object" && member !== null) stack.push(member);
    }
  }
}
