/** Delivers one component to one place, stage by stage, and says how it is (kubevela-engine.md 3.6 and 3.7). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, asJson, valueAt } from "@lateen/objects";
import { type App, type AppComponent } from "../application/application.ts";
import { type DefinitionSource, sourceOf, statusTextOf, templateOf } from "../definition/definition-set.ts";
import type { Target } from "../policy/topology.ts";
import { localCluster } from "../policy/topology.ts";
import { defaultClusterVersion } from "../render/context.ts";
import {
  type RenderedComponent,
  type RenderedOutput,
  type TraitStage,
  renderComponent,
  stageOf,
} from "../render/render-component.ts";
import { assessStatus } from "../status/health.ts";
import { DispatchError, type Keeper } from "./keeper.ts";
import type { Dispatcher } from "./ports.ts";

/** An entry of `status.services`. */
export interface ServiceStatus {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly workloadDefinition: { readonly apiVersion: string; readonly kind: string };
  readonly healthy: boolean;
  readonly workloadHealthy: boolean;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly traits: readonly TraitStatus[];
}

export interface TraitStatus {
  readonly type: string;
  readonly healthy: boolean;
  readonly pending: boolean;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

export interface DeliveryTask {
  readonly component: AppComponent;
  readonly target: Target;
}

export interface Delivered {
  readonly service: ServiceStatus;
  readonly output: KubeObject | undefined;
  readonly outputs: Readonly<Record<string, KubeObject>>;
  readonly healthy: boolean;
}

export interface DeliveryTools {
  readonly app: App;
  readonly definitions: DefinitionSource;
  readonly keeper: Keeper;
  readonly dispatcher: Dispatcher;
  readonly revisionHash: string;
  readonly custom?: JsonObject | undefined;
}

/** @param mode `deliver` writes what is not as wanted, `observe` only looks. @throws DispatchError, ApiError. */
export async function deliverComponent(
  tools: DeliveryTools,
  task: DeliveryTask,
  mode: "deliver" | "observe",
): Promise<Delivered> {
  const first = render(tools, task, undefined);
  const live = await tools.keeper.live({ cluster: task.target.cluster, object: first.workload, creator: "workflow" });
  const early = needsLive(tools, task) && live !== undefined ? render(tools, task, asJson(live)) : first;
  const work: Work = { tools, task, mode, rendered: early, objects: new Map() };
  if (live !== undefined) work.objects.set("workload", live);
  for (const stage of ["PreDispatch", "DefaultDispatch"] as const) {
    await dispatchStage(work, stage);
    const traits = traitStatuses(work, stage);
    if (stage === "PreDispatch" && traits.some(({ healthy }) => !healthy)) {
      return delivered(work, {
        workload: { healthy: false, message: "Waiting for the traits that come before it", details: {} },
        stages: ["PreDispatch"],
      });
    }
  }
  const workload = workloadStatus(work);
  if (!workload.healthy) return delivered(work, { workload, stages: ["PreDispatch", "DefaultDispatch"] });
  if (hasPostDispatch(tools, task)) {
    work.rendered = render(tools, task, asJson(work.objects.get("workload") ?? first.workload), "all");
    await dispatchStage(work, "PostDispatch");
  }
  return delivered(work, { workload, stages: ["PreDispatch", "DefaultDispatch", "PostDispatch"] });
}

interface Work {
  readonly tools: DeliveryTools;
  readonly task: DeliveryTask;
  readonly mode: "deliver" | "observe";
  rendered: RenderedComponent;
  /** Live objects: `workload`, and outputs by `trait type/output name`. */
  readonly objects: Map<string, KubeObject>;
}

function render(
  { app, definitions, dispatcher, revisionHash, custom }: DeliveryTools,
  { component, target }: DeliveryTask,
  liveOutput: JsonObject | undefined,
  stages: "all" | "until PostDispatch" = "until PostDispatch",
): RenderedComponent {
  const rendered = renderComponent({
    app,
    component,
    definitions,
    stages,
    dispatch: { revisionHash, cluster: target.cluster === "" ? undefined : target.cluster },
    context: {
      cluster: target.cluster === "" ? localCluster : target.cluster,
      clusterVersion: dispatcher.versionOf(target.cluster) ?? defaultClusterVersion,
      namespace: target.namespace,
      custom,
      liveOutput,
    },
  });
  if (rendered.kind === "failed") throw new DispatchError(rendered.message);
  return rendered;
}

/** Whether a template of the component reads the live object: only then is it rendered a second time. */
function needsLive({ app, definitions }: DeliveryTools, { component }: DeliveryTask): boolean {
  const own = definitions.find("component", component.type, app.namespace);
  if (own !== undefined && (templateOf(own) ?? "").includes("context.output")) return true;
  return component.traits.some(({ type }) => {
    const trait = definitions.find("trait", type, app.namespace);
    return trait !== undefined && (templateOf(trait) ?? "").includes("context.output.status");
  });
}

function hasPostDispatch({ app, definitions }: DeliveryTools, { component }: DeliveryTask): boolean {
  return component.traits.some(
    ({ type }) => stageOf(definitions.find("trait", type, app.namespace)) === "PostDispatch",
  );
}

const outputKey = ({ traitType, name }: Pick<RenderedOutput, "traitType" | "name">): string => `${traitType}/${name}`;

interface Piece {
  readonly key: string;
  readonly cluster: string;
  readonly object: KubeObject;
}

function piecesOf({ rendered, task }: Work, stage: TraitStage): readonly Piece[] {
  const { cluster } = task.target;
  const outputs = rendered.outputs
    .filter((output) => output.stage === stage)
    .map((output) => ({
      key: outputKey(output),
      cluster: output.controlPlaneOnly ? localCluster : cluster,
      object: output.object,
    }));
  const workload =
    stage === "DefaultDispatch" && !rendered.workloadManaged
      ? [{ key: "workload", cluster, object: rendered.workload }]
      : [];
  return [...workload, ...outputs];
}

async function dispatchStage(work: Work, stage: TraitStage): Promise<void> {
  const { tools, mode } = work;
  const pieces = piecesOf(work, stage);
  const manifests = pieces.map(({ cluster, object }) => ({ cluster, object, creator: "workflow" as const }));
  const live = mode === "deliver" ? await tools.keeper.dispatch(manifests) : undefined;
  for (const [index, piece] of pieces.entries()) {
    const object = live === undefined ? await tools.keeper.live(manifests[index]!) : live[index];
    if (object === undefined) work.objects.delete(piece.key);
    else work.objects.set(piece.key, object);
  }
}

const statusTexts = (definition: KubeObject): { healthPolicy: string; customStatus: string; details: string } => ({
  healthPolicy: statusTextOf(definition, "healthPolicy"),
  customStatus: statusTextOf(definition, "customStatus"),
  details: statusTextOf(definition, "details"),
});

function statusContext(
  { tools, task }: Work,
  output: KubeObject | undefined,
  outputs: Readonly<Record<string, KubeObject>>,
): JsonObject {
  return {
    name: task.component.name,
    appName: tools.app.name,
    appRevision: tools.app.revisionName,
    ...(output === undefined ? {} : { output: asJson(output) }),
    ...(Object.keys(outputs).length === 0 ? {} : { outputs: outputs as unknown as JsonObject }),
  };
}

function outputsOf(work: Work, traitType: string): Readonly<Record<string, KubeObject>> {
  const found: Record<string, KubeObject> = {};
  for (const output of work.rendered.outputs) {
    if (output.traitType !== traitType) continue;
    const live = work.objects.get(outputKey(output));
    if (live !== undefined) found[output.name] = live;
  }
  return found;
}

function workloadStatus(work: Work): { healthy: boolean; message: string; details: Readonly<Record<string, string>> } {
  const { tools, task, rendered } = work;
  const workload = work.objects.get("workload");
  if (rendered.workloadManaged) return { healthy: true, message: "", details: {} };
  if (workload === undefined) return { healthy: false, message: "", details: {} };
  const definition = tools.definitions.find("component", task.component.type, tools.app.namespace);
  if (definition === undefined) return { healthy: true, message: "", details: {} };
  const context = statusContext(work, workload, outputsOf(work, "AuxiliaryWorkload"));
  return assessStatus(statusTexts(definition), {
    context,
    parameter: task.component.properties,
    source: sourceOf(definition).source,
  });
}

function traitStatuses(work: Work, stage: TraitStage): readonly TraitStatus[] {
  const { tools, task } = work;
  return task.component.traits.flatMap(({ type, properties }) => {
    const definition = tools.definitions.find("trait", type, tools.app.namespace);
    if (definition === undefined || stageOf(definition) !== stage) return [];
    const { healthy, message, details } = assessStatus(statusTexts(definition), {
      context: statusContext(work, undefined, outputsOf(work, type)),
      parameter: properties,
      source: sourceOf(definition).source,
    });
    return [{ type, healthy, pending: false, message, details }];
  });
}

interface Found {
  readonly workload: {
    readonly healthy: boolean;
    readonly message: string;
    readonly details: Readonly<Record<string, string>>;
  };
  /** Stages that have been delivered; traits of later ones are pending. */
  readonly stages: readonly TraitStage[];
}

function delivered(work: Work, { workload, stages }: Found): Delivered {
  const { task, tools, rendered } = work;
  const known = stages.flatMap((stage) => traitStatuses(work, stage));
  const pending = task.component.traits
    .filter(({ type }) => !stages.includes(stageOf(tools.definitions.find("trait", type, tools.app.namespace))))
    .map(
      ({ type }): TraitStatus => ({
        type,
        healthy: false,
        pending: true,
        message: "⏳ Waiting for component to be healthy",
        details: {},
      }),
    );
  const traits = [...known, ...pending];
  const healthy = workload.healthy && known.every((trait) => trait.healthy);
  const output = work.objects.get("workload");
  const outputs: Record<string, KubeObject> = {};
  for (const one of rendered.outputs) {
    const live = work.objects.get(outputKey(one));
    if (live !== undefined) outputs[one.name] = live;
  }
  const { apiVersion, kind, metadata } = rendered.workload;
  return {
    output,
    outputs,
    healthy: workload.healthy && known.every((trait) => trait.healthy) && pending.length === 0,
    service: {
      name: task.component.name,
      namespace: metadata.namespace ?? tools.app.namespace,
      cluster: task.target.cluster === "" ? localCluster : task.target.cluster,
      workloadDefinition: { apiVersion, kind },
      healthy,
      workloadHealthy: workload.healthy,
      message:
        workload.message === "" ? (traits.find(({ message }) => message !== "")?.message ?? "") : workload.message,
      details: workload.details,
      traits,
    },
  };
}

/** The service as the status keeps it. */
export function serviceJson(service: ServiceStatus): JsonObject {
  const optional = (details: Readonly<Record<string, string>>): JsonObject =>
    Object.keys(details).length === 0 ? {} : { details: { ...details } };
  return {
    name: service.name,
    namespace: service.namespace,
    cluster: service.cluster,
    workloadDefinition: { ...service.workloadDefinition },
    healthy: service.healthy,
    workloadHealthy: service.workloadHealthy,
    ...(service.message === "" ? {} : { message: service.message }),
    ...optional(service.details),
    ...(service.traits.length === 0
      ? {}
      : {
          traits: service.traits.map(({ type, healthy, pending, message, details }) => ({
            type,
            healthy,
            ...(pending ? { pending } : {}),
            ...(message === "" ? {} : { message }),
            ...optional(details),
          })),
        }),
  };
}

export const isService = (value: unknown): value is JsonObject =>
  isJsonObject(value) && typeof valueAt(value, "name") === "string";
