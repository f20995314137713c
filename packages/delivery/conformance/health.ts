import type { JsonObject } from "@lateen/base";
import { builtinDefinitionSet } from "../src/definition/builtin.ts";
import { type DefinitionKind, statusTextOf } from "../src/definition/definition-set.ts";
import { assessStatus } from "../src/status/health.ts";
import type { ApplicationCase } from "./applications.ts";

export function answerHealth(item: ApplicationCase): JsonObject {
  const named = item.definition as { kind: string; name: string } | undefined;
  const definition =
    named === undefined ? undefined : builtinDefinitionSet().find(named.kind as DefinitionKind, named.name, "default");
  const given = (item.status ?? {}) as Record<string, string>;
  const text = (field: "healthPolicy" | "customStatus" | "details"): string =>
    definition === undefined ? (given[field] ?? "") : statusTextOf(definition, field);
  const { healthy, message, details } = assessStatus(
    { healthPolicy: text("healthPolicy"), customStatus: text("customStatus"), details: text("details") },
    { context: item.statusContext as JsonObject, parameter: item.parameter as JsonObject, source: item.id },
  );
  return { healthy, message, details };
}
