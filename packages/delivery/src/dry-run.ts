import { type Diagnostic, errorMessage, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, textOf } from "./application/application.ts";
import { workflowPlanOf } from "./application/default-workflow.ts";
import { type DiagnoseOptions, diagnoseApplication } from "./application/diagnose.ts";
import { dryContext } from "./application/dry-context.ts";
import type { DefinitionSource } from "./definition/definition-set.ts";
import { deployTasksOf } from "./deploy-tasks.ts";
import { transformApplication } from "./policy/application-scoped.ts";
import { type Cluster, localCluster } from "./policy/topology.ts";
import type { RenderContext } from "./render/context.ts";
import type { RenderStage } from "./render/record.ts";
import { renderPolicies } from "./render/render-components.ts";
import { Renderings } from "./render/renderings.ts";

/** What one step delivers to one place. */
export interface DryRunGroup {
  /** Name of the workflow step, or `policies` for what policies render. */
  readonly step: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly component: string;
  readonly objects: readonly KubeObject[];
  /** How the objects came to be, where that was asked for. */
  readonly stages?: readonly RenderStage[];
}

export interface DryRun {
  readonly groups: readonly DryRunGroup[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface DryRunOptions extends DiagnoseOptions {
  readonly application: KubeObject;
  readonly definitions: DefinitionSource;
  readonly clusters?: readonly Cluster[];
  /** External Policy objects, as Application policies. */
  readonly externalPolicies?: App["policies"];
  readonly externalWorkflow?: KubeObject;
  /** What a rendering knows beside the Application; default: nothing that exists. */
  readonly context?: RenderContext;
  /** Groups keep how they were rendered. */
  readonly stages?: "kept";
  /** Only these components, by name. */
  readonly only?: ReadonlySet<string>;
  /** `left out` where the same Application passed before: then only what cannot be rendered is told. */
  readonly diagnosis?: "made" | "left out";
}

/** The objects that an Application makes, step by step, by the renderer and the policies that deliver it. */
export function dryRun(options: DryRunOptions): DryRun {
  const { application, definitions } = options;
  const { context = dryContext } = options;
  const renderings = options.renderings ?? new Renderings();
  const diagnostics =
    options.diagnosis === "left out"
      ? []
      : [...diagnoseApplication(application, definitions, { ...options, renderings })];
  if (diagnostics.some(({ severity }) => severity !== "warning")) return { groups: [], diagnostics };
  let app = renderings.appOf(application);
  const groups: DryRunGroup[] = [];
  try {
    app = renderings.appOf(
      transformApplication(application, { definitions, policyDefinitions: [], context }).application,
    );
    const plan = workflowPlanOf(app, options.externalWorkflow);
    const steps = plan.steps.flatMap((step) => [
      step,
      ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : []),
    ]);
    for (const step of steps) groups.push(...groupsOf(app, step, { options, diagnostics, renderings }));
  } catch (error) {
    diagnostics.push({ code: "dry-run", message: errorMessage(error), path: ["spec"], causes: [] });
  }
  const stages: RenderStage[] | undefined = options.stages === "kept" ? [] : undefined;
  const policies = renderPolicies({
    app,
    policies: app.policies,
    definitions,
    context,
    labelNamespace: false,
    record: stages === undefined ? undefined : (stage) => stages.push(stage),
  });
  if (policies.kind === "failed")
    diagnostics.push({ code: "policy", message: policies.message, path: ["spec", "policies"], causes: [] });
  else if (policies.objects.length > 0)
    groups.push({
      step: "policies",
      cluster: localCluster,
      namespace: app.namespace,
      component: "",
      objects: policies.objects,
      ...(stages === undefined ? {} : { stages }),
    });
  return { groups, diagnostics };
}

function groupsOf(
  app: App,
  step: Record<string, unknown>,
  { options, diagnostics, renderings }: { options: DryRunOptions; diagnostics: Diagnostic[]; renderings: Renderings },
): readonly DryRunGroup[] {
  const properties = isJsonObject(step.properties) ? step.properties : {};
  const name = textOf(step.name ?? step.type);
  const allPolicies = [...app.policies, ...(options.externalPolicies ?? [])];
  const placing = { clusters: options.clusters ?? [], namespace: app.namespace, allPolicies };
  const strings = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  if (step.type === "apply-component") {
    const component = app.components.find((one) => one.name === properties.component);
    const cluster =
      typeof properties.cluster === "string" && properties.cluster !== "" ? properties.cluster : localCluster;
    return component === undefined || options.only?.has(component.name) === false
      ? []
      : [rendered({ app, step: name, component, target: { cluster, namespace: textOf(properties.namespace) } })];
  }
  if (step.type !== "deploy") return [];
  const { tasks } = deployTasksOf(
    app,
    { policies: strings(properties.policies), inlinePolicies: properties.inlinePolicies },
    placing,
  );
  const wanted = tasks.filter(({ component }) => options.only?.has(component.name) !== false);
  return wanted.map(({ component, target }) => rendered({ app, step: name, component, target }));

  function rendered(delivery: {
    app: App;
    step: string;
    component: App["components"][number];
    target: { cluster: string; namespace: string };
  }): DryRunGroup {
    const { component, target } = delivery;
    const context = { ...(options.context ?? dryContext), cluster: target.cluster, namespace: target.namespace };
    const stages: RenderStage[] | undefined = options.stages === "kept" ? [] : undefined;
    const record = stages === undefined ? undefined : (stage: RenderStage): void => void stages.push(stage);
    const task = { app, component, definitions: options.definitions, context };
    // What was rendered before says nothing of its stages.
    const result =
      record === undefined ? renderings.render(task) : renderings.renderAfresh({ ...task, record }).rendered;
    if (result.kind === "failed")
      diagnostics.push({ code: "render", message: result.message, path: ["spec", "components"], causes: [] });
    const objects =
      result.kind === "failed"
        ? []
        : [...(result.workloadManaged ? [] : [result.workload]), ...result.outputs.map(({ object }) => object)];
    return {
      step: delivery.step,
      cluster: target.cluster,
      namespace: target.namespace === "" ? app.namespace : target.namespace,
      component: component.name,
      objects,
      ...(stages === undefined ? {} : { stages }),
    };
  }
}
