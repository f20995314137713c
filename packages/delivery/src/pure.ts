export {
  type App,
  type AppComponent,
  type AppPolicy,
  type AppTrait,
  appOf,
  componentOf,
  revisionNumber,
} from "./application/application.ts";
export { type ManagedResource, resourcesOf as managedResourcesOf } from "./controller/tracker.ts";
export { ApplicationError, type WorkflowPlan, convertStep, workflowPlanOf } from "./application/default-workflow.ts";
export { type DiagnoseOptions, type Validation, diagnoseApplication } from "./application/diagnose.ts";
export { validationAnnotation } from "./application/validation.ts";
export { nativePolicyTypes } from "./application/native-policies.ts";
export { type ParsedApplication, parseApplication } from "./application/parse-application.ts";
export { builtinDefinitionSet, builtinDefinitions, builtinDefinitionsHash } from "./definition/builtin.ts";
export { oamCustomResourceDefinitions } from "./definition/crds.ts";
export {
  type DefinitionKind,
  type DefinitionSource,
  createDefinitionSet,
  definitionKinds,
  sourceAnnotation,
  sourceOf,
  systemNamespace,
  templateOf,
} from "./definition/definition-set.ts";
export { type ReadDefinition, type ReadDefinitionOptions, readDefinition } from "./definition/read-definition.ts";
export {
  type AdoptMode,
  type AdoptOptions,
  type AdoptedObject,
  adoptingApplication,
  isOnlyMarked,
  ownerOf,
} from "./adopt.ts";
export { type DryRun, type DryRunGroup, dryRun } from "./dry-run.ts";
export { overrideComponents } from "./policy/override.ts";
export { PolicyError } from "./policy/policy-error.ts";
export { replicateComponents } from "./policy/replication.ts";
export { type ResourcePolicies, resourcePoliciesOf } from "./policy/resource-policies.ts";
export { type Cluster, type PlacementOptions, type Target, localCluster, placementsOf } from "./policy/topology.ts";
export { type ClusterVersion, type RenderContext, defaultClusterVersion } from "./render/context.ts";
export type { RenderFailure } from "./render/failure.ts";
export { oamLabels } from "./render/metadata.ts";
export { objectHash } from "./render/object-hash.ts";
export {
  type RenderComponentOptions,
  type RenderedComponent,
  type RenderedOutput,
  renderComponent,
} from "./render/render-component.ts";
export { type RenderedApplication, renderComponents, renderPolicies } from "./render/render-components.ts";
export { declaredOf } from "./status/declared.ts";
export { type Assessment, type StatusFacts, type StatusTexts, assessStatus } from "./status/health.ts";
export {
  type ApplicationTree,
  type ComponentNode,
  type ResourceNode,
  type StepNode,
  summarizeApplication,
} from "./status/summarize.ts";
export {
  type WorkflowTarget,
  contextName,
  resumeWorkflow,
  restartWorkflow,
  suspendWorkflow,
  terminateWorkflow,
} from "./workflow-operations.ts";
export { type RollbackTarget, rollbackApplication } from "./rollback.ts";
export { type Undone, type UndoTarget, undoDeletion } from "./undo.ts";
export {
  type ExplainOptions,
  type ExplainedLeaf,
  type ExplainedObject,
  type Explanation,
  type Reason,
  explainApplication,
  nearestReasons,
} from "./why/explain-application.ts";
export type { Author, Site } from "./why/sites.ts";
export { type RecordedApplication, recordedApplication } from "./why/recorded-application.ts";
export {
  type AppliedFix,
  type CheckedText,
  type FixOptions,
  type FixedText,
  checkText,
  fixText,
} from "./fix/fix-text.ts";
