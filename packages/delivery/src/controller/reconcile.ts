/** Brings an Application where its spec says: the walk of ARCHITECTURE.md, step by step (kubevela-engine.md 2.1). */
import {
  type Diagnostic,
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isAborted,
  isConflict,
  isJsonObject,
  isNotFound,
} from "@lateen/base";
import {
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  addFinalizer,
  isBeingDeleted,
  removeFinalizer,
  timestampOf,
} from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  type Plan,
  type RunContext,
  type RunMemory,
  type RunStatus,
  type Step,
  advance,
  builtinProviders,
  contextFromData,
  contextToData,
  createCueStepRunner,
  createProviders,
  createRunMemory,
  embeddedTemplates,
  groupType,
  nameSteps,
  statusFromJson,
  statusToJson,
  stepOf,
} from "@lateen/workflow";
import { type App, type AppPolicy, appAnnotations, appOf, policiesOf } from "../application/application.ts";
import { convertStep, workflowPlanOf } from "../application/default-workflow.ts";
import { nativePolicyTypes } from "../application/native-policies.ts";
import { type DefinitionSource, sourceOf, templateOf } from "../definition/definition-set.ts";
import { resourcePoliciesOf } from "../policy/resource-policies.ts";
import { applicationContext, defaultClusterVersion } from "../render/context.ts";
import { oamLabels } from "../render/metadata.ts";
import { renderPolicies } from "../render/render-components.ts";
import { applicationApi, contextName } from "../workflow-operations.ts";
import { deployTasksOf } from "../deploy-tasks.ts";
import { type DeliveryTools, type ServiceStatus, deliverComponent, serviceJson } from "./deliver-component.ts";
import { garbageAfterUpdate, garbageOnDelete, mayGo, type GarbagePlan } from "./garbage.ts";
import { DispatchError, Keeper, fieldManager } from "./keeper.ts";
import type { DeliveryPorts } from "./ports.ts";
import { type Revision, pinnedDefinitions, recordRevision, revisionApi, surplusRevisions } from "./revision.ts";
import { StatusDraft } from "./status-draft.ts";
import { stepProviders } from "./step-providers.ts";
import { resourcesOf, sortTrackers, trackerApi } from "./tracker.ts";

export const trackerFinalizerOnApp = "app.oam.dev/resource-tracker-finalizer";
export const orphanFinalizer = "app.oam.dev/orphan-resource";
const pauseLabel = "controller.core.oam.dev/pause";
const resyncMs = 5 * 60_000;
const garbageMs = 3_000;
const defaultRevisionLimit = 10;

export interface DeliveryState {
  readonly environment: Environment;
  readonly ports: DeliveryPorts;
  readonly definitions: () => DefinitionSource;
  /** Counters of running workflows, by application. */
  readonly memories: Map<string, RunMemory>;
  readonly newId: () => string;
}

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
    return undefined;
  }
  if (application.metadata.labels?.[pauseLabel] === "true") return undefined;
  if (isBeingDeleted(application)) return removeApplication(state, application, signal);
  if (application.metadata.finalizers?.includes(trackerFinalizerOnApp) !== true) {
    const withFinalizer = await addFinalizer(application, { client, finalizer: trackerFinalizerOnApp, signal });
    return new Round(state, withFinalizer, signal).run();
  }
  return new Round(state, application, signal).run();
}

async function trackersFor(
  state: DeliveryState,
  app: App,
  signal: AbortSignal,
): Promise<ReturnType<typeof sortTrackers>> {
  const labelSelector = `${oamLabels.name}=${app.name},${oamLabels.namespace}=${app.namespace}`;
  const { items } = await state.environment.client.list(trackerApi, { labelSelector, signal });
  return sortTrackers(app, items);
}

/** One reconcile of a live Application. */
class Round {
  readonly #state: DeliveryState;
  readonly #signal: AbortSignal;
  readonly #application: KubeObject;
  readonly #draft: StatusDraft;
  #app: App;

  constructor(state: DeliveryState, application: KubeObject, signal: AbortSignal) {
    this.#state = state;
    this.#application = application;
    this.#signal = signal;
    this.#app = appOf(application);
    this.#draft = new StatusDraft(application, state.environment.clock);
  }

