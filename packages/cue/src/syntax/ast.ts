import type { Pos } from "@lateen/base";

/**
 * The syntax tree of CUE, after the specification's grammar. Nodes are frozen data: a parse gives one tree, compile and
 * format read it. Positions are offsets into the file's text; `File.posOf` makes lines and columns of them on demand.
 */
interface NodeBase {
  /** Offset of the first character. */
  readonly start: number;
  /** Offset after the last character. */
  readonly end: number;
  /** Comments that belong to this node; absent for most. */
  readonly comments?: readonly CommentGroup[];
  /** White space before this node as the author had it, for the formatter. */
  readonly relPos?: RelPos;
}

/** `none` unknown; `blank` same line; `newline` next line; `section` after an empty line. */
export type RelPos = "none" | "nospace" | "blank" | "newline" | "section";

export interface CommentGroup {
  readonly kind: "comments";
  readonly start: number;
  readonly end: number;
  /** Lines with their `//`. */
  readonly lines: readonly string[];
  /** Documentation: directly above the node that it belongs to. */
  readonly doc: boolean;
  /** On the same line as the end of the node. */
  readonly line: boolean;
  /** Where within the node: 0 before, larger between its tokens, as the formatter counts them. */
  readonly slot: number;
  readonly relPos?: RelPos;
}

export interface File extends NodeBase {
  readonly kind: "file";
  readonly filename: string;
  readonly text: string;
  readonly decls: readonly Decl[];
  /** The package clause's name, if there is one. */
  readonly packageName: string | undefined;
  readonly imports: readonly ImportSpec[];
  posOf(offset: number): Pos;
}

export type Decl =
  | PackageClause
  | ImportDecl
  | Field
  | Ellipsis
  | LetClause
  | Comprehension
  | EmbedDecl
  | Attribute
  | CommentGroup
  | BadDecl;

export interface PackageClause extends NodeBase {
  readonly kind: "package";
  readonly name: Ident;
}

export interface ImportDecl extends NodeBase {
  readonly kind: "import";
  readonly specs: readonly ImportSpec[];
  readonly parenthesized: boolean;
  readonly closeRelPos?: RelPos;
}

export interface ImportSpec extends NodeBase {
  readonly kind: "import-spec";
  readonly name: Ident | undefined;
  readonly path: BasicLit;
  /** Unquoted, without `:name`. */
  readonly importPath: string;
  /** The name that it binds: the given one, that after `:`, or the last element (without a version). */
  readonly localName: string;
}

export interface Field extends NodeBase {
  readonly kind: "field";
  readonly label: Label;
  readonly constraint: "" | "?" | "!";
  /** `X` of `label: X=value`. */
  readonly valueAlias: Ident | undefined;
  /** Postfix aliases of the aliasv2 experiment: `label~X:` and `label~(K,V):`. */
  readonly postfixAlias: { readonly key: Ident | undefined; readonly value: Ident } | undefined;
  readonly value: Expr;
  readonly attributes: readonly Attribute[];
  /** Where blanks stand before the colon. */
  readonly colonRelPos?: RelPos;
}

export type Label =
  | Ident
  | BasicLit
  /** A string with interpolation. */
  | Interpolation
  /** `(expr)`: dynamic. */
  | ParenLabel
  /** `[expr]` or `[X=expr]`: pattern constraint. */
  | PatternLabel
  /** `X=label` around any of the others. */
  | AliasLabel;

export interface ParenLabel extends NodeBase {
  readonly kind: "paren-label";
  readonly expr: Expr;
  readonly alias: Ident | undefined;
}

export interface PatternLabel extends NodeBase {
  readonly kind: "pattern-label";
  readonly expr: Expr;
  readonly alias: Ident | undefined;
}

export interface AliasLabel extends NodeBase {
  readonly kind: "alias-label";
  readonly alias: Ident;
  readonly label: Exclude<Label, AliasLabel>;
}

/** `...` or `...expr`, in structs and lists. */
export interface Ellipsis extends NodeBase {
  readonly kind: "ellipsis";
  readonly type: Expr | undefined;
}

export interface LetClause extends NodeBase {
  readonly kind: "let";
  readonly name: Ident;
  readonly value: Expr;
}

export interface EmbedDecl extends NodeBase {
  readonly kind: "embed";
  readonly expr: Expr;
}

export interface Attribute extends NodeBase {
  readonly kind: "attribute";
  readonly name: string;
  /** What stands between the parentheses, as written. */
  readonly body: string;
  readonly text: string;
}

export interface BadDecl extends NodeBase {
  readonly kind: "bad-decl";
}

export type Clause = ForClause | IfClause | LetClause | TryClause;

export interface ForClause extends NodeBase {
  readonly kind: "for";
  readonly key: Ident | undefined;
  readonly value: Ident;
  readonly source: Expr;
}

