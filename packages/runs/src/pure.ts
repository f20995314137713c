/** What a command needs of runs: no controller, no server. */
export {
  type RunTarget,
  restartWorkflowRun,
  resumeWorkflowRun,
  rollbackWorkflowRun,
  suspendWorkflowRun,
  terminateWorkflowRun,
} from "./run-operations.ts";
export { type RunInstance, readInstance, runApi } from "./run-instance.ts";
