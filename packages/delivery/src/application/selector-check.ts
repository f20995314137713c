/** Selectors of policies that can select nothing of the Application itself. */
import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type DefinitionSource, suggestion } from "../definition/definition-set.ts";
import { overrideComponents } from "../policy/override.ts";
import { PolicyError } from "../policy/policy-error.ts";
import { auxiliaryWorkload } from "../render/metadata.ts";
import type { App, AppComponent, AppPolicy } from "./application.ts";
import { type Path, fault } from "./fault.ts";
import { nameFix } from "./fixes.ts";

const ruledPolicies: ReadonlySet<string> = new Set([
  "garbage-collect",
  "apply-once",
  "shared-resource",
  "read-only",
  "take-over",
  "resource-update",
]);

/** Types that are unknown themselves are told of as such, not as what selectors miss. */
export function selectorFaults(app: App, definitions: DefinitionSource): readonly Diagnostic[] {
  const components = withOverrides(app);
  const isSure = {
    components: components.every(({ type }) => definitions.find("component", type, app.namespace) !== undefined),
    traits: traitTypesOf(app, components).every((type) => definitions.find("trait", type, app.namespace) !== undefined),
  };
  const known = knownNames(app, components, isSure);
  return app.policies.flatMap((policy, index) => {
    const path = ["spec", "policies", index, "properties"];
    if (policy.properties === undefined) return [];
    if (policy.type === "override") return overrideFaults(policy, path, { app, components, isSure: isSure.components });
    const names = components.map(({ name }) => name);
    if (policy.type === "replication")
      return listFaults(policy.properties.selector, [...path, "selector"], { policy, names, what: "component" });
    return ruledPolicies.has(policy.type) ? ruleFaults(policy, path, known) : [];
  });
}

/** The components, and those that overrides add to them. */
function withOverrides(app: App): readonly AppComponent[] {
  let components = app.components;
  for (const policy of app.policies) {
    if (policy.type !== "override" || policy.properties === undefined) continue;
    try {
      const { selector: _, ...properties } = policy.properties;
      components = overrideComponents(components, { ...policy, properties });
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
    }
  }
  return components;
}

interface Named {
  readonly policy: AppPolicy;
  readonly names: readonly string[];
  readonly what: string;
}

function listFaults(list: JsonValue | undefined, path: Path, { policy, names, what }: Named): readonly Diagnostic[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).flatMap((name, at) => {
    if (typeof name !== "string" || names.includes(name)) return [];
    const message = `policy ${policy.name} selects ${what} ${JSON.stringify(name)}, of which the application has none${suggestion(name, names)}`;
    const help = names.length === 0 ? undefined : `it has ${[...new Set(names)].join(", ")}`;
    return [{ ...fault("selector-empty", message, [...path, at], help), ...nameFix([...path, at], name, names) }];
  });
}

function overrideFaults(
  policy: AppPolicy,
  path: Path,
  {
    app,
    components,
    isSure,
  }: { readonly app: App; readonly components: readonly AppComponent[]; readonly isSure: boolean },
): readonly Diagnostic[] {
  const { selector, components: changes } = policy.properties!;
  const names = components.map(({ name }) => name);
  const types = app.components.map(({ type }) => type);
  const selected = listFaults(selector, [...path, "selector"], { policy, names, what: "component" });
  const listed = Array.isArray(changes) ? (changes as readonly JsonValue[]) : [];
  const changed = listed.flatMap((change, index) => {
    if (!isJsonObject(change)) return [];
    const { type, name } = change;
    const at = [...path, "components", index];
    if (typeof type === "string" && !isSure) return [];
    if (typeof type === "string" && (name === undefined || name === ""))
      return listFaults([type], [...at, "type"], { policy, names: types, what: "components of type" }).map((one) =>
        lifted(one),
      );
    if (typeof name !== "string" || name === "" || type !== undefined || !/^[\w-]+$/.test(name)) return [];
    const isKnown = app.components.some((component) => component.name.includes(name));
    return isKnown
      ? []
      : listFaults([name], [...at, "name"], {
          policy,
          names: app.components.map((one) => one.name),
          what: "component",
        }).map((one) => lifted(one));
  });
  return [...selected, ...changed];
}

/** A fault of an only element as one of the field itself. */
function lifted(found: Diagnostic): Diagnostic {
  const path = found.path.slice(0, -1);
  return { ...found, path, ...(found.fix === undefined ? {} : { fix: { ...found.fix, path } }) };
}

type Known = Readonly<Record<string, readonly string[]>>;

interface Sureness {
  readonly components: boolean;
  readonly traits: boolean;
}

function knownNames(app: App, components: readonly AppComponent[], isSure: Sureness): Known {
  const versioned = (types: readonly string[]): readonly string[] =>
    types.flatMap((type) => (type.includes("@") ? [type, type.replace("@", "-")] : [type]));
  return {
    componentNames: [...components.map(({ name }) => name), ...app.policies.map(({ name }) => name)],
    oamTypes: ["WORKLOAD", "TRAIT"],
    ...(isSure.components ? { componentTypes: versioned(components.map(({ type }) => type)) } : {}),
    ...(isSure.traits ? { traitTypes: [...versioned(traitTypesOf(app, components)), auxiliaryWorkload] } : {}),
  };
}

/** Traits of the components, and those that overrides bring. */
function traitTypesOf(app: App, components: readonly AppComponent[]): readonly string[] {
  const own = components.flatMap(({ traits }) => traits.map(({ type }) => type));
  return [...own, ...app.policies.flatMap(({ properties }) => traitTypesIn(properties))];
}

function traitTypesIn(properties: JsonObject | undefined): readonly string[] {
  const listed = Array.isArray(properties?.components) ? properties.components.filter(isJsonObject) : [];
  return listed.flatMap(({ traits }) =>
    Array.isArray(traits)
      ? traits.filter(isJsonObject).flatMap(({ type }) => (typeof type === "string" ? [type] : []))
      : [],
  );
}

const words: Readonly<Record<string, string>> = {
  componentNames: "objects of component",
  componentTypes: "objects of component type",
  traitTypes: "objects of trait",
  oamTypes: "objects of kind",
};

function ruleFaults(policy: AppPolicy, path: Path, known: Known): readonly Diagnostic[] {
  const rules = policy.properties?.rules;
  if (!Array.isArray(rules)) return [];
  return (rules as readonly JsonValue[]).flatMap((rule, index) => {
    const selector = isJsonObject(rule) ? rule.selector : undefined;
    if (!isJsonObject(selector)) return [];
    return Object.entries(known).flatMap(([field, names]) =>
      listFaults(selector[field], [...path, "rules", index, "selector", field], { policy, names, what: words[field]! }),
    );
  });
}
