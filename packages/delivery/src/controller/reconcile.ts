/** Brings an Application where its spec says: the walk of ARCHITECTURE.md, step by step (kubevela-engine.md 2.1). */
import {
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isAborted,
  isConflict,
  isJsonObject,
  isNotFound,
} from "@lateen/base";
import { type ReconcileContext, type Request, type Result, addFinalizer, isBeingDeleted } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { Plan, RunStatus } from "@lateen/workflow";
import {
  type App,
  type AppComponent,
  type AppPolicy,
  appAnnotations,
  appOf,
  textOf,
} from "../application/application.ts";
import { type DefinitionSource, specFlag } from "../definition/definition-set.ts";
import { deployTasksOf } from "../deploy-tasks.ts";
import { transformApplication } from "../policy/application-scoped.ts";
import { PolicyError } from "../policy/policy-error.ts";
import { resourcePoliciesOf } from "../policy/resource-policies.ts";
import { defaultClusterVersion } from "../render/context.ts";
import { oamLabels } from "../render/metadata.ts";
import { ObjectReferenceError, resolveReferences } from "../render/ref-objects.ts";
import { renderPolicies } from "../render/render-components.ts";

import { applicationApi, contextName } from "../workflow-operations.ts";
import { type DeliveryTools, type ServiceStatus, deliverComponent } from "./deliver-component.ts";
import type { DeliveryState } from "./delivery-state.ts";
import { garbageAfterUpdate } from "./garbage.ts";
import { identityOf, impersonatingDispatcher } from "./identity.ts";
import { DispatchError, Keeper } from "./keeper.ts";
import type { DeliveryPorts } from "./ports.ts";
import { readPlan } from "./read-plan.ts";
import {
  type Waiting,
  collectGarbage,
  garbageMs,
  removeApplication,
  trackerFinalizerOnApp,
  trackersFor,
} from "./removal.ts";
import { createReferredReader, storedReader } from "./referred-reader.ts";
import {
  type Revision,
  type StoredInput,
  latestRevision,
  pinnedDefinitions,
  recordRevision,
  revisionApi,
  rolledBackAnnotation,
  storedDefinitions,
  storedInput,
  surplusRevisions,
} from "./revision.ts";
import { unpackRevision } from "./revision-content.ts";
import { runWorkflow } from "./run-workflow.ts";
import { scheduleRestart } from "./scheduled-restart.ts";
import { StageError } from "./stage-error.ts";
import { StatusDraft } from "./status-draft.ts";
import { knownTrackers, noteTracker } from "./known-trackers.ts";
import type { Trackers } from "./tracker.ts";

const pauseLabel = "controller.core.oam.dev/pause";

const policyDefinitionKind = { apiVersion: "core.oam.dev/v1beta1", kind: "PolicyDefinition" } as const;

const resyncMs = 5 * 60_000;

const defaultRevisionLimit = 10;

