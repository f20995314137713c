export { type RuleCheckOptions, checkRules, ruleEstimateLimit, schemaEstimateLimit } from "./check-rules.ts";
export { type CompileResult, type Declaration, compileExpression } from "./compile.ts";
export { CostLimitError, type Evaluation, EvaluationError, type Program } from "./evaluate.ts";
export { celRules, compileRule, type RuleResult, ruleCostLimit } from "./rules.ts";
export { type SchemaType, type Shape, rootTypeOf, schemaTypeOf } from "./schema-types.ts";
export {
  type AuthorizationAnswer,
  type AuthorizationCheck,
  type AuthorizationQuestion,
  authorizerType,
  authorizerValue,
  resourceCheckType,
  resourceCheckValue,
} from "./library/authorization.ts";
export {
  type CelType,
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  formatType,
  intType,
  listType,
  mapType,
  nullType,
  opaque,
  optionalType,
  stringType,
  timestampType,
  uintType,
} from "./types.ts";
export {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelObject,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  PlainList,
  PlainMap,
  readDynamic,
} from "./values.ts";
