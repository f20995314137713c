/** Answers for cases of kind `deploy`: what every step of an application delivers, and where. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, type AppComponent, appOf, revisionNumber, textOf } from "../src/application/application.ts";
import { convertStep } from "../src/application/default-workflow.ts";
import { deployTasksOf, withInputs } from "../src/deploy-tasks.ts";
import type { DefinitionSource } from "../src/definition/definition-set.ts";
import type { ClusterVersion } from "../src/render/context.ts";
import { defaultClusterVersion } from "../src/render/context.ts";
import { type ReferredReader, resolveReferences } from "../src/render/ref-objects.ts";
import { type RenderedComponent, renderComponent } from "../src/render/render-component.ts";
import { renderPolicies } from "../src/render/render-components.ts";
import type { ApplicationCase } from "./applications.ts";
import { contextOf, definitionsOf, parseCase } from "./render.ts";

interface Delivery {
  readonly item: ApplicationCase;
  readonly app: App;
  readonly definitions: DefinitionSource;
}

export async function answerDeploy(item: ApplicationCase): Promise<JsonObject> {
  const definitions = definitionsOf(item);
  const read = appOf(item.application!);
  const { plan, policies } = parseCase(read, item, definitions);
  const revisionName = decidedRevision(read, item);
  const components: AppComponent[] = [];
  for (const component of read.components)
    components.push(
      component.type === "ref-objects" ? await resolveReferences(component, read, readerOf(item)) : component,
    );
  const app: App = { ...read, components, revisionName };
  for (const step of plan.steps) convertStep(step, components);
  const delivery = { item, app, definitions };
  const applied = plan.steps
    .flatMap((step) => [step, ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : [])])
    .flatMap((step) => deliver(delivery, step, policies));
  const rendered = renderPolicies({ app, policies, definitions, context: contextOf() });
  if (rendered.kind === "failed") throw new Error(rendered.message);
  return {
    steps: plan.steps as JsonValue,
    applied,
    revisionName,
    ...(rendered.objects.length === 0 ? {} : { policies: rendered.objects as unknown as JsonObject[] }),
  };
}

function decidedRevision(app: App, item: ApplicationCase): string {
  const known = (item.objects ?? []).filter(({ kind }) => kind === "ApplicationRevision");
  const spec = JSON.stringify(item.application!.spec);
  const same = known.find(
    (revision) => JSON.stringify(((revision.spec as JsonObject).application as JsonObject).spec) === spec,
  );
  return same?.metadata.name ?? `${app.name}-v${revisionNumber(app.revisionName) + 1}`;
}

function deliver(
  delivery: Delivery,
  step: JsonObject,
  policies: ReturnType<typeof parseCase>["policies"],
): readonly JsonObject[] {
  const { app, item } = delivery;
  const properties = isJsonObject(step.properties) ? step.properties : {};
  const name = textOf(step.name);
  if (step.type === "apply-component") {
    const component = app.components.find((one) => one.name === properties.component)!;
    return [
      applied(delivery, name, {
        component,
        target: { cluster: textOf(properties.cluster), namespace: textOf(properties.namespace) },
      }),
    ];
  }
  if (step.type !== "deploy") return [];
  const clusters = (item.clusters ?? []).map((cluster) => ({ name: cluster.name, labels: cluster.labels ?? {} }));
  const named = Array.isArray(properties.policies) ? (properties.policies as readonly string[]) : [];
  const { tasks } = deployTasksOf(
    app,
    { policies: named },
    { clusters, namespace: app.namespace, allPolicies: policies },
  );
  return deliverAll(delivery, name, tasks);
}

type Task = ReturnType<typeof deployTasksOf>["tasks"][number];

/** Tasks whose inputs are there, one after the other; a task sees what earlier ones of its place put out. */
function deliverAll(delivery: Delivery, step: string, tasks: readonly Task[]): readonly JsonObject[] {
  const done: JsonObject[] = [];
  const variables = new Map<string, Record<string, JsonValue>>();
  let left = [...tasks];
  for (let progress = true; progress; ) {
    progress = false;
    for (const task of left) {
      const place = `${task.target.cluster}/${task.target.namespace}/${task.component.replicaKey ?? ""}`;
      const ready = withInputs(task.component, variables.get(place) ?? {});
      if (ready === undefined) continue;
      progress = true;
      left = left.filter((other) => other !== task);
      const result = applied(delivery, step, { ...task, component: ready });
      done.push(result);
      const outputs: Record<string, JsonValue> = {};
      for (const output of result.outputs as readonly JsonObject[])
        outputs[textOf(((output.metadata as JsonObject).labels as JsonObject)["trait.oam.dev/resource"])] = output;
      for (const { name, valueFrom } of task.component.outputs) {
        const value = valueFrom
          .split(".")
          .reduce<JsonValue | undefined>((at, part) => (isJsonObject(at) ? at[part] : undefined), {
            output: result.workload!,
            outputs,
          });
        if (value !== undefined) variables.set(place, { ...variables.get(place), [name]: value });
      }
    }
  }
  return done;
}

