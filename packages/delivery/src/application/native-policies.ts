/** Policy types that the engine itself understands; any other type is a PolicyDefinition that renders objects. */
export const nativePolicyTypes: ReadonlySet<string> = new Set([
  "garbage-collect",
  "apply-once",
  "shared-resource",
  "take-over",
  "read-only",
  "resource-update",
  "env-binding",
  "topology",
  "override",
  "replication",
  "debug",
]);
