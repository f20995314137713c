export { Context, type InstanceOptions, type PackageSource, type SourceFile } from "./context.ts";
export {
  type CompileOptions,
  type Conjunct,
  CueError,
  type DataOptions,
  type Leaf,
  type MissingInput,
  type Step,
  type SyntaxOptions,
  type Value,
  type Verdict,
} from "./value.ts";
export { type Document, readDocument } from "./document.ts";
export { parsePath } from "./path.ts";
export { parseExpression, parseFile } from "./syntax/index.ts";
export { interpolationTexts, numberPieces, unquote } from "./syntax/index.ts";
export type * from "./syntax/ast.ts";
export { type FormatOptions, formatFile, formatNode } from "./format/index.ts";