function applied({ item, app, definitions }: Delivery, step: string, { component, target }: Task): JsonObject {
  const cluster = item.clusters?.find(({ name }) => name === target.cluster);
  const rendered = renderComponent({
    app,
    component,
    definitions,
    stages: "until PostDispatch",
    dispatch: {
      revisionHash: item.revisionHash as string,
      cluster: target.cluster === "" ? undefined : target.cluster,
    },
    context: {
      ...contextOf(),
      cluster: target.cluster === "" ? "local" : target.cluster,
      clusterVersion: (cluster?.version as unknown as ClusterVersion | undefined) ?? defaultClusterVersion,
      namespace: target.namespace,
      liveOutput: liveOf(item, component.name),
    },
  });
  if (rendered.kind === "failed") throw new Error(`step ${step}: ${rendered.message}`);
  return {
    step,
    component: component.name,
    cluster: target.cluster,
    ...(target.namespace === "" ? {} : { namespace: target.namespace }),
    ...(component.replicaKey === undefined ? {} : { replicaKey: component.replicaKey }),
    workload: rendered.workloadManaged ? null : (rendered.workload as unknown as JsonObject),
    outputs: outputsOf(rendered, app),
  };
}

function outputsOf({ outputs }: RenderedComponent, app: App): readonly JsonObject[] {
  return outputs.map(({ object, controlPlaneOnly }) => {
    const labels = controlPlaneOnly
      ? { ...object.metadata.labels, "app.oam.dev/cluster": "local" }
      : object.metadata.labels;
    void app;
    return { ...object, metadata: { ...object.metadata, labels } } as unknown as JsonObject;
  });
}

function liveOf(item: ApplicationCase, component: string): JsonObject | undefined {
  const live = (item.objects ?? []).find(
    ({ kind, metadata }) =>
      metadata.name === component &&
      !["ApplicationRevision", "Policy", "Workflow"].includes(kind) &&
      metadata.labels?.["app.oam.dev/component"] === component,
  );
  return live as unknown as JsonObject | undefined;
}

const kinds: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  configmap: { apiVersion: "v1", kind: "ConfigMap" },
  service: { apiVersion: "v1", kind: "Service" },
  secret: { apiVersion: "v1", kind: "Secret" },
  namespace: { apiVersion: "v1", kind: "Namespace" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
};

function readerOf(item: ApplicationCase): ReferredReader {
  const objects: readonly KubeObject[] = item.objects ?? [];
  const isCluster = (kind: string): boolean => kind === "Namespace";
  const of = (kind: string, namespace: string): readonly KubeObject[] =>
    objects.filter(
      (object) => object.kind === kind && (isCluster(kind) || (object.metadata.namespace ?? "default") === namespace),
    );
  return {
    kindOf: async (resource) => kinds[resource.replace(/s$/, "")] ?? kinds[resource],
    get: async ({ kind, namespace, name }) => of(kind, namespace).find(({ metadata }) => metadata.name === name),
    list: async ({ kind, namespace, labels }) =>
      of(kind, namespace).filter(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
  };
}
