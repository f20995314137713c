import type { Field, Ident } from "../syntax/ast.ts";
import type { Label } from "../eval/label.ts";
import type { Expr, LetDecl } from "./ir.ts";

/** A name that is no field: what a reference to it compiles to, given the blocks in between. */
export interface Binding {
  readonly kind: "alias" | "let" | "binding" | "import";
  readonly name: string;
  readonly ident: Ident;
  isUsed: boolean;
  /** Names that need not be used: variables of `for`. */
  readonly mayBeUnused: boolean;
  /** Makes the reference; `up` counts blocks from the place of use to the binding's own. */
  readonly refer: (up: number, ident: Ident) => Expr;
}

/** One block of the program as the compiler sees it; each becomes one `Environment` at evaluation. */
export class Scope {
  readonly outer: Scope | undefined;
  readonly kind: "struct" | "list" | "clause" | "label" | "self";
  /** Fields with identifier labels: only these can be referred to by name. */
  readonly fields = new Map<string, Label>();
  readonly bindings = new Map<string, Binding>();
  readonly lets = new Map<string, LetDecl>();

  constructor(outer: Scope | undefined, kind: Scope["kind"]) {
    this.outer = outer;
    this.kind = kind;
  }
}

export type { Field };
