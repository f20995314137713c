/**
 * What KubeVela's admission refuses, and nothing more (kubevela-engine.md 7): for `validation: kubevela`, and for telling
 * users which of their Applications pass only there.
 */
import { type Diagnostic } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { DefinitionSource } from "../definition/definition-set.ts";
import { overrideComponents } from "../policy/override.ts";
import { componentContext } from "../render/context.ts";
import { evaluateComponent } from "../render/render-component.ts";
import { cueMessage } from "../render/template.ts";
import type { App, AppComponent } from "./application.ts";
import { dryContext } from "./dry-context.ts";
import { missingParameters, topUndeclared } from "./parameter-check.ts";
import { isSupplied } from "./value-check.ts";

export interface KubevelaGates {
  /** EnableCueValidation: missing parameters are faults, too. */
  readonly required?: boolean;
  /** ValidateUndeclaredParameters: undeclared ones at the top level are faults, too. */
  readonly undeclared?: boolean;
}

/** The first fault as a text, or undefined. */
export function kubevelaFault(app: App, definitions: DefinitionSource, gates: KubevelaGates = {}): string | undefined {
  const seen = new Set<string>();
  for (const { name } of app.components) {
    if (seen.has(name)) return `duplicated component name ${name}`;
    seen.add(name);
  }
  for (const component of app.components) {
    const fault = componentFault(app, component, { definitions, gates });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function componentFault(
  app: App,
  component: AppComponent,
  { definitions, gates }: { readonly definitions: DefinitionSource; readonly gates: KubevelaGates },
): string | undefined {
  const definition = definitions.find("component", component.type, app.namespace);
  if (definition === undefined || component.type === "ref-objects") return undefined;
  const failure = evaluateComponent({ app, component, definitions, context: dryContext, stages: "until PostDispatch" });
  if (failure !== undefined) {
    const violated =
      failure.place.trait === undefined ? failure.diagnostics.filter(({ path }) => path[0] === "parameter") : [];
    if (gates.required !== true || violated.length === 0) return failure.message;
    return `component "${component.name}": parameter constraint violation: ${violated.map(cueMessage).join("; ")}`;
  }
  const missing = gates.required === true ? missingNames(app, component, definition) : [];
  if (missing.length > 0) return `component "${component.name}": missing parameters: ${missing.join(",")}`;
  const undeclared = gates.undeclared === true ? topUndeclared(definition, component.properties) : [];
  return undeclared.length === 0
    ? undefined
    : `component "${component.name}": undeclared parameters: ${undeclared.join(",")}`;
}

function missingNames(app: App, component: AppComponent, definition: KubeObject): readonly string[] {
  const overrides = app.policies.filter(({ type, properties }) => type === "override" && properties !== undefined);
  let changed: readonly AppComponent[] = [component];
  for (const policy of overrides) changed = overrideComponents(changed, policy);
  const properties = changed[0]?.properties;
  return missingParameters(definition, { properties, context: componentContext(app, component, dryContext) })
    .filter(({ path }: Diagnostic) => !isSupplied(["properties", ...path.slice(1)], app, component, []))
    .map(({ path }) => path.slice(1).join("."));
}
