import type { File, Node as SyntaxNode } from "./syntax-node.ts";
import type { Label } from "../eval/label.ts";
import type { ArcType, Vertex } from "../eval/vertex.ts";
import type { StructMarker, Value } from "../eval/values.ts";

/**
 * The program as the evaluator reads it: names resolved to (blocks up, label), literals made into values once, struct
 * literals into plans. It is immutable and shared by all evaluations; what differs between them is the environment.
 */
export interface Source {
  readonly file: File;
  readonly node: SyntaxNode;
}

interface ExprBase {
  readonly src: Source | undefined;
}

export type Expr =
  | ValueExpr
  | StructLit
  | ListLit
  | FieldRef
  | LetRef
  | BindingRef
  | LabelRef
  | SelfRef
  | DynamicRef
  | ImportRef
  | ScopeRef
  | Select
  | Index
  | Slice
  | Interpolation
  | UnaryExpr
  | BinaryExpr
  | BottomTest
  | UnifyExpr
  | DisjunctionExpr
  | BoundExpr
  | CallExpr
  | Comprehension
  | OpenExpr
  | ClosingExpr
  | TryExpr
  | SelfScope
  | DataExpr
  | VertexExpr
  | FillExpr;

/** A value known at compile time, or one that evaluation made. */
export interface ValueExpr extends ExprBase {
  readonly kind: "value";
  readonly value: Value;
  /** The expression that was evaluated to it. */
  readonly origin?: Expr;
}

export interface StructLit extends ExprBase {
  readonly kind: "struct";
  readonly decls: readonly Decl[];
  readonly hasEmbeddings: boolean;
  /** Some declaration makes a struct of the value even beside an embedded scalar. */
  readonly hasFields: boolean;
  /** The mark of a struct, with its place. */
  readonly marker: StructMarker;
  /** Labels that it can bring; undefined when that is not known before evaluation. */
  readonly provides: ReadonlySet<Label> | undefined;
}

export type Decl = FieldDecl | DynamicDecl | PatternDecl | EmbedDecl | ComprehensionDecl | EllipsisDecl;

export interface FieldDecl extends ExprBase {
  readonly kind: "field";
  readonly label: Label;
  readonly arcType: ArcType;
  readonly value: Expr;
}

export interface DynamicDecl extends ExprBase {
  readonly kind: "dynamic";
  readonly key: Expr;
  readonly arcType: ArcType;
  readonly value: Expr;
}

export interface PatternDecl extends ExprBase {
  readonly kind: "pattern";
  readonly filter: Expr;
  readonly value: Expr;
}

export interface EmbedDecl extends ExprBase {
  readonly kind: "embed";
  readonly expr: Expr;
  /** Experiment explicitopen: what it embeds stays closed for the literal around it. */
  readonly isClosed?: boolean;
}

export interface ComprehensionDecl extends ExprBase {
  readonly kind: "comprehension";
  readonly expr: Comprehension;
}

export interface EllipsisDecl extends ExprBase {
  readonly kind: "ellipsis";
}

export interface LetDecl {
  readonly name: string;
  value: Expr;
  readonly src: Source;
}

export interface ListLit extends ExprBase {
  readonly kind: "list";
  readonly elements: readonly Expr[];
  readonly hasComprehension: boolean;
  readonly ellipsis: { readonly type: Expr | undefined } | undefined;
}

export interface FieldRef extends ExprBase {
  readonly kind: "field-ref";
  readonly up: number;
  readonly label: Label;
}

export interface LetRef extends ExprBase {
  readonly kind: "let-ref";
  readonly up: number;
  readonly declaration: LetDecl;
}

/** A variable of a `for` or `let` clause. */
export interface BindingRef extends ExprBase {
  readonly kind: "binding-ref";
  readonly up: number;
  readonly index: number;
  readonly name: string;
}

/** `X` of `[X=string]: …`: the label that the pattern applies to. */
export interface LabelRef extends ExprBase {
  readonly kind: "label-ref";
  readonly up: number;
}

/** `X` of `a: X={…}`, and `self`. */
export interface SelfRef extends ExprBase {
  readonly kind: "self-ref";
  readonly up: number;
}

/** `X` of `X=(expr): …`: the field of a label known only later. */
export interface DynamicRef extends ExprBase {
  readonly kind: "dynamic-ref";
  readonly up: number;
  readonly key: Expr;
}

export interface ImportRef extends ExprBase {
  readonly kind: "import-ref";
  readonly path: string;
  readonly name: string;
}

/** A name that the text's scope must supply. */
export interface ScopeRef extends ExprBase {
  readonly kind: "scope-ref";
  readonly scope: Vertex;
  readonly label: Label;
}

