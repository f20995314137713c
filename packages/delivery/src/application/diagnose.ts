/**
 * Everything that an Application and its definitions alone prove wrong, with field paths: what admission refuses and the
 * command line shows before anything is sent. What depends on other objects is left to the controller.
 */
import { type Diagnostic, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type DefinitionSource, suggestion } from "../definition/definition-set.ts";
import { overrideComponents } from "../policy/override.ts";
import { PolicyError } from "../policy/policy-error.ts";
import { placementsOf } from "../policy/topology.ts";
import { applicationContext } from "../render/context.ts";
import { Renderings } from "../render/renderings.ts";
import type { App, AppComponent } from "./application.ts";
import { dependencyFaults } from "./dependency-check.ts";
import { dryContext } from "./dry-context.ts";
import { type Path, dropDoubles, fault } from "./fault.ts";
import { fieldFaults } from "./field-check.ts";
import { nameFix } from "./fixes.ts";
import { inputFaults } from "./input-check.ts";
import { nativePolicyTypes } from "./native-policies.ts";
import { propertyFaults } from "./parameter-check.ts";
import { selectorFaults } from "./selector-check.ts";
import { type ComponentPlace, valueFaults } from "./value-check.ts";
import type { Validation } from "./validation.ts";
import { workflowFaults } from "./workflow-check.ts";

export type { Validation } from "./validation.ts";

export interface DiagnoseOptions {
  /** `kubevela` lets pass what KubeVela lets pass, as warnings. Default `strict`. */
  readonly validation?: Validation;
  /** What is rendered is kept here: who renders the same application next finds it. */
  readonly renderings?: Renderings;
}

/** Errors and warnings of an Application, errors of names before those of values. */
export function diagnoseApplication(
  application: KubeObject,
  definitions: DefinitionSource,
  { validation = "strict", renderings = new Renderings() }: DiagnoseOptions = {},
): readonly Diagnostic[] {
  const fields = fieldFaults(application).map((found) => soften(found, validation));
  const shape = shapeFaults(application);
  if (shape.length > 0) return [...fields, ...shape];
  const app = renderings.appOf(application);
  const names = [
    ...componentNames(app),
    ...typeFaults(app, definitions),
    ...policyFaults(app, definitions),
    ...workflowFaults(app, definitions),
    ...dependencyFaults(app),
    ...selectorFaults(app, definitions),
    ...inputFaults(app),
  ];
  const values = app.components.flatMap((component, index) =>
    valueFaults(app, component, { index, definitions, renderings }),
  );
  const warnings = app.components.flatMap((component, index) =>
    applianceWarnings(app, component, { index, definitions }),
  );
  const errors = [...names, ...values].map((found) => soften(found, validation));
  return dropDoubles([...fields, ...errors, ...warnings]);
}

const lenient = new Set([
  "parameter-undeclared",
  "parameter-missing",
  "policy-undeclared",
  "component-unknown",
  "dependency-cycle",
  "step-unknown",
  "field-undeclared",
  "selector-empty",
  "input-unresolvable",
  "quantity-wrong",
]);

/** What KubeVela lets pass is a warning in its mode. */
function soften(found: Diagnostic, validation: Validation): Diagnostic {
  return validation === "kubevela" && lenient.has(found.code) ? { ...found, severity: "warning" } : found;
}

/** Parts of another form than an Application has. */
export function shapeFaults(application: KubeObject): readonly Diagnostic[] {
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
    return [
      ...missing.map((field) => fault("component-shape", `a component needs a ${field}`, [...path, field])),
      ...propertyShape(component.properties, path),
      ...(Array.isArray(component.traits) ? component.traits : []).flatMap((trait: JsonValue, at) =>
        isJsonObject(trait)
          ? propertyShape(trait.properties, [...path, "traits", at])
          : [fault("component-shape", "a trait must be an object", [...path, "traits", at])],
      ),
    ];
  });
}

function propertyShape(properties: JsonValue | undefined, path: Path): readonly Diagnostic[] {
  if (properties === undefined || properties === null || isJsonObject(properties)) return [];
  return [
    fault(
      "component-shape",
      `properties must be an object, not ${Array.isArray(properties) ? "a list" : `a ${typeof properties}`}`,
      [...path, "properties"],
    ),
  ];
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
      found.push({
        ...fault(
          "component-type-unknown",
          `unknown component type ${JSON.stringify(component.type)}${suggestion(component.type, names)}`,
          [...path, "type"],
          `known types: ${names.toSorted().join(", ")}`,
        ),
        ...nameFix([...path, "type"], component.type, names),
      });
    }
    for (const [at, { type }] of component.traits.entries()) {
      if (definitions.find("trait", type, app.namespace) !== undefined) continue;
      const names = definitions.names("trait", app.namespace);
      found.push({
        ...fault(
          "trait-type-unknown",
          `unknown trait type ${JSON.stringify(type)}${suggestion(type, names)}`,
          [...path, "traits", at, "type"],
          `known types: ${names.toSorted().join(", ")}`,
        ),
        ...nameFix([...path, "traits", at, "type"], type, names),
      });
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
      const names = [...new Set([...nativePolicyTypes, ...definitions.names("policy", app.namespace)])];
      found.push({
        ...fault(
          "policy-type-unknown",
          `unknown policy type ${JSON.stringify(policy.type)}${suggestion(policy.type, names)}`,
          [...path, "type"],
          `known types: ${names.toSorted().join(", ")}`,
        ),
        ...nameFix([...path, "type"], policy.type, names),
      });
    } else if (
      policy.properties === undefined &&
      policy.type !== "debug" &&
      !isApplicationScoped(policy.type, app, definitions)
    ) {
      found.push(
        fault("policy-empty", `policy ${policy.type} named ${policy.name} must not have empty properties`, path),
      );
    } else {
      const properties = policyProperties(app, index, definitions);
      // What its definition does not declare the engine cannot read either.
      const isUnknown = properties.some(({ code }) => code === "parameter-undeclared");
      found.push(...(isUnknown ? [] : policyContentFaults(app, index)), ...properties);
    }
    return found;
  });
}

/** Properties by the policy's definition. Native types have one, too, which says what they take. */
function policyProperties(app: App, index: number, definitions: DefinitionSource): readonly Diagnostic[] {
  const policy = app.policies[index]!;
  const type = policy.type === "env-binding" ? "envbinding" : policy.type;
  const definition = definitions.find("policy", type, app.namespace);
  if (definition === undefined) return [];
  const context = { ...applicationContext(app, dryContext), name: policy.name };
  return propertyFaults(definition, {
    properties: policy.properties,
    context,
    prefix: ["spec", "policies", index, "properties"],
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