export interface IfClause extends NodeBase {
  readonly kind: "if";
  readonly condition: Expr;
}

export interface TryClause extends NodeBase {
  readonly kind: "try";
  readonly name: Ident | undefined;
  readonly value: Expr | undefined;
}

/** In structs a declaration, in lists an element. */
export interface Comprehension extends NodeBase {
  readonly kind: "comprehension";
  readonly clauses: readonly Clause[];
  readonly body: StructLit;
  readonly fallback: FallbackClause | undefined;
}

/** What a comprehension that yields nothing gives instead. */
export interface FallbackClause extends NodeBase {
  readonly kind: "fallback";
  readonly keyword: "else" | "otherwise" | "fallback";
  readonly body: StructLit;
}

export type Expr =
  | Ident
  | BasicLit
  | Interpolation
  | StructLit
  | ListLit
  | Paren
  | Selector
  | Index
  | Slice
  | Call
  | Unary
  | Binary
  | Bottom
  | PostfixExpr
  | Func
  | BadExpr;

/** `X = expr`: only while parsing, until it is known what it names. */
export interface AliasExpr extends NodeBase {
  readonly kind: "alias";
  readonly ident: Ident;
  readonly expr: Expr;
}

export interface Ident extends NodeBase {
  readonly kind: "ident";
  readonly name: string;
}

/** Null, booleans, numbers and strings without interpolation, as written. */
export interface BasicLit extends NodeBase {
  readonly kind: "literal";
  readonly type: "null" | "true" | "false" | "int" | "float" | "string" | "bytes";
  readonly text: string;
}

/** Text parts between expressions: `parts.length === exprs.length + 1`, the first with its opening quote, all as written. */
export interface Interpolation extends NodeBase {
  readonly kind: "interpolation";
  readonly parts: readonly string[];
  readonly exprs: readonly Expr[];
  /** The white space before each `)`. */
  readonly closeRelPos?: readonly RelPos[];
}

export interface StructLit extends NodeBase {
  readonly kind: "struct";
  readonly decls: readonly Decl[];
  /** False for the implied struct of `a: b: 1`. */
  readonly braces: boolean;
  readonly closeRelPos?: RelPos;
}

export interface ListLit extends NodeBase {
  readonly kind: "list";
  readonly elements: readonly (Expr | Comprehension | Ellipsis)[];
  readonly closeRelPos?: RelPos;
  /**
   * Where commas are written: after each element, after each but the last, or not everywhere (a line's end parts elements too).
   */
  readonly commas?: "all" | "between" | "some";
  /** `[X=string]` as a field's label. */
  readonly alias?: Ident;
}

export interface Paren extends NodeBase {
  readonly kind: "paren";
  readonly expr: Expr;
  /** `(X=expr)` as a field's label; elsewhere it was reported. */
  readonly alias?: Ident;
  readonly closeRelPos?: RelPos;
}

export interface Selector extends NodeBase {
  readonly kind: "selector";
  readonly expr: Expr;
  readonly selector: Ident | BasicLit;
}

export interface Index extends NodeBase {
  readonly kind: "index";
  readonly expr: Expr;
  readonly index: Expr;
  readonly closeRelPos?: RelPos;
}

export interface Slice extends NodeBase {
  readonly kind: "slice";
  readonly expr: Expr;
  readonly low: Expr | undefined;
  readonly high: Expr | undefined;
  readonly closeRelPos?: RelPos;
}

export interface Call extends NodeBase {
  readonly kind: "call";
  readonly fun: Expr;
  readonly args: readonly Expr[];
  readonly closeRelPos?: RelPos;
}

export type UnaryOp = "+" | "-" | "!" | "*" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "=~" | "!~";

/** Arithmetic and logic, bounds (`>=1`), and the default mark `*`. */
export interface Unary extends NodeBase {
  readonly kind: "unary";
  readonly op: UnaryOp;
  readonly expr: Expr;
}

export type BinaryOp =
  | "+"
  | "-"
  | "*"
  | "/"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "=~"
  | "!~"
  | "&&"
  | "||"
  | "&"
  | "|";

export interface Binary extends NodeBase {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly opStart: number;
  readonly left: Expr;
  readonly right: Expr;
}

/** `_|_`. */
export interface Bottom extends NodeBase {
  readonly kind: "bottom";
}

/** `expr...` (explicitopen) and `expr?` (try). */
export interface PostfixExpr extends NodeBase {
  readonly kind: "postfix";
  readonly op: "..." | "?";
  readonly expr: Expr;
}

/** `func(a, b): result`, a type of the extern interface. */
export interface Func extends NodeBase {
  readonly kind: "func";
  readonly args: readonly Expr[];
  readonly result: Expr;
}

export interface BadExpr extends NodeBase {
  readonly kind: "bad-expr";
}
