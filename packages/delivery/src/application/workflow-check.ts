/** Faults of an Application's workflow: step names, types, time-outs, properties, and what steps refer to. */
import { type Diagnostic, type JsonObject, isJsonObject } from "@lateen/base";
import { durationFault, embeddedTemplates, groupType, parseGoDuration } from "@lateen/workflow";
import { type DefinitionSource, suggestion } from "../definition/definition-set.ts";
import { type App, textOf } from "./application.ts";
import { type Path, fault } from "./fault.ts";
import { nameFix } from "./fixes.ts";
import { propertyFaults } from "./parameter-check.ts";
import { dryContext } from "./dry-context.ts";
import { applicationContext } from "../render/context.ts";

export function workflowFaults(app: App, definitions: DefinitionSource): readonly Diagnostic[] {
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
    const names = [...new Set([...definitions.names("workflow-step", app.namespace), groupType, "suspend"])];
    found.push({
      ...fault(
        "step-type-unknown",
        `unknown workflow step type ${JSON.stringify(type)}${suggestion(type, names)}`,
        [...path, "type"],
        `known types: ${names.toSorted().join(", ")}`,
      ),
      ...nameFix([...path, "type"], type, names),
    });
  }
  if (typeof step.timeout === "string" && step.timeout !== "" && parseGoDuration(step.timeout) === undefined) {
    found.push(
      fault("step-timeout", `${durationFault(step.timeout)}; write it as 30s, 5m or 1h`, [...path, "timeout"]),
    );
  }
  return [
    ...found,
    ...stepProperties(app, { ...step, type } as JsonObject, { path, definitions }),
    ...stepReferences(app, { ...step, name, type }, path),
  ];
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
      found.push({
        ...fault(
          "policy-undeclared",
          `policy ${JSON.stringify(policy)} is not declared in spec.policies${suggestion(policy, names)}`,
          [...path, "properties", "policies", at],
          names.length === 0 ? undefined : `declared: ${names.join(", ")}`,
        ),
        ...nameFix([...path, "properties", "policies", at], policy, names),
      });
    }
  }
  if (step.type === "apply-component") {
    const names = app.components.map(({ name }) => name);
    const component = properties.component;
    if (typeof component !== "string" || !names.includes(component))
      found.push({
        ...fault(
          "component-unknown",
          `component ${JSON.stringify(component ?? "")} is not a component of the application${suggestion(textOf(component), names)}`,
          [...path, "properties", "component"],
        ),
        ...nameFix([...path, "properties", "component"], textOf(component), names),
      });
  }
  return found;
}

/** Properties by the step's definition; what inputs bring may be absent. */
function stepProperties(
  app: App,
  step: JsonObject,
  { path, definitions }: { readonly path: Path; readonly definitions: DefinitionSource },
): readonly Diagnostic[] {
  const type = step.type as string;
  if (type === groupType || type === "suspend") return [];
  const definition = definitions.find("workflow-step", type, app.namespace);
  if (definition === undefined) return [];
  if (step.properties !== undefined && !isJsonObject(step.properties))
    return [fault("step-shape", "properties must be an object", [...path, "properties"])];
  const inputs = Array.isArray(step.inputs) ? step.inputs.filter(isJsonObject) : [];
  const keys = inputs.map(({ parameterKey }) => (typeof parameterKey === "string" ? parameterKey : ""));
  return propertyFaults(definition, {
    properties: step.properties,
    context: {
      name: app.name,
      ...applicationContext(app, dryContext),
      stepName: step.name ?? "",
      stepSessionID: "",
      spanID: "",
    },
    prefix: [...path, "properties"],
    isSupplied: ([top]) =>
      keys.some((key) => key === String(top) || key.startsWith(`${String(top)}.`) || key.startsWith(`${String(top)}[`)),
  });
}
