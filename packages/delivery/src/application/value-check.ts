/** Faults of components' and traits' properties: what rendering them shows, and what their definitions do not declare. */
import { type Diagnostic, isJsonObject, jsonEquals } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { DefinitionSource } from "../definition/definition-set.ts";
import { overrideComponents } from "../policy/override.ts";
import { lookupFieldAt } from "../render/field-path.ts";
import type { Renderings } from "../render/renderings.ts";
import type { App, AppComponent } from "./application.ts";
import { dryContext } from "./dry-context.ts";
import { type Path, dropDoubles, fault } from "./fault.ts";
import { missingIn, parameterFault, undeclaredParameters } from "./parameter-check.ts";
import { quantityFaults } from "./quantity-check.ts";

export interface ComponentPlace {
  readonly index: number;
  readonly definitions: DefinitionSource;
}

export interface RenderedPlace extends ComponentPlace {
  /** Where what is rendered here is kept for whoever delivers it. */
  readonly renderings: Renderings;
}

export function valueFaults(
  app: App,
  component: AppComponent,
  { index, definitions, renderings }: RenderedPlace,
): readonly Diagnostic[] {
  const definition = definitions.find("component", component.type, app.namespace);
  if (definition === undefined || component.type === "ref-objects") return [];
  const path = ["spec", "components", index];
  const undeclared = undeclaredFaults(app, component, { path, definitions });
  const { rendered, base } = renderings.renderAfresh({ app, component, definitions, context: dryContext });
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
  const missing = (base === undefined ? [] : missingIn(base))
    .map((one) =>
      parameterFault(one, { definition, properties: component.properties, prefix: [...path, "properties"] }),
    )
    .filter((one) => !isSupplied(one.path, app, component, path));
  return [...undeclared, ...missing, ...quantityFaults(rendered, component, path)];
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

/** Whether a step's input or an override policy may bring the value in time. */
export function isSupplied(path: Path, app: App, component: AppComponent, prefix: Path): boolean {
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
      const value = lookupFieldAt(changed[0]?.properties, inner);
      return value !== undefined && !jsonEquals(value, lookupFieldAt(component.properties, inner));
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
