/**
 * Everything that an Application and its definitions alone prove wrong, with field paths: what admission refuses and the
 * command line shows before anything is sent. What depends on other objects is left to the controller.
 */
import { type Diagnostic, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { durationFault, embeddedTemplates, groupType, parseGoDuration } from "@lateen/workflow";
import { type DefinitionSource, suggestion } from "../definition/definition-set.ts";
import { overrideComponents } from "../policy/override.ts";
import { PolicyError } from "../policy/policy-error.ts";
import { placementsOf } from "../policy/topology.ts";
import { type RenderContext, componentContext, defaultClusterVersion } from "../render/context.ts";
import { renderComponent } from "../render/render-component.ts";
import { type App, type AppComponent, appOf, textOf } from "./application.ts";
import { convertStep, workflowPlanOf } from "./default-workflow.ts";
import { nativePolicyTypes } from "./native-policies.ts";
import { missingParameters, parameterFault, undeclaredParameters } from "./parameter-check.ts";

export type Validation = "strict" | "kubevela";

export interface DiagnoseOptions {
  /** `kubevela` lets pass what KubeVela lets pass, as warnings. Default `strict`. */
  readonly validation?: Validation;
}

type Path = readonly (string | number)[];

const fault = (code: string, message: string, path: Path, help?: string): Diagnostic => ({
  code,
  message,
  path,
  causes: [],
  ...(help === undefined ? {} : { help }),
});

/** Errors and warnings of an Application, errors of names before those of values. */
export function diagnoseApplication(
  application: KubeObject,
  definitions: DefinitionSource,
  { validation = "strict" }: DiagnoseOptions = {},
): readonly Diagnostic[] {
  const shape = shapeFaults(application);
  if (shape.length > 0) return shape;
  const app = appOf(application);
  const names = [
    ...componentNames(app),
    ...typeFaults(app, definitions),
    ...policyFaults(app, definitions),
    ...workflowFaults(app, definitions),
    ...dependencyFaults(app),
  ];
  const values = app.components.flatMap((component, index) =>
    valueFaults(app, component, { index, definitions, validation }),
  );
  const warnings = app.components.flatMap((component, index) =>
    applianceWarnings(app, component, { index, definitions }),
  );
  const errors = [...names, ...values].map((found) => soften(found, validation));
  return [...errors, ...warnings];
}

const lenient = new Set([
  "parameter-undeclared",
  "parameter-missing",
  "policy-undeclared",
  "component-unknown",
  "dependency-cycle",
]);

/** What KubeVela lets pass is a warning in its mode. */
function soften(found: Diagnostic, validation: Validation): Diagnostic {
  return validation === "kubevela" && lenient.has(found.code) ? { ...found, severity: "warning" } : found;
}

function shapeFaults(application: KubeObject): readonly Diagnostic[] {
  const name = application.metadata?.name;
  if (typeof name !== "string" || name === "")
    return [fault("name-missing", "an Application needs a name", ["metadata", "name"])];
  const components = valueAt(application, "spec", "components");
  if (components === undefined) {
    return [
      fault(
        "components-missing",
        "an Application needs a list of components",
        ["spec", "components"],
        "write spec.components with at least one component: its name, type and properties",
      ),
    ];
  }
  if (!Array.isArray(components))
    return [fault("components-shape", "spec.components must be a list", ["spec", "components"])];
  return components.flatMap((component, index) => {
    const path = ["spec", "components", index];
    if (!isJsonObject(component)) return [fault("component-shape", "a component must be an object", path)];
    const missing = (["name", "type"] as const).filter(
      (field) => typeof component[field] !== "string" || component[field] === "",
    );
    return missing.map((field) => fault("component-shape", `a component needs a ${field}`, [...path, field]));
  });
}

function componentNames(app: App): readonly Diagnostic[] {
  const first = new Map<string, number>();
  return app.components.flatMap(({ name }, index) => {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    return [
      fault("component-duplicate", `duplicated component name ${name}: components[${earlier}] has it already`, [
        "spec",
        "components",
        index,
        "name",
      ]),
    ];
  });
}

function typeFaults(app: App, definitions: DefinitionSource): readonly Diagnostic[] {
  return app.components.flatMap((component, index) => {
    const path = ["spec", "components", index];
    const found: Diagnostic[] = [];
    if (definitions.find("component", component.type, app.namespace) === undefined) {
      const names = definitions.names("component", app.namespace);
      found.push(
        fault(
          "component-type-unknown",
          `unknown component type ${JSON.stringify(component.type)}${suggestion(component.type, names)}`,
          [...path, "type"],
          `known types: ${names.toSorted().join(", ")}`,
        ),
      );
    }
    for (const [at, { type }] of component.traits.entries()) {
      if (definitions.find("trait", type, app.namespace) !== undefined) continue;
      const names = definitions.names("trait", app.namespace);
      found.push(
        fault(
          "trait-type-unknown",
          `unknown trait type ${JSON.stringify(type)}${suggestion(type, names)}`,
          [...path, "traits", at, "type"],
          `known types: ${names.toSorted().join(", ")}`,
        ),
      );
    }
    return found;
  });
}

function policyFaults(app: App, definitions: DefinitionSource): readonly Diagnostic[] {
  const first = new Map<string, number>();
  return app.policies.flatMap((policy, index) => {
    const path = ["spec", "policies", index];
    const found: Diagnostic[] = [];
    const earlier = first.get(policy.name);
    if (earlier !== undefined)
      found.push(
        fault("policy-duplicate", `duplicated policy name ${policy.name}: policies[${earlier}] has it already`, [
          ...path,
          "name",
        ]),
      );
    else first.set(policy.name, index);
    const known =
      nativePolicyTypes.has(policy.type) || definitions.find("policy", policy.type, app.namespace) !== undefined;
    if (!known) {
      const names = [...nativePolicyTypes, ...definitions.names("policy", app.namespace)];
      found.push(
        fault(
          "policy-type-unknown",
          `unknown policy type ${JSON.stringify(policy.type)}${suggestion(policy.type, names)}`,
          [...path, "type"],
        ),
      );
    } else if (
      policy.properties === undefined &&
      policy.type !== "debug" &&
      !isApplicationScoped(policy.type, app, definitions)
    ) {
      found.push(
        fault("policy-empty", `policy ${policy.type} named ${policy.name} must not have empty properties`, path),
      );
    } else found.push(...policyContentFaults(app, index));
    return found;
  });
}

function isApplicationScoped(type: string, app: App, definitions: DefinitionSource): boolean {
  const definition = definitions.find("policy", type, app.namespace);
  return definition !== undefined && valueAt(definition, "spec", "scope") === "Application";
}

function policyContentFaults(app: App, index: number): readonly Diagnostic[] {
  const policy = app.policies[index]!;
  try {
    if (policy.type === "override") overrideComponents(app.components, policy);
    if (policy.type === "topology")
      placementsOf([{ ...policy, properties: withoutClusters(policy.properties) }], {
        clusters: [],
        namespace: app.namespace,
      });
  } catch (error) {
    if (error instanceof PolicyError)
      return [fault("policy-content", error.message, ["spec", "policies", index, "properties"])];
    throw error;
  }
  return [];
}

/** Which clusters exist is a matter of the cluster's state. */
function withoutClusters<T extends object | undefined>(properties: T): T {
  if (properties === undefined) return properties;
  return { ...properties, clusters: [] } as T;
}

function workflowFaults(app: App, definitions: DefinitionSource): readonly Diagnostic[] {
  if (app.workflow === undefined) return [];
  if (app.workflow.ref !== undefined) {
    return (app.workflow.steps ?? []).length === 0
      ? []
      : [fault("workflow-double", "cannot set steps and ref in workflow at the same time", ["spec", "workflow"])];
  }
  const seen = new Map<string, string>();
  return (app.workflow.steps ?? []).flatMap((step, index) => {
    const path = ["spec", "workflow", "steps", index];
    const subSteps = Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : [];
    return [
      ...stepFaults(app, step, { path, definitions, seen }),
      ...subSteps.flatMap((sub, at) => stepFaults(app, sub, { path: [...path, "subSteps", at], definitions, seen })),
    ];
  });
}

interface StepPlace {
  readonly path: Path;
  readonly definitions: DefinitionSource;
  readonly seen: Map<string, string>;
}

function stepFaults(
  app: App,
  step: Record<string, unknown>,
  { path, definitions, seen }: StepPlace,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const name = typeof step.name === "string" ? step.name : "";
  const type = typeof step.type === "string" ? step.type : "";
  if (name !== "") {
    if (seen.has(name)) found.push(fault("step-duplicate", `duplicated step name ${name}`, [...path, "name"]));
    seen.set(name, name);
  }
  const builtin = type === groupType || type === "apply-component" || Object.hasOwn(embeddedTemplates, type);
  if (!builtin && definitions.find("workflow-step", type, app.namespace) === undefined) {
    const names = [...definitions.names("workflow-step", app.namespace), groupType, "suspend"];
    found.push(
      fault("step-type-unknown", `unknown workflow step type ${JSON.stringify(type)}${suggestion(type, names)}`, [
        ...path,
        "type",
      ]),
    );
  }
  if (typeof step.timeout === "string" && step.timeout !== "" && parseGoDuration(step.timeout) === undefined) {
    found.push(
      fault("step-timeout", `${durationFault(step.timeout)}; write it as 30s, 5m or 1h`, [...path, "timeout"]),
    );
  }
  return [...found, ...stepReferences(app, { ...step, name, type }, path)];
}

function stepReferences(
  app: App,
  step: Record<string, unknown> & { readonly type: string },
  path: Path,
): readonly Diagnostic[] {
  const properties = isJsonObject(step.properties) ? step.properties : {};
  const found: Diagnostic[] = [];
  if (step.type === "deploy" && Array.isArray(properties.policies)) {
    for (const [at, policy] of properties.policies.entries()) {
      if (typeof policy !== "string" || app.policies.some(({ name }) => name === policy)) continue;
      const names = app.policies.map(({ name }) => name);
      found.push(
        fault(
          "policy-undeclared",
          `policy ${JSON.stringify(policy)} is not declared in spec.policies${suggestion(policy, names)}`,
          [...path, "properties", "policies", at],
          names.length === 0 ? undefined : `declared: ${names.join(", ")}`,
        ),
      );
    }
  }
  if (step.type === "apply-component") {
    const names = app.components.map(({ name }) => name);
    const component = properties.component;
    if (typeof component !== "string" || !names.includes(component))
      found.push(
        fault(
          "component-unknown",
          `component ${JSON.stringify(component ?? "")} is not a component of the application${suggestion(textOf(component), names)}`,
          [...path, "properties", "component"],
        ),
      );
  }
  return found;
}

function dependencyFaults(app: App): readonly Diagnostic[] {
  const names = app.components.map(({ name }) => name);
  const unknown = app.components.flatMap((component, index) =>
    component.dependsOn.flatMap((name, at) =>
      names.includes(name)
        ? []
        : [
            fault(
              "component-unknown",
              `component ${component.name} depends on ${name}, which is not a component of the application${suggestion(name, names)}`,
              ["spec", "components", index, "dependsOn", at],
            ),
          ],
    ),
  );
  const cycle = dependencyCycle(app);
  return cycle === undefined
    ? unknown
    : [
        ...unknown,
        fault("dependency-cycle", `components depend on each other in a circle: ${cycle.join(" → ")}`, [
          "spec",
          "components",
          names.indexOf(cycle[0]!),
          "dependsOn",
        ]),
      ];
}

function dependencyCycle(app: App): readonly string[] | undefined {
  const edges = new Map(app.components.map(({ name, dependsOn }) => [name, dependsOn]));
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const path: string[] = [];
    const stack: (string | undefined)[] = [start];
    for (let name = stack.pop(); path.length > 0 || name !== undefined; name = stack.pop()) {
      if (name === undefined) {
        done.add(path.pop()!);
        if (stack.length === 0) break;
        continue;
      }
      if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
      if (done.has(name)) continue;
      path.push(name);
      stack.push(undefined, ...(edges.get(name) ?? []).filter((next) => edges.has(next)));
    }
  }
  return undefined;
}

