/** What an application's trackers say is no longer wanted, and in which order it goes (kubevela-engine.md 5.5). */
import type { KubeObject } from "@lateen/objects";
import type { App } from "../application/application.ts";
import type { ResourcePolicies } from "../policy/resource-policies.ts";
import { type ManagedResource, type Trackers, resourceKey, resourcesOf } from "./tracker.ts";

export interface GarbagePlan {
  /** Resources to delete or release, each once. */
  readonly resources: readonly ManagedResource[];
  /** Trackers that go when their resources are gone. */
  readonly trackers: readonly KubeObject[];
}

/** Resources of earlier generations that the current ones no longer hold. */
export function garbageAfterUpdate({ root, current, history }: Trackers): GarbagePlan {
  const kept = new Set(
    [root, current].flatMap((tracker) => (tracker === undefined ? [] : resourcesOf(tracker).map(resourceKey))),
  );
  return {
    resources: unique(history.flatMap(resourcesOf)).filter((resource) => !kept.has(resourceKey(resource))),
    trackers: history,
  };
}

/** Everything that the application has ever recorded. */
export function garbageOnDelete({ root, current, history }: Trackers): GarbagePlan {
  const trackers = [root, current, ...history].filter((tracker) => tracker !== undefined);
  return { resources: unique(trackers.flatMap(resourcesOf)), trackers };
}

function unique(resources: readonly ManagedResource[]): readonly ManagedResource[] {
  return [...new Map(resources.map((resource) => [resourceKey(resource), resource])).values()];
}

/** Whether the resource may go now: with `order: dependency` nothing goes before what depends on its component. */
export function mayGo(
  resource: ManagedResource,
  left: readonly ManagedResource[],
  app: App,
  policies: ResourcePolicies,
): boolean {
  if (policies.deletionOrder !== "dependency") return true;
  const dependants = app.components.filter(({ dependsOn, inputs }) => {
    const outputs =
      app.components.find(({ name }) => name === resource.component)?.outputs.map(({ name }) => name) ?? [];
    return dependsOn.includes(resource.component) || inputs.some(({ from }) => outputs.includes(from));
  });
  return !dependants.some(({ name }) => left.some(({ component }) => component === name));
}
