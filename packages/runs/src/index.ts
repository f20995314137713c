export { type NamePatch, type RunAdmission, admitRun } from "./admit-run.ts";
export { type RunAnswer, type RunReview, createRunAdmitter } from "./admit-write.ts";
export type { Mail, MailSender } from "./providers/email.ts";
export type { RequestTls, StepFetch } from "./providers/http.ts";
export { type RunRequest, type RunResult, type RunState, reconcileRun } from "./reconcile-run.ts";
export { createRunMetrics } from "./run-metrics.ts";
export { type RunPorts, type StepProviders, createRunControllers, createStepProviders } from "./run-controllers.ts";
export {
  type RunTarget,
  restartWorkflowRun,
  resumeWorkflowRun,
  rollbackWorkflowRun,
  suspendWorkflowRun,
  terminateWorkflowRun,
} from "./run-operations.ts";
export { stepDefinitionOf } from "./step-definition.ts";
export { createTriggerController } from "./trigger/trigger-controller.ts";
export { triggerLabel } from "./trigger/trigger.ts";
