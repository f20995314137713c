/** What a deploy step delivers: components after overrides and replication, times placements (kubevela-engine.md 4.10). */
import { type JsonValue, isJsonObject } from "@lateen/base";
import { parseKeyPath, setByPath } from "@lateen/workflow";
import { type App, type AppComponent, type AppPolicy, textOf } from "./application/application.ts";
import { overrideComponents } from "./policy/override.ts";
import { PolicyError } from "./policy/policy-error.ts";
import { replicateComponents } from "./policy/replication.ts";
import { type PlacementOptions, type Target, placementsOf } from "./policy/topology.ts";

export interface DeployTask {
  readonly component: AppComponent;
  readonly target: Target;
}

export interface DeployTasks {
  readonly components: readonly AppComponent[];
  readonly placements: readonly Target[];
  /** In the order of placements, then components. */
  readonly tasks: readonly DeployTask[];
}

/** `cluster/namespace/replica/component`: how messages and maps name a task. */
export const taskKey = ({ component, target }: DeployTask): string =>
  `${target.cluster}/${target.namespace}/${component.replicaKey ?? ""}/${component.name}`;

/** @throws PolicyError for an unknown policy and for one that cannot be followed. */
export function deployTasksOf(
  app: App,
  step: { readonly policies: readonly string[]; readonly inlinePolicies?: JsonValue | undefined },
  options: PlacementOptions & {
    readonly allPolicies: readonly AppPolicy[];
    readonly isTerraform?: (component: AppComponent) => boolean;
  },
): DeployTasks {
  const named = step.policies.map((name) => {
    const policy = options.allPolicies.find((one) => one.name === name);
    if (policy === undefined) throw new PolicyError(name, `policy ${name} not found`);
    return policy;
  });
  const policies = [...named, ...inlinePolicies(step.inlinePolicies)];
  const placements = placementsOf(policies, options);
  let components = app.components.filter((component) => options.isTerraform?.(component) !== true);
  for (const policy of policies)
    if (policy.type === "override") components = [...overrideComponents(components, policy)];
  components = [...replicateComponents(components, policies)];
  const tasks = placements.flatMap((target) => components.map((component) => ({ component, target })));
  return { components, placements, tasks };
}

function inlinePolicies(value: JsonValue | undefined): readonly AppPolicy[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((policy, index) => {
    const type = textOf(policy.type);
    const properties = isJsonObject(policy.properties) ? policy.properties : undefined;
    return {
      name: typeof policy.name === "string" && policy.name !== "" ? policy.name : `inline-${type}-policy-${index}`,
      type,
      properties,
    };
  });
}

/** The component with its inputs filled in from variables, or undefined while one of them is not there. */
export function withInputs(
  component: AppComponent,
  variables: Readonly<Record<string, JsonValue>>,
): AppComponent | undefined {
  if (component.inputs.length === 0) return component;
  let properties: JsonValue = component.properties ?? {};
  for (const { from, parameterKey } of component.inputs) {
    if (!Object.hasOwn(variables, from)) return undefined;
    const parts = parameterKey === undefined ? undefined : parseKeyPath(parameterKey.replace(/^properties\./, ""));
    if (parts !== undefined) properties = setByPath(properties, parts, variables[from]!);
  }
  return { ...component, properties: isJsonObject(properties) ? properties : {} };
}
