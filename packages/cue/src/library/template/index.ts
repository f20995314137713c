export {
  type ExecuteOptions,
  type MissingKey,
  type TemplateSetOptions,
  TemplateExecutionError,
  TemplateSet,
  TemplateSyntaxError,
} from "./template.ts";
export {
  type CallContext,
  type IntType,
  type ParamType,
  type TemplateFunction,
  type TemplateObject,
  type TemplateValue,
  GoInt,
  TemplateCallError,
} from "./values.ts";
export { builtinFunctions, escapeHtml, escapeJs, templateFunction } from "./functions.ts";
export { formatted, plainText, printed } from "./print.ts";