  async run(): Promise<Result | undefined> {
    let result: Result | undefined;
    try {
      result = await this.#deliver();
    } catch (error) {
      if (isAborted(error) || this.#signal.aborted || isConflict(error)) throw error;
      if (!(error instanceof Stage)) {
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
    const { client, clock } = this.#state.environment;
    const live = this.#state.definitions();
    const { plan, external, policies } = await this.#parse(live);
    this.#draft.succeed("Parsed");
    const { items: known } = await client.list(
      { ...revisionApi, namespace: this.#app.namespace },
      { labelSelector: `${oamLabels.name}=${this.#app.name}`, signal: this.#signal },
    );
    const revision = await recordRevision(
      { application: this.#application, app: this.#app, definitions: live, external },
      { known, client, signal: this.#signal },
    );
    this.#app = { ...this.#app, revisionName: revision.name };
    this.#draft.succeed("Revision");
    this.#draft.revision(revision);
    const definitions = pinnedDefinitions(revision.object, this.#app, live);
    const trackers = await trackersFor(this.#state, this.#app, this.#signal);
    const keeper = new Keeper({
      app: this.#app,
      client,
      dispatcher: this.#state.ports.dispatcher,
      policies: resourcePoliciesOf(this.#app.policies),
      trackers,
      signal: this.#signal,
    });
    await this.#dispatchPolicies(keeper, definitions, policies);
    const tools: DeliveryTools = {
      app: this.#app,
      definitions,
      keeper,
      dispatcher: this.#state.ports.dispatcher,
      revisionHash: revision.hash,
    };
    const services: ServiceStatus[] = [];
    const run = await this.#runWorkflow({
      plan,
      policies,
      tools,
      revision,
      report: (service) => services.push(service),
    });
    this.#draft.workflow(run.status, { token: this.#token(revision), contextBackend: contextName(this.#app.name) });
    this.#draft.services(
      services,
      this.#app.components.map(({ name }) => name),
    );
    this.#draft.appliedResources(keeper.resources());
    if (run.failure !== undefined) throw new Stage("Workflow", run.failure, "runningWorkflow");
    const again = await this.#afterWorkflow({ phase: run.phase, keeper, tools, plan, policies, revision, known });
    const interval = reconcileInterval(this.#app) ?? resyncMs;
    void clock;
    return { requeueAfterMs: Math.min(run.requeueAfterMs ?? interval, again ?? interval) };
  }

  async #parse(
    live: DefinitionSource,
  ): Promise<{ plan: Plan; external: readonly KubeObject[]; policies: readonly AppPolicy[] }> {
    const app = this.#app;
    for (const component of app.components) {
      if (live.find("component", component.type, app.namespace) === undefined)
        throw new Stage(
          "Parsed",
          `component ${component.name}: component type ${JSON.stringify(component.type)} is not installed`,
          "rendering",
        );
      for (const { type } of component.traits) {
        if (live.find("trait", type, app.namespace) === undefined)
          throw new Stage(
            "Parsed",
            `component ${component.name}: trait type ${JSON.stringify(type)} is not installed`,
            "rendering",
          );
      }
    }
    const workflow = app.workflow?.ref === undefined ? undefined : await this.#external("Workflow", app.workflow.ref);
    try {
      const written = workflowPlanOf(app, workflow);
      const { policies, found } = await this.#policies(written.steps);
      const steps = nameSteps(written.steps.map((step) => stepOf(convertStep(step, app.components))));
      this.#refuseUnknownSteps(steps, live);
      return {
        plan: { steps, mode: written.mode },
        external: [...(workflow === undefined ? [] : [workflow]), ...found],
        policies,
      };
    } catch (error) {
      if (error instanceof Stage || this.#signal.aborted) throw error;
      throw new Stage("Parsed", errorMessage(error), "rendering");
    }
  }

  #refuseUnknownSteps(steps: readonly Step[], live: DefinitionSource): void {
    for (const { type, name } of steps.flatMap((step) => [step, ...step.subSteps])) {
      if (type === groupType || Object.hasOwn(embeddedTemplates, type)) continue;
      if (live.find("workflow-step", type, this.#app.namespace) === undefined)
        throw new Stage(
          "Parsed",
          `step ${name}: workflow step type ${JSON.stringify(type)} is not installed`,
          "rendering",
        );
    }
  }

  async #external(kind: "Workflow" | "Policy", name: string): Promise<KubeObject | undefined> {
    const { client } = this.#state.environment;
    const reference = { apiVersion: "core.oam.dev/v1alpha1", kind, namespace: this.#app.namespace, name };
    return client.get(reference, { signal: this.#signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  /** The Application's own policies, and those of other objects that its deploy steps name. */
  async #policies(
    steps: readonly JsonObject[],
  ): Promise<{ policies: readonly AppPolicy[]; found: readonly KubeObject[] }> {
    const own = this.#app.policies;
    const all = steps.flatMap((step) => [
      step,
      ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : []),
    ]);
    const named = new Set(
      all.flatMap((step) => {
        const policies = step.type === "deploy" ? valueAt(step, "properties", "policies") : undefined;
        return Array.isArray(policies) ? policies.filter((one): one is string => typeof one === "string") : [];
      }),
    );
    const found: KubeObject[] = [];
    for (const name of named) {
      if (own.some((policy) => policy.name === name)) continue;
      const object = await this.#external("Policy", name);
      if (object === undefined)
        throw new Stage(
          "Parsed",
          `external policy ${name} not found: no policy of this name is in spec.policies, and there is no Policy ${this.#app.namespace}/${name}`,
          "rendering",
        );
      found.push(object);
    }
    const external = policiesOf(
      found.map((object) => ({
        name: object.metadata.name!,
        type: (object.type as JsonValue) ?? "",
        properties: (object.properties as JsonValue) ?? {},
      })),
    );
    for (const policy of own) {
      const known =
        nativePolicyTypes.has(policy.type) ||
        this.#state.definitions().find("policy", policy.type, this.#app.namespace) !== undefined;
      if (!known)
        throw new Stage(
          "Parsed",
          `policy ${policy.name}: policy type ${JSON.stringify(policy.type)} is not installed`,
          "rendering",
        );
    }
    return { policies: [...own, ...external], found };
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
    if (rendered.kind === "failed") throw new Stage("Policy", rendered.message, "generatingPolicy");
    if (rendered.objects.length > 0) {
      try {
        await keeper.dispatch(rendered.objects.map((object) => ({ cluster: "local", object, creator: "policy" })));
      } catch (error) {
        if (error instanceof DispatchError) throw new Stage("Policy", error.message, "generatingPolicy");
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

  async #runWorkflow({
    plan,
    policies,
    tools,
    revision,
    report,
  }: {
    readonly plan: Plan;
    readonly policies: readonly AppPolicy[];
    readonly tools: DeliveryTools;
    readonly revision: Revision;
    readonly report: (service: ServiceStatus) => void;
  }): Promise<{ phase: RunStatus["phase"]; status: RunStatus; requeueAfterMs: number | undefined; failure?: string }> {
    const { environment, memories } = this.#state;
    const key = `${this.#app.namespace}/${this.#app.name}`;
    const recorded = valueAt(this.#application.status, "workflow");
    const known = isJsonObject(recorded) ? recorded : undefined;
    const restarts = known === undefined || known.appRevision !== this.#token(revision);
    if (restarts) {
      memories.delete(key);
      this.#draft.restartWorkflow();
    }
    const now = environment.clock.now();
    const status = statusFromJson(restarts ? undefined : known, plan.mode);
    const started = status.startTime === "" ? { ...status, mode: plan.mode, startTime: timestampOf(now) } : status;
    if (started.finished) return { phase: started.phase, status: started, requeueAfterMs: undefined };
    const memory = memories.get(key) ?? createRunMemory();
    memories.set(key, memory);
    const store = new ContextStore(this.#state, this.#application, this.#signal);
    const context = restarts || status.startTime === "" ? await store.reset() : await store.load();
    const providers = createProviders(
      builtinProviders,
      ...(this.#state.ports.providers ?? []),
      stepProviders({ tools, placement: this.#state.ports.placement, policies, report }),
    );
    const runner = createCueStepRunner({
      providers,
      fields: stepFields(this.#app),
      template: (type) => this.#stepTemplate(type, tools.definitions),
    });
    try {
      const advanced = await advance({
        plan,
        status: started,
        context,
        memory,
        runner,
        now,
        newId: this.#state.newId,
        signal: this.#signal,
        save: (_, next) => store.save(next),
      });
      return { phase: advanced.phase, status: advanced.status, requeueAfterMs: advanced.requeueAfterMs };
    } catch (error) {
      if (this.#signal.aborted || isConflict(error)) throw error;
      return {
        phase: "executing",
        status: { ...started, phase: "executing" },
        requeueAfterMs: 5_000,
        failure: errorMessage(error),
      };
    }
  }

  #stepTemplate(type: string, definitions: DefinitionSource): { text: string; source: string } | undefined {
    const embedded = Object.hasOwn(embeddedTemplates, type) ? embeddedTemplates[type] : undefined;
    if (embedded !== undefined) return { text: embedded, source: `step ${type}` };
    const definition = definitions.find("workflow-step", type, this.#app.namespace);
    return definition === undefined
      ? undefined
      : { text: templateOf(definition) ?? "", source: sourceOf(definition).source };
  }

  /** What follows from the workflow's state. @returns when to come back for garbage. */
  async #afterWorkflow({
    phase,
    keeper,
    tools,
    plan,
    policies,
    revision,
    known,
  }: {
    readonly phase: RunStatus["phase"];
    readonly keeper: Keeper;
    readonly tools: DeliveryTools;
    readonly plan: Plan;
    readonly policies: readonly AppPolicy[];
    readonly revision: Revision;
    readonly known: readonly KubeObject[];
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
    this.#draft.phase(healthy ? "running" : "unhealthy");
    const left = await this.#collectGarbage(
      keeper,
      garbageAfterUpdate(await trackersFor(this.#state, this.#app, this.#signal)),
    );
    await this.#trimRevisions(known, revision);
    this.#draft.ready();
    return left ? garbageMs : undefined;
  }

  async #repair(keeper: Keeper): Promise<void> {
    try {
      await keeper.repair();
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
    const services: ServiceStatus[] = [];
    const dispatched = new Set(
      tools.keeper.resources().map(({ component, cluster, namespace }) => `${component}/${cluster}/${namespace}`),
    );
    for (const task of tasksOf(plan, { app: this.#app, policies, clusters: this.#state.ports.placement.clusters() })) {
      const namespace = task.target.namespace === "" ? this.#app.namespace : task.target.namespace;
      const known = [...dispatched].some((key) => key.startsWith(`${task.component.name}/${task.target.cluster}/`));
      if (!dispatched.has(`${task.component.name}/${task.target.cluster}/${namespace}`) && !known) continue;
      services.push((await deliverComponent(tools, task, "observe")).service);
    }
    this.#draft.services(
      services,
      this.#app.components.map(({ name }) => name),
    );
    return services.every(({ healthy }) => healthy);
  }

  async #collectGarbage(keeper: Keeper, plan: GarbagePlan): Promise<boolean> {
    return collectGarbage({ keeper, plan, app: this.#app, orphan: false });
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

  async #trimRevisions(known: readonly KubeObject[], revision: Revision): Promise<void> {
    const limit = resourcePoliciesOf(this.#app.policies).applicationRevisionLimit ?? defaultRevisionLimit;
    for (const { metadata } of surplusRevisions(known, limit, new Set([revision.name]))) {
      await this.#state.environment.client
        .delete({ ...revisionApi, namespace: this.#app.namespace, name: metadata.name! }, { signal: this.#signal })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }
  }
}

/** A failure of one stage: a condition and a phase, not an error of the controller. */
class Stage extends Error {
  readonly condition: string;
  readonly phase: string | undefined;
  constructor(condition: string, message: string, phase?: string) {
    super(message);
    this.condition = condition;
    this.phase = phase;
  }
}

function reconcileInterval(app: App): number | undefined {
  const text = app.annotations[appAnnotations.reconcileInterval];
  const match = text === undefined ? null : /^(\d+)(s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "s" | "m" | "h"];
  return ms >= 10_000 ? ms : undefined;
}

function stepFields(app: App): JsonObject {
  return {
    name: app.name,
    ...applicationContext(app, { cluster: "", clusterVersion: defaultClusterVersion }),
    replicaKey: "",
  };
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
    const cluster = typeof properties?.cluster === "string" && properties.cluster !== "" ? properties.cluster : "local";
    return [
      {
        component,
        target: { cluster, namespace: typeof properties?.namespace === "string" ? properties.namespace : "" },
      },
    ];
  });
}

/** Deletes what the plan names, then the trackers whose resources are gone. @returns whether something is left. */
async function collectGarbage({
  keeper,
  plan,
  app,
  orphan,
}: {
  keeper: Keeper;
  plan: GarbagePlan;
  app: App;
  orphan: boolean;
}): Promise<boolean> {
  const policies = resourcePoliciesOf(app.policies);
  let left = [...plan.resources];
  for (const resource of plan.resources) {
    if (
      !mayGo(
        resource,
        left.filter((other) => other !== resource),
        app,
        policies,
      )
    )
      continue;
    const orphaned = orphan || (resource.raw !== undefined && policies.orphaned(resource.raw));
    const state = await keeper.collect(resource, { orphan: orphaned });
    if (state === "gone") left = left.filter((other) => other !== resource);
  }
  const waiting = new Set(left);
  for (const tracker of plan.trackers) {
    const mine = plan.resources.filter((resource) =>
      resourcesOf(tracker).some(
        (own) =>
          own.kind === resource.kind &&
          own.name === resource.name &&
          own.namespace === resource.namespace &&
          own.cluster === resource.cluster,
      ),
    );
    if (mine.some((resource) => waiting.has(resource))) continue;
    await keeper.dropTracker(tracker);
  }
  return left.length > 0;
}

/** Deletes what the application made, then its revisions, then lets it go. */
async function removeApplication(
  state: DeliveryState,
  application: KubeObject,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const { client, clock } = state.environment;
  const finalizers = application.metadata.finalizers ?? [];
  if (!finalizers.includes(trackerFinalizerOnApp)) return undefined;
  const app = appOf(application);
  const trackers = await trackersFor(state, app, signal);
  const keeper = new Keeper({
    app,
    client,
    dispatcher: state.ports.dispatcher,
    policies: resourcePoliciesOf(app.policies),
    trackers,
    signal,
  });
  const plan = garbageOnDelete(trackers);
  const left = await collectGarbage({ keeper, plan, app, orphan: finalizers.includes(orphanFinalizer) });
  if (left) {
    const draft = new StatusDraft(application, clock);
    draft.phase("deleting");
    draft.deleting(
      plan.resources.map(({ kind, namespace, name }) => `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`),
    );
    await draft.write(client, signal);
    return { requeueAfterMs: garbageMs };
  }
  const { items } = await client.list(
    { ...revisionApi, namespace: app.namespace },
    { labelSelector: `${oamLabels.name}=${app.name}`, signal },
  );
  for (const { metadata } of items) {
    await client
      .delete({ ...revisionApi, namespace: app.namespace, name: metadata.name! }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
  await client
    .delete({ apiVersion: "v1", kind: "ConfigMap", namespace: app.namespace, name: contextName(app.name) }, { signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  state.memories.delete(`${app.namespace}/${app.name}`);
  const fresh = await client
    .get({ ...applicationApi, namespace: app.namespace, name: app.name }, { signal })
    .catch(() => undefined);
  if (fresh === undefined) return undefined;
  if (finalizers.includes(orphanFinalizer))
    await removeFinalizer(fresh, { client, finalizer: orphanFinalizer, signal });
  const last = finalizers.includes(orphanFinalizer)
    ? await client
        .get({ ...applicationApi, namespace: app.namespace, name: app.name }, { signal })
        .catch(() => undefined)
    : fresh;
  if (last !== undefined) await removeFinalizer(last, { client, finalizer: trackerFinalizerOnApp, signal });
  return undefined;
}

/** The ConfigMap of a workflow's variables. */
class ContextStore {
  readonly #state: DeliveryState;
  readonly #application: KubeObject;
  readonly #signal: AbortSignal;
  #object: KubeObject | undefined;

  constructor(state: DeliveryState, application: KubeObject, signal: AbortSignal) {
    this.#state = state;
    this.#application = application;
    this.#signal = signal;
  }

  get #reference(): { apiVersion: string; kind: string; namespace: string; name: string } {
    const { namespace = "default", name = "" } = this.#application.metadata;
    return { apiVersion: "v1", kind: "ConfigMap", namespace, name: contextName(name) };
  }

  async load(): Promise<RunContext> {
    this.#object = await this.#state.environment.client
      .get(this.#reference, { signal: this.#signal })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    return contextFromData(valueAt(this.#object, "data") as Readonly<Record<string, string>> | undefined);
  }

  /** An empty context: what an earlier run wrote is gone. */
  async reset(): Promise<RunContext> {
    await this.load();
    const empty: RunContext = { vars: {}, values: {} };
    if (this.#object !== undefined) await this.save(empty);
    return empty;
  }

  async save(context: RunContext): Promise<void> {
    const { client } = this.#state.environment;
    const data = contextToData(context);
    if (this.#object === undefined) {
      if (Object.keys(context.vars).length === 0 && Object.keys(context.values).length === 0) return;
      const { apiVersion, kind, metadata } = this.#application;
      const { apiVersion: version, kind: own, ...reference } = this.#reference;
      const ownerReferences = [{ apiVersion, kind, name: metadata.name!, uid: metadata.uid!, controller: true }];
      this.#object = await client.create(
        { apiVersion: version, kind: own, metadata: { ...reference, ownerReferences }, data } as KubeObject,
        { signal: this.#signal, fieldManager },
      );
      return;
    }
    if (canonicalJson((this.#object.data as JsonValue | undefined) ?? {}) === canonicalJson({ ...data })) return;
    this.#object = await client.update({ ...this.#object, data } as KubeObject, { signal: this.#signal, fieldManager });
  }
}

export type ReconcileDiagnostic = Diagnostic;
