/** One advance of an Application's workflow, from its recorded status to what is to be recorded. */
import { type JsonObject, errorMessage, isConflict, isJsonObject } from "@lateen/base";
import { OwnedConfigMap, timestampOf } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  type Plan,
  type ProviderTable,
  type RunContext,
  type RunStatus,
  type StepCall,
  advance,
  appendToJournal,
  aroundOperations,
  builtinProviders,
  contextFromData,
  contextToData,
  createCueStepRunner,
  createProviders,
  createRunMemory,
  embeddedTemplates,
  emptyContext,
  isWorthALine,
  journalName,
  statusFromJson,
  withoutRecordedCalls,
} from "@lateen/workflow";
import type { App, AppPolicy } from "../application/application.ts";
import { type DefinitionSource, sourceOf, templateOf } from "../definition/definition-set.ts";
import { applicationContext, defaultClusterVersion } from "../render/context.ts";
import { contextName } from "../workflow-operations.ts";
import { fieldManager } from "./field-manager.ts";
import type { DeliveryTools, ServiceStatus } from "./deliver-component.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { identityOf, impersonatingClient } from "./identity.ts";
import { stepProviders } from "./step-providers.ts";

export interface WorkflowRound {
  readonly state: DeliveryState;
  readonly application: KubeObject;
  readonly plan: Plan;
  readonly policies: readonly AppPolicy[];
  readonly tools: DeliveryTools;
  /** What the workflow belongs to: another token than the recorded one starts it anew. */
  readonly token: string;
  readonly report: (service: ServiceStatus) => void;
  readonly onRestart: () => void;
  readonly signal: AbortSignal;
}

export interface WorkflowAdvance {
  readonly phase: RunStatus["phase"];
  readonly status: RunStatus;
  readonly requeueAfterMs: number | undefined;
  /** What kept the engine itself from going on. */
  readonly failure?: string;
}

/** @throws Conflict when the status is stale, the signal's reason. */
export async function runWorkflow(round: WorkflowRound): Promise<WorkflowAdvance> {
  const { state, application, plan, tools, token, signal } = round;
  const { environment, memories } = state;
  const key = `${tools.app.namespace}/${tools.app.name}`;
  const recorded = valueAt(application.status, "workflow");
  const known = isJsonObject(recorded) && recorded.appRevision === token ? recorded : undefined;
  if (known === undefined) {
    memories.delete(key);
    round.onRestart();
  }
  const now = environment.clock.now();
  const status = statusFromJson(known, plan.mode);
  const isFirst = status.startTime === "";
  const started = isFirst ? { ...status, mode: plan.mode, startTime: timestampOf(now) } : status;
  if (started.finished) return { phase: started.phase, status: started, requeueAfterMs: undefined };
  const memory = memories.get(key) ?? createRunMemory();
  memories.set(key, memory);
  const kept = keptFor(round, contextName(tools.app.name));
  const data = await kept.load();
  const isEmpty = ({ vars, values }: RunContext): boolean => Object.keys({ ...vars, ...values }).length === 0;
  const save = async (next: RunContext): Promise<void> => {
    if (!isEmpty(next) || Object.keys(data).length > 0) await kept.save(contextToData(next));
  };
  if (isFirst) await save(emptyContext);
  const context = isFirst ? emptyContext : contextFromData(data);
  const calls: StepCall[] = [];
  try {
    return await advance({
      plan,
      status: started,
      context: withoutRecordedCalls(context, started),
      memory,
      runner: stepRunner(round, calls),
      now,
      newId: state.newId,
      signal,
      save: (_, next) => save(next),
    });
  } catch (error) {
    if (signal.aborted || isConflict(error)) throw error;
    return {
      phase: "executing",
      status: { ...started, phase: "executing" },
      requeueAfterMs: 5_000,
      failure: errorMessage(error),
    };
  } finally {
    if (!signal.aborted) await writeJournal(round, calls, isFirst);
  }
}

/** A ConfigMap of the Application. */
function keptFor({ state, application, signal }: WorkflowRound, name: string): OwnedConfigMap {
  return new OwnedConfigMap({ client: state.environment.client, owner: application, name, fieldManager, signal });
}

/** An account of what steps did; a delivery does not fail for it. */
async function writeJournal(round: WorkflowRound, calls: readonly StepCall[], isFirst: boolean): Promise<void> {
  if (calls.length === 0) return;
  try {
    const kept = keptFor(round, journalName(round.tools.app.name));
    const { journal = "" } = await kept.load();
    await kept.save({ journal: appendToJournal(isFirst ? "" : journal, calls) });
  } catch {
    // Somebody was faster, or the namespace goes: the account has a gap.
  }
}

function stepRunner(
  { state, tools, policies, report }: WorkflowRound,
  calls: StepCall[],
): ReturnType<typeof createCueStepRunner> {
  const { placement, aroundOperation } = state.ports;
  const tables = [...providersOf(state, tools.app), stepProviders({ tools, placement, policies, report })];
  const through = aroundOperation === undefined ? tables : tables.map((one) => aroundOperations(one, aroundOperation));
  return createCueStepRunner({
    providers: createProviders(builtinProviders, ...through),
    fields: stepFields(tools.app),
    observe: (call) => void (isWorthALine(call) && calls.push(call)),
    template: (type) => stepTemplate(type, tools.definitions, tools.app.namespace),
  });
}

/** What steps call, as the application's author. */
function providersOf({ environment, ports }: DeliveryState, app: App): readonly ProviderTable[] {
  const identity = identityOf(app);
  if (identity === undefined || ports.providersFor === undefined) return ports.providers ?? [];
  return ports.providersFor(impersonatingClient(environment.client, identity));
}

function stepFields(app: App): JsonObject {
  const fields = applicationContext(app, { cluster: "", clusterVersion: defaultClusterVersion });
  return { name: app.name, ...fields, replicaKey: "" };
}

function stepTemplate(
  type: string,
  definitions: DefinitionSource,
  namespace: string,
): { text: string; source: string } | undefined {
  const embedded = Object.hasOwn(embeddedTemplates, type) ? embeddedTemplates[type] : undefined;
  if (embedded !== undefined) return { text: embedded, source: `step ${type}` };
  const definition = definitions.find("workflow-step", type, namespace);
  if (definition === undefined) return undefined;
  return { text: templateOf(definition) ?? "", source: sourceOf(definition).source };
}