/** One round for one Application. Running it twice equals running it once. */
export async function reconcileApplication(
  state: DeliveryState,
  request: Request,
  { signal }: ReconcileContext,
): Promise<Result | undefined> {
  const { client } = state.environment;
  const application = await client.get({ ...applicationApi, ...request }, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (application === undefined) {
    state.memories.delete(`${request.namespace}/${request.name}`);
    state.counts.forget(request.namespace, request.name);
    return undefined;
  }
  if (application.metadata.labels?.[pauseLabel] === "true") return undefined;
  if (isBeingDeleted(application)) return removeApplication(state, application, signal);
  if (application.metadata.finalizers?.includes(trackerFinalizerOnApp) !== true) {
    const withFinalizer = await addFinalizer(application, { client, finalizer: trackerFinalizerOnApp, signal });
    return new Round(state, withFinalizer, signal).run();
  }
  const now = state.environment.clock.now();
  const scheduled = await scheduleRestart(client, application, { now, signal });
  const result = await new Round(state, scheduled.application, signal).run();
  if (scheduled.dueMs === undefined) return result;
  return { requeueAfterMs: Math.min(scheduled.dueMs, result?.requeueAfterMs ?? scheduled.dueMs) };
}

/** One reconcile of a live Application. */
class Round {
  readonly #state: DeliveryState;
  readonly #signal: AbortSignal;
  /** As its policies of scope Application leave it. */
  #application: KubeObject;
  readonly #draft: StatusDraft;
  #app: App;
  #custom: JsonObject | undefined;
  /** The workflow that the status records goes on; it is not begun anew. */
  #sameRun = false;

  constructor(state: DeliveryState, application: KubeObject, signal: AbortSignal) {
    this.#state = state;
    this.#application = application;
    this.#signal = signal;
    this.#app = appOf(application);
    this.#draft = new StatusDraft(application, { clock: state.environment.clock, events: state.events });
  }

  async run(): Promise<Result | undefined> {
    const { clock } = this.#state.environment;
    const begun = clock.now();
    const phase = textOf(valueAt(this.#application.status, "status"));
    try {
      return await this.#deliverOrSay();
    } finally {
      const status = this.#draft.json();
      const labels = { begin_phase: phase, end_phase: textOf(status.status) };
      this.#state.metrics.observe("application_reconcile_time_seconds", labels, (clock.now() - begun) / 1000);
      this.#state.counts.tell(this.#application, status);
    }
  }

  /** Times a stage of the round. */
  async #stage<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#state.environment;
    const begun = clock.now();
    try {
      return await work();
    } finally {
      this.#state.metrics.observe("kubevela_app_reconcile_time_seconds", { stage }, (clock.now() - begun) / 1000);
    }
  }

  async #deliverOrSay(): Promise<Result | undefined> {
    let result: Result | undefined;
    try {
      result = await this.#deliver();
    } catch (error) {
      if (isAborted(error) || this.#signal.aborted || isConflict(error)) throw error;
      if (!(error instanceof StageError)) {
        this.#draft.fail("Synced", errorMessage(error));
        await this.#draft.write(this.#state.environment.client, this.#signal);
        throw error;
      }
      this.#draft.fail(error.condition, error.message);
      if (error.phase !== undefined) this.#draft.phase(error.phase);
      result = { requeueAfterMs: 30_000 };
    }
    await this.#draft.write(this.#state.environment.client, this.#signal);
    return result;
  }

  async #deliver(): Promise<Result | undefined> {
    const { client } = this.#state.environment;
    const live = this.#state.definitions();
    this.#transform(live);
    const closure = await this.#takeBack();
    const source = closure === undefined ? live : storedDefinitions(closure.revision, live);
    const { plan, external, policies, stepTypes } = await this.#stage("generate-appfile", () =>
      readPlan({
        app: this.#app,
        definitions: source,
        client,
        stored: closure?.input.external,
        signal: this.#signal,
      }),
    );
    const referred = await this.#resolveReferences(closure?.input.referred);
    this.#draft.succeed("Parsed");
    const revision = await this.#stage("prepare-current-apprev", () =>
      recordRevision(
        { application: this.#application, app: this.#app, definitions: source, external, referred, stepTypes },
        {
          list: () => this.#revisions(),
          client,
          compression: this.#state.ports.compression,
          signal: this.#signal,
        },
      ),
    );
    this.#app = { ...this.#app, revisionName: revision.name };
    this.#draft.succeed("Revision");
    this.#draft.revision(revision);
    const definitions = pinnedDefinitions(revision.object, this.#app, live);
    const token = this.#token(revision);
    const known = await knownTrackers(this.#state, this.#app, this.#signal);
    this.#sameRun =
      valueAt(this.#application.status, "workflow", "appRevision") === token &&
      knowsAll(known, this.#application, revision.name);
    if (!this.#sameRun) this.#forgetRun();
    const trackers = this.#carried(known);
    const identity = identityOf(this.#app);
    const system = this.#state.ports.dispatcher;
    const dispatcher = impersonatingDispatcher(system, identity);
    const keeper = new Keeper({
      app: this.#app,
      client,
      system,
      onTracker: (tracker) => noteTracker(this.#state, this.#app, tracker),
      dispatcher,
      policies: resourcePoliciesOf(this.#app.policies),
      trackers,
      signal: this.#signal,
    });
    await this.#stage("apply-policies", () => this.#dispatchPolicies(keeper, definitions, policies));
    const tools: DeliveryTools = {
      app: this.#app,
      definitions,
      keeper,
      dispatcher,
      revisionHash: revision.hash,
      custom: this.#custom,
    };
    const services: ServiceStatus[] = [];
    const run = await this.#stage("execute-workflow", () =>
      runWorkflow({
        state: this.#state,
        application: this.#application,
        plan,
        policies,
        tools,
        token,
        report: (service) => services.push(service),
        onRestart: () => this.#draft.restartWorkflow(),
        signal: this.#signal,
      }),
    );
    this.#observeEnd(run.status);
    this.#draft.workflow(run.status, { token, contextBackend: contextName(this.#app.name) });
    this.#draft.services(
      services,
      this.#app.components.map(({ name }) => name),
    );
    const applied = (): void =>
      this.#draft.appliedResources(keeper.resources(), (resource) => keeper.leftToOthers(resource));
    applied();
    if (run.failure !== undefined) throw new StageError("Workflow", run.failure, "runningWorkflow");
    const again = await this.#afterWorkflow({ phase: run.phase, keeper, trackers, tools, plan, policies, revision });
    applied();
    const interval = reconcileInterval(this.#app) ?? resyncMs;
    return { requeueAfterMs: Math.min(run.requeueAfterMs ?? interval, again ?? interval) };
  }

  /** Tells once how long a workflow took and that it failed. */
  #observeEnd({ finished, startTime, endTime, phase, message }: RunStatus): void {
    if (!finished || valueAt(this.#application.status, "workflow", "finished") === true) return;
    const took = (Date.parse(endTime) - Date.parse(startTime)) / 1000;
    if (took >= 0) this.#state.metrics.observe("workflow_finished_time_seconds", { phase }, took);
    if (phase === "failed")
      this.#draft.event("Warning", "FailedWorkflow", message === "" ? "Workflow failed" : message);
  }

  /** Policies of scope Application change what is delivered before anything else looks at it. */
  #transform(definitions: DefinitionSource): void {
    try {
      const { application, results, context } = transformApplication(this.#application, {
        definitions,
        policyDefinitions: this.#state.environment.cache.list(policyDefinitionKind),
        context: { cluster: "", clusterVersion: defaultClusterVersion },
      });
      this.#application = application;
      this.#app = appOf(application);
      this.#custom = context;
      this.#draft.appliedPolicies(results);
    } catch (error) {
      if (error instanceof PolicyError) throw new StageError("Policy", error.message, "generatingPolicy");
      throw error;
    }
  }

  async #revisions(): Promise<readonly KubeObject[]> {
    const { items } = await this.#state.environment.client.list(
      { ...revisionApi, namespace: this.#app.namespace },
      { labelSelector: `${oamLabels.name}=${this.#app.name}`, signal: this.#signal },
    );
    return items;
  }

  /**
   * The revision that everything is taken from: with a published version the latest of it, for a changed spec counts from
   * the next version on; after a rollback the one that was gone back to.
   */
  async #takeBack(): Promise<{ readonly revision: KubeObject; readonly input: StoredInput } | undefined> {
    const { annotations, namespace } = this.#app;
    const { client } = this.#state.environment;
    const { compression } = this.#state.ports;
    const version = annotations[appAnnotations.publishVersion];
    const back = annotations[rolledBackAnnotation];
    if (version === undefined && back === undefined) return undefined;
    const latest = await latestRevision(this.#app, { client, signal: this.#signal });
    if (version !== undefined && latest?.metadata.annotations?.[appAnnotations.publishVersion] === version) {
      const revision = unpackRevision(latest, compression);
      const input = storedInput(revision);
      if (input === undefined) return undefined;
      this.#application = { ...this.#application, spec: input.spec };
      this.#app = appOf(this.#application);
      return { revision, input };
    }
    if (back === undefined) return undefined;
    const named = await client
      .get({ ...revisionApi, namespace, name: back }, { signal: this.#signal })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    const revision = named === undefined ? undefined : unpackRevision(named, compression);
    const input = revision === undefined ? undefined : storedInput(revision);
    const spec = (this.#application.spec as JsonValue | undefined) ?? null;
    if (revision === undefined || input === undefined || canonicalJson(input.spec) !== canonicalJson(spec))
      return undefined;
    return { revision, input };
  }

  /** Puts referred objects into their components. @returns those objects, for the revision. */
  async #resolveReferences(stored: readonly KubeObject[] | undefined): Promise<readonly KubeObject[]> {
    if (!this.#app.components.some(({ type }) => type === "ref-objects")) return [];
    const live = createReferredReader({
      client: this.#state.environment.client,
      dispatcher: impersonatingDispatcher(this.#state.ports.dispatcher, identityOf(this.#app)),
      signal: this.#signal,
    });
    const reader = stored === undefined ? live : storedReader(stored, live);
    const components: AppComponent[] = [];
    const referred: KubeObject[] = [];
    try {
      for (const component of this.#app.components) {
        if (component.type !== "ref-objects") {
          components.push(component);
          continue;
        }
        const resolved = await resolveReferences(component, this.#app, reader);
        components.push(resolved);
        referred.push(...((resolved.properties?.objects ?? []) as unknown as readonly KubeObject[]));
      }
    } catch (error) {
      if (error instanceof ObjectReferenceError) throw new StageError("Parsed", error.message, "rendering");
      throw error;
    }
    this.#app = { ...this.#app, components };
    return referred;
  }

  async #dispatchPolicies(
    keeper: Keeper,
    definitions: DefinitionSource,
    policies: readonly AppPolicy[],
  ): Promise<void> {
    const rendered = renderPolicies({
      app: this.#app,
      policies,
      definitions,
      context: { cluster: "", clusterVersion: defaultClusterVersion },
    });
    if (rendered.kind === "failed") throw new StageError("Policy", rendered.message, "generatingPolicy");
    if (rendered.objects.length > 0) {
      try {
        await keeper.dispatch(rendered.objects.map((object) => ({ cluster: "local", object, creator: "policy" })));
      } catch (error) {
        if (error instanceof DispatchError) throw new StageError("Policy", error.message, "generatingPolicy");
        throw error;
      }
    }
    this.#draft.succeed("Policy");
    this.#draft.succeed("Render");
  }

  /** What a workflow belongs to: another token starts it anew. */
  #token(revision: Revision): string {
    return this.#app.annotations[appAnnotations.publishVersion] ?? revision.name;
  }

  /** What follows from the workflow's state. @returns when to come back for garbage. */
  async #afterWorkflow({
    phase,
    keeper,
    trackers,
    tools,
    plan,
    policies,
    revision,
  }: {
    readonly phase: RunStatus["phase"];
    readonly keeper: Keeper;
    readonly trackers: Trackers;
    readonly tools: DeliveryTools;
    readonly plan: Plan;
    readonly policies: readonly AppPolicy[];
    readonly revision: Revision;
  }): Promise<number | undefined> {
    switch (phase) {
      case "suspending":
        this.#draft.phase("workflowSuspending");
        await this.#repair(keeper);
        await this.#observe({ plan, policies, tools });
        return undefined;
      case "terminated":
        this.#draft.phase("workflowTerminated");
        await this.#finishRevision(revision, "failed");
        return undefined;
      case "failed":
        this.#draft.phase("workflowFailed");
        await this.#finishRevision(revision, "failed");
        return undefined;
      case "succeeded":
        break;
      default:
        this.#draft.phase("runningWorkflow");
        return undefined;
    }
    this.#draft.succeed("Workflow");
    await this.#finishRevision(revision, "succeeded");
    await this.#repair(keeper);
    const healthy = await this.#observe({ plan, policies, tools });
    this.#draft.phase(healthy || this.#managesHealth(policies) ? "running" : "unhealthy");
    const left = await this.#stage("gc-rt", () => this.#collect(keeper, trackers));
    await this.#stage("gc-app-rev", () => this.#trimRevisions(revision));
    if (left.length === 0) {
      this.#draft.ready();
      return undefined;
    }
    this.#draft.deleting(left);
    return garbageMs;
  }

  /** Another revision was delivered since, in part or in whole: what the status says of this one's run no longer holds. */
  #forgetRun(): void {
    if (!isJsonObject(this.#application.status)) return;
    const { workflow: _, ...status } = this.#application.status;
    this.#application = { ...this.#application, status };
  }

  /**
   * An edit that was taken back before anything was delivered of it (A, B, A) leaves the run that there is, and with it
   * the tracker of the generation that began it: nothing of that is garbage.
   */
  #carried(trackers: Trackers): Trackers {
    const newest = trackers.history.at(-1);
    if (!this.#sameRun || trackers.current !== undefined || newest === undefined) return trackers;
    return { ...trackers, current: newest, history: trackers.history.slice(0, -1) };
  }

  /** What earlier generations made and this one does not want. */
  async #collect(keeper: Keeper, { history }: Trackers): Promise<readonly Waiting[]> {
    if (history.length === 0) return [];
    return collectGarbage({
      state: this.#state,
      keeper,
      // Deletions are decided by what the server holds, not by what a cache has seen.
      plan: garbageAfterUpdate(this.#carried(await trackersFor(this.#state, this.#app, this.#signal))),
      app: this.#app,
      orphan: false,
      reason: `no longer part of ${this.#app.revisionName}`,
      tell: (type, reason, message) => this.#draft.event(type, reason, message),
      signal: this.#signal,
    });
  }

  /** A policy may say that it judges health itself: then the application always runs. */
  #managesHealth(policies: readonly AppPolicy[]): boolean {
    const definitions = this.#state.definitions();
    return policies.some(({ type }) => {
      const definition = definitions.find("policy", type, this.#app.namespace);
      return definition !== undefined && specFlag(definition, "manageHealthCheck");
    });
  }

  async #repair(keeper: Keeper): Promise<void> {
    try {
      await this.#stage("state-keep", () => keeper.repair());
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#draft.condition("StateKeep", errorMessage(error));
    }
  }

  /** Health of everything that has been delivered, by the policies of its steps. */
  async #observe({
    plan,
    policies,
    tools,
  }: {
    plan: Plan;
    policies: readonly AppPolicy[];
    tools: DeliveryTools;
  }): Promise<boolean> {
    const delivered = new Set(
      tools.keeper.resources().map(({ component, cluster, namespace }) => `${component}/${cluster}/${namespace}`),
    );
    const components = new Set(tools.keeper.resources().map(({ component }) => component));
    const services: ServiceStatus[] = [];
    for (const task of tasksOf(plan, { app: this.#app, policies, clusters: this.#state.ports.placement.clusters() })) {
      if (!components.has(task.component.name)) continue;
      const { service } = await deliverComponent(tools, task, "observe");
      if (delivered.has(`${service.name}/${service.cluster}/${service.namespace}`)) services.push(service);
    }
    this.#draft.services(
      services,
      this.#app.components.map(({ name }) => name),
    );
    return services.every(({ healthy }) => healthy);
  }

  async #finishRevision(revision: Revision, outcome: "succeeded" | "failed"): Promise<void> {
    const succeeded = outcome === "succeeded";
    if (
      valueAt(revision.object, "status", "succeeded") === succeeded &&
      (valueAt(revision.object, "status", "workflow", "finished") ?? false) === true
    )
      return;
    const status = { succeeded, workflow: this.#draft.workflowJson() ?? {} };
    if (canonicalJson((revision.object.status as JsonValue | undefined) ?? {}) === canonicalJson(status)) return;
    await this.#state.environment.client
      .patch(
        { ...revisionApi, namespace: this.#app.namespace, name: revision.name },
        { kind: "merge", value: { status } },
        { subresource: "status", signal: this.#signal },
      )
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** Once a revision: what is over the limit goes, the oldest first. */
  async #trimRevisions(revision: Revision): Promise<void> {
    const { trimmed, environment } = this.#state;
    const limit = resourcePoliciesOf(this.#app.policies).applicationRevisionLimit ?? defaultRevisionLimit;
    const key = `${this.#app.namespace}/${this.#app.name}`;
    const done = `${revision.name} ${limit}`;
    if (trimmed.get(key) === done) return;
    const back = this.#app.annotations[rolledBackAnnotation];
    const used = new Set(back === undefined ? [revision.name] : [revision.name, back]);
    for (const { metadata } of surplusRevisions(await this.#revisions(), limit, used)) {
      await environment.client
        .delete({ ...revisionApi, namespace: this.#app.namespace, name: metadata.name! }, { signal: this.#signal })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }
    trimmed.set(key, done);
  }
}

/**
 * Whether the status knows of everything that was begun: a tracker is written before anything is applied, so one of a
 * generation that the status has not seen and of another revision tells of a round whose end was never written.
 */
function knowsAll({ current, history }: Trackers, { status }: KubeObject, revision: string): boolean {
  const newest = current ?? history.at(-1);
  const label = newest?.metadata.labels?.[oamLabels.appRevision] ?? "";
  if (label === "" || label === revision) return true;
  const seen = Number(valueAt(status, "observedGeneration") ?? 0);
  return Number(valueAt(newest, "spec", "applicationGeneration") ?? 0) <= seen;
}

function reconcileInterval(app: App): number | undefined {
  const text = app.annotations[appAnnotations.reconcileInterval];
  const match = text === undefined ? null : /^(\d+)(s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "s" | "m" | "h"];
  return ms >= 10_000 ? ms : undefined;
}

function tasksOf(
  plan: Plan,
  {
    app,
    policies,
    clusters,
  }: { app: App; policies: readonly AppPolicy[]; clusters: ReturnType<DeliveryPorts["placement"]["clusters"]> },
): readonly { component: App["components"][number]; target: { cluster: string; namespace: string } }[] {
  const steps = plan.steps.flatMap((step) => [step, ...step.subSteps]);
  return steps.flatMap(({ type, properties }) => {
    if (type === "deploy") {
      const named = Array.isArray(properties?.policies)
        ? properties.policies.filter((one): one is string => typeof one === "string")
        : [];
      try {
        return deployTasksOf(
          app,
          { policies: named, inlinePolicies: properties?.inlinePolicies },
          { clusters, namespace: app.namespace, allPolicies: policies },
        ).tasks;
      } catch {
        return [];
      }
    }
    if (type !== "builtin-apply-component") return [];
    const name = valueAt(properties, "value", "name");
    const component = app.components.find((one) => one.name === name);
    if (component === undefined) return [];
    const cluster = textOf(properties?.cluster);
    return [
      {
        component,
        target: { cluster, namespace: typeof properties?.namespace === "string" ? properties.namespace : "" },
      },
    ];
  });
}
