import type { JsonObject, JsonValue } from "@lateen/base";
import { transformApplication } from "../src/policy/application-scoped.ts";
import type { ApplicationCase } from "./applications.ts";
import { contextOf, definitionsOf } from "./render.ts";

export function answerApplicationPolicies(item: ApplicationCase): JsonObject {
  const { application, results, context } = transformApplication(item.application!, {
    definitions: definitionsOf(item),
    policyDefinitions: (item.definitions ?? []).filter(({ kind }) => kind === "PolicyDefinition"),
    context: contextOf(),
  });
  return {
    spec: application.spec as JsonValue,
    labels: { ...application.metadata.labels },
    annotations: { ...application.metadata.annotations },
    ...(context === undefined ? {} : { context }),
    results: results.map(
      (result) =>
        Object.fromEntries(
          Object.entries(result).filter(
            ([key, value]) => key === "applied" || (value !== "" && value !== 0 && value !== false),
          ),
        ) as JsonObject,
    ),
  };
}