interface ComponentPlace {
  readonly index: number;
  readonly definitions: DefinitionSource;
}

export const dryContext: RenderContext = { cluster: "", clusterVersion: defaultClusterVersion };

function valueFaults(
  app: App,
  component: AppComponent,
  { index, definitions, validation }: ComponentPlace & { readonly validation: Validation },
): readonly Diagnostic[] {
  const definition = definitions.find("component", component.type, app.namespace);
  if (definition === undefined || component.type === "ref-objects") return [];
  const path = ["spec", "components", index];
  const undeclared = undeclaredFaults(app, component, { path, definitions });
  const rendered = renderComponent({ app, component, definitions, context: dryContext });
  if (rendered.kind === "failed") {
    const { trait, traitIndex } = rendered.place;
    const place = traitIndex === undefined ? path : [...path, "traits", traitIndex];
    const at = trait === undefined ? definition : definitions.find("trait", trait, app.namespace);
    const properties = traitIndex === undefined ? component.properties : component.traits[traitIndex]?.properties;
    if (at === undefined) return undeclared;
    const faults = placedFaults(rendered.diagnostics, rendered.message, { definition: at, properties, path: place });
    const own = faults.filter((one) => !isSupplied(one.path, app, component, path));
    return dropDoubles([...undeclared, ...own]);
  }
  const missing = missingParameters(definition, {
    properties: component.properties,
    context: componentContext(app, component, dryContext),
  })
    .map((one) =>
      parameterFault(one, { definition, properties: component.properties, prefix: [...path, "properties"] }),
    )
    .filter((one) => !isSupplied(one.path, app, component, path));
  return [...undeclared, ...(validation === "strict" ? missing : missing)];
}

