import type { Attribute, Clause, Decl, Expr, File, ImportSpec, Label } from "../syntax/ast.ts";

/** Any node of the syntax tree that the program's parts point back to. */
export type Node = File | Decl | Expr | Clause | Label | ImportSpec | Attribute;

export type { File };
