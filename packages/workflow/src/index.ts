export { type AroundOperation, type OperationCall, aroundOperations } from "./cue/around.ts";
export { builtinProviders } from "./cue/builtin-provider.ts";
export { type CueStepRunnerOptions, createCueStepRunner, evaluatedOf } from "./cue/cue-step-runner.ts";
export { recordIntent, withoutRecordedCalls } from "./cue/outbox.ts";
export { evaluateExpression, expressionJson, scopeOf, stepContext } from "./cue/expressions.ts";
export { type PathPart, lookupPath, parseKeyPath, setByPath } from "./cue/paths.ts";
export {
  type NativeProvider,
  type OutwardProvider,
  type ProviderContext,
  type ProviderEntry,
  type ProviderFunction,
  type ProviderTable,
  type Providers,
  StepStop,
  createProviders,
} from "./cue/providers.ts";
export {
  type DefinedStep,
  type StepDefinition,
  type StepTools,
  defineStep,
  definedProvider,
} from "./define-step.ts";
export { durationFault, formatTime, parseGoDuration, parseTime } from "./duration.ts";
export { type Advanced, advance, suspendWaitMs } from "./engine.ts";
export { suspendedByFailures } from "./passes.ts";
export { type AdvanceOptions, type EngineLimits, type Plan, defaultEngineLimits } from "./work.ts";
export {
  type JournalLimits,
  type JournalLine,
  type StepCall,
  appendToJournal,
  isWorthALine,
  journalName,
  readJournal,
} from "./journal.ts";
export { type RunMemory, clearCounters, createRunMemory } from "./memory.ts";
export {
  type RunContext,
  type RunPhase,
  type RunStatus,
  type Step,
  type StepInput,
  type StepMode,
  type StepOutput,
  type StepPhase,
  type StepReason,
  type StepStatus,
  type WorkflowMode,
  emptyContext,
  isFinished,
  nameSteps,
  stepOf,
} from "./model.ts";
export { OperationError, type RestartedRun, restartFromStep, resumeRun, suspendRun, terminateRun } from "./operate.ts";
export { registerVelaPackages, velaPackagePaths } from "./packages/vela.ts";
export { type RunStatusJson, contextFromData, contextToData, statusFromJson, statusToJson } from "./records.ts";
export {
  type Evaluated,
  type Outcome,
  type RunVariables,
  StepError,
  type StepRunner,
  type Visit,
  freshOutcome,
} from "./step-runner.ts";
export { type StalledStep, defaultStalledAfterMs, stalledMessage, stalledSteps } from "./stalled.ts";
export { embeddedTemplates, groupType } from "./templates.ts";
export { unifyVariable, variableAt, withoutVariables } from "./variables.ts";
export { type PatchResult, applyPatch, applyStrategic, mergeProperties } from "./patch/patch.ts";
export {
  type FieldPath,
  type Tree,
  fieldName,
  knownJson,
  tagsOf,
  treeJson,
  treeObject,
  treeOf,
  treeOfJson,
} from "./patch/tree.ts";
