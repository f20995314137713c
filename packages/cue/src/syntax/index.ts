export type * from "./ast.ts";
export { isIdentifier } from "./characters.ts";
export { maxNesting } from "./deep.ts";
export {
  type InterpolationTexts,
  type Literal,
  type LiteralError,
  type NumberPieces,
  interpolationTexts,
  numberPieces,
  unquote,
} from "./literal.ts";
export type { ParseResult } from "./file.ts";
export { quoteBytes, quoteLabel, quoteMultiline, quoteString } from "./quote.ts";
export { type ParseOptions, parseExpression, parseFile } from "./parser.ts";
