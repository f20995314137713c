import type { AppComponent, AppPolicy } from "../application/application.ts";
import { PolicyError } from "./policy-error.ts";

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/**
 * Components with copies for each key (engine 4.9): selected ones go and come back at the end, one copy a key. Keys of
 * several policies for one component add up.
 * @throws PolicyError when a policy selects nothing.
 */
export function replicateComponents(
  components: readonly AppComponent[],
  policies: readonly AppPolicy[],
): readonly AppComponent[] {
  const keys = new Map<string, string[]>();
  for (const policy of policies) {
    if (policy.type !== "replication" || policy.properties === undefined) continue;
    const selector = strings(policy.properties.selector);
    const selected = components.filter(({ name }) => selector.includes(name));
    if (selected.length === 0) {
      throw new PolicyError(
        policy.name,
        `failed to apply replicate policy ${policy.name}: no component selected to replicate`,
      );
    }
    for (const { name } of selected) keys.set(name, [...(keys.get(name) ?? []), ...strings(policy.properties.keys)]);
  }
  const kept = components.filter(({ name }) => !keys.has(name));
  const copies = components.flatMap((component) =>
    (keys.get(component.name) ?? []).map((replicaKey): AppComponent => ({ ...component, replicaKey })),
  );
  return [...kept, ...copies];
}
