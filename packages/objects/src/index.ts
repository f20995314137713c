export type { FieldFacts, Kind, KindTable, SchemaFacts, TypeFacts } from "./kinds/kind.ts";
export {
  type GroupVersionKind,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  apiVersionOf,
  asJson,
  describeObject,
  groupVersionOf,
  gvkOf,
  valueAt,
} from "./kube-object.ts";
export type { ApiRequest, ApiResponse, Transport } from "./wire.ts";

// Algebra: values, selectors, patches, YAML.
export {
  type FieldError,
  type FieldErrorType,
  causeOf,
  duplicateField,
  fieldError,
  forbiddenField,
  invalidField,
  requiredField,
  tooLongField,
  tooManyField,
  unsupportedField,
} from "./field-error.ts";
export {
  type CidrBlock,
  type IpAddress,
  formatCidr,
  formatIp,
  isV4Mapped,
  maskedCidr,
  parseCidr,
  parseIp,
} from "./names/addresses.ts";
export {
  validateCidr,
  validateDomainPrefixedPath,
  validateFullyQualifiedDomainName,
  validateFullyQualifiedName,
  validateIp,
} from "./names/field-names.ts";
export {
  type MetadataRules,
  validateAnnotations,
  validateFieldManager,
  validateLabels,
  validateMetadata,
  validateMetadataUpdate,
} from "./names/metadata.ts";
export {
  type NameRule,
  byteLength,
  generateName,
  nameIsDns1035Label,
  nameIsLabel,
  nameIsPathSegment,
  nameIsSubdomain,
  validateConfigMapKey,
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateEnvVarName,
  validateHttpHeaderName,
  validateLabelValue,
  validatePercent,
  validatePortName,
  validateQualifiedName,
  validateRelaxedEnvVarName,
  validateSubdomainWithUnderscore,
  validateWildcardSubdomain,
} from "./names/names.ts";
export { maxJsonPatchOperations, patchJson } from "./patches/json-patch.ts";
export { type ThreeWayInput, diffMerge, patchMerge, threeWayMerge } from "./patches/merge-patch.ts";
export { PatchError, type PatchErrorCode } from "./patches/patch-error.ts";
export { diffStrategic, threeWayStrategic } from "./patches/strategic-diff.ts";
export { patchStrategic } from "./patches/strategic-patch.ts";
export {
  type FieldRequirement,
  type FieldSelector,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
} from "./selectors/fields.ts";
export {
  type LabelOperator,
  type LabelRequirement,
  type LabelSelector,
  type MetaLabelRequirement,
  type MetaLabelSelector,
  SelectorError,
  everything,
  formatLabelSelector,
  labelSelectorOf,
  labelsOfSelector,
  matchesLabels,
  nothing,
  parseLabelSelector,
  validateLabelSelector,
} from "./selectors/labels.ts";
export {
  type Quantity,
  QuantityError,
  type QuantityFormat,
  addQuantities,
  compareQuantities,
  formatQuantity,
  negateQuantity,
  parseQuantity,
  quantityMillis,
  quantityNumber,
  quantityOf,
  quantityValue,
  roundUpQuantity,
  scaledQuantity,
  subtractQuantities,
} from "./values/quantity.ts";
export { type Manifests, readManifests } from "./yaml/manifests.ts";
export {
  type DuplicateKey,
  type TextRange,
  type YamlDocument,
  YamlError,
  readYaml,
  readYamlDocuments,
} from "./yaml/read-yaml.ts";
export { toYaml } from "./yaml/write-yaml.ts";

// Algebra: server-side apply.
export {
  ApplyError,
  type ApplyOptions,
  type ApplyResult,
  type FieldConflict,
  type WriteOptions,
  applyObject,
  recordUpdate,
} from "./apply/apply-object.ts";
export { atomicFieldsOf } from "./apply/atomic-fields.ts";
export { type CsaUpgradeOptions, upgradeManagedFields, upgradePatch } from "./apply/csa-upgrade.ts";
export { type ExtractOptions, extractApplied } from "./apply/extract-applied.ts";
export { type MergeSchema, type MergeType, mergeSchemaOf } from "./apply/merge-schema.ts";
export { mergeSchemaOfOpenApi } from "./apply/merge-schema-openapi.ts";

// Algebra: times, versions, templates.
export { refuseInexactInteger } from "./values/exact-integer.ts";
export { type JsonPathOptions, evaluateJsonPath, findJsonPath } from "./jsonpath/evaluate.ts";
export {
  type CustomColumn,
  alignColumns,
  compareNaturally,
  parseCustomColumns,
  printCustomColumns,
  relaxedJsonPath,
  sortByJsonPath,
} from "./jsonpath/kubectl.ts";
export { JsonPathError, parseJsonPath } from "./jsonpath/parse.ts";
export { type Condition, withCondition } from "./values/conditions.ts";
export { CronError, type CronSchedule, nextCronTime, parseCron } from "./values/cron.ts";
export {
  DurationError,
  durationMs,
  formatDuration,
  humanDuration,
  parseDuration,
  shortHumanDuration,
} from "./values/duration.ts";
export { IntOrStringError, resolveFenceposts, scaledIntOrPercent } from "./values/int-or-string.ts";
export { TimeError, parseMicroTime, parseTime, timeOf } from "./values/time.ts";
export {
  type Version,
  VersionError,
  compareKubeVersions,
  compareVersions,
  formatVersion,
  parseGenericVersion,
  parseSemanticVersion,
} from "./values/version.ts";

// Algebra: schemas of custom resources.
export { checkDefinition, withDefinitionDefaults } from "./schema/check-definition.ts";
export { type SchemaCheckOptions, checkSchema } from "./schema/check-schema.ts";
export {
  type ColumnDefinition,
  type PrinterColumn,
  type PrinterTable,
  defaultColumns,
  printerTable,
} from "./schema/columns.ts";
export { ObjectError, coerceMetadata } from "./schema/embedded.ts";
export { type SchemaNode, type ValidationRule, compilePattern, readSchemaNode } from "./schema/node.ts";
export {
  type CompiledRule,
  type RuleCompiler,
  type RuleOutcome,
  RuleRunner,
  fieldPathSteps,
  ruleCostBudget,
} from "./schema/rules.ts";
export {
  type ReadObject,
  type SchemaOptions,
  type StructuralSchema,
  checkTypeMeta,
  compileSchema,
  schemaNodeOf,
} from "./schema/structural-schema.ts";
