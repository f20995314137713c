import type { Comprehension, Decl, Ellipsis, Expr, Label, StructLit } from "../syntax/ast.ts";
import type { Doc, Row } from "./doc.ts";
import type { Simplifier } from "./simplify.ts";

/** A comment behind an expression, and what stands between the two on the last line. */
export interface Trailing {
  readonly suffix: string;
  readonly comment: Doc;
}

/** What the parts of the formatter ask of each other; `formatter.ts` is its one implementation. */
export interface Printer {
  /**
   * An expression with its comments. `depth` is gofmt's: beyond 1 operators of higher precedence lose their blanks.
   * `trailing` is a comment behind the expression that a chain aligns with its own; only given where `takesTrailing`.
   */
  expr(node: Expr | Comprehension | Ellipsis, depth?: number): Doc;
  /** The same without the comments above and behind it. */
  body(node: Expr | Comprehension | Ellipsis, depth?: number, trailing?: Trailing): Doc;
  struct(node: StructLit): Doc;
  label(node: Label): Doc;
  /** The declarations of a struct or a file as table rows. */
  rows(decls: readonly Decl[]): Row[];
  readonly houseStyle: boolean;
  readonly simplifier: Simplifier;
}
