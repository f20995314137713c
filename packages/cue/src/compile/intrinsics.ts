import type * as ast from "../syntax/ast.ts";

/**
 * Functions that look at how their argument is written, not at its value. Their names are the reference's own, made for
 * what its `fix` command writes.
 */
export type Intrinsic =
  | { readonly kind: "closing"; readonly isReclosing: boolean }
  | { readonly kind: "argument" }
  | { readonly kind: "error"; readonly message: string };

const closing: ReadonlyMap<string, boolean> = new Map([
  ["__closeAll", false],
  ["__reclose", true],
]);

/** What a call of this name is, unless the name is somebody's field; undefined for all other names. */
export function intrinsicOf(
  name: string,
  args: readonly ast.Expr[],
  experiments: ReadonlySet<string>,
): Intrinsic | undefined {
  if (name === "__test_experiment") {
    if (experiments.has("testing")) return { kind: "argument" };
    return { kind: "error", message: "error in call to testExperiment: testing experiment disabled" };
  }
  const isReclosing = closing.get(name);
  if (isReclosing === undefined) return undefined;
  if (!experiments.has("explicitopen"))
    return {
      kind: "error",
      message: `error in call to ${name}: ${name} may only be used when explicitopen is enabled`,
    };
  if (args.length !== 1 || !isLiteral(args[0]!))
    return { kind: "error", message: `error in call to ${name}: argument must be a struct or list literal` };
  return { kind: "closing", isReclosing };
}

/** A struct or list literal, or one that is closed by a call. */
function isLiteral(expr: ast.Expr): boolean {
  let at = expr;
  for (;;) {
    if (at.kind === "struct" || at.kind === "list") return true;
    if (at.kind === "paren") at = at.expr;
    else if (at.kind === "call" && at.args.length === 1 && at.fun.kind === "ident" && closers.has(at.fun.name))
      at = at.args[0]!;
    else return false;
  }
}

const closers: ReadonlySet<string> = new Set(["close", ...closing.keys()]);