export interface Select extends ExprBase {
  readonly kind: "select";
  readonly expr: Expr;
  readonly label: Label;
}

export interface Index extends ExprBase {
  readonly kind: "index";
  readonly expr: Expr;
  readonly index: Expr;
}

export interface Slice extends ExprBase {
  readonly kind: "slice";
  readonly expr: Expr;
  readonly low: Expr | undefined;
  readonly high: Expr | undefined;
}

export interface Interpolation extends ExprBase {
  readonly kind: "interpolation";
  readonly isBytes: boolean;
  readonly texts: readonly string[];
  readonly bytes: readonly Uint8Array[] | undefined;
  readonly exprs: readonly Expr[];
}

export interface UnaryExpr extends ExprBase {
  readonly kind: "unary";
  readonly op: "+" | "-" | "!";
  readonly expr: Expr;
}

export type Operator = "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "=~" | "!~" | "&&" | "||";

export interface BinaryExpr extends ExprBase {
  readonly kind: "binary";
  readonly op: Operator;
  readonly left: Expr;
  readonly right: Expr;
  /** Experiment shortcircuit: `&&` and `||` leave the right operand alone where the left one decides. */
  readonly shortCircuit?: boolean;
}

/** `x == _|_`, `x != _|_`: whether x is valid. */
export interface BottomTest extends ExprBase {
  readonly kind: "bottom-test";
  readonly isEqual: boolean;
  readonly expr: Expr;
}

export interface UnifyExpr extends ExprBase {
  readonly kind: "unify";
  readonly operands: readonly Expr[];
}

export interface DisjunctionExpr extends ExprBase {
  readonly kind: "disjunction";
  readonly terms: readonly DisjunctTerm[];
  readonly hasDefaults: boolean;
}

export interface DisjunctTerm {
  readonly expr: Expr;
  readonly isDefault: boolean;
}

export type BoundOperator = "==" | "<" | "<=" | ">" | ">=" | "!=" | "=~" | "!~";

export interface BoundExpr extends ExprBase {
  readonly kind: "bound";
  readonly op: BoundOperator;
  readonly expr: Expr;
}

export interface CallExpr extends ExprBase {
  readonly kind: "call";
  readonly fun: Expr;
  readonly args: readonly Expr[];
}

export type Clause =
  | { readonly kind: "for"; readonly hasKey: boolean; readonly source: Expr; readonly src: Source }
  | { readonly kind: "if"; readonly condition: Expr; readonly src: Source }
  | { readonly kind: "let"; readonly value: Expr; readonly src: Source }
  | { readonly kind: "try"; readonly value: Expr | undefined; readonly src: Source };

export interface Comprehension extends ExprBase {
  readonly kind: "comprehension";
  readonly clauses: readonly Clause[];
  readonly body: StructLit;
  readonly fallback: StructLit | undefined;
  readonly provides: ReadonlySet<Label> | undefined;
}

/** `expr...`: the value, opened. */
export interface OpenExpr extends ExprBase {
  readonly kind: "open";
  readonly expr: Expr;
}

/** `__closeAll({…})`: closed all the way down. `__reclose({x...})`: closed as far as what it opens was. */
export interface ClosingExpr extends ExprBase {
  readonly kind: "closing";
  readonly isReclosing: boolean;
  readonly expr: Expr;
}

/** `expr?` within `try`. */
export interface TryExpr extends ExprBase {
  readonly kind: "try";
  readonly expr: Expr;
}

/** `X=value`: a block of the vertex that the value becomes part of. */
export interface SelfScope extends ExprBase {
  readonly kind: "self-scope";
  readonly expr: Expr;
}

/** JSON data; parts of it become vertices only when somebody looks. */
export interface DataExpr extends ExprBase {
  readonly kind: "data";
  readonly value: unknown;
  readonly origin: DataOrigin;
  readonly path: DataPath | undefined;
}

export interface DataPath {
  readonly up: DataPath | undefined;
  readonly key: string | number;
}

export interface DataOrigin {
  readonly source: string;
  /** Where in its text a part stands. */
  readonly positionOf?: (
    path: readonly (string | number)[],
    of?: "value" | "key",
  ) => { line: number; column: number; offset: number } | undefined;
}

/** The value of another vertex, as an embedder combines them. */
export interface VertexExpr extends ExprBase {
  readonly kind: "vertex";
  readonly vertex: Vertex;
}

/** `a: b: expr` for a fill at the path a.b. */
export interface FillExpr extends ExprBase {
  readonly kind: "fill";
  readonly label: Label;
  readonly value: Expr;
}
