import { type JsonObject, isJsonObject } from "@lateen/base";
import { type AppComponent, type AppPolicy, type AppTrait, componentOf } from "../application/application.ts";
import { mergeProperties } from "@lateen/workflow";
import { renderContext } from "../render/template.ts";
import { PolicyError, refuseUnknownFields } from "./policy-error.ts";

interface TraitChange {
  readonly type: string;
  readonly properties: JsonObject | undefined;
  readonly disable: boolean;
}

interface ComponentChange {
  readonly name: string;
  readonly type: string;
  readonly properties: JsonObject | undefined;
  readonly traits: readonly TraitChange[];
  readonly externalRevision: string | undefined;
}

/**
 * Components as one override policy leaves them (engine 4.8): maps merge, lists and scalars are replaced, traits are
 * matched by type; a name is a pattern, and a name that nothing has makes a new component.
 * @throws PolicyError for a policy without properties or with unknown fields.
 */
export function overrideComponents(components: readonly AppComponent[], policy: AppPolicy): readonly AppComponent[] {
  const { changes, selector } = readOverride(policy);
  let result = [...components];
  for (const change of changes) result = change.name === "" ? mergeEach(result, change) : applyNamed(result, change);
  return selector === undefined ? result : result.filter(({ name }) => selector.includes(name));
}

function readOverride(policy: AppPolicy): {
  changes: readonly ComponentChange[];
  selector: readonly string[] | undefined;
} {
  const { properties } = policy;
  if (properties === undefined)
    throw new PolicyError(policy.name, `override policy ${policy.name} must not have empty properties`);
  refuseUnknownFields(policy, properties, ["components", "selector"]);
  const components = properties.components ?? [];
  if (!Array.isArray(components))
    throw new PolicyError(
      policy.name,
      `failed to parse override policy ${policy.name}: json: components must be a list`,
    );
  const selector = properties.selector;
  return {
    changes: components.filter(isJsonObject).map((component) => changeOf(policy, component)),
    selector: Array.isArray(selector) ? selector.filter((item): item is string => typeof item === "string") : undefined,
  };
}

function changeOf(policy: AppPolicy, component: JsonObject): ComponentChange {
  refuseUnknownFields(policy, component, ["name", "type", "properties", "traits", "externalRevision"]);
  const traits = Array.isArray(component.traits) ? component.traits.filter(isJsonObject) : [];
  for (const trait of traits) refuseUnknownFields(policy, trait, ["type", "properties", "disable"]);
  const read = componentOf(component);
  return {
    name: read.name,
    type: read.type,
    properties: read.properties,
    traits: read.traits.map((trait, index) => ({ ...trait, disable: traits[index]?.disable === true })),
    externalRevision: read.externalRevision,
  };
}

function mergeEach(components: readonly AppComponent[], change: ComponentChange): AppComponent[] {
  return components.map((component) =>
    change.type === "" || change.type === component.type ? mergeComponent(component, change) : component,
  );
}

function applyNamed(components: readonly AppComponent[], change: ComponentChange): AppComponent[] {
  const matches = nameMatcher(change.name);
  let found = false;
  const result = components.map((component) => {
    if (!matches(component.name)) return component;
    found = true;
    return change.type !== "" && change.type !== component.type
      ? newComponent(change)
      : mergeComponent(component, change);
  });
  if (!found && /[a-z]/.test(change.name)) result.push(newComponent(change));
  return result;
}

/** An unanchored regular expression in which `*` stands for anything, as the engine reads names. */
function nameMatcher(pattern: string): (name: string) => boolean {
  if (/^[\w*-]*$/.test(pattern)) return plainMatcher(pattern.split("*"));
  const expression = pattern.replaceAll("*", ".*");
  return (name) => {
    const value = renderContext().compile(`matches: ${JSON.stringify(name)} =~ ${JSON.stringify(expression)}`);
    const matches = value.lookupPath("matches");
    return matches.err === undefined && matches.toJSON() === true;
  };
}

function plainMatcher(parts: readonly string[]): (name: string) => boolean {
  return (name) => {
    let from = 0;
    for (const part of parts) {
      const at = name.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return true;
  };
}

function newComponent(change: ComponentChange): AppComponent {
  return {
    name: change.name,
    type: change.type,
    properties: change.properties,
    traits: change.traits.filter(({ disable }) => !disable).map(({ type, properties }) => ({ type, properties })),
    dependsOn: [],
    inputs: [],
    outputs: [],
    ...(change.externalRevision === undefined ? {} : { externalRevision: change.externalRevision }),
  };
}

const merged = (base: JsonObject | undefined, patch: JsonObject | undefined): JsonObject | undefined =>
  patch === undefined ? base : mergeProperties(base ?? {}, patch);

function mergeComponent(component: AppComponent, change: ComponentChange): AppComponent {
  return {
    ...component,
    properties: merged(component.properties, change.properties),
    traits: mergeTraits(component.traits, change.traits),
    ...(change.externalRevision === undefined ? {} : { externalRevision: change.externalRevision }),
  };
}

/**
 * Traits by type: the last base trait of a type is what a change works on, and every base trait of that type ends as the
 * result; a type that was taken away and comes again is merged and appended.
 */
function mergeTraits(traits: readonly AppTrait[], changes: readonly TraitChange[]): readonly AppTrait[] {
  const byType = new Map<string, AppTrait>();
  for (const trait of traits) byType.set(trait.type, trait);
  const order = traits.map(({ type }) => type);
  const disabled = new Set<string>();
  for (const change of changes) {
    if (change.disable) {
      disabled.add(change.type);
      continue;
    }
    const old = byType.get(change.type);
    byType.set(change.type, { type: change.type, properties: merged(old?.properties, change.properties) });
    if (old === undefined || disabled.has(change.type)) order.push(change.type);
    disabled.delete(change.type);
  }
  return order.filter((type) => !disabled.has(type)).map((type) => byType.get(type)!);
}