/** Parameter faults first; where there are none, what the template says. */
function placedFaults(
  diagnostics: readonly Diagnostic[],
  message: string,
  { definition, properties, path }: { definition: KubeObject; properties: AppComponent["properties"]; path: Path },
): readonly Diagnostic[] {
  const ofParameter = diagnostics.filter((one) => one.path[0] === "parameter" && one.path.length > 1);
  if (ofParameter.length > 0) {
    return ofParameter.map((one) => parameterFault(one, { definition, properties, prefix: [...path, "properties"] }));
  }
  const own = diagnostics.filter(({ code }) => code === "user");
  if (own.length > 0) return own.map((one) => ({ ...one, path: [...path, "properties"] }));
  return [fault("render", message, path)];
}

function dropDoubles(faults: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return faults.filter(({ code, path }) => {
    const key = `${code} ${path.join("/")}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Whether a step's input or an override policy may bring the value in time. */
function isSupplied(path: Path, app: App, component: AppComponent, prefix: Path): boolean {
  const inner = path.slice(prefix.length + 1);
  const [top] = inner;
  if (top === undefined || path[prefix.length] !== "properties") return false;
  const byInput = [...component.inputs, ...stepInputs(app, component)].some(({ parameterKey }) => {
    const key = parameterKey?.replace(/^(?:value\.)?(?:properties\.)?/, "");
    return key !== undefined && (key === top || key.startsWith(`${top}.`) || key.startsWith(`${top}[`));
  });
  if (byInput) return true;
  return app.policies.some((policy) => {
    if (policy.type !== "override" || policy.properties === undefined) return false;
    try {
      const changed = overrideComponents([component], {
        ...policy,
        properties: { ...policy.properties, selector: [component.name] },
      });
      const value = inner.reduce<unknown>(
        (at, part) =>
          typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[part] : undefined,
        changed[0]?.properties,
      );
      return value !== undefined;
    } catch {
      return false;
    }
  });
}

function stepInputs(app: App, component: AppComponent): readonly { readonly parameterKey?: string }[] {
  const steps = (app.workflow?.steps ?? []).flatMap((step) => [
    step,
    ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : []),
  ]);
  return steps.flatMap((step) => {
    const properties = isJsonObject(step.properties) ? step.properties : {};
    if (step.type !== "apply-component" || properties.component !== component.name || !Array.isArray(step.inputs))
      return [];
    return step.inputs.filter(isJsonObject) as readonly { readonly parameterKey?: string }[];
  });
}

function undeclaredFaults(
  app: App,
  component: AppComponent,
  { path, definitions }: { path: Path; definitions: DefinitionSource },
): readonly Diagnostic[] {
  const definition = definitions.find("component", component.type, app.namespace);
  const own =
    definition === undefined ? [] : undeclaredParameters(definition, component.properties, [...path, "properties"]);
  const traits = component.traits.flatMap(({ type, properties }, at) => {
    const trait = definitions.find("trait", type, app.namespace);
    return trait === undefined ? [] : undeclaredParameters(trait, properties, [...path, "traits", at, "properties"]);
  });
  return [...own, ...traits];
}

/** KubeVela does not enforce `appliesToWorkloads`: a warning. */
function applianceWarnings(
  app: App,
  component: AppComponent,
  { index, definitions }: ComponentPlace,
): readonly Diagnostic[] {
  const definition = definitions.find("component", component.type, app.namespace);
  const workload = definition === undefined ? undefined : valueAt(definition, "spec", "workload", "type");
  if (typeof workload !== "string" || workload === "autodetects.core.oam.dev") return [];
  return component.traits.flatMap(({ type }, at) => {
    const trait = definitions.find("trait", type, app.namespace);
    const applies = trait === undefined ? undefined : valueAt(trait, "spec", "appliesToWorkloads");
    if (
      !Array.isArray(applies) ||
      applies.length === 0 ||
      applies.includes("*") ||
      applies.includes(workload) ||
      applies.includes(component.type)
    )
      return [];
    return [
      {
        ...fault(
          "trait-does-not-apply",
          `trait ${type} is made for ${applies.join(", ")}; component ${component.name} is of ${workload}`,
          ["spec", "components", index, "traits", at, "type"],
        ),
        severity: "warning" as const,
      },
    ];
  });
}

/** The Application's steps with every reference resolved, for callers that want to know early. @throws ApplicationError. */
export function resolvedSteps(app: App, external?: KubeObject): readonly unknown[] {
  return workflowPlanOf(app, external).steps.map((step) => convertStep(step, app.components));
}
